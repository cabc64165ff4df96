"""A dataset goes only when nothing that reads or fills it is at work."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    AccessDeniedException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources import locations
from personalize_web.resources.models import Record
from personalize_web.workers import folders
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(ana):
    return factories.active_group(ana, domain="VIDEO_ON_DEMAND")


@pytest.fixture
def interactions(ana, group):
    return factories.dataset(ana, group)


def delete(caller, dataset):
    operations.delete_dataset(caller, dataset_arn=dataset.arn)


def test_it_goes_with_everything(ana, interactions, run_jobs):
    delete(ana, interactions)
    assert operations.describe_dataset(ana, dataset_arn=interactions.arn)["dataset"]["status"] == "DELETE PENDING"
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        operations.describe_dataset(ana, dataset_arn=interactions.arn)


def test_an_analyst_may_not(cleo, interactions):
    with pytest.raises(AccessDeniedException):
        delete(cleo, interactions)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING", "DELETE IN_PROGRESS"])
def test_not_while_its_state_changes(ana, interactions, status):
    interactions.move(status)
    with pytest.raises(ResourceInUseException, match=f"is in {status} state"):
        delete(ana, interactions)


def test_a_failed_one_can_be_deleted(ana, interactions):
    interactions.move("CREATE FAILED")
    delete(ana, interactions)


def test_interactions_stay_while_there_is_an_event_tracker(ana, group, interactions):
    tracker = factories.event_tracker(ana, group)
    with pytest.raises(ResourceInUseException, match=tracker.arn):
        delete(ana, interactions)
    delete(ana, factories.dataset(ana, group, "USERS"))


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS"])
def test_not_while_an_import_into_it_runs(ana, interactions, status):
    running = factories.import_job(ana, interactions, status=status)
    with pytest.raises(ResourceInUseException, match=running.arn):
        delete(ana, interactions)


def test_an_import_into_another_dataset_does_not_matter(ana, group, interactions):
    factories.import_job(ana, factories.dataset(ana, group, "USERS"), status="CREATE IN_PROGRESS")
    delete(ana, interactions)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE STOPPING"])
def test_not_while_a_version_of_the_group_trains(ana, group, interactions, status):
    training = factories.solution_version(ana, factories.solution(ana, group), status=status)
    with pytest.raises(ResourceInUseException, match=training.arn):
        delete(ana, interactions)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS"])
def test_not_while_a_recommender_of_the_group_trains(ana, group, interactions, status):
    training = factories.recommender(ana, group, status=status)
    with pytest.raises(ResourceInUseException, match=training.arn):
        delete(ana, interactions)


def test_what_has_been_trained_does_not_hold_it(ana, group, interactions):
    version = factories.solution_version(ana, factories.solution(ana, group))
    factories.campaign(ana, version)
    factories.recommender(ana, group)
    factories.import_job(ana, interactions)
    delete(ana, interactions)


def test_its_imports_stay_listed_and_its_successor_starts_with_a_full_one(ana, group, interactions, run_jobs):
    factories.import_job(ana, interactions)
    delete(ana, interactions)
    run_jobs()
    assert len(operations.list_dataset_import_jobs(ana, dataset_arn=interactions.arn)["datasetImportJobs"]) == 1
    successor = factories.dataset(ana, group)
    assert successor.arn == interactions.arn
    with pytest.raises(operations.ServiceError, match="The first import must be FULL"):
        operations.create_dataset_import_job(
            ana,
            job_name="more",
            dataset_arn=successor.arn,
            data_source={"dataLocation": "s3://data/a.csv"},
            import_mode="INCREMENTAL",
        )


@pytest.mark.parametrize(
    ("expression", "kind", "holds"),
    [
        ("SAMPLECOUNT()", "INTERACTIONS", True),
        ("SAMPLECOUNT()", "ITEMS", False),
        ("SUM(Items.PRICE)", "ITEMS", True),
        ("SUM(Items.PRICE)", "USERS", False),
    ],
)
def test_a_metric_attribution_holds_the_datasets_it_reads(ana, group, expression, kind, holds):
    metric = {"eventType": "Watch", "metricName": "clicks", "expression": expression}
    made = factories.metric_attribution(ana, group, metrics=[metric])
    dataset = factories.dataset(ana, group, kind)
    if holds:
        with pytest.raises(ResourceInUseException, match=made.arn):
            delete(ana, dataset)
    else:
        delete(ana, dataset)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS"])
def test_not_while_an_export_of_it_runs(ana, interactions, status):
    running = factories.export_job(ana, interactions, status=status)
    with pytest.raises(ResourceInUseException, match=running.arn):
        delete(ana, interactions)


def test_finished_exports_do_not_hold_it_and_stay_listed(ana, interactions, run_jobs):
    factories.export_job(ana, interactions)
    delete(ana, interactions)
    run_jobs()
    assert len(operations.list_dataset_export_jobs(ana)["datasetExportJobs"]) == 1


def test_all_of_its_data_go(ana, group, run_jobs):
    users = factories.dataset(ana, group, "USERS")
    folder = locations.columns_folder(users.storage_key)
    folders.store_of(users).adopt(folders.schema_of(users))
    Record.objects.create(dataset=users, key="u1")
    assert folder.exists()
    delete(ana, users)
    run_jobs()
    assert not folder.exists()
    assert not Record.objects.exists()
