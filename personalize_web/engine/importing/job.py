"""The import of files into a dataset, from the first byte to the new snapshot."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from personalize_web.engine.columns import ColumnStore, duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import diagnosis, headers, parquet, plain_copy, reading, rules, scanning
from personalize_web.engine.importing.outcome import MAXIMUM_LISTED, BadRow, BadRows, ImportSummary, SourceFile
from personalize_web.engine.importing.reading import CsvFile, Ready
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.schemas import Schema, reserved

PHASES = ("Check files", "Read and validate rows", "Check columns", "Publish columns")
"""What an import does, in order; its progress names them."""


MAXIMUM_TYPES_AND_COLUMNS = 10
"""Of interactions: distinct event types, EVENT_TYPE, EVENT_VALUE and metadata columns, counted together."""


def import_files(
    files: Sequence[SourceFile],
    schema: Schema,
    store: ColumnStore,
    *,
    mode: Literal["FULL", "INCREMENTAL"] = "FULL",
    minimum_rows: int = 0,
    maximum_bytes: int | None = None,
    reporter: Reporter | None = None,
) -> ImportSummary:
    """Bring CSV and Parquet files into a dataset: all of their rows, or none.

    ``FULL`` replaces what was imported in bulk before, ``INCREMENTAL`` adds to it. Files count in the given order: of
    two records with the same id the later one counts. Raises :class:`BadRows` naming lines, columns, values and rules,
    and :class:`DataError` where the files as a whole do not fit.
    """
    report = reporter or Silent()
    total = _size(files, maximum_bytes)
    with reading.plainly(), store.staging() as aside:
        report.phase(PHASES[0], 1, len(PHASES))
        ready = _prepared(files, schema, aside, total, report)
        warnings = ignored_columns([file.header for file in ready], schema)
        report.phase(PHASES[1], 2, len(PHASES))
        targets, rows = _read(ready, schema, aside, report)
        if rows < minimum_rows or rows == 0:
            raise DataError(too_few(rows, minimum_rows))
        report.phase(PHASES[2], 3, len(PHASES))
        for at, target in enumerate(targets):
            targets[at], more = without_keywords(target, ready, schema)
            warnings += more
        for warning in warnings:
            report.log(warning, level="warning")
        report.check()
        report.phase(PHASES[3], 4, len(PHASES))
        publish = store.replace_bulk if mode == "FULL" else store.append_bulk
        publish(reading.merged(targets), schema)
        report.progress(1.0, rows=rows, rows_total=rows)
    return ImportSummary(rows, total, len(files), tuple(warnings))


def find_bad_rows(files: Sequence[Ready], schema: Schema) -> list[BadRow]:
    """Rows that break rules, over all files, at most one more than may be listed."""
    found: list[BadRow] = []
    for file in files:
        found += diagnosis.bad_rows(file, schema)
        if len(found) > MAXIMUM_LISTED:
            break
    return found


def prepared(
    file: SourceFile, schema: Schema, aside: Path, number: int, reporter: Reporter, *, done: int = 0, total: int = 0
) -> Ready:
    """Look through a file whose header is good, so that it can be parsed; a plainer copy in ``aside`` where need be."""
    if parquet.is_parquet(file.path):
        found = parquet.look(file)
        if problem := parquet.unfitting(found, schema):
            raise DataError(problem)
        return found
    scan = scanning.scan(file, reporter, done=done, total=total)
    if not scan.rewrite:
        return CsvFile(scan, file.path)
    copy = aside / f"{number}.csv"
    plain_copy.write(file, copy, reporter)
    return CsvFile(scan, copy)


def _size(files: Sequence[SourceFile], maximum: int | None) -> int:
    if not files:
        raise DataError("There is no file to import.")
    total = sum(file.path.stat().st_size for file in files)
    if maximum is not None and total > maximum:
        raise DataError(too_large(total, maximum))
    return total


def too_large(total: int, maximum: int) -> str:
    """What to say about files with too many bytes."""
    return f"The files hold {total:,} bytes; an import job takes at most {maximum:,}. Import them in several jobs."


def _prepared(files: Sequence[SourceFile], schema: Schema, aside: Path, total: int, reporter: Reporter) -> list[Ready]:
    for file in files:
        problem = headers.problem_with(headers.header_of(file), schema)
        if problem is not None:
            raise DataError(problem if len(files) == 1 else f"{file.name}: {problem}")
    ready, done = [], 0
    for number, file in enumerate(files):
        ready.append(prepared(file, schema, aside, number, reporter, done=done, total=total))
        done += file.path.stat().st_size
    return ready


def ignored_columns(headers_of_files: Iterable[Sequence[str]], schema: Schema) -> list[str]:
    """A warning about columns that the schema does not have, if there are any."""
    extra = sorted({column for header in headers_of_files for column in header if column not in schema.by_name} - {""})
    return [f"Columns that the schema does not have were ignored: {', '.join(extra)}."] if extra else []


def many_event_types(types: int, schema: Schema) -> list[str]:
    """A warning where there are more event types and columns than a training takes."""
    if schema.dataset_type != "INTERACTIONS" or "EVENT_TYPE" not in schema.by_name:
        return []
    columns = 1 + int("EVENT_VALUE" in schema.by_name) + len(schema.metadata)
    if types + columns <= MAXIMUM_TYPES_AND_COLUMNS:
        return []
    return [
        f"{types} event types and {columns} event columns are more than {MAXIMUM_TYPES_AND_COLUMNS} together: "
        "the import works, training will fail. Merge event types, or leave columns out of the schema."
    ]


def _read(files: Sequence[Ready], schema: Schema, aside: Path, reporter: Reporter) -> tuple[list[Path], int]:
    try:
        return reading.write(files, schema, aside, reporter)
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException) as refusal:
        reporter.log("Some rows break a rule; looking for their lines.", level="warning")
        found = find_bad_rows(files, schema)
        if not found:
            raise DataError(f"The files can't be read: {str(refusal).splitlines()[0]}") from refusal
        raise BadRows(found) from refusal


def too_few(rows: int, minimum: int) -> str:
    """What to say about an import of so few rows."""
    if rows == 0:
        return "The files hold no rows below their header."
    return f"The import has {rows:,} rows; at least {minimum:,} are required."


def without_keywords(path: Path, files: Sequence[Ready], schema: Schema) -> tuple[Path, list[str]]:
    """Take column names out of the values, where they count as missing; answers warnings. Ids must not be any."""
    concerned = rules.keyword_counts(path, schema)
    if not concerned:
        return path, []
    if any(schema.by_name[column].kind == "identifier" for column in concerned):
        raise BadRows(find_bad_rows(files, schema))
    words = duck.texts(reserved(schema.dataset_type, schema.domain))
    replaced = ", ".join(
        f"CASE WHEN {duck.name(column)} IN ({words}) THEN NULL ELSE {duck.name(column)} END AS {duck.name(column)}"
        for column in concerned
    )
    clean = path.with_suffix(".clean.parquet")
    with duck.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE ({replaced}) FROM read_parquet({duck.text(path)})) "
            f"TO {duck.text(clean)} (FORMAT parquet)"
        )
    return clean, [
        f"{count:,} values of {column} are column names; they count as missing." for column, count in concerned.items()
    ]
