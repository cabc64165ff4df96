"""A dry run: everything that an import would say about files, and what their good rows hold; nothing is imported."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from personalize_web.engine import statistics
from personalize_web.engine.columns import ColumnStore, Snapshot, duck
from personalize_web.engine.errors import DataError
from personalize_web.engine.importing import headers, heads, job, parquet, reading, reports, row_checks
from personalize_web.engine.importing.findings import Findings
from personalize_web.engine.importing.outcome import BadRows, SourceFile
from personalize_web.engine.importing.reading import Ready
from personalize_web.engine.importing.row_checks import CheckedFile
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.schemas import Schema
from personalize_web.engine.statistics import columns, tables

PHASES = ("Check files", "Check rows", "Describe good rows")
"""What a check does, in order; its progress names them."""

SAMPLE_ROWS = 100_000
"""Rows that a check looks at where it does not look at all."""

_ANALYSED = ("INTERACTIONS", "USERS", "ITEMS")


def check_files(
    files: Sequence[SourceFile],
    schema: Schema,
    scratch: Path,
    *,
    full: bool = True,
    minimum_rows: int = 0,
    maximum_bytes: int | None = None,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Everything about files that are to be imported, JSON-able; works in ``scratch``, which is gone afterwards.

    ``problems``: every broken rule by column, with the number of rows and examples. ``missing`` and ``extra`` columns,
    ``warnings``. ``wouldImport`` and ``failureReason``: what an import of all rows that were looked at would come to.
    Of the good rows ``summary``, ``duplicates``, ``incomplete``, ``columns`` and ``insights``. Not ``full``: only the
    first rows are looked at, and ``sampled`` tells whether there are more.
    """
    report = reporter or Silent()
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with reading.plainly():
            return _Check(files, schema, scratch, full, report).run(minimum_rows, maximum_bytes)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Check:
    """The state of one check."""

    def __init__(
        self, files: Sequence[SourceFile], schema: Schema, scratch: Path, full: bool, reporter: Reporter
    ) -> None:
        self.files = files
        self.schema = schema
        self.scratch = scratch
        self.full = full
        self.report = reporter
        self.found = Findings()
        self.left = None if full else SAMPLE_ROWS
        self.headers: list[tuple[str, ...]] = []
        self.sampled = False

    def run(self, minimum_rows: int, maximum_bytes: int | None) -> dict[str, Any]:
        size = sum(file.path.stat().st_size for file in self.files)
        if maximum_bytes is not None and size > maximum_bytes:
            self.found.stop(job.too_large(size, maximum_bytes))
        self._begin(0)
        usable = [file for file in self.files if self._usable(file)]
        ready = [each for at, file in enumerate(usable) if (each := self._prepared(file, at, len(usable))) is not None]
        self._begin(1)
        checked = [self._checked(file, at, len(ready)) for at, file in enumerate(ready)]
        rows = sum(file.rows for file in checked)
        if not self.found.reason and not self.sampled and rows < max(minimum_rows, 1):
            self.found.stop(job.too_few(rows, minimum_rows))
        self._begin(2)
        return {
            "rows": rows,
            "goodRows": sum(file.good_rows for file in checked),
            "badRows": self.found.bad_rows,
            "files": len(self.files),
            "bytes": size,
            "sampled": self.sampled,
            "problems": self.found.listed(),
            "missing": [name for name in self.schema.names if any(name not in header for header in self.headers)],
            "extra": sorted({name for header in self.headers for name in header if name not in self.schema.by_name}),
            "wouldImport": self.found.reason is None,
            **({"failureReason": self.found.reason} if self.found.reason else {}),
            **self._described(checked),
        }

    def _begin(self, at: int) -> None:
        self.report.check()
        self.report.phase(PHASES[at], at + 1, len(PHASES))

    def _usable(self, file: SourceFile) -> bool:
        """Whether it makes sense to look at the rows of a file, after a look at its header."""
        try:
            header = headers.header_of(file)
        except DataError as refusal:
            self.found.file(file.name, str(refusal))
            return False
        self.headers.append(header)
        problem = headers.problem_with(header, self.schema)
        if problem is not None:
            said = problem if len(self.files) == 1 else f"{file.name}: {problem}"
            self.found.file(file.name, problem, said=said)
        return not headers.repeated_columns(header, self.schema) and not set(header).isdisjoint(self.schema.names)

    def _prepared(self, file: SourceFile, at: int, of: int) -> Ready | None:
        """The file, ready for its rows to be checked; None where that can't be."""
        self.report.progress(at / of)
        source = file
        if not self.full and not parquet.is_parquet(file.path):
            source = heads.first_lines(file, self.scratch / f"head-{at}.csv", SAMPLE_ROWS + 1)
            self.sampled |= source.path.stat().st_size < file.path.stat().st_size
        try:
            return job.prepared(source, self.schema, self.scratch, at, self.report)
        except BadRows as refusal:
            self.found.stop(str(refusal))
            whole = heads.without_faults(source, self.scratch / f"clean-{at}.csv", self.found, self.report)
            if headers.first_line(whole) != headers.first_line(source):
                return None  # the header itself can't be read
            return job.prepared(whole, self.schema, self.scratch, at, self.report)
        except DataError as refusal:
            self.found.file(file.name, str(refusal))
            return None

    def _checked(self, file: Ready, at: int, of: int) -> CheckedFile:
        self.report.check()
        self.report.progress(at / of)
        checked = row_checks.check(file, self.schema, self.scratch, at, self.found, self.left)
        if self.left is not None:
            self.left = max(self.left - checked.rows, 0)
            self.sampled |= not self.left
        return checked

    def _described(self, checked: Sequence[CheckedFile]) -> dict[str, Any]:
        """The report on the good rows."""
        warnings = job.ignored_columns(self.headers, self.schema)
        good: list[Path] = []
        for file in checked:
            if file.good_rows:
                path, more = job.without_keywords(file.good, [file.file], self.schema)
                file.good = path
                good.append(path)
                warnings += more
        described = reports.describe(checked, self.schema)
        self.report.progress(0.3)
        entries: list[dict[str, Any]] = []
        insights: list[dict[str, Any]] = []
        types: list[dict[str, Any]] = []
        if good and not any(name not in header for header in self.headers for name in self._needed()):
            store = ColumnStore(self.scratch / "columns")
            entries, insights, types = self._analysed(store.replace_bulk(good, self.schema))
        warned = self.found.columns()
        for entry in entries:
            name = entry["name"]
            entry["problems"] = warned.get(name, 0)
            entry["warnings"] = sum(name in insight["columns"] for insight in insights)
        warnings += job.many_event_types(len(types), self.schema)
        return {**described, "warnings": warnings, "columns": entries, "insights": insights, "eventTypes": types}

    def _needed(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.schema.fields if field.kind in ("identifier", "timestamp"))

    def _analysed(self, snapshot: Snapshot) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        """Columns over every good row; insights and event types over those that count."""
        kind = self.schema.dataset_type
        entries = _columns(snapshot, self.schema)
        if kind not in _ANALYSED:
            return entries, [], []
        given = {each: snapshot if each == kind else None for each in _ANALYSED}
        found = statistics.analyse(given["INTERACTIONS"], given["ITEMS"], given["USERS"], {kind: self.schema})
        return entries, found["insights"], found["statistics"][kind]["general"].get("eventTypes", [])


def _columns(snapshot: Snapshot, schema: Schema) -> list[dict[str, Any]]:
    """The statistics of each column, repeated rows counted as often as they stand in the files."""
    with duck.connect() as connection:
        connection.execute(f"CREATE VIEW {schema.dataset_type.lower()} AS {snapshot.stored_sql()}")
        table = tables.Table(schema.dataset_type, schema, snapshot, snapshot.rows())
        return columns.describe(tables.Tables(connection, {schema.dataset_type: table}), table)
