"""What a dataset's columns hold after imports, replacements and crashes."""

import json
import os
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine.columns import ColumnStore
from tests.engine.columns.samples import INTERACTIONS, USERS, events, people, rows_of, users_schema


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
    wider = users_schema({"name": "PLAN", "type": ["null", "string"], "categorical": True})
    store.adopt(wider)
    assert store.snapshot().table().to_pylist() == [{"USER_ID": "u1", "AGE": 1, "PLAN": None}]
    store.append_individual(pa.table({"USER_ID": ["u2"], "AGE": [2], "PLAN": ["gold"]}), 1, wider)
    assert rows_of(store.snapshot().table()) == [("u1", 1, None), ("u2", 2, "gold")]


def test_chosen_columns_come_alone(store, written):
    snapshot = store.replace_bulk([written(people(("u1", 1)))], USERS)
    assert snapshot.table(["AGE"]).column_names == ["AGE"]
    assert snapshot.sample(5).num_rows == 1


def test_an_older_snapshot_reads_what_it_saw(store, written):
    before = store.replace_bulk([written(events(("u1", "a", 1)))], INTERACTIONS)
    store.append_individual(events(("u2", "b", 2)), 1, INTERACTIONS)
    store.replace_bulk([written(events(("u3", "c", 3)))], INTERACTIONS)
    store.clear()
    assert rows_of(before.table()) == [("u1", "a", 1)]
    assert store.snapshot().table().num_rows == 0


def test_replaced_files_go_after_the_grace(tmp_path, written):
    store = ColumnStore(tmp_path / "columns", grace=0)
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


class PowerCut(Exception):
    pass


STEPS = ["os.fsync", "Path.replace", "json.dump"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("nth", range(6))
@pytest.mark.parametrize("change", ["replace", "append", "individual", "clear"])
def test_a_crash_at_any_step_leaves_the_old_or_the_new(store, written, monkeypatch, step, nth, change):
    old = events(("u1", "a", 1), ("u2", "b", 2))
    store.replace_bulk([written(old)], INTERACTIONS)
    more = written(events(("u3", "c", 3)))
    expected = {
        "replace": [("u3", "c", 3)],
        "append": [*rows_of(old), ("u3", "c", 3)],
        "individual": [*rows_of(old), ("u3", "c", 3)],
        "clear": [],
    }[change]
    acts = {
        "replace": lambda: store.replace_bulk([more], INTERACTIONS),
        "append": lambda: store.append_bulk([more], INTERACTIONS),
        "individual": lambda: store.append_individual(events(("u3", "c", 3)), 1, INTERACTIONS),
        "clear": store.clear,
    }
    owner, attribute = {"os.fsync": (os, "fsync"), "Path.replace": (Path, "replace"), "json.dump": (json, "dump")}[step]
    real, calls = getattr(owner, attribute), []

    def fail(*arguments, **named):
        calls.append(1)
        if len(calls) == nth + 1:
            raise PowerCut
        return real(*arguments, **named)

    monkeypatch.setattr(owner, attribute, fail)
    try:
        acts[change]()
        crashed = False
    except PowerCut:
        crashed = True
    monkeypatch.undo()
    found = rows_of(store.snapshot().table())
    assert found in (rows_of(old), expected) if crashed else found == expected
    after = store.append_individual(events(("u9", "z", 9)), 99, INTERACTIONS)
    assert ("u9", "z", 9) in rows_of(after.table())


RECORDS = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 99)), max_size=8)
STEPS_OF_LIFE = st.lists(st.tuples(st.sampled_from(["full", "more", "put"]), RECORDS), max_size=6)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS_OF_LIFE)
def test_the_effective_view_is_the_newest_record_of_each_id(tmp_path_factory, steps):
    root = tmp_path_factory.mktemp("life")
    store = ColumnStore(root / "columns")
    bulk, put = [], []
    for number, (kind, records) in enumerate(steps, start=1):
        if kind == "put":
            put += [(number, *record) for record in records]
            store.append_individual(people(*records), number, USERS)
            continue
        path = root / f"{number}.parquet"
        pq.write_table(people(*records), path)
        bulk = [entry for entry in bulk if kind == "more"] + [(number, *record) for record in records]
        (store.replace_bulk if kind == "full" else store.append_bulk)([path], USERS)
    newest = {name: age for _, name, age in sorted(bulk + put, key=lambda entry: entry[0])}
    assert dict(rows_of(store.snapshot().table())) == newest
    assert store.snapshot().rows("BULK") == len(bulk)
    assert store.snapshot().rows("PUT") == len(put)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 2)), max_size=12),
    st.integers(0, 12),
)
def test_the_effective_view_of_events_is_their_set_in_the_order_of_arrival(tmp_path_factory, rows, cut):
    root = tmp_path_factory.mktemp("life")
    store = ColumnStore(root / "columns")
    pq.write_table(events(*rows[:cut]), root / "first.parquet")
    store.replace_bulk([root / "first.parquet"], INTERACTIONS)
    store.append_individual(events(*rows[cut:]), 1, INTERACTIONS)
    assert rows_of(store.snapshot().table()) == list(dict.fromkeys(rows))
