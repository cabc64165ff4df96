"""A crash or a full disk at any step of any change: the old version or the new one, and nothing left over."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from personalize_web.engine.columns import ColumnStore, rewriting
from personalize_web.engine.columns import store as store_module
from personalize_web.engine.columns.bucket import BucketDisk, Cache
from personalize_web.engine.errors import DataError
from tests.engine.columns.samples import PLAN, USERS, people, rows_of, users_schema
from tests.engine.columns.shelf import Shelf

MOST = 80
"""Steps that no change takes."""


def steps():
    """Everything that changes or reads what lies on a disk or in a bucket."""
    return [
        (os, "fsync"),
        (Path, "open"),
        (Path, "replace"),
        (Path, "mkdir"),
        (Path, "unlink"),
        (Path, "hardlink_to"),
        (shutil, "rmtree"),
        (pq, "write_table"),
        (pq.ParquetWriter, "write_batch"),
        (rewriting, "without"),
        (Shelf, "read"),
        (Shelf, "upload"),
        (Shelf, "download"),
        (Shelf, "write_if"),
        (Shelf, "remove"),
    ]


def writes():
    """Those of the steps that need room on this machine's disk."""
    return [step for step in steps() if step[0] is not Shelf and step[1] not in ("unlink", "rmtree")]


class PowerCut(BaseException):
    """From now on nothing is done any more."""


@contextmanager
def interrupted(monkeypatch, steps, nth, fail):
    """Do the first ``nth`` of the steps, and ``fail`` instead of those that come; yields the steps that were tried."""
    tried = []

    def patched(name, real):
        def step(*arguments, **named):
            tried.append(name)
            if len(tried) > nth:
                fail(name)
            return real(*arguments, **named)

        return step

    with monkeypatch.context() as patches:
        for owner, name in steps:
            patches.setattr(owner, name, patched(name, getattr(owner, name)))
        yield tried


CHANGES = {
    "replace": lambda store, more: store.replace_bulk([more], USERS),
    "append": lambda store, more: store.append_bulk([more], USERS),
    "individual": lambda store, more: store.append_individual(people(("u3", 33), ("u9", 9)), 9, USERS),
    "adopt": lambda store, more: store.adopt(users_schema(PLAN)),
    "clear": lambda store, more: store.clear(),
    "delete": lambda store, more: store.delete_rows("USER_ID", ["u1"]),
    "compact": lambda store, more: store.compact(),
}


@pytest.fixture(params=["directory", "bucket"])
def begun(request, tmp_path, written, monkeypatch):
    """Makes copies of a dataset with segments of both origins, some of them retired, and a file to import."""
    monkeypatch.setattr(store_module, "_SMALL", 0)
    shelf = Shelf() if request.param == "bucket" else None

    def open_store(name, objects, **about):
        place = BucketDisk(objects, Cache(tmp_path, 1 << 40), name) if objects else tmp_path / name
        return ColumnStore(place, **about)

    store = open_store("first", shelf)
    store.replace_bulk([written(people(("u0", 0), ("u1", 0)))], USERS)
    store.replace_bulk([written(people(("u1", 1), ("u2", 2)))], USERS)
    store.append_individual(people(("u3", 3), ("u1", 11)), 1, USERS)
    store.append_bulk([written(people(("u4", 4), ("u1", 111)))], USERS)
    store.append_individual(people(("u4", 44)), 2, USERS)
    store.snapshot().sql()

    def begin(name):
        shutil.copytree(tmp_path / "first", tmp_path / name)
        copy = Shelf(shelf.content) if shelf else None
        return open_store(name, copy, grace=0), written(people(("u5", 5), ("u2", 22)))

    return begin


def state(store):
    """All that a reader can see."""
    snapshot = store.snapshot()
    ranks = [(each.origin, each.rows) for each in snapshot.segments if each.rows]
    return (
        rows_of(snapshot.table()),
        rows_of(snapshot.raw()),
        ranks,
        snapshot.columns,
        snapshot.manifest.individual_upto,
    )


def left_over(store):
    """Files that no reader of the present version asks for."""
    present = store.snapshot().manifest.files
    found = {name for name in store.disk.files() if name not in present and not name.startswith("superseded-")}
    local = {path.name for path in store.root.iterdir() if path.name.startswith((".staging", "bulk-", "put-"))}
    return found | (local - present)


@pytest.mark.parametrize("change", CHANGES)
def test_a_crash_at_any_step_leaves_the_old_or_the_new(begun, monkeypatch, change):
    store, more = begun("whole")
    old = state(store)
    CHANGES[change](store, more)
    new = state(store)

    def fail(name):
        raise PowerCut

    seen = set()
    for nth in range(MOST):
        store, more = begun(f"{change}-{nth}")
        try:
            with interrupted(monkeypatch, steps(), nth, fail):
                CHANGES[change](store, more)
            finished = True
        except PowerCut:
            finished = False
        found = state(store)
        assert found in (old, new)
        seen.add(str(found))
        store.sweep()
        assert left_over(store) == set()
        if finished:
            assert found == new
            break
        if nth % 4:
            continue
        store.append_individual(people(("u7", 7)), 99, USERS)
        assert ("u7", 7) in [row[:2] for row in rows_of(store.snapshot().table())]
    else:
        raise AssertionError(f"{change} takes more than {MOST} steps")
    assert nth > 3
    assert seen == {str(old), str(new)}


@pytest.mark.parametrize("change", CHANGES)
def test_a_full_disk_is_told_and_leaves_the_dataset_as_it_was(begun, monkeypatch, change):
    store, more = begun("whole")
    old = state(store)
    CHANGES[change](store, more)
    new = state(store)

    def fail(name):
        if name == "without":
            raise duckdb.IOException("IO Error: Could not write file: No space left on device")
        raise OSError(errno.ENOSPC, "No space left on device")

    told = 0
    for nth in range(MOST):
        store, more = begun(f"{change}-{nth}")
        before = left_over(store)
        try:
            with interrupted(monkeypatch, writes(), nth, fail) as tried:
                CHANGES[change](store, more)
        except DataError as error:
            assert "no room left on the disk" in str(error)
            assert "try again" in str(error)
            assert state(store) == old
            assert left_over(store) == before
            told += 1
        else:
            assert state(store) == new
            if len(tried) <= nth:
                break
    else:
        raise AssertionError(f"{change} takes more than {MOST} steps")
    assert told >= 3


def test_an_import_that_fills_the_disk_says_so(store, written):
    with pytest.raises(DataError, match="no room left on the disk"), store.staging() as aside:
        (aside / "half").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert left_over(store) == set()
    with pytest.raises(OSError, match="another"), store.staging():
        raise OSError(errno.EIO, "another")
