"""What an import took, an export writes so that another import takes it back unchanged: every type, every character."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalize_web.engine import exporting
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.importing import SourceFile, import_files
from tests.engine.importing.conftest import schema_of

N = "null"
ITEMS = schema_of(
    "Items",
    {"name": "ITEM_ID", "type": "string"},
    {"name": "CREATION_TIMESTAMP", "type": "long"},
    {"name": "TITLE", "type": [N, "string"]},
    {"name": "GENRES", "type": "string", "categorical": True},
    {"name": "YEAR", "type": [N, "int"]},
    {"name": "SIZE", "type": [N, "float"]},
    {"name": "WEIGHT", "type": "double"},
    {"name": "ADULT", "type": [N, "boolean"]},
    {"name": "DESCRIPTION", "type": [N, "string"], "textual": True},
)
EVENTS = schema_of(
    "Interactions",
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "EVENT_VALUE", "type": [N, "float"]},
    {"name": "DEVICE", "type": [N, "string"], "categorical": True},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "IMPRESSION", "type": [N, "string"]},
)

ODD = [*'"\\ |é猫🎬', '""', '\\"', '"\\', ',"', "\\\\", '"",""', "a|b", "null", "N/A", "\ufeff", "\u2028"]
PLAIN = st.characters(exclude_categories=["Cs", "Cc"], include_characters='",\\ |\t')
TEXT = st.text(PLAIN, max_size=12) | st.sampled_from(ODD)
NAMES = {*ITEMS.names, *EVENTS.names}
WORD = TEXT.filter(lambda text: text not in NAMES)
ID = WORD.filter(bool)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
MAYBE = {
    "string": WORD.map(lambda text: text or None) | st.none(),
    "int": st.integers(-(2**31), 2**31 - 1) | st.none(),
    "float": NUMBER | st.none(),
    "boolean": st.booleans() | st.none(),
}
ITEM_ROWS = st.lists(
    st.tuples(
        ID,
        st.integers(-(10**9), 10**11 - 1),
        MAYBE["string"],
        WORD,
        MAYBE["int"],
        MAYBE["float"],
        NUMBER,
        MAYBE["boolean"],
        MAYBE["string"],
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)
EVENT_ROWS = st.lists(
    st.tuples(
        ID,
        ID,
        ID.map(str.strip).filter(bool),
        MAYBE["float"],
        MAYBE["string"],
        st.integers(0, 10**11 - 1),
        MAYBE["string"],
    ),
    min_size=1,
    max_size=6,
    unique=True,
)
OFTEN = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def taken_back(schema, rows):
    """The rows after an import from Parquet, an export, and an import of what was exported."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        types = {"string": pa.string(), "int": pa.int32(), "long": pa.int64(), "boolean": pa.bool_()}
        columns = {
            field.name: pa.array([row[at] for row in rows], types.get(field.type, pa.float64()))
            for at, field in enumerate(schema.fields)
        }
        pq.write_table(pa.table(columns), root / "rows.parquet")
        first = ColumnStore(root / "first")
        import_files([SourceFile(root / "rows.parquet", "rows.parquet")], schema, first)
        (root / "out").mkdir()
        written = exporting.write(first.snapshot(), schema, root / "out", mode="BULK")
        second = ColumnStore(root / "second")
        import_files([SourceFile(path, path.name) for path in written.files], schema, second)
        return [tuple(row.values()) for row in second.snapshot().raw().to_pylist()]


@OFTEN
@given(ITEM_ROWS)
def test_items_come_back_as_they_were(rows):
    assert taken_back(ITEMS, rows) == rows


@OFTEN
@given(EVENT_ROWS)
def test_interactions_come_back_as_they_were(rows):
    assert taken_back(EVENTS, rows) == rows
