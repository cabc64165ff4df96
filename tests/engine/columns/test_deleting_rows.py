"""What a deletion removes, and that nothing of it stays anywhere."""

import os

import pyarrow as pa
import pytest

from personalize_web.engine.columns import disk as disks
from personalize_web.engine.errors import DataError
from tests.engine.columns.samples import INTERACTIONS, USERS, events, people, rows_of

SECRET, OTHER = "secret-user-0815", "other-user"


def bytes_anywhere(tmp_path, store, wanted=SECRET):
    """Files below the test's folder, and objects of the store's bucket, in which the text stands."""
    found = [path for path in tmp_path.rglob("*") if path.is_file() and wanted.encode() in path.read_bytes()]
    objects = getattr(store.disk, "objects", None)
    if objects is not None:
        keys = objects.filesystem.find(objects.prefix)
        assert keys
        found += [key for key in keys if wanted.encode() in objects.filesystem.cat_file(key)]
    return found


@pytest.fixture
def import_file(written):
    """Writes rows to a file and imports it; the file itself goes."""

    def run(publish, table, schema=INTERACTIONS):
        path = written(table)
        publish([path], schema)
        path.unlink(missing_ok=True)

    return run


def test_no_byte_of_the_deleted_rows_is_left(tmp_path, store, import_file):
    import_file(store.replace_bulk, events((SECRET, "a", 1), (OTHER, "b", 2), (SECRET, "c", 3)))
    import_file(store.replace_bulk, events((SECRET, "retired", 1)))
    import_file(store.replace_bulk, events((OTHER, "b", 2), (SECRET, "a", 1), (OTHER, "c", 4)))
    store.append_individual(events((OTHER, "d", 5), (SECRET, "e", 6)), 7, INTERACTIONS)
    store.snapshot().table()
    assert bytes_anywhere(tmp_path, store)
    deletion = store.delete_rows("USER_ID", [SECRET, "nobody"])
    assert deletion.rows == 2
    assert bytes_anywhere(tmp_path, store) == []
    assert rows_of(deletion.snapshot.table()) == [(OTHER, "b", 2), (OTHER, "c", 4), (OTHER, "d", 5)]
    assert [(segment.origin, segment.rows) for segment in deletion.snapshot.segments] == [("BULK", 2), ("PUT", 1)]
    assert deletion.snapshot.manifest.individual_upto == 7


def test_columns_with_few_values_keep_no_dictionary_of_the_deleted(tmp_path, store, import_file):
    import_file(store.replace_bulk, events(*[(SECRET if row % 10 == 0 else OTHER, "a", row) for row in range(5000)]))
    assert store.delete_rows("USER_ID", [SECRET]).rows == 500
    assert bytes_anywhere(tmp_path, store) == []
    assert store.snapshot().rows() == 4500


def test_what_dead_imports_left_behind_goes_too(tmp_path, store, import_file):
    import_file(store.replace_bulk, events((OTHER, "a", 1)))
    dead = store.root / ".staging-dead"
    dead.mkdir()
    for name in (".alive", "half.csv"):
        (dead / name).write_text(SECRET)
    with store.staging() as alive:
        (alive / "new.csv").write_text("being imported")
        store.delete_rows("USER_ID", [SECRET])
        assert (alive / "new.csv").exists()
    assert bytes_anywhere(tmp_path, store) == []


def test_a_file_that_no_manifest_ever_named_goes_if_it_holds_the_rows(tmp_path, store, import_file, written):
    import_file(store.replace_bulk, events((OTHER, "a", 1)))
    store.disk.take(written(events((SECRET, "a", 1)), "orphan"), "bulk-orphan.parquet")
    store.disk.take(written(events((OTHER, "b", 1)), "innocent"), "bulk-innocent.parquet")
    for name in ("orphan", "innocent"):
        (tmp_path / name).unlink(missing_ok=True)
    assert store.delete_rows("USER_ID", [SECRET]).rows == 0
    assert bytes_anywhere(tmp_path, store) == []
    assert "bulk-innocent.parquet" in store.disk.files()


def test_all_versions_of_a_record_go_and_the_others_keep_their_order(store, import_file):
    import_file(store.replace_bulk, people(("u1", 1), (SECRET, 2), ("u1", 3)), USERS)
    import_file(store.append_bulk, people((SECRET, 4), ("u2", 5)), USERS)
    store.append_individual(people((SECRET, 6), ("u3", 7)), 1, USERS)
    assert store.delete_rows("USER_ID", [SECRET]).rows == 3
    assert rows_of(store.snapshot().table()) == [("u1", 3), ("u2", 5), ("u3", 7)]
    assert rows_of(store.snapshot().raw()) == [("u1", 1), ("u1", 3), ("u2", 5), ("u3", 7)]


def test_other_segments_stay_the_same_files(store, import_file):
    import_file(store.replace_bulk, events(*[(OTHER, "a", time) for time in range(10)]))
    store.append_individual(events((SECRET, "b", 1)), 1, INTERACTIONS)
    before = store.snapshot().segments
    assert store.delete_rows("USER_ID", [SECRET]).snapshot.segments == before[:1]


def test_nobody_to_delete_changes_nothing(store, import_file):
    import_file(store.replace_bulk, events((OTHER, "a", 1)))
    before = store.snapshot().version
    assert store.delete_rows("USER_ID", [SECRET]).rows == 0
    assert store.delete_rows("USER_ID", []).rows == 0
    assert store.delete_rows("NO_SUCH_COLUMN", [SECRET]).rows == 0
    assert store.snapshot().version == before


def test_many_row_groups_lose_the_right_rows(store, import_file):
    ids = [f"u{row % 1000}" for row in range(300_000)]
    table = pa.table({"USER_ID": ids, "ITEM_ID": ["a"] * len(ids), "TIMESTAMP": range(len(ids))})
    import_file(store.replace_bulk, table)
    assert store.delete_rows("USER_ID", ["u0", "u999", "u500"]).rows == 900
    left = store.snapshot().raw()["TIMESTAMP"].to_pylist()
    assert left == [row for row in range(300_000) if row % 1000 not in (0, 500, 999)]


def test_a_snapshot_from_before_says_that_its_rows_are_gone(make_store, written):
    store = make_store("columns")
    store.replace_bulk([written(events((SECRET, "a", 1), (OTHER, "b", 2)))], INTERACTIONS)
    before = store.snapshot()
    store.delete_rows("USER_ID", [SECRET])
    with pytest.raises(DataError, match="start it again"):
        before.table()


def test_an_interrupted_removal_of_files_is_completed_by_the_next_change(tmp_path, store, import_file, monkeypatch):
    import_file(store.replace_bulk, events((SECRET, "a", 1), (OTHER, "b", 2)))

    class PowerCut(Exception):
        pass

    def cut(self, files):
        raise PowerCut

    monkeypatch.setattr(type(store.disk), "remove", cut)
    with pytest.raises(PowerCut):
        store.delete_rows("USER_ID", [SECRET])
    monkeypatch.undo()
    assert bytes_anywhere(tmp_path, store)
    store.sweep()
    assert bytes_anywhere(tmp_path, store) == []
    assert disks.abandoned(store.root) == []
    assert not any(name.startswith("less-") for name in os.listdir(store.root))
