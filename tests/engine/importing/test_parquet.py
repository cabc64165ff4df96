"""Parquet files are taken as CSV files are: the same rules, the same words, rows instead of lines."""

from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import BadRows, SourceFile, import_files, preflight

EVENTS = {
    "USER_ID": ["u1", "u2", "u3"],
    "ITEM_ID": ["i", "i", "i"],
    "EVENT_TYPE": ["click", "click", "buy"],
    "EVENT_VALUE": pa.array([1.5, None, 2], pa.float32()),
    "DEVICE": [["tv", "phone"], [], None],
    "TIMESTAMP": pa.array([5, 6, 7], pa.int32()),
    "IMPRESSION": ["a|b", "", None],
}


@pytest.fixture
def parquet(tmp_path):
    def write(name="data.parquet", **columns):
        path = tmp_path / name
        pq.write_table(pa.table(EVENTS | columns), path)
        return SourceFile(path, name)

    return write


def test_its_types_are_read_as_the_schemas(store, events_schema, parquet):
    assert import_files([parquet()], events_schema, store).rows == 3
    assert store.snapshot().raw().to_pylist() == [
        {
            "USER_ID": "u1",
            "ITEM_ID": "i",
            "EVENT_TYPE": "click",
            "EVENT_VALUE": 1.5,
            "DEVICE": "tv|phone",
            "TIMESTAMP": 5,
            "IMPRESSION": "a|b",
        },
        {
            "USER_ID": "u2",
            "ITEM_ID": "i",
            "EVENT_TYPE": "click",
            "EVENT_VALUE": None,
            "DEVICE": None,
            "TIMESTAMP": 6,
            "IMPRESSION": None,
        },
        {
            "USER_ID": "u3",
            "ITEM_ID": "i",
            "EVENT_TYPE": "buy",
            "EVENT_VALUE": 2.0,
            "DEVICE": None,
            "TIMESTAMP": 7,
            "IMPRESSION": None,
        },
    ]


def test_it_is_known_by_its_content_whatever_its_name(store, events_schema, parquet):
    assert import_files([parquet("events.csv")], events_schema, store).rows == 3


def test_a_folder_may_hold_both_kinds(store, events_schema, parquet, csv):
    text = csv(",".join(EVENTS) + "\nu9,i,click,,,8,\n")
    assert import_files([parquet(), text], events_schema, store).rows == 4
    assert store.snapshot().raw().to_pylist()[-1]["USER_ID"] == "u9"


def test_whole_numbers_kept_as_decimal_ones_are_whole_numbers(store, items_schema, tmp_path):
    path = tmp_path / "items.parquet"
    columns = {"ITEM_ID": [1, 2], "TITLE": ["a", "b"], "GENRES": ["x", "y"], "YEAR": [1999.0, None]}
    pq.write_table(pa.table(columns | {"ADULT": [True, None], "DESCRIPTION": ["é", None]}), path)
    import_files([SourceFile(path, path.name)], items_schema, store)
    rows = store.snapshot().raw().to_pylist()
    assert [(row["ITEM_ID"], row["YEAR"], row["ADULT"]) for row in rows] == [("1", 1999, True), ("2", None, None)]


BROKEN = {
    "date": ("TIMESTAMP", [5, 6, None], "A value is required.", None),
    "time": (
        "TIMESTAMP",
        pa.array([datetime(2020, 1, 1)] * 3),
        "The time must be in Unix seconds, a whole number; this looks like a date: convert it.",
        "2020-01-01 00:00:00",
    ),
    "milliseconds": (
        "TIMESTAMP",
        [5, 6, 1586731606000],
        "The time must be in Unix seconds; this looks like milliseconds: divide it by 1000.",
        "1586731606000",
    ),
    "fraction": ("TIMESTAMP", [5, 6, 7.5], "The value must be a whole number.", "7.5"),
    "text": ("EVENT_VALUE", ["1", "2", "many"], "The value must be a number.", "many"),
    "line end": (
        "EVENT_TYPE",
        ["a", "b", "c\nd"],
        "A line end inside a value is not supported; write each record on one line.",
        "c\nd",
    ),
    "nul": ("USER_ID", ["a", "b", "c\0"], "The text must not contain NUL characters.", "c\0"),
    "name of a column": (
        "USER_ID",
        ["a", "b", "USER_ID"],
        "A column name can't be an id; the header may have been repeated.",
        "USER_ID",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_cell_is_named_by_row_column_and_value(store, events_schema, parquet, case):
    column, values, rule, value = BROKEN[case]
    with pytest.raises(BadRows) as refusal:
        import_files([parquet(**{column: values})], events_schema, store)
    last = refusal.value.rows[-1]
    assert (last.file, last.line, last.unit, last.column, last.value, last.rule) == (
        "data.parquet",
        3,
        "row",
        column,
        value,
        rule,
    )
    assert f"data.parquet, row 3, column {column}: {rule}" in str(refusal.value)
    assert store.snapshot().version == 0


def test_a_column_of_an_impossible_type_is_named(store, events_schema, parquet):
    nested = parquet(DEVICE=[{"a": 1}] * 3)
    with pytest.raises(DataError, match=r"^data.parquet: column DEVICE has the Parquet type STRUCT\(a BIGINT\), which"):
        import_files([nested], events_schema, store)
    with pytest.raises(DataError, match="Lists are taken in categorical columns and IMPRESSION only"):
        import_files([parquet(USER_ID=[["a"]] * 3)], events_schema, store)


def test_a_missing_column_is_told(store, events_schema, tmp_path):
    path = tmp_path / "less.parquet"
    pq.write_table(pa.table({"USER_ID": ["a"]}), path)
    with pytest.raises(DataError, match=r"missing the following columns:\[ITEM_ID, EVENT_TYPE"):
        import_files([SourceFile(path, path.name)], events_schema, store)


def test_half_a_file_is_told(store, events_schema, parquet):
    file = parquet()
    file.path.write_bytes(file.path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"can't be read as one; it may be cut off\. Write it again\.$"):
        import_files([file], events_schema, store)


def test_preflight_shows_its_first_rows(events_schema, parquet):
    found = preflight(parquet().path, events_schema, rows=3000)
    assert (found.rows, found.estimated_rows, found.sample[0]["DEVICE"]) == (3, 3000, "tv|phone")
    assert found.usable
    wrong = preflight(parquet(TIMESTAMP=["x"] * 3).path, events_schema)
    assert "row 1, column TIMESTAMP" in wrong.problems[0].message
