"""Items' and users' columns for answers: memory-mapped, read by id without a query engine."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from personalize_web.engine import packing
from personalize_web.engine.columns import Snapshot
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.schemas import Schema

KEYS = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}
TITLES = ("TITLE", "NAME", "ITEM_NAME", "PRODUCT_NAME", "MOVIE_TITLE", "DISPLAY_NAME", "LABEL", "DESCRIPTION")
"""Names a column of titles usually has, the likeliest first."""


def build(snapshot: Snapshot, schema: Schema, path: Path) -> None:
    """Write the newest record of every id of ``snapshot`` to the file ``path``, atomically."""
    key = KEYS[schema.dataset_type]
    table = snapshot.table()
    ids = table[key].to_pylist()
    arrays: dict[str, NDArray[Any]] = dict(Vocabulary.of(ids).arrays("ids"))
    kinds: dict[str, str] = {}
    for column in table.column_names:
        if column == key:
            continue
        values = table[column].combine_chunks()
        text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
        kinds[column] = "text" if text else "boolean" if pa.types.is_boolean(values.type) else "number"
        arrays |= _text_arrays(column, values) if text else _number_arrays(column, values)
    title = _title(schema, [name for name, kind in kinds.items() if kind == "text"])
    if title:
        arrays |= _text_arrays(_SEARCH, pa.array([(value or "").lower() for value in table[title].to_pylist()]))
    packing.write(path, arrays, {"kinds": kinds, "title": title, "version": snapshot.version})


_SEARCH = " search"


def _text_arrays(column: str, values: pa.Array) -> dict[str, NDArray[Any]]:
    encoded = [b"" if value is None else value.encode("utf-8", "surrogatepass") for value in values.to_pylist()]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    return {
        f"{column}:bytes": np.frombuffer(b"".join(encoded), np.uint8),
        f"{column}:offsets": offsets,
        f"{column}:valid": values.is_valid().to_numpy(zero_copy_only=False).astype(np.uint8),
    }


def _number_arrays(column: str, values: pa.Array) -> dict[str, NDArray[Any]]:
    whole = pa.types.is_integer(values.type)
    filled = values.cast(pa.int64()).fill_null(0) if whole else values.cast(pa.float64()).fill_null(0.0)
    if pa.types.is_boolean(values.type):
        filled = values.cast(pa.int8()).fill_null(0)
    return {
        f"{column}:values": filled.to_numpy(zero_copy_only=False),
        f"{column}:valid": values.is_valid().to_numpy(zero_copy_only=False).astype(np.uint8),
    }


def _title(schema: Schema, texts: Sequence[str]) -> str | None:
    """The column that names an item to a person: a usual name, else the first string that is no category."""
    if schema.dataset_type == "USERS":
        return None
    plain = [field.name for field in schema.fields if field.name in texts and not field.categorical]
    usual = (name for name in TITLES if name in plain)
    textual = {field.name for field in schema.fields if field.textual}
    return next(usual, None) or next((name for name in plain if name not in textual), None)


class Attributes:
    """The records of one dataset, by id."""

    def __init__(self, arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> None:
        self._arrays = arrays
        self._kinds: dict[str, str] = about["kinds"]
        self._title: str | None = about["title"]
        self.version: int = about["version"]
        self.ids = Vocabulary.from_arrays(arrays, "ids")

    @classmethod
    def open(cls, path: Path) -> "Attributes":
        """Map what :func:`build` wrote."""
        return cls(*packing.read(path))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def columns(self) -> list[str]:
        """Column names but for the id, in the schema's order."""
        return list(self._kinds)

    def title_column(self) -> str | None:
        """The column whose value names an item to a person, if there is one."""
        return self._title

    def row(self, id: str) -> dict[str, Any] | None:
        """The record of ``id``: column -> value, None for a missing value; None for an unknown id."""
        row = self.ids.row(id)
        return None if row < 0 else {column: self._value(column, row) for column in self._kinds}

    def values(self, ids: Iterable[str], columns: Sequence[str]) -> list[dict[str, Any]]:
        """For each id the values of ``columns``; an empty dictionary for an unknown id."""
        rows = self.ids.rows(ids)
        return [{column: self._value(column, int(row)) for column in columns} if row >= 0 else {} for row in rows]

    def search(self, text: str, limit: int = 10) -> list[str]:
        """Up to ``limit`` ids whose title contains ``text`` in whatever case, or whose id is ``text``."""
        found = [text] if text in self.ids else []
        if self._title and text:
            offsets = self._arrays[f"{_SEARCH}:offsets"]
            titles = self._arrays[f"{_SEARCH}:bytes"]
            for match in re.finditer(re.escape(text.lower().encode()), titles.data):
                row = int(np.searchsorted(offsets, match.start(), side="right")) - 1
                id = self.ids.id(row)
                if match.end() <= offsets[row + 1] and id not in found:
                    found.append(id)
                if len(found) >= limit:
                    break
        return found[:limit]

    def _value(self, column: str, row: int) -> Any:
        if not self._arrays[f"{column}:valid"][row]:
            return None
        kind = self._kinds[column]
        if kind == "text":
            begin, end = self._arrays[f"{column}:offsets"][row : row + 2]
            return self._arrays[f"{column}:bytes"][begin:end].tobytes().decode("utf-8", "surrogatepass")
        value = self._arrays[f"{column}:values"][row].item()
        return bool(value) if kind == "boolean" else value
