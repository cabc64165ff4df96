"""Event trackers: one a group, with a tracking ID that only its description shows."""

import uuid

import pytest

from personalize_web import operations
from personalize_web.operations.errors import ResourceAlreadyExistsException, ResourceInUseException
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_tracking_id_is_known_at_once_and_shown_by_describe_alone(cleo, run_jobs):
    group = factories.active_group(cleo)
    answer = operations.create_event_tracker(cleo, name="web", dataset_group_arn=group.arn)
    assert str(uuid.UUID(answer["trackingId"])) == answer["trackingId"]
    shown = operations.describe_event_tracker(cleo, event_tracker_arn=answer["eventTrackerArn"])["eventTracker"]
    assert shown["trackingId"] == answer["trackingId"]
    assert (shown["accountId"], shown["datasetGroupArn"]) == ("123456789012", group.arn)
    assert shown["status"] == "CREATE PENDING"
    (listed,) = operations.list_event_trackers(cleo, dataset_group_arn=group.arn)["eventTrackers"]
    assert "trackingId" not in listed
    run_jobs()
    assert operations.list_event_trackers(cleo)["eventTrackers"][0]["status"] == "ACTIVE"


def test_a_group_has_one_tracker(ana):
    group = factories.active_group(ana)
    first = factories.event_tracker(ana, group)
    with pytest.raises(ResourceAlreadyExistsException) as caught:
        operations.create_event_tracker(ana, name="second", dataset_group_arn=group.arn)
    assert caught.value.message == f"Dataset group {group.arn} already has an event tracker: {first.arn}."


def test_names_are_unique_in_the_account(ana):
    factories.event_tracker(ana, factories.active_group(ana, "one"), "web")
    two = factories.active_group(ana, "two")
    with pytest.raises(ResourceAlreadyExistsException, match="Another resource with Arn"):
        operations.create_event_tracker(ana, name="web", dataset_group_arn=two.arn)


def test_the_group_is_active(ana):
    group = factories.group(ana, status="CREATE PENDING")
    with pytest.raises(ResourceInUseException):
        operations.create_event_tracker(ana, name="web", dataset_group_arn=group.arn)


def test_it_is_deleted_and_another_can_follow(cleo, run_jobs):
    group = factories.active_group(cleo)
    tracker = factories.event_tracker(cleo, group)
    operations.delete_event_tracker(cleo, event_tracker_arn=tracker.arn)
    with pytest.raises(ResourceInUseException, match="DELETE PENDING"):
        operations.delete_event_tracker(cleo, event_tracker_arn=tracker.arn)
    run_jobs()
    assert operations.list_event_trackers(cleo) == {"eventTrackers": []}
    operations.create_event_tracker(cleo, name="tracker", dataset_group_arn=group.arn)
