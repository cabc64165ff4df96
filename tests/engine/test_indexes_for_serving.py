"""What requests read of a dataset: each user's newest events, and the records of items."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine import attributes, indexing_histories, packing, schemas
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError
from personalize_web.engine.history import Covered, HistoryIndex

INTERACTIONS = schemas.parse(schemas.template("INTERACTIONS", "VIDEO_ON_DEMAND"), domain="VIDEO_ON_DEMAND")
ACTION_INTERACTIONS = schemas.parse(schemas.template("ACTION_INTERACTIONS", None))
ITEMS = schemas.parse(
    """{"type": "record", "name": "Items", "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRES", "type": ["null", "string"], "categorical": true},
        {"name": "YEAR", "type": ["null", "int"]},
        {"name": "PRICE", "type": ["null", "float"]},
        {"name": "SHORT_NAME", "type": ["null", "string"]}], "version": "1.0"}"""
)


def stored(folder: Path, schema, table: pa.Table):
    store = ColumnStore(folder / "columns")
    file = folder / "rows.parquet"
    pq.write_table(table, file)
    return store.replace_bulk([file], schema)


def events(rows: list[tuple[str, str, str, int]]) -> pa.Table:
    users, items, kinds, times = zip(*rows, strict=True)
    return pa.table({"USER_ID": users, "ITEM_ID": items, "EVENT_TYPE": kinds, "TIMESTAMP": pa.array(times, pa.int64())})


def test_a_history_is_in_the_order_of_time_and_ties_keep_the_order_of_the_file(tmp_path):
    rows = [
        ("u", "late", "watch", 30),
        ("u", "first", "watch", 10),
        ("u", "second", "click", 10),
        ("v", "x", "watch", 1),
    ]
    indexing_histories.build(stored(tmp_path, INTERACTIONS, events(rows)), tmp_path / "history")
    found = HistoryIndex.open(tmp_path / "history").of("u")
    assert list(found.item_ids) == ["first", "second", "late"]
    assert list(found.event_types) == ["watch", "click", "watch"]
    assert list(found.timestamps) == [10, 10, 30]
    assert list(found.values) == [None, None, None]


def test_an_unknown_user_has_no_history(tmp_path):
    indexing_histories.build(stored(tmp_path, INTERACTIONS, events([("u", "i", "watch", 1)])), tmp_path / "history")
    assert len(HistoryIndex.open(tmp_path / "history").of("nobody")) == 0


def test_the_newest_300_stay_and_100_of_each_type_however_old(tmp_path):
    rows = [("u", f"old{n}", "purchase", n) for n in range(150)] + [
        ("u", f"new{n}", "watch", 1000 + n) for n in range(400)
    ]
    indexing_histories.build(stored(tmp_path, INTERACTIONS, events(rows)), tmp_path / "history")
    found = HistoryIndex.open(tmp_path / "history").of("u")
    assert list(found.item_ids) == [f"old{n}" for n in range(50, 150)] + [f"new{n}" for n in range(100, 400)]


def test_of_action_interactions_300_of_each_type_stay(tmp_path):
    rows = [("u", f"old{n}", "TAKEN", n) for n in range(350)] + [("u", f"new{n}", "VIEWED", 1000 + n) for n in range(9)]
    users, actions, kinds, times = zip(*rows, strict=True)
    table = pa.table({"USER_ID": users, "ACTION_ID": actions, "EVENT_TYPE": kinds, "TIMESTAMP": list(times)})
    counts = indexing_histories.build(stored(tmp_path, ACTION_INTERACTIONS, table), tmp_path / "history")
    found = HistoryIndex.open(tmp_path / "history").of("u")
    assert list(found.item_ids) == [f"old{n}" for n in range(50, 350)] + [f"new{n}" for n in range(9)]
    assert (counts["rows"], counts["actions"], counts["event_types"]) == (359, 359, {"TAKEN": 350, "VIEWED": 9})


times = st.one_of(st.integers(0, 3), st.integers(-(2**60), 2**60))
some_events = st.tuples(st.sampled_from("uvwxy"), st.sampled_from("abc"), st.sampled_from(["k", "l", None]), times)


@given(st.lists(some_events, min_size=1, max_size=60), st.integers(1, 4))
def test_however_the_work_is_cut_an_index_holds_the_newest(tmp_path_factory, rows, part_rows):
    """Beside a plain list of each user's events."""
    folder = tmp_path_factory.mktemp("index")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing_histories, "NEWEST", 4)
        patch.setattr(indexing_histories, "NEWEST_OF_TYPE", {"INTERACTIONS": 2})
        patch.setattr(indexing_histories, "_PART_ROWS", part_rows)
        patch.setattr(indexing_histories, "_BATCH", 3)
        counts = indexing_histories.build(stored(folder, INTERACTIONS, events(rows)), folder / "history")
    rows = list(dict.fromkeys(rows))
    index = HistoryIndex.open(folder / "history")
    by_user = {user: sorted((row for row in rows if row[0] == user), key=lambda row: row[3]) for user, *_ in rows}
    for user, mine in by_user.items():
        newest = {id(row) for row in mine[-4:]}
        for kind in ("k", "l", None):
            newest |= {id(row) for row in [row for row in mine if row[2] == kind][-2:]}
        found = index.of(user)
        assert list(zip(found.item_ids, found.event_types, found.timestamps, strict=True)) == [
            row[1:] for row in mine if id(row) in newest
        ]
    assert index.of("nobody").item_ids == ()
    assert counts == index.about.counts == {
        "rows": len(rows),
        "users": len(by_user),
        "items": len({row[1] for row in rows}),
        "users_with_two": sum(len(mine) > 1 for mine in by_user.values()),
        "last_timestamp": max(row[3] for row in rows),
        "event_types": {
            kind: sum(row[2] == kind for row in rows)
            for kind in sorted("kl", key=lambda kind: -sum(row[2] == kind for row in rows))
            if any(row[2] == kind for row in rows)
        },
    }  # fmt: skip


def test_an_index_says_who_has_events_of_some_types(tmp_path, monkeypatch):
    monkeypatch.setattr("personalize_web.engine.history._USERS_AT_ONCE", 2)
    rows = [("u", "i", "Watch", 1), ("v", "i", "click", 2), ("w", "i", "CLICK", 3), ("w", "i", "watch", 4),
            ("x", "i", "watch", 5)]
    indexing_histories.build(stored(tmp_path, INTERACTIONS, events(rows)), tmp_path / "history")
    index = HistoryIndex.open(tmp_path / "history")

    def having(*types):
        return set(index.users.ids(index.having(frozenset(types) if types else None).nonzero()[0]))

    assert having("click") == {"v", "w"}
    assert having("watch") == {"u", "w", "x"}
    assert having("click", "watch") == having() == {"u", "v", "w", "x"}
    assert having("buy") == set()


def test_an_index_of_nothing_knows_nobody(tmp_path):
    schema_only = ColumnStore(tmp_path / "columns").adopt(INTERACTIONS)
    assert indexing_histories.build(schema_only, tmp_path / "history")["rows"] == 0
    index = HistoryIndex.open(tmp_path / "history")
    assert len(index.of("u")) == len(index.lengths()) == len(index.having(None)) == 0


def test_an_index_says_which_recorded_events_it_holds(tmp_path):
    snapshot = stored(tmp_path, INTERACTIONS, events([("u", "i", "watch", 1)]))
    indexing_histories.build(snapshot, tmp_path / "history", covered=Covered(upto=17, events=3))
    index = HistoryIndex.open(tmp_path / "history")
    assert (index.event_upto, index.about.covered.events, index.about.stored_rows) == (17, 3, 1)


def test_work_that_is_interrupted_leaves_the_index_before(tmp_path, monkeypatch):
    snapshot = stored(tmp_path, INTERACTIONS, events([("u", "i", "watch", 1)]))
    indexing_histories.build(snapshot, tmp_path / "history")

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(indexing_histories, "_newest", no_room)
    with pytest.raises(OSError, match="No space"):
        indexing_histories.build(snapshot, tmp_path / "history")
    assert len(HistoryIndex.open(tmp_path / "history").of("u")) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["columns", "history"]


def test_records_are_read_by_id_with_their_types(tmp_path):
    table = pa.table(
        {
            "ITEM_ID": ["a", "b"],
            "GENRES": ["Drama|Crime", None],
            "YEAR": pa.array([1994, None], pa.int32()),
            "PRICE": pa.array([None, 2.5], pa.float64()),
            "SHORT_NAME": ["Élan vital", None],
        }
    )
    attributes.build(stored(tmp_path, ITEMS, table), ITEMS, tmp_path / "attributes")
    found = Attributes.open(tmp_path / "attributes")
    assert found.row("a") == {"GENRES": "Drama|Crime", "YEAR": 1994, "PRICE": None, "SHORT_NAME": "Élan vital"}
    assert found.values(["b", "nothing"], ["YEAR", "PRICE"]) == [{"YEAR": None, "PRICE": 2.5}, {}]
    assert found.row("nothing") is None
    assert found.title_column() == "SHORT_NAME"


def test_records_come_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(attributes, "_BATCH", 2)
    ids = [f"item {n}" for n in range(7)]
    table = pa.table(
        {
            "ITEM_ID": ids,
            "GENRES": [f"genre {n}" if n % 3 else None for n in range(7)],
            "YEAR": pa.array(range(7), pa.int32()),
            "PRICE": pa.array([n / 2 for n in range(7)]),
            "SHORT_NAME": [f"Name {n}" for n in range(7)],
        }
    )
    attributes.build(stored(tmp_path, ITEMS, table), ITEMS, tmp_path / "attributes")
    found = Attributes.open(tmp_path / "attributes")
    assert [found.row(each)["GENRES"] for each in ids] == [f"genre {n}" if n % 3 else None for n in range(7)]
    assert [found.row(each)["PRICE"] for each in ids] == [n / 2 for n in range(7)]
    assert found.search("name 6") == ["item 6"]


def test_without_records_nothing_is_found(tmp_path):
    attributes.build(ColumnStore(tmp_path / "columns").adopt(ITEMS), ITEMS, tmp_path / "attributes")
    found = Attributes.open(tmp_path / "attributes")
    assert (found.row("a"), found.search("a"), len(found)) == (None, [], 0)


def test_items_are_found_by_a_part_of_their_title_in_whatever_case(tmp_path):
    names = ["Toy Story", "Story of Us", "Heat"]
    table = pa.table(
        {
            "ITEM_ID": ["1", "2", "3"],
            "GENRES": ["A"] * 3,
            "YEAR": pa.array([1, 2, 3], pa.int32()),
            "PRICE": pa.array([1.0] * 3),
            "SHORT_NAME": names,
        }
    )
    attributes.build(stored(tmp_path, ITEMS, table), ITEMS, tmp_path / "attributes")
    found = Attributes.open(tmp_path / "attributes")
    assert found.search("STORY") == ["1", "2"]
    assert found.search("story", limit=1) == ["1"]
    assert found.search("3") == ["3"]
    assert found.search("storystory") == []


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=4),
        st.lists(st.integers(-(2**40), 2**40), max_size=20),
        max_size=6,
    )
)
def test_what_is_packed_is_what_is_read(tmp_path_factory, content):
    import numpy as np

    path = tmp_path_factory.mktemp("pack") / "file"
    packing.write(path, {name: np.array(values, np.int64) for name, values in content.items()}, {"n": len(content)})
    arrays, about = packing.read(path)
    assert about == {"n": len(content)}
    assert {name: array.tolist() for name, array in arrays.items()} == content


def test_what_a_killed_writer_left_goes_after_a_day(tmp_path):
    left, at_work = tmp_path / ".file-old", tmp_path / ".file-new"
    for folder in (left, at_work):
        folder.mkdir()
    os.utime(left, (1, 1))
    packing.write(tmp_path / "file", {}, {})
    assert not left.exists() and at_work.exists()


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "history").write_bytes(b"something else entirely, long enough to be read")
    with pytest.raises(DataError, match="history is damaged"):
        HistoryIndex.open(tmp_path / "history")
