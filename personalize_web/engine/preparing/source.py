"""Tables as people have them: delimited text, JSON lines or Parquet, packed or not; every cell is read as text."""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.errors import DataError

HEAD = 1 << 20
"""Bytes of a file from which its form is told."""

_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 200
_LONGEST = 1 << 21
_REJECTS = 1000
"""Unreadable rows that are counted; beyond, there are "more than" so many."""


@dataclass(frozen=True)
class Part:
    """One file of a source, and how to read it."""

    path: Path
    name: str
    form: Literal["csv", "json", "parquet"]
    columns: tuple[str, ...]
    """The names in the file, made unique; cells are the columns c0, c1, … of :meth:`sql`."""
    delimiter: str = ","
    escape: str = '"'
    encoding: str = "utf-8"
    header_line: int = 1
    packed: bool = False
    types: tuple[str, ...] = ()
    """Of Parquet: the types in the file."""
    array: bool = False
    """Of JSON: whether the file is one list instead of one object a line."""

    def sql(self) -> str:
        """A table function over the rows; every column is text or null."""
        if self.form == "csv":
            return self._csv()
        return self._json() if self.form == "json" else self._parquet()

    def _csv(self) -> str:
        struct = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(self.columns)))
        return (
            f"(FROM read_csv({duck.text(self.path)}, columns = {{{struct}}}, auto_detect = false, header = false, "
            f"skip = {self.header_line}, delim = {duck.text(self.delimiter)}, quote = '\"', "
            f"escape = {duck.text(self.escape)}, nullstr = '', max_line_size = {_LONGEST}, "
            f"encoding = '{self.encoding}', compression = '{'gzip' if self.packed else 'none'}', "
            f"store_rejects = true, rejects_limit = {_REJECTS}))"
        )

    def _json(self) -> str:
        struct = ", ".join(f"{duck.text(name)}: 'VARCHAR'" for name in self.columns)
        chosen = ", ".join(f"{duck.name(name)} AS c{at}" for at, name in enumerate(self.columns))
        form = "array" if self.array else "newline_delimited"
        ignore = "" if self.array else ", ignore_errors = true"
        return (
            f"(SELECT {chosen} FROM read_json({duck.text(self.path)}, format = '{form}', columns = {{{struct}}}, "
            f"compression = '{'gzip' if self.packed else 'uncompressed'}'{ignore}))"
        )

    def _parquet(self) -> str:
        chosen = ", ".join(
            f"{_as_text(duck.name(name), kind)} AS c{at}"
            for at, (name, kind) in enumerate(zip(self.columns, self.types, strict=True))
        )
        return f"(SELECT {chosen} FROM read_parquet({duck.text(self.path)}))"


@dataclass(frozen=True)
class Source:
    """The files that are read as one table; their columns are found by name, in any order."""

    parts: tuple[Part, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the first file."""
        return self.parts[0].columns

    @property
    def bytes(self) -> int:
        """On disk, as they lie there."""
        return sum(part.path.stat().st_size for part in self.parts)

    def sql(self) -> str:
        """Every row of every file in order; the columns are c0, c1, … in the order of :attr:`columns`."""
        return "(" + " UNION ALL ".join(self._of(part) for part in self.parts) + ")"

    def rows_left_out(self, connection: duckdb.DuckDBPyConnection) -> int:
        """How many rows could not be split into cells while ``connection`` read them; at most 1,000 are counted."""
        try:
            found = connection.execute(
                "SELECT count(DISTINCT (file_path, line)) FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
            ).fetchone()
        except duckdb.CatalogException:
            return 0
        return int(found[0]) if found else 0

    def _of(self, part: Part) -> str:
        chosen = ", ".join(
            f"c{part.columns.index(name)} AS c{at}" if name in part.columns else f"NULL::VARCHAR AS c{at}"
            for at, name in enumerate(self.columns)
        )
        return f"SELECT {chosen} FROM {part.sql()}"


def look(files: Sequence[tuple[Path, str]]) -> Source:
    """The table in ``files`` (path, and the name their owner knows); raises :class:`DataError` where there is none.

    The form is told by the content, the ending only helps: gzip and Parquet by their first bytes, JSON by its first
    character; text by the delimiter that splits the first lines most evenly.
    """
    if not files:
        raise DataError("There is no file to read.")
    return Source(tuple(_part(path, name) for path, name in files))


def _part(path: Path, name: str) -> Part:
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PAR1":
        return _parquet(path, name)
    packed = start[:2] == b"\x1f\x8b"
    head = _head(path, name, packed)
    if not head.strip():
        raise DataError(f"{name} is empty: the first line must name the columns.")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name} is no text. CSV, TSV, JSON lines and Parquet files can be read, also packed by gzip.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _json(path, name, packed, head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[")
    return _text(path, name, packed, head)


def _head(path: Path, name: str, packed: bool) -> bytes:
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            return stream.read(HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} can't be unpacked: {error}.") from error


def _text(path: Path, name: str, packed: bool, head: bytes) -> Part:
    encoding, text = _decoded(head)
    lines = text.splitlines()
    if len(head) == HEAD and len(lines) > 1:
        lines.pop()  # the last line may be cut
    header_line = next((at for at, line in enumerate(lines, 1) if line.strip()), 1)
    lines = lines[header_line - 1 : header_line - 1 + _LOOKED_AT]
    escape = "\\" if any('\\"' in line for line in lines) else '"'
    delimiter = _delimiter(lines, escape)
    header = _cells(lines[:1], delimiter, escape)[0]
    columns = unique([cell.strip().strip("\ufeff") for cell in header])
    return Part(path, name, "csv", columns, delimiter, escape, encoding, header_line, packed)


def _decoded(head: bytes) -> tuple[str, str]:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", head[: len(head) & ~1].decode("utf-16", errors="replace")
    try:
        return "utf-8", head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start > len(head) - 4 and len(head) == HEAD:
            return "utf-8", head[: error.start].decode("utf-8-sig")  # a character was cut
        return "latin-1", head.decode("latin-1")


def _delimiter(lines: Sequence[str], escape: str) -> str:
    """The character that gives most lines as many cells as the header, and the header more than one."""

    def evenness(delimiter: str) -> tuple[float, int]:
        rows = [row for row in _cells(lines, delimiter, escape) if row]
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) / max(len(rows), 1) if width > 1 else 0.0), width

    return max(_DELIMITERS, key=evenness)


def _cells(lines: Sequence[str], delimiter: str, escape: str) -> list[list[str]]:
    given = {"escapechar": "\\", "doublequote": False} if escape == "\\" else {}
    try:
        return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, **given))  # type: ignore[arg-type]
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def _json(path: Path, name: str, packed: bool, array: bool) -> Part:
    form = "array" if array else "newline_delimited"
    compression = "gzip" if packed else "uncompressed"
    query = (
        f"DESCRIBE FROM read_json({duck.text(path)}, format = '{form}', compression = '{compression}', "
        "sample_size = 10000, maximum_depth = 1)"
    )
    try:
        with duck.connect() as connection:
            names = [str(row[0]) for row in connection.execute(query).fetchall()]
    except duckdb.Error as error:
        raise DataError(f"{name} can't be read as JSON lines: {_said(error)}") from error
    if not names or names == ["json"]:
        raise DataError(f"{name} must hold one JSON object a line, each with the column names as keys.")
    return Part(path, name, "json", tuple(names), packed=packed, array=array)


def _parquet(path: Path, name: str) -> Part:
    try:
        with duck.connect() as connection:
            found = connection.execute(f"DESCRIBE FROM read_parquet({duck.text(path)})").fetchall()
    except duckdb.Error as error:
        raise DataError(f"{name} can't be read as Parquet: {_said(error)}") from error
    return Part(path, name, "parquet", tuple(row[0] for row in found), types=tuple(row[1] for row in found))


def _as_text(column: str, kind: str) -> str:
    """A Parquet column as text: lists joined by bars, times without zone in UTC."""
    if kind.endswith("[]") and "STRUCT" not in kind:
        return f"array_to_string({column}, '|')"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(({column} AT TIME ZONE 'UTC') AS VARCHAR)"
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("[]"):
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those that are empty or there already with a number; upper and lower case count as the same."""
    found: list[str] = []
    taken: set[str] = set()
    for at, given in enumerate(names, start=1):
        name = base = given or f"column {at}"
        number = 2
        while name.casefold() in taken:
            name, number = f"{base} ({number})", number + 1
        taken.add(name.casefold())
        found.append(name)
    return tuple(found)


def _said(error: duckdb.Error) -> str:
    return str(error).splitlines()[0].split(": ", 1)[-1]
