"""What requests read of a dataset: each user's newest events, and the records of items."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine import attributes, history, packing, schemas
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.errors import DataError
from personalize_web.engine.history import HistoryIndex

INTERACTIONS = schemas.parse(schemas.template("INTERACTIONS", "VIDEO_ON_DEMAND"), domain="VIDEO_ON_DEMAND")
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
    history.build(stored(tmp_path, INTERACTIONS, events(rows)), tmp_path / "history")
    found = HistoryIndex.open(tmp_path / "history").of("u")
    assert list(found.item_ids) == ["first", "second", "late"]
    assert list(found.event_types) == ["watch", "click", "watch"]
    assert list(found.timestamps) == [10, 10, 30]
    assert list(found.values) == [None, None, None]


def test_an_unknown_user_has_no_history(tmp_path):
    history.build(stored(tmp_path, INTERACTIONS, events([("u", "i", "watch", 1)])), tmp_path / "history")
    assert len(HistoryIndex.open(tmp_path / "history").of("nobody")) == 0


def test_the_newest_300_stay_and_100_of_each_type_however_old(tmp_path):
    rows = [("u", f"old{n}", "purchase", n) for n in range(150)] + [
        ("u", f"new{n}", "watch", 1000 + n) for n in range(400)
    ]
    history.build(stored(tmp_path, INTERACTIONS, events(rows)), tmp_path / "history")
    found = HistoryIndex.open(tmp_path / "history").of("u")
    assert list(found.item_ids) == [f"old{n}" for n in range(50, 150)] + [f"new{n}" for n in range(100, 400)]


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


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "history").write_bytes(b"something else entirely, long enough to be read")
    with pytest.raises(DataError, match="history is damaged"):
        HistoryIndex.open(tmp_path / "history")
