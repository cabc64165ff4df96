"""Imports that something happens to: they end with a reason to act on, or begin again and end well; nothing is lost."""

import errno
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from personalize_web import operations
from personalize_web.engine import importing
from personalize_web.operations.errors import ResourceInUseException
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, DatasetImportJob, Job, JobLogLine
from personalize_web.workers import events, folders, lease
from personalize_web.workers.context import JobContext
from tests.workers import world

pytestmark = pytest.mark.django_db

PHASES = ("Fetch files", *importing.PHASES, "Build indexes")


@pytest.fixture
def dataset_arn(ana, run_jobs):
    return world.dataset(ana, run_jobs, world.group(ana, run_jobs))


def stored_rows() -> int:
    return folders.store_of(Dataset.objects.get()).snapshot().rows()


def log() -> list[str]:
    job = Job.objects.filter(kind="create-dataset-import-job").latest("pk")
    return list(JobLogLine.objects.filter(job=job).order_by("pk").values_list("text", flat=True))


def while_reading(monkeypatch, happens):
    """Do something once the rows have been read and before they are published."""
    written = importing.reading.write

    def write(*arguments):
        answer = written(*arguments)
        happens()
        return answer

    monkeypatch.setattr(importing.reading, "write", write)


@pytest.mark.parametrize("happening", ["replaced", "longer", "removed"])
def test_a_file_that_does_not_stay_as_it_is_fails_the_import(ana, run_jobs, dataset_arn, monkeypatch, happening):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    location = world.put_interactions("moving.csv", first=5000)
    path = Path(django_settings.BUCKETS_DIR) / "data" / "moving.csv"

    def happens():
        if happening == "replaced":
            (path.parent / "new").write_text(path.read_text())
            (path.parent / "new").replace(path)
        elif happening == "longer":
            with path.open("a") as file:
                file.write("u1,i1,watch,5\n")
        else:
            path.unlink()

    while_reading(monkeypatch, happens)
    done = world.import_file(ana, run_jobs, dataset_arn, location, name="second")
    assert done["status"] == "CREATE FAILED"
    what = "removed" if happening == "removed" else "replaced or changed"
    assert done["failureReason"] == (
        f"s3://data/moving.csv was {what} while it was read. Nothing was imported; try again when its files stay as "
        "they are."
    )
    assert stored_rows() == 1200


def test_half_of_a_file_that_is_being_replaced_is_not_called_bad(ana, run_jobs, dataset_arn, monkeypatch):
    location = world.put_interactions("moving.csv")
    path = Path(django_settings.BUCKETS_DIR) / "data" / "moving.csv"
    monkeypatch.setattr(importing.reading, "write", lambda *_: (path.write_text("half"), path.open("x")))
    done = world.import_file(ana, run_jobs, dataset_arn, location)
    assert "was replaced or changed while it was read" in done["failureReason"]


def test_a_file_that_may_not_be_read_is_told_in_the_documented_words(ana, run_jobs, dataset_arn, monkeypatch):
    location = world.put_interactions()

    def refuses(path, mode="rb", **_):
        raise PermissionError(13, "Permission denied", path)

    filesystem, _ = locations._store()
    monkeypatch.setattr(filesystem, "open", refuses, raising=False)
    done = world.import_file(ana, run_jobs, dataset_arn, location)
    assert done["failureReason"] == (f"Insufficient privileges for accessing data in Amazon S3. Location: {location}")


def test_an_empty_folder_is_an_invalid_location(ana, run_jobs, dataset_arn):
    folder = Path(django_settings.BUCKETS_DIR) / "data" / "nothing"
    (folder / "deeper").mkdir(parents=True)
    (folder / ".hidden").write_text("x")
    (folder / "empty.csv").touch()
    done = world.import_file(ana, run_jobs, dataset_arn, "s3://data/nothing/")
    assert done["failureReason"] == "Invalid Data location. There is no data at s3://data/nothing/."


@pytest.mark.parametrize("location", ["s3://data/out/secret.csv", "s3://data/secret.csv", "s3://data/out/"])
def test_a_link_out_of_the_bucket_is_not_followed(ana, run_jobs, dataset_arn, tmp_path, location):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "secret.csv").write_text("USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + "\n".join(world.watched()))
    bucket = Path(django_settings.BUCKETS_DIR) / "data"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "out").symlink_to(secret)
    (bucket / "secret.csv").symlink_to(secret / "secret.csv")
    done = world.import_file(ana, run_jobs, dataset_arn, location)
    assert done["status"] == "CREATE FAILED"
    assert done["failureReason"] == f"Invalid Data location. {location} leads out of its bucket."


def test_an_encoded_way_out_of_the_bucket_is_an_ordinary_name(ana, run_jobs, dataset_arn):
    for number, location in enumerate(("s3://data/%2e%2e/secret.csv", "s3://data/..%2Fsecret.csv")):
        done = world.import_file(ana, run_jobs, dataset_arn, location, name=f"n{number}")
        assert done["failureReason"] == f"Invalid Data location. There is no data at {location}."


@pytest.mark.parametrize("full", ["the scratch", "the columns"])
def test_a_full_disk_is_told_and_nothing_is_lost(ana, run_jobs, dataset_arn, monkeypatch, full):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())

    def fails(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    if full == "the scratch":
        monkeypatch.setattr(importing.reading, "write", fails)
    else:
        store = type(folders.store_of(Dataset.objects.get()).disk)
        monkeypatch.setattr(store, "take", fails)
    done = world.import_file(ana, run_jobs, dataset_arn, world.put_interactions(first=5000), name="second")
    assert done["status"] == "CREATE FAILED"
    assert "no room left on the disk" in done["failureReason"]
    assert stored_rows() == 1200


@pytest.mark.parametrize("mode", ["FULL", "INCREMENTAL"])
@pytest.mark.parametrize("phase", PHASES)
def test_an_import_whose_worker_dies_in_any_phase_ends_with_exactly_its_rows(
    ana, run_jobs, dataset_arn, monkeypatch, phase, mode
):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    noted = JobContext.phase

    def dies(context, name, index, of):
        noted(context, name, index, of)
        if name == phase:
            raise lease.LeaseLost

    more = world.put_interactions("more.csv", first=9000)
    with monkeypatch.context() as patch:
        patch.setattr(JobContext, "phase", dies)
        world.import_file(ana, lambda: run_jobs(1), dataset_arn, more, name="second", mode=mode)
    job = Job.objects.latest("pk")
    assert (job.state, job.attempt) == (Job.State.IN_PROGRESS, 1)
    lease.give_back(job)
    run_jobs()
    assert DatasetImportJob.objects.get(name="second").status == "ACTIVE"
    assert stored_rows() == (1200 if mode == "FULL" else 2400)
    assert Dataset.objects.get().statistics["rows"] == stored_rows()


def test_a_dataset_can_not_be_deleted_while_it_is_imported(ana, dataset_arn):
    world.import_file(ana, lambda: None, dataset_arn, world.put_interactions())
    with pytest.raises(ResourceInUseException):
        operations.delete_dataset(ana, dataset_arn=dataset_arn)


def test_an_import_whose_dataset_is_gone_says_so(ana, run_jobs, dataset_arn):
    world.import_file(ana, lambda: None, dataset_arn, world.put_interactions())
    Dataset.objects.all().delete()
    run_jobs()
    job = DatasetImportJob.objects.get()
    assert (job.status, job.failure_reason) == ("CREATE FAILED", "The dataset of this import no longer exists.")


def test_the_log_tells_files_rows_columns_and_event_types(ana, run_jobs, dataset_arn):
    rows = [f"{row},x" for row in world.watched(600)]
    for name in ("a", "b"):
        world.put_csv(f"parts/{name}.csv", "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP,EXTRA", rows)
    done = world.import_file(ana, run_jobs, dataset_arn, "s3://data/parts/")
    assert done["status"] == "ACTIVE"
    lines = log()
    assert lines[0].startswith("2 files with ")
    assert any(line.startswith("a.csv: 600 rows in ") for line in lines)
    assert any(line.startswith("b.csv: 600 rows in ") for line in lines)
    assert "Columns that the schema does not have were ignored: EXTRA." in lines
    assert "1,200 rows imported." in lines
    assert "Event types: watch (600)." in lines, "equal rows count once"


def test_many_event_types_import_with_a_warning(ana, run_jobs, dataset_arn):
    rows = [f"u{at % 40},i{at},type{at % 10},{at}" for at in range(1000)]
    many = world.put_csv("many.csv", "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", rows)
    done = world.import_file(ana, run_jobs, dataset_arn, many)
    assert done["status"] == "ACTIVE"
    told = "10 event types and 1 event columns are more than 10 together: the import works, training will fail."
    assert any(line.startswith(told) for line in log())
    details = operations.describe_dataset_import_job_details(ana, dataset_import_job_arn=done["datasetImportJobArn"])
    assert [warning.startswith(told) for warning in details["warnings"]] == [True]


@pytest.mark.parametrize("mode", ["FULL", "INCREMENTAL"])
def test_more_bytes_than_the_quota_of_the_mode_fail(ana, run_jobs, dataset_arn, settings, mode):
    location = world.put_interactions()
    if mode == "INCREMENTAL":
        world.import_file(ana, run_jobs, dataset_arn, location)
    settings.QUOTAS = settings.QUOTAS | {f"import_{mode.lower()}_bytes": 20_000}
    done = world.import_file(ana, run_jobs, dataset_arn, location, name="second", mode=mode)
    assert done["status"] == "CREATE FAILED"
    assert "an import job takes at most 20,000. Import them in several jobs." in done["failureReason"]


def test_the_quotas_of_bytes_are_the_documented_ones(settings):
    assert settings.QUOTAS["import_full_bytes"] == 100 * 10**9
    assert settings.QUOTAS["import_incremental_bytes"] == 10**9
    assert settings.QUOTAS["import_minimum_interactions"] == 1000


def test_action_interactions_have_a_minimum_only_where_they_are_added(ana, run_jobs):
    fields = [
        {"name": name, "type": "long" if name == "TIMESTAMP" else "string"}
        for name in ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP")
    ]
    arn = world.dataset(ana, run_jobs, world.group(ana, run_jobs), kind="Action_Interactions", fields=fields)
    rows = [f"u{at},a,Taken,{at}" for at in range(999)]
    location = world.put_csv("actions.csv", "USER_ID,ACTION_ID,EVENT_TYPE,TIMESTAMP", rows)
    assert world.import_file(ana, run_jobs, arn, location)["status"] == "ACTIVE"
    added = world.import_file(ana, run_jobs, arn, location, name="second", mode="INCREMENTAL")
    assert added["failureReason"] == "The import has 999 rows; at least 1,000 are required."


ITEM_FIELDS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRES", "type": ["null", "string"], "categorical": True},
]


def genres() -> dict[str, str]:
    table = folders.store_of(Dataset.objects.get()).snapshot().table()
    return {row["ITEM_ID"]: row["GENRES"] for row in table.to_pylist()}


def test_individually_imported_records_survive_imports_of_both_modes(ana, run_jobs):
    arn = world.dataset(ana, run_jobs, world.group(ana, run_jobs), kind="Items", fields=ITEM_FIELDS)
    first = world.put_csv("items.csv", "ITEM_ID,GENRES", ["a,one", "b,two", "b,three"])
    world.import_file(ana, run_jobs, arn, first)
    assert genres() == {"a": "one", "b": "three"}, "of an id that stands twice in a job the last row counts"
    records = [{"itemId": "a", "properties": '{"genres": "put"}'}, {"itemId": "c", "properties": '{"genres": "put"}'}]
    operations.put_items(ana, dataset_arn=arn, items=records)
    more = world.put_csv("more.csv", "ITEM_ID,GENRES", ["b,four", "d,five"])
    world.import_file(ana, run_jobs, arn, more, name="second", mode="INCREMENTAL")
    assert genres() == {"a": "put", "b": "four", "c": "put", "d": "five"}
    world.import_file(ana, run_jobs, arn, world.put_csv("new.csv", "ITEM_ID,GENRES", ["a,bulk"]), name="third")
    assert genres() == {"a": "bulk", "c": "put"}, "the newest of both layers counts"


def test_what_waits_is_stored_before_an_import_of_any_type(ana, run_jobs, monkeypatch):
    arn = world.dataset(ana, run_jobs, world.group(ana, run_jobs), kind="Items", fields=ITEM_FIELDS)
    stored = []
    monkeypatch.setattr(events, "store_waiting", lambda dataset, context=None: stored.append(dataset.dataset_type))
    world.import_file(ana, run_jobs, arn, world.put_csv("items.csv", "ITEM_ID,GENRES", ["a,one"]))
    assert stored == ["ITEMS"]
