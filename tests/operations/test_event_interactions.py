"""Recorded events as a dataset of their own, which older clients expect."""

import pytest
from django.conf import settings as configured

from personalize_web import operations
from personalize_web.operations import errors
from personalize_web.resources.models import Dataset, Event, Job
from personalize_web.workers import events, folders
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db
ARN = "arn:aws:personalize:us-east-1:123456789012:dataset/movies/EVENT_INTERACTIONS"


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    for name in ("BUCKETS_DIR", "COLUMNS_DIR"):
        setattr(settings, name, tmp_path / name)


@pytest.fixture
def tracked(ana):
    """A group with interactions and an event tracker."""
    group = factories.active_group(ana)
    factories.dataset(ana, group)
    operations.create_event_tracker(ana, name="t", dataset_group_arn=group.arn)
    return group


def types(caller, **given):
    return [dataset["datasetType"] for dataset in operations.list_datasets(caller, **given)["datasets"]]


def test_it_is_described_once_there_was_a_tracker_whatever_the_setting(ana, tracked):
    described = operations.describe_dataset(ana, dataset_arn=ARN)["dataset"]
    assert described.pop("creationDateTime") == described.pop("lastUpdatedDateTime")
    assert described == {
        "name": "movies/EVENT_INTERACTIONS",
        "datasetArn": ARN,
        "datasetGroupArn": tracked.arn,
        "datasetType": "EVENT_INTERACTIONS",
        "status": "ACTIVE",
    }
    tracked.event_trackers.all().delete()
    assert operations.describe_dataset(ana, dataset_arn=ARN)


def test_without_a_tracker_there_is_none(ana, eve, tracked):
    factories.active_group(ana, "books")
    for caller, arn in ((ana, ARN.replace("movies", "books")), (ana, ARN.replace("movies", "none")), (eve, ARN)):
        with pytest.raises(errors.ResourceNotFoundException):
            operations.describe_dataset(caller, dataset_arn=arn)


def test_it_is_listed_where_that_is_switched_on(ana, tracked, settings):
    assert not configured.LEGACY_EVENT_INTERACTIONS
    assert types(ana) == ["INTERACTIONS"]
    settings.LEGACY_EVENT_INTERACTIONS = True
    assert types(ana) == types(ana, dataset_group_arn=tracked.arn) == ["EVENT_INTERACTIONS", "INTERACTIONS"]
    assert types(ana, dataset_group_arn=factories.active_group(ana, "books").arn) == []


def test_pages_hold_it_too(ana, tracked, settings):
    settings.LEGACY_EVENT_INTERACTIONS = True
    first = operations.list_datasets(ana, max_results=1)
    second = operations.list_datasets(ana, max_results=1, next_token=first["nextToken"])
    assert [page["datasets"][0]["datasetType"] for page in (first, second)] == ["EVENT_INTERACTIONS", "INTERACTIONS"]
    assert "nextToken" not in second


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_dataset_import_job", {"job_name": "j", "data_source": {"dataLocation": "s3://data/a.csv"}}),
        (
            "create_dataset_export_job",
            {
                "job_name": "j",
                "role_arn": "arn:aws:iam::123456789012:role/r",
                "job_output": {"s3DataDestination": {"path": "s3://data/"}},
            },
        ),
        ("update_dataset", {"schema_arn": "arn:aws:personalize:us-east-1:123456789012:schema/interactions-custom"}),
    ],
)
def test_it_is_neither_filled_nor_exported_nor_updated(ana, tracked, name, arguments):
    with pytest.raises(errors.InvalidInputException, match="dataset of type INTERACTIONS: use that"):
        getattr(operations, name)(ana, dataset_arn=ARN, **arguments)


def test_it_cannot_be_created(ana, tracked):
    with pytest.raises(errors.InvalidInputException, match="EVENT_INTERACTIONS is not one of"):
        operations.create_dataset(
            ana,
            name="e",
            dataset_group_arn=tracked.arn,
            dataset_type="EVENT_INTERACTIONS",
            schema_arn=factories.schema(ana).arn,
        )


def test_it_is_not_deleted_while_there_is_a_tracker(ana, tracked):
    with pytest.raises(errors.ResourceInUseException, match="event-tracker/t"):
        operations.delete_dataset(ana, dataset_arn=ARN)
    assert not Job.objects.filter(kind="delete-recorded-events").exists()


def test_its_deletion_takes_the_recorded_events_and_no_others(ana, run_jobs):
    group, dataset = world.filled(ana, run_jobs)
    tracker = operations.create_event_tracker(ana, name="t", dataset_group_arn=group)
    run_jobs()
    interactions = Dataset.objects.get(arn=dataset)
    for stored in (True, False):
        Event.objects.create(
            dataset=interactions,
            digest=str(stored),
            event_id=str(stored),
            user_id="u1",
            session_id="s",
            item_id="i",
            event_type="watch",
            timestamp=1,
        )
        if stored:
            events.store_waiting(interactions)
    assert folders.store_of(interactions).snapshot().rows("PUT") == 1
    operations.delete_event_tracker(ana, event_tracker_arn=tracker["eventTrackerArn"])
    run_jobs()
    operations.delete_dataset(ana, dataset_arn=ARN)
    run_jobs()
    assert not Event.objects.exists()
    snapshot = folders.store_of(interactions).snapshot()
    assert (snapshot.rows("PUT"), snapshot.rows("BULK")) == (0, 1200)


def test_it_does_not_keep_a_group_from_being_deleted(ana, run_jobs):
    group = factories.active_group(ana)
    tracker = operations.create_event_tracker(ana, name="t", dataset_group_arn=group.arn)
    run_jobs()
    operations.delete_event_tracker(ana, event_tracker_arn=tracker["eventTrackerArn"])
    run_jobs()
    operations.delete_dataset_group(ana, dataset_group_arn=group.arn)
    run_jobs()
    with pytest.raises(errors.ResourceNotFoundException):
        operations.describe_dataset(ana, dataset_arn=ARN)
