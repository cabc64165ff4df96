"""Items' and users' columns for answers: memory-mapped, read by id without a query engine."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine import packing
from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.ids import Vocabulary, VocabularyWriter
from personalize_web.engine.schemas import Schema

KEYS = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}
TITLES = ("TITLE", "NAME", "ITEM_NAME", "PRODUCT_NAME", "MOVIE_TITLE", "DISPLAY_NAME", "LABEL", "DESCRIPTION")
"""Names a column of titles usually has, the likeliest first."""


def build(snapshot: Snapshot, schema: Schema, path: Path) -> None:
    """Write the newest record of every id of ``snapshot`` to the file ``path``, atomically and piece by piece."""
    key = KEYS[schema.dataset_type]
    kinds = {name: _kind(type_) for name, type_ in snapshot.manifest.columns.items() if name != key}
    title = _title(schema, [name for name, kind in kinds.items() if kind == "text"])
    with duck.connect(memory=_MEMORY) as connection, packing.Writer(path) as out:
        ids = VocabularyWriter(out, "ids")
        columns = {name: _TextWriter(out, name) if kind == "text" else _NumberWriter(out, name, kind)
                   for name, kind in kinds.items()}  # fmt: skip
        search = _TextWriter(out, _SEARCH) if title else None
        for batch in connection.sql(snapshot.sql()).to_arrow_reader(_BATCH):
            ids.append(batch.column(key))
            for name, column in columns.items():
                column.append(batch.column(name))
            if search and title:
                search.append(pc.utf8_lower(batch.column(title)))
        ids.finish()
        out.about = {"kinds": kinds, "title": title, "version": snapshot.version}


_SEARCH = " search"
_MEMORY = "700MB"
_BATCH = 100_000


def _kind(sql_type: str) -> str:
    return {"VARCHAR": "text", "BOOLEAN": "boolean"}.get(sql_type, "number")


class _TextWriter:
    """Writes a column of texts."""

    def __init__(self, out: packing.Writer, column: str) -> None:
        self._out, self._column, self._end = out, column, 0
        out.append(f"{column}:bytes", np.zeros(0, np.uint8))
        out.append(f"{column}:offsets", np.zeros(1, np.int64))
        out.append(f"{column}:valid", np.zeros(0, np.uint8))

    def append(self, values: pa.Array) -> None:
        content, offsets = packing.texts(values)
        self._out.append(f"{self._column}:bytes", content)
        self._out.append(f"{self._column}:offsets", offsets[1:] + self._end)
        self._out.append(f"{self._column}:valid", _valid(values))
        self._end += int(offsets[-1])


class _NumberWriter:
    """Writes a column of numbers, or of truth values as 0 and 1."""

    def __init__(self, out: packing.Writer, column: str, kind: str) -> None:
        self._out, self._column, self._kind = out, column, kind

    def append(self, values: pa.Array) -> None:
        if self._kind == "boolean":
            plain = values.cast(pa.int8())
        else:
            plain = values.cast(pa.int64() if pa.types.is_integer(values.type) else pa.float64())
        self._out.append(f"{self._column}:values", pc.fill_null(plain, 0).to_numpy(zero_copy_only=False))
        self._out.append(f"{self._column}:valid", _valid(values))


def _valid(values: pa.Array) -> NDArray[np.uint8]:
    return values.is_valid().to_numpy(zero_copy_only=False).astype(np.uint8)


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

    def kind(self, column: str) -> str:
        """``text``, ``number`` or ``boolean``."""
        return self._kinds[column]

    def numbers(self, column: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """All values of a numeric column by row, and where there is one."""
        return self._arrays[f"{column}:values"], self._arrays[f"{column}:valid"].view(bool)

    def texts(self, column: str) -> pa.Array:
        """All values of a text column by row, null where there is none; nothing is copied."""
        offsets, content = self._arrays[f"{column}:offsets"], self._arrays[f"{column}:bytes"]
        plain = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(content))
        return pc.if_else(pa.array(self._arrays[f"{column}:valid"].view(bool)), plain, pa.scalar(None, plain.type))

    def row(self, id: str) -> dict[str, Any] | None:
        """The record of ``id``: column -> value, None for a missing value; None for an unknown id."""
        row = self.ids.row(id)
        return None if row < 0 else {column: self._value(column, row) for column in self._kinds}

    def values(self, ids: Iterable[str], columns: Sequence[str]) -> list[dict[str, Any]]:
        """For each id the values of ``columns``; an empty dictionary for an unknown id."""
        rows = self.ids.rows(ids)
        known = rows[rows >= 0]
        by_column = [self._column(column, known) for column in columns]
        found = (dict(zip(columns, each, strict=True)) for each in zip(*by_column, strict=True))
        return [next(found) if columns and row >= 0 else {} for row in rows.tolist()]

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
        return self._column(column, np.array([row]))[0]

    def _column(self, column: str, rows: NDArray[np.int64]) -> list[Any]:
        """The value of each row, None where there is none."""
        valid, kind = self._arrays[f"{column}:valid"][rows].tolist(), self._kinds[column]
        if kind == "text":
            offsets, content = self._arrays[f"{column}:offsets"], self._arrays[f"{column}:bytes"].data
            spans = zip(valid, offsets[rows].tolist(), offsets[rows + 1].tolist(), strict=True)
            return [str(content[begin:end], "utf-8", "surrogatepass") if there else None for there, begin, end in spans]
        values = self._arrays[f"{column}:values"][rows].tolist()
        as_kept = bool if kind == "boolean" else (lambda value: value)
        return [as_kept(value) if there else None for there, value in zip(valid, values, strict=True)]
