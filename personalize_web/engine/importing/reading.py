"""Files to Parquet segments in one pass of DuckDB, with progress and a way to stop."""

import errno
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow.parquet as pq

from personalize_web.engine.columns import duck
from personalize_web.engine.importing.copying import Copying
from personalize_web.engine.importing.outcome import SourceFile
from personalize_web.engine.importing.rules import Traits, cell_rules
from personalize_web.engine.importing.scanning import LONGEST_LINE, Scan
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.schemas import Schema

_FEW = 32
"""Files that may stay as many segments."""
_TINY = 1 << 20
_SMALL = 64 << 20
"""Bytes below which a Parquet file is put together with its neighbours: of few files, and of many."""


class Ready(Protocol):
    """A file that has been looked through, as a table whose cells are text."""

    @property
    def source(self) -> SourceFile:
        """The file as its owner knows it."""

    @property
    def header(self) -> tuple[str, ...]:
        """Column names in the file's order."""

    @property
    def lines(self) -> int:
        """At least as many as the rows."""

    @property
    def traits(self) -> Traits:
        """What its cells may hold."""

    def table(self, options: str = "") -> str:
        """SQL: a table of the rows in their order; ``options`` are those of a CSV reader."""

    def cells(self, wanted: Iterable[str]) -> str:
        """SQL: the select list that takes the wanted columns out of :meth:`table`, as text under their own names."""


@dataclass(frozen=True)
class CsvFile:
    """A scanned CSV file and where its text, or a plainer copy of it, lies."""

    scan: Scan
    path: Path

    @property
    def source(self) -> SourceFile:
        return self.scan.source

    @property
    def header(self) -> tuple[str, ...]:
        return self.scan.header

    @property
    def lines(self) -> int:
        return max(self.scan.lines - self.scan.header_line, 0)

    @property
    def traits(self) -> Traits:
        return Traits(line_ends=self.scan.quotes)

    def table(self, options: str = "") -> str:
        columns = (position_name(at, column) for at, column in enumerate(self.header))
        struct = ", ".join(f"{duck.text(column)}: 'VARCHAR'" for column in columns)
        return (
            f"read_csv({duck.text(self.path)}, columns = {{{struct}}}, auto_detect = false, "
            f"header = false, skip = {self.scan.header_line}, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
            f"max_line_size = {LONGEST_LINE}{options})"
        )

    def cells(self, wanted: Iterable[str]) -> str:
        return ", ".join(
            f"{duck.name(position_name(self.header.index(column), column))} AS {duck.name(column)}" for column in wanted
        )


def position_name(at: int, column: str) -> str:
    """A unique name for the column at a place of the header, whatever the header holds."""
    return f"{at}:{column}"


def write(files: Sequence[Ready], schema: Schema, aside: Path, reporter: Reporter) -> tuple[list[Path], int]:
    """Write the rows of all files to Parquet files in ``aside``; answers these, in the order of the rows, and the rows.

    Each file is a query of its own, because DuckDB does not keep the order of several small ones; as many run at once
    as there are cores. Raises :class:`duckdb.Error` at the first cell or row that breaks a rule.
    """
    targets = [aside / f"columns-{number}.parquet" for number in range(len(files))]
    queries = []
    for file, target in zip(files, targets, strict=True):
        values = ", ".join(rule.or_fail for rule in cell_rules(schema, file.traits))
        cells = f"SELECT {file.cells(schema.names)} FROM {file.table()}"
        queries.append(f"COPY (SELECT {values} FROM ({cells})) TO {duck.text(target)}")
    rows = Copying(files, queries, reporter).run()
    reporter.progress(1.0, rows=rows, rows_total=rows)
    return targets, rows


def merged(paths: Sequence[Path]) -> list[Path]:
    """The same rows in the same order in fewer Parquet files: small neighbours are put together.

    Where there are few files only tiny ones are small: to write rows again costs as much as to read them did.
    """
    small = _SMALL if len(paths) > _FEW else _TINY
    kept: list[Path] = []
    for large, run in groupby(paths, key=lambda path: path.stat().st_size >= small):
        neighbours = list(run)
        if large or len(neighbours) == 1:
            kept += neighbours
            continue
        whole = neighbours[0].with_suffix(".merged.parquet")
        with pq.ParquetWriter(whole, pq.read_schema(neighbours[0])) as writer:
            for path in neighbours:
                for batch in pq.ParquetFile(path).iter_batches():
                    writer.write_batch(batch)
        kept.append(whole)
    return kept


@contextmanager
def plainly() -> Iterator[None]:
    """What DuckDB says of disks and memory, said as Python says it."""
    try:
        yield
    except duckdb.IOException as failure:
        text = str(failure)
        full = "No space left on device" in text or "Disk quota exceeded" in text
        raise OSError(errno.ENOSPC if full else errno.EIO, text) from failure
    except duckdb.OutOfMemoryException as failure:
        if "max_temp_directory_size" in str(failure):
            raise OSError(errno.ENOSPC, str(failure)) from failure
        raise MemoryError(str(failure)) from failure
