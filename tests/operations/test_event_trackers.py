"""Event trackers: one a group, with a tracking ID that only its description shows."""

import uuid

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources.models import Event
from tests import factories

pytestmark = pytest.mark.django_db

TAKEN = {"actionId": "join", "sessionId": "s", "eventType": "Taken", "timestamp": 1}


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


def test_deletion_keeps_what_was_recorded_and_ends_the_tracking_id(cleo, run_jobs):
    group = factories.active_group(cleo)
    factories.dataset(cleo, group)
    tracker = factories.event_tracker(cleo, group)
    call = {"session_id": "s", "event_list": [{"eventType": "watch", "sentAt": 1, "itemId": "a"}]}
    operations.put_events(cleo, tracking_id=tracker.tracking_id, **call)
    operations.delete_event_tracker(cleo, event_tracker_arn=tracker.arn)
    with pytest.raises(InvalidInputException, match="DELETE PENDING"):
        operations.put_events(cleo, tracking_id=tracker.tracking_id, **call)
    run_jobs()
    with pytest.raises(InvalidInputException, match="no event tracker"):
        operations.put_events(cleo, tracking_id=tracker.tracking_id, **call)
    assert Event.objects.count() == 1


def test_a_tracker_may_come_before_the_interactions(cleo, run_jobs):
    group = factories.active_group(cleo)
    made = operations.create_event_tracker(cleo, name="web", dataset_group_arn=group.arn)
    run_jobs()
    call = {
        "tracking_id": made["trackingId"],
        "session_id": "s",
        "event_list": [{"eventType": "watch", "sentAt": 1, "itemId": "a"}],
    }
    with pytest.raises(InvalidInputException, match="no active Item interactions dataset"):
        operations.put_events(cleo, **call)
    factories.dataset(cleo, group)
    operations.put_events(cleo, **call)


@pytest.fixture
def actions(cleo, run_jobs):
    """The ARN of an Action interactions dataset, made as everybody makes it."""
    group = factories.active_group(cleo)
    schema = factories.schema(cleo, dataset_type="ACTION_INTERACTIONS")
    made = operations.create_dataset(
        cleo,
        name="actions",
        schema_arn=schema.arn,
        dataset_group_arn=group.arn,
        dataset_type="Action_Interactions",
    )
    run_jobs()
    return made["datasetArn"]


def test_action_interactions_bring_their_own_tracking_id(cleo, actions):
    shown = operations.describe_dataset(cleo, dataset_arn=actions)["dataset"]
    assert str(uuid.UUID(shown["trackingId"])) == shown["trackingId"]
    operations.put_action_interactions(cleo, tracking_id=shown["trackingId"], action_interactions=[TAKEN])
    assert Event.objects.get().dataset.arn == actions


def test_the_tracker_of_actions_is_no_event_tracker(cleo, actions):
    group = operations.describe_dataset(cleo, dataset_arn=actions)["dataset"]["datasetGroupArn"]
    assert operations.list_event_trackers(cleo) == {"eventTrackers": []}
    operations.create_event_tracker(cleo, name="web", dataset_group_arn=group)


def test_the_tracking_id_of_actions_dies_with_its_dataset(ana, cleo, actions, run_jobs):
    tracking_id = operations.describe_dataset(cleo, dataset_arn=actions)["dataset"]["trackingId"]
    operations.delete_dataset(ana, dataset_arn=actions)
    with pytest.raises(ResourceInUseException):
        operations.put_action_interactions(cleo, tracking_id=tracking_id, action_interactions=[TAKEN])
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        operations.put_action_interactions(cleo, tracking_id=tracking_id, action_interactions=[TAKEN])
