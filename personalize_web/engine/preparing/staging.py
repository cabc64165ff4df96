"""The mapped rows of a source, laid out once as Parquet, so that every question about them reads columns."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.preparing.converters import CONVERTERS
from personalize_web.engine.preparing.recipe import Column, Recipe
from personalize_web.engine.preparing.source import Source
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.schemas import Field, Schema

SAMPLE = 50_000
"""Rows of which a report on a sample is made."""

_LOOK_EVERY = 0.2
_LONGEST_ID = 256
_LONGEST_CATEGORY = 1_000
_LATEST = 100_000_000_000
"""Unix seconds from which on a time is taken for milliseconds."""


@dataclass(frozen=True)
class Staged:
    """Mapped rows in the order of the files; ``connection`` reads them from ``table``."""

    connection: duckdb.DuckDBPyConnection
    table: str
    """SQL of the rows: the schema's fields, ``!FIELD`` (whether a cell could not be read), and file_row_number."""
    schema: Schema
    rows: int
    left_out: int
    """Rows of the source that could not be split into cells."""
    unfit: Mapping[str, int]
    """Field -> cells that hold something that is no value of the field; they count as missing."""

    def row(self, query: str) -> tuple[object, ...]:
        """The first row of the answer."""
        found = self.connection.execute(query).fetchone()
        assert found is not None
        return found


@contextmanager
def staged(
    source: Source, recipe: Recipe, schema: Schema, folder: Path, reporter: Reporter, *, limit: int | None = None
) -> Iterator[Staged]:
    """Map the rows of ``source``, at most ``limit`` of them, into a file in ``folder``; it goes with the context."""
    target = folder / "mapped.parquet"
    fields = [(one, schema.by_name[one.field]) for one in recipe.columns]
    values = ", ".join(f"{value(one, field, source)} AS {duck.name(field.name)}" for one, field in fields)
    flags = ", ".join(
        f"({duck.name(field.name)} IS NULL AND {_present(one, source)}) AS {duck.name('!' + field.name)}"
        for one, field in fields
    )
    most = f" LIMIT {limit}" if limit else ""
    try:
        with duck.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            query = (
                f"COPY (SELECT * EXCLUDE (raw), {flags} FROM (SELECT {values}, t AS raw FROM {source.sql()} t{most})) "
                f"TO {duck.text(target)} (FORMAT parquet)"
            )
            rows = watched(connection, query, reporter)
            table = f"read_parquet({duck.text(target)}, file_row_number = true)"
            counts = ", ".join(f"count(*) FILTER ({duck.name('!' + field.name)})" for _, field in fields)
            found = connection.execute(f"SELECT {counts} FROM {table}").fetchone() or ()
            unfit = {field.name: count for (_, field), count in zip(fields, found, strict=True) if count}
            yield Staged(connection, table, schema, rows, source.rows_left_out(connection), unfit)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise DataError(f"The file can't be read: {str(error).splitlines()[0]}") from error
    finally:
        target.unlink(missing_ok=True)


def value(one: Column, field: Field, source: Source) -> str:
    """SQL of a field's value; null where the cell is empty or does not fit the field."""
    if one.column is None:
        return _typed("NULL::VARCHAR" if one.value is None else duck.text(one.value), "text", field)
    text = f"regexp_replace(c{source.columns.index(one.column)}, '[\\r\\n\\x00]+', ' ', 'g')"
    expression, gives = f"nullif(trim({text}), '')", "text"
    for step in one.convert:
        expression, gives = CONVERTERS[step].sql(expression), CONVERTERS[step].gives
    return _typed(expression, gives, field)


def watched(connection: duckdb.DuckDBPyConnection, query: str, reporter: Reporter) -> int:
    """Run the query on another thread, reporting its progress; answers its count, and ends it when asked to stop."""
    outcome: list[int] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            row = connection.execute(query).fetchone()
            outcome.append(int(row[0]) if row else 0)
        except BaseException as failure:  # handed over to the waiting thread
            failures.append(failure)

    worker = threading.Thread(target=run, name="prepare")
    worker.start()
    try:
        while worker.is_alive():
            worker.join(_LOOK_EVERY)
            reporter.progress(min(max(connection.query_progress(), 0.0), 100.0) / 100)
            reporter.check()
    except BaseException:
        connection.interrupt()
        worker.join()
        raise
    if failures:
        raise failures[0]
    return outcome[0]


def _typed(expression: str, gives: str, field: Field) -> str:
    if field.kind == "timestamp":
        seconds = f"TRY_CAST({expression} AS BIGINT)" if gives != "number" else _whole(expression, "BIGINT")
        if gives == "text":
            seconds = _whole(f"TRY_CAST({expression} AS DOUBLE)", "BIGINT")
        return f"CASE WHEN {seconds} BETWEEN 0 AND {_LATEST - 1} THEN {seconds} END"
    if field.type in ("int", "long"):
        kind = "INTEGER" if field.type == "int" else "BIGINT"
        if gives == "text":
            return f"CASE WHEN regexp_full_match({expression}, '[+-]?\\d+') THEN TRY_CAST({expression} AS {kind}) END"
        return _whole(expression, kind)
    if field.type in ("float", "double"):
        number = f"TRY_CAST({expression} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    if field.type == "boolean":
        return f"TRY_CAST({expression} AS BOOLEAN)"
    text = f"nullif(trim({expression}::VARCHAR), '')"
    if field.kind in ("identifier", "event_type"):
        return f"CASE WHEN length({text}) <= {_LONGEST_ID} THEN {text} END"
    if field.kind in ("categorical", "impression"):
        return f"CASE WHEN length({text}) <= {_LONGEST_CATEGORY} THEN {text} END"
    return text


def _whole(number: str, kind: str) -> str:
    return f"CASE WHEN {number} = floor({number}) THEN TRY_CAST({number} AS {kind}) END"


def _present(one: Column, source: Source) -> str:
    if one.column is None:
        return "false" if one.value is None else "true"
    return f"nullif(trim(raw.c{source.columns.index(one.column)}), '') IS NOT NULL"
