"""What a dataset's columns hold after imports, replacements, deletions and tidying."""

import json
import os
import threading

import pyarrow as pa

from personalize_web.engine.columns import ColumnStore, superseded
from personalize_web.engine.columns import store as store_module
from tests.engine.columns.samples import INTERACTIONS, PLAN, USERS, events, people, rows_of, users_schema


def test_nothing_imported_is_an_empty_dataset(store):
    snapshot = store.snapshot()
    assert (snapshot.version, snapshot.rows(), snapshot.effective_rows) == (0, 0, 0)
    assert snapshot.table().num_rows == 0


def test_a_full_import_replaces_bulk_rows_and_keeps_individual_ones(store, written):
    store.replace_bulk([written(events(("u1", "a", 1), ("u2", "b", 2)))], INTERACTIONS)
    store.append_individual(events(("u3", "c", 3)), 1, INTERACTIONS)
    store.replace_bulk([written(events(("u4", "d", 4)))], INTERACTIONS)
    assert set(rows_of(store.snapshot().table())) == {("u3", "c", 3), ("u4", "d", 4)}
    assert (store.snapshot().rows("BULK"), store.snapshot().rows("PUT")) == (1, 1)


def test_an_incremental_import_appends_events(store, written):
    store.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    store.append_bulk([written(events(("u1", "a", 1), ("u2", "b", 2)))], INTERACTIONS)
    assert store.snapshot().rows() == 3
    assert rows_of(store.snapshot().table()) == [("u1", "a", 1), ("u2", "b", 2)]


def test_equal_events_collapse_at_the_place_of_the_first(store, written):
    repeated = events(("u2", "b", 5), ("u1", "a", 1), ("u2", "b", 5), ("u0", "z", 0))
    snapshot = store.replace_bulk([written(repeated)], INTERACTIONS)
    assert rows_of(snapshot.table()) == [("u2", "b", 5), ("u1", "a", 1), ("u0", "z", 0)]
    assert snapshot.effective_rows == 3


def test_events_without_a_user_are_stored_but_do_not_count(store):
    snapshot = store.append_individual(events((None, "a", 1), ("u1", "a", 2)), 2, INTERACTIONS)
    assert snapshot.rows("PUT") == 2
    assert rows_of(snapshot.table()) == [("u1", "a", 2)]


def test_a_repeated_event_id_counts_once(store):
    first = events(("u1", "a", 1), ("u1", "b", 2)).append_column("_event_id", pa.array(["e1", None]))
    second = events(("u1", "c", 3), ("u1", "d", 4)).append_column("_event_id", pa.array(["e1", "e2"]))
    store.append_individual(first, 2, INTERACTIONS)
    snapshot = store.append_individual(second, 4, INTERACTIONS)
    assert rows_of(snapshot.table()) == [("u1", "a", 1), ("u1", "b", 2), ("u1", "d", 4)]
    assert snapshot.raw("PUT").num_rows == 4


def test_the_newest_record_of_an_id_counts_over_both_origins(store, written):
    store.replace_bulk([written(people(("u1", 1), ("u2", 2), ("u3", 3)))], USERS)
    store.append_individual(people(("u1", 10)), 1, USERS)
    store.append_bulk([written(people(("u2", 20), ("u4", 4), ("u4", 44)))], USERS)
    store.append_individual(people(("u4", 440)), 2, USERS)
    assert dict(rows_of(store.snapshot().table())) == {"u1": 10, "u2": 20, "u3": 3, "u4": 440}
    assert rows_of(store.snapshot().raw("BULK")) == [("u1", 1), ("u2", 2), ("u3", 3), ("u2", 20), ("u4", 4), ("u4", 44)]


def test_the_last_row_of_a_repeated_id_in_one_file_wins(store, written):
    snapshot = store.replace_bulk([written(people(("u1", 1), ("u2", 2), ("u1", None)))], USERS)
    assert rows_of(snapshot.table()) == [("u2", 2), ("u1", None)]


def test_individual_records_up_to_a_known_number_are_ignored(store):
    store.append_individual(events(("u1", "a", 1)), 7, INTERACTIONS)
    again = store.append_individual(events(("u1", "a", 1), ("u9", "x", 9)), 7, INTERACTIONS)
    assert rows_of(again.table()) == [("u1", "a", 1)]
    assert again.manifest.individual_upto == 7


def test_small_batches_of_individual_records_share_a_segment(store):
    for number in range(1, 6):
        store.append_individual(events((f"u{number}", "a", number)), number, INTERACTIONS)
    assert len(store.snapshot().segments) == 1
    assert [row[0] for row in rows_of(store.snapshot().table())] == ["u1", "u2", "u3", "u4", "u5"]


def test_columns_of_a_new_schema_read_null_in_older_rows(store, written):
    store.replace_bulk([written(people(("u1", 1)))], USERS)
    wider = users_schema(PLAN)
    store.adopt(wider)
    assert store.snapshot().table().to_pylist() == [{"USER_ID": "u1", "AGE": 1, "PLAN": None}]
    store.append_individual(pa.table({"USER_ID": ["u2"], "AGE": [2], "PLAN": ["gold"]}), 1, wider)
    assert rows_of(store.snapshot().table()) == [("u1", 1, None), ("u2", 2, "gold")]


def test_chosen_columns_come_alone(store, written):
    snapshot = store.replace_bulk([written(people(("u1", 1)))], USERS)
    assert snapshot.table(["AGE"]).column_names == ["AGE"]
    assert snapshot.sample(5).num_rows == 1


def test_a_sample_is_the_first_rows_of_the_newest_segment(store, written, monkeypatch):
    store.replace_bulk([written(people(("u1", 1)))], USERS)
    store.append_individual(people(*[(f"p{row}", row) for row in range(9)]), 1, USERS)
    store.adopt(users_schema(PLAN))
    monkeypatch.setattr(type(store.disk), "fetch", None)
    assert rows_of(store.snapshot().sample(2)) == [("p0", 0, None), ("p1", 1, None)]
    assert store.snapshot().sample(100).num_rows == 9


def test_an_older_snapshot_reads_what_it_saw(store, written):
    before = store.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    store.append_individual(events(("u2", "b", 2)), 1, INTERACTIONS)
    store.replace_bulk([written(events(("u3", "c", 3)))], INTERACTIONS)
    store.clear()
    assert rows_of(before.table()) == [("u1", "a", 1)]
    assert store.snapshot().table().num_rows == 0


def test_replaced_files_go_after_the_grace(make_store, written):
    store = make_store("columns", grace=0)
    store.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    store.replace_bulk([written(events(("u2", "b", 2)))], INTERACTIONS)
    assert [path.name for path in store.root.glob("*.parquet")] == [store.snapshot().segments[0].file]


def test_leftovers_of_a_crash_go_after_the_grace(tmp_path, written):
    store = ColumnStore(tmp_path / "columns", grace=3600)
    store.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    (store.root / ".staging-dead").mkdir()
    for name in ("bulk-orphan.parquet", ".manifest.json.half", ".staging-dead"):
        path = store.root / name
        if not path.exists():
            path.write_bytes(b"half")
        store.sweep()
        assert path.exists()
        os.utime(path, (0, 0))
    store.sweep()
    assert {path.name for path in store.root.iterdir()} == {
        "manifest.json",
        ".lock",
        store.snapshot().segments[0].file,
    }


def test_writers_at_the_same_time_lose_nothing(store, written):
    files = [written(events((f"u{number}", "a", number))) for number in range(8)]
    threads = [threading.Thread(target=store.append_bulk, args=([path], INTERACTIONS)) for path in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.snapshot().version == 8
    assert {row[0] for row in rows_of(store.snapshot().table())} == {f"u{number}" for number in range(8)}


def test_few_new_bulk_rows_join_a_small_last_segment(store, written):
    store.replace_bulk([written(people(("u1", 1)))], USERS)
    store.append_bulk([written(people(("u2", 2))), written(people(("u1", 11)))], USERS)
    snapshot = store.append_bulk([written(people(("u3", 3)))], USERS)
    assert [(segment.incremental, segment.rows) for segment in snapshot.segments] == [(False, 1), (True, 1), (True, 2)]
    assert rows_of(snapshot.table()) == [("u2", 2), ("u1", 11), ("u3", 3)]
    assert rows_of(snapshot.raw("BULK")) == [("u1", 1), ("u2", 2), ("u1", 11), ("u3", 3)]


def test_what_incremental_imports_added_can_be_left_out(store, written):
    store.replace_bulk([written(people(("u1", 1), ("u2", 2)))], USERS)
    store.append_individual(people(("u2", 20)), 1, USERS)
    store.append_bulk([written(people(("u2", 200), ("u3", 3)))], USERS)
    assert rows_of(store.snapshot().without_incremental().table()) == [("u1", 1), ("u2", 20)]
    store.delete_rows("USER_ID", ["u3"])
    assert rows_of(store.compact().without_incremental().table()) == [("u1", 1), ("u2", 20)]
    assert rows_of(store.snapshot().table()) == [("u1", 1), ("u2", 200)]


def test_segments_of_all_kinds_are_put_together_in_the_order_of_arrival(store, written):
    store.replace_bulk([written(people(("u1", 1), ("u2", 2)))], USERS)
    for number in range(3):
        store.append_individual(people(("u1", 10 + number), (f"p{number}", number)), number + 1, USERS)
        store.append_bulk([written(people(("u2", 20 + number), (f"b{number}", number)))], USERS)
    before = store.snapshot()
    after = store.compact()
    assert (len(before.segments), len(after.segments)) == (7, 3)
    for origin in ("BULK", "PUT", None):
        assert after.raw(origin).equals(before.raw(origin))
    assert after.without_incremental().table().equals(before.without_incremental().table())
    assert rows_of(after.without_incremental().table()) == [("u2", 2), ("p0", 0), ("p1", 1), ("u1", 12), ("p2", 2)]
    assert after.table().equals(before.table())
    assert before.table().equals(after.table())
    assert after.manifest.individual_upto == 3
    store.append_individual(people(("u1", 99)), 4, USERS)
    assert rows_of(store.snapshot().table())[-1] == ("u1", 99)
    assert store.compact().raw().num_rows == 15


def test_a_full_import_after_putting_together_keeps_individual_rows_alone(store, written):
    store.replace_bulk([written(people(("u1", 1)))], USERS)
    store.append_individual(people(("u2", 2)), 1, USERS)
    store.append_bulk([written(people(("u2", 22)))], USERS)
    store.compact()
    store.replace_bulk([written(people(("u3", 3)))], USERS)
    assert rows_of(store.snapshot().raw()) == [("u2", 2), ("u3", 3)]
    assert store.compact().rows("PUT") == 1


def test_large_segments_are_left_alone(store, written, monkeypatch):
    monkeypatch.setattr(store_module, "_SMALL", 0)
    monkeypatch.setattr(store_module, "_MERGED", 2)
    store.replace_bulk([written(people(*[(f"u{row}", row) for row in range(5)]))], USERS)
    for number in range(3):
        store.append_bulk([written(people((f"n{number}", number)))], USERS)
    large = store.snapshot().segments[0]
    assert [segment.rows for segment in store.compact().segments] == [5, 3]
    assert store.snapshot().segments[0] == large
    version = store.snapshot().version
    assert store.compact().version == version


def test_what_counts_is_found_out_once_and_only_for_what_is_new(store, written, monkeypatch):
    store.replace_bulk([written(events(*[(f"u{row % 50}", "a", row % 200) for row in range(1000)]))], INTERACTIONS)
    looked = []
    real = superseded._all_but_one

    def all_but_one(connection, view, columns, *, keep, rows):
        looked.append(rows)
        real(connection, view, columns, keep=keep, rows=rows)

    monkeypatch.setattr(superseded, "_all_but_one", all_but_one)
    for _ in range(3):
        assert store.snapshot().effective_rows == 200
    assert looked == [1000]
    store.append_individual(events(("u1", "a", 1), ("u1", "b", 1)), 1, INTERACTIONS)
    assert store.snapshot().effective_rows == 201
    assert looked == [1000, 2]


def test_hashes_are_looked_at_part_by_part(store, written, monkeypatch):
    monkeypatch.setattr(superseded, "_HASHES_AT_ONCE", 100)
    rows = [(f"u{row % 300}", "a", 1) for row in range(1000)]
    snapshot = store.replace_bulk([written(events(*rows))], INTERACTIONS)
    assert rows_of(snapshot.table()) == rows[:300]


def test_what_counted_in_older_versions_is_forgotten_after_the_grace(tmp_path, written):
    store = ColumnStore(tmp_path / "columns", grace=3600)
    for number in range(3):
        store.replace_bulk([written(events((f"u{number}", "a", 1)))], INTERACTIONS)
        store.snapshot().sql()
    files = sorted(store.root.glob("superseded-*"), key=lambda path: path.stat().st_mtime_ns)
    assert len(files) == 3
    for path in files:
        os.utime(path, (0, 0))
    store.sweep()
    assert list(store.root.glob("superseded-*")) == files[-1:]


def test_a_dataset_of_the_first_release_is_read(tmp_path, written):
    store = ColumnStore(tmp_path / "columns")
    store.replace_bulk([written(people(("u1", 1)))], USERS)
    store.append_individual(people(("u1", 2)), 1, USERS)
    path = store.root / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["erased"]
    for segment in manifest["segments"]:
        del segment["rank"], segment["span"]
        segment["unique"] = True
    path.write_text(json.dumps(manifest))
    assert rows_of(ColumnStore(store.root).snapshot().table()) == [("u1", 2)]
    assert store.append_individual(people(("u1", 3)), 2, USERS).raw().num_rows == 3
