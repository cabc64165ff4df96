"""What is special about columns on S3: several machines write, and each keeps copies of what it reads."""

import os
import threading
from uuid import uuid4

import pytest

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.columns import store as store_module
from personalize_web.engine.columns.bucket import IN_USE, BucketDisk, Cache
from personalize_web.engine.errors import DataError
from personalize_web.engine.objects import Objects
from tests.engine.columns.samples import INTERACTIONS, events, rows_of

pytestmark = pytest.mark.s3


@pytest.fixture
def machine(bucket, tmp_path):
    """The same dataset as several machines have it."""
    objects = bucket.within(uuid4().hex)

    def open_on(name, *, cache=1 << 40) -> ColumnStore:
        return ColumnStore(BucketDisk(objects, Cache(tmp_path / name, cache), "columns"))

    return open_on


def users(store):
    return sorted(row[0] for row in rows_of(store.snapshot().table()))


def copies(store):
    return {path.name for path in store.root.glob("bulk-*.parquet")}


def test_what_one_machine_writes_another_reads(machine, written):
    machine("one").replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    machine("two").append_bulk([written(events(("u2", "b", 2)))], INTERACTIONS)
    assert users(machine("one")) == users(machine("three")) == ["u1", "u2"]


def test_a_sample_is_read_without_a_copy(machine, written):
    machine("one").replace_bulk([written(events(("u1", "a", 1), ("u2", "b", 2)))], INTERACTIONS)
    two = machine("two")
    assert rows_of(two.snapshot().sample(1)) == [("u1", "a", 1)]
    assert copies(two) == set()


def test_machines_that_write_at_the_same_time_lose_nothing(machine, written, monkeypatch):
    monkeypatch.setattr(store_module, "_SMALL", 0)
    files = [written(events((f"u{number}", "a", number))) for number in range(6)]
    stores = [machine(f"m{number}") for number in range(6)]
    threads = [
        threading.Thread(target=store.append_bulk, args=([path], INTERACTIONS))
        for store, path in zip(stores, files, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert users(machine("last")) == [f"u{number}" for number in range(6)]
    assert machine("last").snapshot().version == 6


def test_a_change_that_was_overtaken_is_made_on_what_the_other_left(machine, written, monkeypatch):
    one, two = machine("one"), machine("two")
    one.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    real, overtaken = Objects.write_if, []

    def write_if(self, name, content, mark):
        if not overtaken:
            overtaken.append(name)
            two.append_individual(events(("u2", "b", 2)), 5, INTERACTIONS)
        return real(self, name, content, mark)

    monkeypatch.setattr(Objects, "write_if", write_if)
    one.append_bulk([written(events(("u3", "c", 3)))], INTERACTIONS)
    assert overtaken
    assert users(one) == users(two) == ["u1", "u2", "u3"]
    assert one.snapshot().manifest.individual_upto == 5
    assert set(one.disk.objects.listing()) == {"manifest.json", *one.snapshot().manifest.files} | set(
        one.snapshot().manifest.retired
    )


def test_a_deletion_that_was_overtaken_finds_the_new_rows_too(machine, written, monkeypatch):
    one, two = machine("one"), machine("two")
    one.replace_bulk([written(events(("u1", "a", 1), ("u2", "a", 1)))], INTERACTIONS)
    real, overtaken = Objects.write_if, []

    def write_if(self, name, content, mark):
        if not overtaken:
            overtaken.append(name)
            two.append_individual(events(("u1", "b", 2)), 5, INTERACTIONS)
        return real(self, name, content, mark)

    monkeypatch.setattr(Objects, "write_if", write_if)
    assert one.delete_rows("USER_ID", ["u1"]).rows == 2
    assert users(two) == ["u2"]


def test_a_write_whose_answer_was_lost_counts_once(machine, written, monkeypatch):
    store = machine("one")
    real = Objects.write_if

    def write_twice(self, name, content, mark):
        real(self, name, content, mark)
        return real(self, name, content, mark)

    monkeypatch.setattr(Objects, "write_if", write_twice)
    store.append_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    monkeypatch.undo()
    assert store.snapshot().rows() == 1


def test_a_change_that_is_always_overtaken_gives_up(machine, written, monkeypatch):
    monkeypatch.setattr(store_module, "_ATTEMPTS", 3)
    monkeypatch.setattr(Objects, "write_if", lambda *arguments: False)
    store = machine("one")
    with pytest.raises(DataError, match="try again"):
        store.append_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    assert store.disk.objects.listing() == {}


def test_copies_of_deleted_rows_go_on_every_machine_that_looks_at_the_dataset(machine, written):
    one, two = machine("one"), machine("two")
    one.replace_bulk([written(events(("u1", "a", 1), ("u2", "b", 2)))], INTERACTIONS)
    two.snapshot().table()
    assert copies(two)
    one.delete_rows("USER_ID", ["u1"])
    two.snapshot()
    assert copies(two) == set()
    assert users(two) == ["u2"]


def test_the_copies_used_longest_ago_make_room(machine, written):
    store = machine("one")
    for number in range(4):
        store.replace_bulk([written(events((f"u{number}", "a", 1)))], INTERACTIONS)
        store.snapshot().raw()
    size = store.snapshot().segments[0].bytes
    old = sorted(copies(store) - store.snapshot().manifest.files)
    for age, name in enumerate(old, start=1):
        os.utime(store.root / name, (0, 10_000 - age))
    reader = machine("one", cache=size * 3)
    (reader.root / reader.snapshot().segments[0].file).unlink()
    assert users(reader) == ["u3"]
    assert copies(reader) == {*old[:2], *reader.snapshot().manifest.files}


def test_copies_in_use_stay_even_if_they_are_too_many(machine, written):
    store = machine("one", cache=0)
    store.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    other = machine("two", cache=0)
    assert users(other) == ["u1"]
    assert copies(other)
    for path in other.root.glob("bulk-*"):
        os.utime(path, (0, 0))
    other.disk.cache.make_room()
    assert copies(other) == set()
    assert IN_USE > 600


def test_a_half_copy_is_fetched_again(machine, written):
    machine("one").replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    two = machine("two")
    (two.root / two.snapshot().segments[0].file).write_bytes(b"half")
    assert users(two) == ["u1"]


def test_a_refused_request_is_no_conflict(machine, written):
    store = machine("one")
    absent = Objects(store.disk.objects.filesystem, "no-such-bucket/x")
    with pytest.raises(OSError, match="bucket"):
        absent.write_if("manifest.json", b"{}", None)
