"""Parquet files as a source: their columns as text, so that the same rules hold as for CSV."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine.columns import duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.importing.outcome import SourceFile
from personalize_web.engine.importing.rules import Traits
from personalize_web.engine.schemas import Field, Schema

MAGIC = b"PAR1"
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_PLAIN = (*_WHOLE, "BOOLEAN", "DATE", "UUID", "TIME")
_SIMPLE = ("VARCHAR", "FLOAT", "DOUBLE", "DECIMAL", "TIMESTAMP")
_LISTS = ("VARCHAR[]", *(f"{whole}[]" for whole in _WHOLE))


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file whose columns can be read as text."""

    source: SourceFile
    types: dict[str, str]
    """DuckDB's type by column name, in the file's order."""
    lines: int
    """Its rows."""

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(self.types)

    @property
    def traits(self) -> Traits:
        return Traits(line_ends=True, nul=True)

    def table(self, options: str = "") -> str:
        return _table(self.source.path)

    def cells(self, wanted: Iterable[str]) -> str:
        return ", ".join(f"{_as_text(column, self.types[column])} AS {duck.name(column)}" for column in wanted)


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet files do, whatever its name."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def look(source: SourceFile) -> ParquetFile:
    """Read a Parquet file's own description; raises :class:`DataError` where it is damaged."""
    try:
        rows = pq.read_metadata(source.path).num_rows
        with duck.connect(threads=1) as connection:
            described = connection.execute(f"DESCRIBE FROM {_table(source.path)}").fetchall()
    except (OSError, pa.ArrowException, duckdb.Error) as damage:
        raise DataError(
            f"{source.name} begins like a Parquet file, but can't be read as one; it may be cut off. Write it again."
        ) from damage
    return ParquetFile(source, {str(row[0]): str(row[1]) for row in described}, rows)


def unfitting(file: ParquetFile, schema: Schema) -> str | None:
    """What to say about columns whose type can't hold the schema's values at all; None where there are none."""
    for field in schema.fields:
        found = file.types.get(field.name)
        if found is not None and not _fits(found, field):
            lists = " Lists are taken in categorical columns and IMPRESSION only." if found in _LISTS else ""
            return (
                f"{file.source.name}: column {field.name} has the Parquet type {found}, which can't be read as "
                f"{field.type}.{lists} Write the column with a type of numbers or text."
            )
    return None


def _fits(found: str, field: Field) -> bool:
    if found in _LISTS:
        return field.kind in ("categorical", "impression")
    return found in _PLAIN or (
        found.startswith(("VARCHAR", "FLOAT", "DOUBLE", "DECIMAL", "TIMESTAMP")) and "[" not in found
    )


def _table(path: Path) -> str:
    return f"read_parquet({duck.text(path)}, binary_as_string = true)"


def _as_text(column: str, found: str) -> str:
    """SQL: the cell as a CSV file would hold it, null where it would be empty."""
    cell = duck.name(column)
    if found.startswith(("FLOAT", "DOUBLE", "DECIMAL")):  # whole numbers with gaps are often kept as decimal ones
        whole = f"{cell} = trunc({cell}) AND abs({cell}) < 1e18"
        return f"CASE WHEN {whole} THEN {cell}::BIGINT::VARCHAR ELSE {cell}::VARCHAR END"
    if found in _LISTS:
        return f"nullif(array_to_string({cell}::VARCHAR[], '|'), '')"
    return f"nullif({cell}::VARCHAR, '')"
