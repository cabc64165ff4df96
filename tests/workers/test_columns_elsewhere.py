"""Columns on S3 or on this machine: an import, answers of another machine, and cleaning up, by the same code."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from s3fs import S3FileSystem

from personalize_web import operations
from personalize_web.engine.columns import store as store_module
from personalize_web.engine.history import HistoryIndex
from personalize_web.engine.objects import Objects
from personalize_web.operations import runtime_columns
from personalize_web.resources import locations, shared_columns
from personalize_web.resources.models import Dataset
from personalize_web.workers import folders, housekeeping
from tests.workers import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def on_s3(s3, settings, tmp_path, monkeypatch):
    """The settings of an instance whose columns lie in a bucket."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.COLUMNS_URL = f"s3://columns-{uuid4().hex[:12]}/of/tests"
    settings.COLUMNS_CACHE_DIR = tmp_path / "machine-one"
    settings.INDEX_CHECK_SECONDS = 0
    return settings


@pytest.fixture(params=["directory", pytest.param("bucket", marks=pytest.mark.s3)])
def anywhere(request):
    """Columns lie on this machine, then on S3."""
    if request.param == "bucket":
        request.getfixturevalue("on_s3")


@pytest.fixture
def another_machine(on_s3, tmp_path):
    """From now on this process is one of another machine, whose disk is empty."""

    def move(name="machine-two"):
        on_s3.COLUMNS_CACHE_DIR = tmp_path / name

    return move


@pytest.fixture
def dataset_arn(ana, run_jobs):
    return world.dataset(ana, run_jobs, world.group(ana, run_jobs))


def columns():
    return folders.store_of(Dataset.objects.get())


def test_imports_replace_and_add_and_deletion_leaves_nothing(anywhere, ana, run_jobs, dataset_arn, settings, tmp_path):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    more = world.put_interactions("more.csv", first=9000)
    done = world.import_file(ana, run_jobs, dataset_arn, more, name="more", mode="INCREMENTAL")
    assert done["status"] == "ACTIVE"
    assert columns().snapshot().rows("BULK") == 2400
    assert Dataset.objects.get().statistics["rows"] == 2400
    rows = operations.list_dataset_rows(ana, dataset_arn=dataset_arn)["rows"]
    assert rows[0][:2] == ["u0", "i15"]  # the first rows of the newest import
    key = Dataset.objects.get().storage_key
    assert runtime_columns.history_of_dataset(key).of("u1").item_ids[-1].startswith("i")
    every = shared_columns.all_objects()
    operations.delete_dataset(ana, dataset_arn=dataset_arn)
    run_jobs()
    assert not Dataset.objects.exists()
    assert not locations.columns_folder(key).exists()
    assert every is None or every.folders() == []


def test_a_bad_file_leaves_the_dataset_as_it_was(anywhere, ana, run_jobs, dataset_arn):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    before = columns().snapshot()
    bad = world.put_csv("bad.csv", "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", [*world.watched(), "u1,i1,watch,yesterday"])
    assert world.import_file(ana, run_jobs, dataset_arn, bad, name="bad")["status"] == "CREATE FAILED"
    assert columns().snapshot().manifest == before.manifest
    assert not list(before.root.glob(".staging-*"))


@pytest.mark.s3
def test_another_machine_answers_from_the_newest_index(ana, run_jobs, another_machine, dataset_arn):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    key = Dataset.objects.get().storage_key
    here = locations.columns_folder(key) / locations.HISTORY
    assert shared_columns.index(key, locations.HISTORY) == here
    another_machine()
    there = shared_columns.index(key, locations.HISTORY)
    assert there.read_bytes() == here.read_bytes()
    first = HistoryIndex.open(there).version
    another_machine("machine-one")
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions(first=5000), name="second")
    another_machine()
    shared_columns.index(key, locations.HISTORY)
    shared_columns.fetch(key)
    assert HistoryIndex.open(there).version > first
    assert there.read_bytes() == here.read_bytes()
    assert columns().snapshot().table().num_rows == 1200


@pytest.mark.s3
def test_requests_do_not_wait_for_s3_while_an_index_is_here(ana, run_jobs, on_s3, dataset_arn, monkeypatch):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    key = Dataset.objects.get().storage_key
    on_s3.INDEX_CHECK_SECONDS = 3600
    shared_columns.index(key, locations.HISTORY)

    def asked(*arguments):
        raise AssertionError("a request asked S3")

    monkeypatch.setattr(Objects, "read", asked)
    monkeypatch.setattr(shared_columns, "fetch", asked)
    for _ in range(3):
        assert shared_columns.index(key, locations.HISTORY).exists()
        assert runtime_columns.history_of_dataset(key) is not None


@pytest.mark.s3
def test_an_index_that_is_here_answers_while_s3_does_not(ana, run_jobs, on_s3, dataset_arn, monkeypatch, caplog):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    key = Dataset.objects.get().storage_key

    def unreachable(self, name):
        raise OSError("no answer")

    monkeypatch.setattr(Objects, "read", unreachable)
    assert runtime_columns.history_of_dataset(key).of("u1").item_ids
    (locations.columns_folder(key) / locations.HISTORY).unlink()
    assert runtime_columns.history_of_dataset(key) is None
    assert "the next look asks again" in caplog.text


@pytest.mark.s3
def test_a_bucket_that_somebody_else_makes_meanwhile_is_taken(on_s3, monkeypatch):
    """Two who begin at once both see no bucket; the second to make it finds it there."""
    first = shared_columns._open(on_s3.COLUMNS_URL, 1)
    monkeypatch.setattr(S3FileSystem, "exists", lambda *_: False)
    assert shared_columns._open(on_s3.COLUMNS_URL, 2).listing() == first.listing()


@pytest.mark.s3
def test_an_index_that_a_crash_left_unnamed_goes(ana, run_jobs, on_s3, dataset_arn, tmp_path, monkeypatch):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    dataset = Dataset.objects.get()
    indexes = shared_columns.objects_of(dataset.storage_key).within("indexes")
    (tmp_path / "left").write_text("left behind")
    indexes.upload(tmp_path / "left", "history-left")
    folders.publish_index(dataset, locations.HISTORY, 100)
    assert "history-left" in indexes.listing()
    monkeypatch.setattr(shared_columns, "_UPLOAD", -timedelta(minutes=1))
    folders.publish_index(dataset, locations.HISTORY, 101)
    assert len(indexes.listing()) == 1


@pytest.mark.s3
def test_an_index_of_an_older_version_does_not_take_the_place_of_a_newer(ana, run_jobs, on_s3, dataset_arn):
    dataset = Dataset.objects.get()
    path = locations.columns_folder(dataset.storage_key) / locations.HISTORY
    path.parent.mkdir(parents=True, exist_ok=True)
    for version, content in ((2, b"newer"), (1, b"older")):
        path.write_bytes(content)
        folders.publish_index(dataset, locations.HISTORY, version)
    on_s3.COLUMNS_CACHE_DIR = on_s3.COLUMNS_CACHE_DIR / "other"
    assert shared_columns.index(dataset.storage_key, locations.HISTORY).read_bytes() == b"newer"
    assert len(shared_columns.objects_of(dataset.storage_key).within("indexes").listing()) == 1


def test_cleaning_up_puts_many_small_segments_together(anywhere, ana, run_jobs, dataset_arn, monkeypatch):
    monkeypatch.setattr(housekeeping, "MANY", 2)
    monkeypatch.setattr(store_module, "_SMALL", 0)
    for number in range(3):
        location = world.put_interactions(f"{number}.csv", first=number * 1000, rows=1000)
        mode = "INCREMENTAL" if number else "FULL"
        world.import_file(ana, run_jobs, dataset_arn, location, name=f"import-{number}", mode=mode)
    before = columns().snapshot()
    rows = before.table()
    assert len(before.segments) == 3
    housekeeping.clean_up()
    after = columns().snapshot()
    assert (len(after.segments), after.rows("BULK")) == (2, 3000)
    assert after.table().equals(rows)
    assert before.table().equals(rows)


def test_cleaning_up_goes_on_where_one_dataset_fails(anywhere, ana, run_jobs, dataset_arn, monkeypatch):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    swept = []

    def fail(self):
        swept.append(self)
        raise OSError("no answer")

    monkeypatch.setattr(store_module.ColumnStore, "sweep", fail)
    housekeeping.clean_up()
    assert len(swept) == 1


@pytest.mark.s3
def test_columns_on_s3_that_no_dataset_has_go_after_a_while(ana, run_jobs, on_s3, dataset_arn, tmp_path, monkeypatch):
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    every = shared_columns.all_objects()
    (tmp_path / "left").write_text("left behind")
    every.upload(tmp_path / "left", "no-such-dataset/bulk-1.parquet")
    housekeeping.clean_up()
    assert "no-such-dataset" in every.folders()
    later = timezone.now() + timedelta(hours=7)
    monkeypatch.setattr(housekeeping.timezone, "now", lambda: later)
    housekeeping.clean_up()
    assert every.folders() == [str(Dataset.objects.get().storage_key)]
    assert columns().snapshot().table().num_rows == 1200
