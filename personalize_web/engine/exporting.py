"""Columns to CSV: the rows of one way in or of both, equal ones once, in files that an import takes back unchanged."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import duckdb
import numpy as np
import pyarrow as pa

from personalize_web.engine.columns import PLACE, Snapshot, duck, views
from personalize_web.engine.columns.manifest import Origin
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.schemas import Schema

Mode = Literal["ALL", "BULK", "PUT"]

LARGEST = 1 << 30
"""Bytes of one file, at most."""
BATCH = 100_000
"""Rows that are written at a time."""

_ORIGINS: dict[Mode, Origin | None] = {"ALL": None, "BULK": "BULK", "PUT": "PUT"}
_LINE = "line"


@dataclass(frozen=True)
class ExportSummary:
    """What was written."""

    rows: int
    bytes: int
    files: tuple[Path, ...]
    """In the order of the rows; one with nothing but the header where there are no rows."""
    left_out: int
    """Stored interactions of nobody: they are not exported."""
    broken_lines: int = 0
    """Line ends inside values, which a CSV file can hold and an import refuses."""


def write(
    snapshot: Snapshot,
    schema: Schema,
    folder: Path,
    *,
    mode: Mode,
    reporter: Reporter | None = None,
    largest: int = LARGEST,
) -> ExportSummary:
    """Write the rows of ``snapshot`` to ``folder``, oldest first, as ``part-00000.csv`` and so on.

    ``BULK`` and ``PUT`` are every stored row of that origin with all versions of a record; ``ALL`` is both origins, and
    of records with an id only the newest. Rows that are equal in all fields are written once. Columns stand in the
    schema's order; a cell is quoted where it must be, quotes and backslashes are escaped by backslashes, null is empty.
    Memory hardly depends on how many rows there are: DuckDB spills what it has to remember.
    """
    reporter = reporter or Silent()
    files = _Files(folder, (",".join(schema.names) + "\n").encode(), largest)
    rows = broken = 0
    with duck.connect() as connection, files:
        chosen = _choose(connection, snapshot, schema, mode)
        cells = ", ',', ".join(_cell(column, snapshot) for column in schema.names)
        for query in chosen.queries:
            lines = connection.sql(f"SELECT concat({cells}, chr(10)) AS {_LINE}, {PLACE} FROM ({query})")
            for batch in lines.to_arrow_reader(BATCH):
                reporter.check()
                kept = _without(batch, chosen.repeated)
                text = _bytes(kept.column(_LINE))
                broken += int(np.count_nonzero(text == ord("\n"))) - kept.num_rows
                files.write(kept.column(_LINE), text)
                rows += kept.num_rows
                reporter.progress(rows / max(chosen.rows, 1), rows=rows, rows_total=chosen.rows)
    return ExportSummary(rows, files.bytes, tuple(files.paths), chosen.left_out, broken)


@dataclass(frozen=True)
class _Chosen:
    """What is to be written, before it is."""

    queries: tuple[str, ...]
    """One after another they give the rows in order."""
    rows: int
    repeated: np.ndarray
    """The places of rows that are equal to an earlier one, sorted."""
    left_out: int = 0


def _choose(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, schema: Schema, mode: Mode) -> _Chosen:
    none = np.empty(0, np.int64)
    if schema.key and mode == "ALL":
        newest = snapshot.sql()
        count = _number(connection, f"SELECT count(*) FROM ({newest})")
        return _Chosen((f"SELECT * FROM ({newest}) ORDER BY {PLACE}",), count, none)
    origin = _ORIGINS[mode]
    somebody = " WHERE USER_ID IS NOT NULL" if "USER_ID" in schema.by_name else ""
    stored = f"SELECT * FROM ({snapshot.stored_sql(origin)}){somebody}"
    repeated = _repeated(connection, stored, snapshot) if snapshot.rows(origin) else none
    every = _number(connection, f"SELECT count(*) FROM ({stored})")
    return _Chosen(
        tuple(
            f"SELECT * FROM ({views.stored(snapshot.manifest, snapshot.root, [segment])}){somebody}"
            for segment in snapshot.segments
            if origin in (None, segment.origin)
        ),
        every - len(repeated),
        repeated,
        snapshot.rows(origin) - every,
    )


def _repeated(connection: duckdb.DuckDBPyConnection, stored: str, snapshot: Snapshot) -> np.ndarray:
    """The places of rows that are equal to an earlier one.

    Only rows whose hashes meet are compared: what must be remembered of each row is a number, not the row.
    """
    names = ", ".join(_value(column, snapshot) for column in snapshot.columns)
    connection.execute(
        f"CREATE TEMP TABLE met AS SELECT hash({names}) AS digest FROM ({stored}) GROUP BY digest HAVING count(*) > 1"
    )
    if not _number(connection, "SELECT count(*) FROM met"):
        return np.empty(0, np.int64)
    candidates = f"SELECT * FROM ({stored}) WHERE hash({names}) IN (SELECT digest FROM met)"
    occurrence = f"row_number() OVER (PARTITION BY {names} ORDER BY {PLACE})"
    later = f"SELECT {PLACE} FROM (SELECT {PLACE}, {occurrence} AS occurrence FROM ({candidates})) WHERE occurrence > 1"
    return np.sort(connection.sql(later).fetchnumpy()[PLACE].astype(np.int64))


def _without(batch: pa.RecordBatch, repeated: np.ndarray) -> pa.RecordBatch:
    """The rows of ``batch`` that stand in none of the places."""
    if not len(repeated):
        return batch
    places = batch.column(PLACE).to_numpy()
    at = np.minimum(np.searchsorted(repeated, places), len(repeated) - 1)
    return batch.filter(pa.array(repeated[at] != places))


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def _value(column: str, snapshot: Snapshot) -> str:
    """SQL for a value as far as a file can tell it from others: empty text looks like none."""
    text = snapshot.manifest.columns[column] == "VARCHAR"
    return f"nullif({duck.name(column)}, '')" if text else duck.name(column)


def _cell(column: str, snapshot: Snapshot) -> str:
    """SQL for a cell as it stands in the file. Blanks at the ends are quoted too: an import strips bare ones."""
    value = duck.name(column)
    if snapshot.manifest.columns.get(column) != "VARCHAR":
        return f"coalesce({value}::VARCHAR, '')" if column in snapshot.columns else "''"
    escaped = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    quoted = f"'\"' || {escaped} || '\"'"
    special = f"regexp_matches({value}, '[,\"\\\\\\r\\n]|^[ \\t]|[ \\t]$')"
    return f"CASE WHEN {value} IS NULL THEN '' WHEN {special} THEN {quoted} ELSE {value} END"


def _bytes(lines: pa.Array) -> np.ndarray:
    """The text of the lines one after another, as it lies in memory."""
    offsets = _offsets(lines)
    _, _, data = lines.buffers()
    whole = np.frombuffer(data, dtype=np.uint8) if data else np.empty(0, np.uint8)
    return whole[offsets[0] : offsets[-1]]


def _offsets(lines: pa.Array) -> np.ndarray:
    width = np.int64 if pa.types.is_large_string(lines.type) else np.int32
    _, offsets, _ = lines.buffers()
    return np.frombuffer(offsets, dtype=width)[lines.offset : lines.offset + len(lines) + 1]


class _Files:
    """The files of one export; a line that would make one too large begins the next."""

    def __init__(self, folder: Path, header: bytes, largest: int) -> None:
        self.paths: list[Path] = []
        self.bytes = 0
        self._folder = folder
        self._header = header
        self._largest = largest
        self._room = 0
        self._open: IO[bytes] | None = None

    def __enter__(self) -> "_Files":
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self._open.close()

    def write(self, lines: pa.Array, text: np.ndarray) -> None:
        """Append whole lines, whose ``text`` they are."""
        ends = _offsets(lines).astype(np.int64)
        ends -= ends[0]
        begin = 0
        while begin < len(lines):
            fitting = int(np.searchsorted(ends, ends[begin] + self._room, side="right")) - 1
            if fitting <= begin and self._room < self._largest - len(self._header):
                self._begin()
                continue
            until = max(fitting, begin + 1)  # a line that fits into no file stands alone in one
            self._append(text[ends[begin] : ends[until]])
            begin = until

    def _append(self, text: np.ndarray) -> None:
        if self._open:
            self._open.write(text.data)
        self._room -= len(text)
        self.bytes += len(text)

    def _begin(self) -> None:
        if self._open:
            self._open.close()
        self.paths.append(self._folder / f"part-{len(self.paths):05d}.csv")
        self._open = self.paths[-1].open("wb")
        self._open.write(self._header)
        self._room = self._largest - len(self._header)
        self.bytes += len(self._header)
