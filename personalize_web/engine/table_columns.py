"""Columns of tables as a training reads them: numbers, and texts as places in a list of the distinct ones."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine.selection import Selection

_PLAIN = frozenset({"EVENT_VALUE", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE", "IMPRESSION"})
TEXT_COMPLETENESS = 0.85
"""A textual column with fewer filled rows is not trained on."""


@dataclass(frozen=True)
class Column:
    """One metadata column, aligned with items, users or events."""

    name: str
    kind: str
    """``categorical``, ``numeric`` or ``textual``; ``string`` for other texts, which are never trained on."""
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Numeric: one number a row, NaN where missing."""
    codes: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """All but numeric: one place in ``labels`` a row, -1 where missing."""
    labels: tuple[str, ...] = ()
    """The distinct texts; several categories of one row are joined by ``|``."""

    def take(self, rows: NDArray[np.int64]) -> "Column":
        """The column of the given rows; row -1 is a missing value."""
        missing = rows < 0
        if self.kind == "numeric":
            values = self.values[np.maximum(rows, 0)] if len(self.values) else np.zeros(len(rows))
            return replace(self, values=np.where(missing, np.nan, values))
        codes = self.codes[np.maximum(rows, 0)] if len(self.codes) else np.zeros(len(rows), np.int32)
        return replace(self, codes=np.where(missing, -1, codes).astype(np.int32))


def columns_of(
    table: pa.Table | None, schema: Any, selection: Selection, rows: NDArray[np.int64]
) -> tuple[Column, ...]:
    """The trained columns of a table, aligned with ``rows``."""
    if table is None or schema is None:
        return ()
    found = []
    for each in schema.fields:
        dated = each.name == "CREATION_TIMESTAMP"
        if not (each.trainable or dated) or each.name in _PLAIN or each.name not in table.column_names:
            continue
        if not selection.trains_on(schema.dataset_type, each.name):
            continue
        column = column_of_table(table, each.name, "numeric" if dated else each.kind)
        if column.kind == "textual" and (column.codes >= 0).sum() < TEXT_COMPLETENESS * max(1, len(column.codes)):
            continue
        found.append(column.take(rows))
    return tuple(found)


def column_of_table(table: pa.Table | None, name: str, kind: str) -> Column:
    """The column of a table as a training reads it; nothing but missing values where it is not there."""
    if table is None or name not in table.column_names:
        return Column(name, kind)
    if kind == "numeric":
        return Column(name, kind, values=numbers(table, name))
    codes, labels = dictionary(table[name])
    return Column(name, kind, codes=codes, labels=tuple(labels))


def rows_of(ids: pa.Array, table: pa.Table | None, name: str) -> NDArray[np.int64]:
    """Row of each id in a table, -1 where it isn't there."""
    if table is None or not table.num_rows:
        return np.full(len(ids), -1, np.int64)
    found = pc.index_in(ids, value_set=pc.cast(table[name].combine_chunks(), pa.string()))
    return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def dictionary(column: Any) -> tuple[NDArray[np.int32], list[str]]:
    """Codes (-1 where missing) and distinct texts in order of appearance."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    encoded = pc.dictionary_encode(pc.cast(array, pa.string()))
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int32), encoded.dictionary.to_pylist()


def seconds(table: pa.Table, name: str) -> NDArray[np.int64]:
    """A column of times, in whole seconds."""
    return pc.cast(table[name], pa.float64()).to_numpy().astype(np.int64)


def numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column of numbers, NaN where one is missing; NaN alone where there is no such column."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return pc.fill_null(pc.cast(table[name], pa.float64()), np.nan).to_numpy()
