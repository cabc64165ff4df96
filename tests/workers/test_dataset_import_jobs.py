"""Imports, from a file in the store to columns and counts."""

import pytest

from personalize_web import operations
from personalize_web.engine.columns import ColumnStore
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, DatasetImportJob, Job
from personalize_web.workers import indexes, lease
from tests.workers import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset_arn(ana, run_jobs):
    return world.dataset(ana, run_jobs, world.group(ana, run_jobs))


def columns() -> ColumnStore:
    return ColumnStore(locations.columns_folder(Dataset.objects.get().storage_key))


def test_a_file_becomes_columns_and_counts(ana, run_jobs, dataset_arn):
    done = world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    assert done["status"] == "ACTIVE"
    statistics = Dataset.objects.get().statistics
    assert statistics["rows"] == statistics["rows_bulk"] == 1200
    assert (statistics["users"], statistics["items"], statistics["users_with_two"]) == (40, 30, 40)
    assert statistics["event_types"] == {"watch": 1200}
    assert statistics["last_timestamp"] == 1_700_000_000 + 1199 * 60
    details = operations.describe_dataset_import_job_details(ana, dataset_import_job_arn=done["datasetImportJobArn"])
    assert (details["rows"], details["files"]) == (1200, 1)
    assert details["bytes"] > 20_000
    assert details["seconds"] > 0


def test_a_full_import_replaces_and_an_incremental_one_adds(ana, run_jobs, dataset_arn):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions(first=5000), name="second")
    assert columns().snapshot().rows() == 1200
    more = world.put_interactions("more.csv", first=9000)
    done = world.import_file(ana, run_jobs, dataset_arn, more, name="third", mode="INCREMENTAL")
    assert done["status"] == "ACTIVE"
    assert columns().snapshot().rows() == 2400


def test_a_folder_is_read_file_by_file_and_no_deeper(ana, run_jobs, dataset_arn):
    for part in range(2):
        world.put_interactions(f"parts/{part}.csv", first=part * 1000, rows=1000)
    world.put_interactions("parts/old/0.csv", first=70_000)
    done = world.import_file(ana, run_jobs, dataset_arn, "s3://data/parts/")
    assert done["status"] == "ACTIVE"
    assert columns().snapshot().rows() == 2000


def test_a_bad_row_fails_the_import_by_name_and_nothing_is_imported(ana, run_jobs, dataset_arn):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    rows = [*world.watched(), "u1,i1,watch,yesterday"]
    bad = world.put_csv("bad.csv", "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", rows)
    done = world.import_file(ana, run_jobs, dataset_arn, bad, name="second")
    assert done["status"] == "CREATE FAILED"
    assert "line 1202" in done["failureReason"]
    details = operations.describe_dataset_import_job_details(ana, dataset_import_job_arn=done["datasetImportJobArn"])
    assert [(row["line"], row["column"], row["value"]) for row in details["badRows"]] == [
        (1202, "TIMESTAMP", "yesterday")
    ]
    assert columns().snapshot().rows() == 1200


def test_a_location_without_data_fails_the_import(ana, run_jobs, dataset_arn):
    done = world.import_file(ana, run_jobs, dataset_arn, "s3://data/absent.csv")
    assert done["status"] == "CREATE FAILED"
    assert done["failureReason"].startswith("Invalid Data location.")


def test_fewer_than_a_thousand_interactions_are_refused(ana, run_jobs, dataset_arn):
    done = world.import_file(ana, run_jobs, dataset_arn, world.put_interactions("few.csv", rows=999))
    assert done["status"] == "CREATE FAILED"
    assert "1,000" in done["failureReason"]


def test_an_attempt_that_lost_its_lease_changes_no_column(ana, run_jobs, dataset_arn, monkeypatch):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    before = columns().snapshot().version
    monkeypatch.setattr(lease, "keep", lambda row, **values: False)
    world.import_file(ana, lambda: run_jobs(1), dataset_arn, world.put_interactions(first=5000), name="second")
    assert columns().snapshot().version == before


def test_work_that_died_after_the_columns_changed_does_not_import_again(ana, run_jobs, dataset_arn, monkeypatch):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())

    def dies(dataset):
        raise lease.LeaseLost

    with monkeypatch.context() as patch:
        patch.setattr(indexes, "renew", dies)
        more = world.put_interactions("more.csv", first=9000)
        world.import_file(ana, lambda: run_jobs(1), dataset_arn, more, name="second", mode="INCREMENTAL")
    assert columns().snapshot().rows() == 2400
    job = Job.objects.order_by("-pk").first()
    assert job.state == Job.State.IN_PROGRESS
    lease.give_back(job)
    run_jobs()
    assert DatasetImportJob.objects.get(name="second").status == "ACTIVE"
    assert columns().snapshot().rows() == 2400


def test_imports_into_one_dataset_go_one_after_the_other(ana, run_jobs, dataset_arn):
    location = world.put_interactions()
    for name in ("first", "second"):
        world.import_file(ana, lambda: None, dataset_arn, location, name=name)
    first, second = Job.objects.filter(kind="create-dataset-import-job").order_by("pk")
    assert lease.take(second.pk) is None
    held = lease.take(first.pk)
    assert held is not None
    assert lease.take(second.pk) is None
    lease.give_back(held)
    run_jobs()
    assert set(DatasetImportJob.objects.values_list("status", flat=True)) == {"ACTIVE"}


def test_a_deleted_dataset_leaves_no_folder(ana, run_jobs, dataset_arn):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    folder = columns().root
    assert folder.exists()
    operations.delete_dataset(ana, dataset_arn=dataset_arn)
    run_jobs()
    assert not Dataset.objects.exists()
    assert not folder.exists()
    assert DatasetImportJob.objects.get().status == "ACTIVE", "finished imports stay listed"
