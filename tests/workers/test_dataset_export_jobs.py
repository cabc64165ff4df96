"""Exports: which rows come out at which place, and what an interruption leaves."""

from pathlib import Path

import pytest
from django.conf import settings

from personalize_web import operations
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, DatasetExportJob, Event, Job
from personalize_web.workers import dataset_export_jobs, job
from tests.workers import world

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/writer"


def export(caller, run_jobs, dataset_arn, *, name="out", path="s3://exports/folder/", mode=None):
    """The finished export, as described."""
    arn = begin(caller, dataset_arn, name=name, path=path, mode=mode)
    run_jobs()
    return operations.describe_dataset_export_job(caller, dataset_export_job_arn=arn)["datasetExportJob"]


def begin(caller, dataset_arn, *, name="out", path="s3://exports/folder/", mode=None):
    given = {"ingestion_mode": mode} if mode else {}
    return operations.create_dataset_export_job(
        caller,
        job_name=name,
        dataset_arn=dataset_arn,
        role_arn=ROLE,
        job_output={"s3DataDestination": {"path": path}},
        **given,
    )["datasetExportJobArn"]


def details(caller, described):
    return operations.describe_dataset_export_job_details(
        caller, dataset_export_job_arn=described["datasetExportJobArn"]
    )


def lines(name="out", folder="exports/folder"):
    return (Path(settings.BUCKETS_DIR) / folder / name / "part-00000.csv").read_text().splitlines()


def recorded(dataset_arn, user, item, *, session="s1", at=1_700_000_000):
    """One row of the event log."""
    return Event.objects.create(
        dataset=Dataset.objects.get(arn=dataset_arn),
        digest=f"{user}{item}{session}{at}",
        event_id=f"{user}{item}{session}{at}",
        user_id=user,
        session_id=session,
        item_id=item,
        event_type="watch",
        timestamp=at,
    )


def test_bulk_rows_come_out_as_they_went_in(ana, run_jobs):
    _, dataset = world.filled(ana, run_jobs)
    done = export(ana, run_jobs, dataset, mode="BULK")
    assert done["status"] == "ACTIVE", done.get("failureReason")
    assert lines() == ["USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", *world.watched()]
    about = details(ana, done)
    assert (about["rows"], about["leftOut"], about["warnings"]) == (1200, 0, [])
    assert about["folder"] == "s3://exports/folder/out/"
    assert [file["location"] for file in about["files"]] == ["s3://exports/folder/out/part-00000.csv"]
    assert about["bytes"] == sum(file["bytes"] for file in about["files"])


def test_without_a_mode_only_individually_imported_rows_are_exported(ana, run_jobs):
    _, dataset = world.filled(ana, run_jobs)
    recorded(dataset, "u1", "i1")
    done = export(ana, run_jobs, dataset)
    assert done["ingestionMode"] == "PUT"
    assert lines()[1:] == ["u1,i1,watch,1700000000"]


def test_an_event_that_still_waits_in_the_log_is_exported(ana, run_jobs):
    _, dataset = world.filled(ana, run_jobs)
    recorded(dataset, "new", "i1")
    export(ana, run_jobs, dataset, mode="ALL")
    assert lines()[-1] == "new,i1,watch,1700000000"
    assert len(lines()) == 1202


def test_anonymous_events_are_left_out_and_the_log_says_so(ana, run_jobs):
    _, dataset = world.filled(ana, run_jobs)
    recorded(dataset, None, "i1")
    done = export(ana, run_jobs, dataset, mode="PUT")
    assert lines() == ["USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP"]
    assert details(ana, done)["leftOut"] == 1
    log = operations.get_job_log(ana, resource_arn=done["datasetExportJobArn"])["lines"]
    assert any("1 anonymous interactions are left out" in line["text"] for line in log)


@pytest.mark.parametrize("path", ["s3://exports/folder/", "s3://exports/folder"])
def test_a_path_is_a_folder_with_and_without_its_slash(ana, run_jobs, path):
    _, dataset = world.filled(ana, run_jobs)
    export(ana, run_jobs, dataset, path=path, mode="BULK")
    assert len(lines()) == 1201


def test_files_of_somebody_else_are_not_mixed_with_ours(ana, run_jobs):
    _, dataset = world.filled(ana, run_jobs)
    world.put_csv("folder/out/part-00007.csv", "A", ["1"], bucket="exports")
    done = export(ana, run_jobs, dataset)
    assert done["status"] == "CREATE FAILED"
    assert "There are files at s3://exports/folder/out/ already." in done["failureReason"]
    assert (Path(settings.BUCKETS_DIR) / "exports/folder/out/part-00007.csv").exists()


def test_an_export_of_a_dataset_that_went_says_so(ana, run_jobs):
    _, dataset = world.filled(ana, run_jobs)
    arn = begin(ana, dataset)
    DatasetExportJob.objects.update(dataset=None)
    run_jobs()
    done = operations.describe_dataset_export_job(ana, dataset_export_job_arn=arn)["datasetExportJob"]
    assert (done["status"], done["failureReason"]) == (
        "CREATE FAILED",
        "The dataset of this export no longer exists.",
    )


def test_a_killed_worker_leaves_no_half_part_and_the_next_attempt_replaces_what_it_moved(ana, run_jobs, monkeypatch):
    _, dataset = world.filled(ana, run_jobs)
    small = dataset_export_jobs.exporting.write
    monkeypatch.setattr(
        dataset_export_jobs.exporting, "write", lambda *given, **options: small(*given, **options, largest=4_000)
    )
    put, moved = locations.put, []

    def dying_put(source, location):
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(location)
        return put(source, location)

    begin(ana, dataset, mode="BULK")
    monkeypatch.setattr(locations, "put", dying_put)
    with pytest.raises(KeyboardInterrupt):
        run_jobs()
    folder = Path(settings.BUCKETS_DIR) / "exports/folder/out"
    assert sorted(path.name for path in folder.iterdir()) == ["part-00000.csv", "part-00001.csv"]
    monkeypatch.setattr(locations, "put", put)
    monkeypatch.setattr(
        dataset_export_jobs.exporting, "write", lambda *given, **options: small(*given, **options, largest=1 << 30)
    )
    Job.objects.filter(state="IN_PROGRESS").update(lease_expires_at=None, state="PENDING")
    job.run_pending()
    assert [path.name for path in folder.iterdir()] == ["part-00000.csv"]
    assert len(lines()) == 1201


def test_nothing_stays_in_the_scratch_folder(ana, run_jobs, monkeypatch, scratch):
    _, dataset = world.filled(ana, run_jobs)

    def refuse(*_, **__):
        raise DataError("The disk is on fire.")

    monkeypatch.setattr(locations, "put", refuse)
    done = export(ana, run_jobs, dataset)
    assert done["failureReason"] == "The disk is on fire."
    assert not list(scratch.iterdir())
