"""New segments out of old ones: without some rows, or several in one. Rows stream through, in their order."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from personalize_web.engine.columns import duck
from personalize_web.engine.columns.manifest import ORDER, Manifest, Origin, Segment

ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
}
_BATCH = 1 << 17
"""Rows that are in memory at a time, and in a row group."""

NO_ROWS: NDArray[np.int64] = np.empty(0, np.int64)


def schema_of(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow types of SQL types."""
    return pa.schema([(column, ARROW_TYPES[type_]) for column, type_ in columns.items()])


class Wanted:
    """Values to look for in a column of many files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, column: str) -> None:
        self.connection = connection
        self.column = column

    def rows(self, path: Path) -> NDArray[np.int64]:
        """The numbers of the rows that hold any of the values, ascending."""
        found = self.connection.execute(
            f"SELECT file_row_number FROM read_parquet({duck.text(path)}, file_row_number = true) "
            f"SEMI JOIN wanted ON {duck.name(self.column)} = wanted.value ORDER BY 1"
        ).fetchnumpy()
        return np.asarray(found["file_row_number"], np.int64)

    def are_in(self, path: Path) -> bool:
        """Whether a finished Parquet file holds any of the values; true for what can't be read."""
        try:
            if self.column not in pq.read_schema(path).names:
                return False
        except (pa.ArrowInvalid, OSError):
            return True
        return len(self.rows(path)) > 0


@contextmanager
def looking_for(column: str, values: Sequence[str]) -> Iterator[Wanted]:
    """Looks for ``values`` in ``column``."""
    with duck.connect() as connection:
        connection.register("wanted", pa.table({"value": pa.array(sorted(set(values)), pa.string())}))
        yield Wanted(connection, column)


def without(path: Path, rows: NDArray[np.int64], target: Path) -> bool:
    """Write the file again without some of its rows; answers whether any stay, else there is no new file.

    The rows are told apart by a mask of bits: unlike a join, a filter keeps the order.
    """
    whole = pq.read_metadata(path).num_rows
    if len(rows) == whole:
        return False
    stays = np.ones(whole, np.uint8)
    stays[rows] = 0
    with duck.connect() as connection:
        connection.execute("SET VARIABLE stays = ?::BLOB::BIT", [np.packbits(stays).tobytes()])
        connection.execute(
            f"COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet({duck.text(path)}, file_row_number = true) "
            "WHERE get_bit(getvariable('stays'), file_row_number::INTEGER) = 1) "
            f"TO {duck.text(target)} (FORMAT parquet)"
        )
    return True


@dataclass(frozen=True)
class Merged:
    """A file that takes the place of several segments."""

    path: Path
    origin: Origin
    incremental: bool
    rows: int
    rank: int
    span: int
    replaced: tuple[str, ...]
    """The files whose rows it holds."""


def runs(manifest: Manifest, largest: int) -> list[tuple[Segment, ...]]:
    """Segments that follow one another, none of which has more than ``largest`` rows, worth being put together."""
    found = []
    for few, run in groupby(_ranks(manifest.segments), key=lambda rank: sum(each.rows for each in rank) <= largest):
        ranks = list(run)
        if few and len(ranks) > 1:
            found.append(tuple(segment for rank in ranks for segment in rank))
    return found


def merge(root: Path, manifest: Manifest, run: Sequence[Segment], aside: Path) -> Iterator[Merged]:
    """Write the run's rows to one file for each kind; the files share a rank, and ORDER says what came first."""
    kinds = sorted({segment.kind for segment in run})
    first, span = run[0].rank, 0
    begins: dict[int, int] = {}
    for rank in _ranks(run):
        begins[rank[0].rank] = span
        span += max(segment.places for segment in rank)
    for origin, incremental in kinds:
        chosen = [segment for segment in run if segment.kind == (origin, incremental)]
        held = {column for segment in chosen for column in segment.columns}
        path = aside / f"merged-{first}-{origin.lower()}{'-added' if incremental else ''}.parquet"
        rows = _write(root, manifest.columns, chosen, held, begins if len(kinds) > 1 else None, path)
        places = span if len(kinds) > 1 else 0
        yield Merged(path, origin, incremental, rows, first, places, tuple(s.file for s in chosen))


def _ranks(segments: Sequence[Segment]) -> list[list[Segment]]:
    return [list(rank) for _, rank in groupby(segments, key=lambda segment: segment.rank)]


def _write(
    root: Path,
    columns: Mapping[str, str],
    segments: Sequence[Segment],
    held: set[str],
    begins: Mapping[int, int] | None,
    target: Path,
) -> int:
    """The rows of the segments one after another; with ``begins``, the first place of each rank, ORDER is added."""
    types = {field.name: field.type for field in schema_of(columns) if field.name in held}
    types |= {column: pa.string() for column in sorted(held - set(columns) - {ORDER})}
    if begins is not None:
        types[ORDER] = pa.int64()
    schema = pa.schema(types.items())
    rows = 0
    waiting: list[pa.RecordBatch] = []
    with pq.ParquetWriter(target, schema) as writer:
        for segment in segments:
            at = 0
            with pq.ParquetFile(root / segment.file) as source:
                for batch in source.iter_batches(_BATCH):
                    arrays = {name: batch.column(name) for name in batch.schema.names if name in types}
                    if begins is not None:
                        inside = arrays.get(ORDER)
                        places = np.arange(at, at + batch.num_rows) if inside is None else inside.to_numpy()
                        arrays[ORDER] = pa.array(places + begins[segment.rank])
                    at += batch.num_rows
                    waiting.append(filled(arrays, schema, batch.num_rows))
                    if sum(each.num_rows for each in waiting) >= _BATCH:
                        writer.write_batch(pa.concat_batches(waiting))
                        waiting.clear()
            rows += at
        if waiting:
            writer.write_batch(pa.concat_batches(waiting))
    return rows


def filled(arrays: Mapping[str, pa.Array], schema: pa.Schema, rows: int) -> pa.RecordBatch:
    """The arrays as ``schema`` wants them; null where there is none."""
    return pa.record_batch(
        [
            arrays[field.name].cast(field.type) if field.name in arrays else pa.nulls(rows, field.type)
            for field in schema
        ],
        schema=schema,
    )
