"""One pass over a file that keeps its good rows and counts, cell by cell, what is wrong with the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.importing import scanning
from personalize_web.engine.importing.diagnosis import REJECTED, first_line, refused_by_the_parser, shown, structure
from personalize_web.engine.importing.findings import EXAMPLES, Findings
from personalize_web.engine.importing.outcome import MAXIMUM_LISTED, BadRow
from personalize_web.engine.importing.reading import CsvFile, Ready
from personalize_web.engine.importing.rules import CellRules, cell_rules, column_type
from personalize_web.engine.schemas import Schema

NUMBER = "_n"
"""In the files of good rows: the row's number in its file, from 0."""
_SHOWN = 61


@dataclass
class CheckedFile:
    """The rows of one file after the check."""

    file: Ready
    good: Path
    """Parquet with the schema's columns of the good rows and :data:`NUMBER`."""
    rows: int
    """Rows that were read, good and bad."""
    good_rows: int
    rejected: set[int] = field(default_factory=set)
    """Lines that are no rows at all."""
    spans: dict[int, int] = field(default_factory=dict)
    """Further lines that rows go over, by their ordinals."""

    def lines(self, ordinals: Sequence[int]) -> dict[int, int]:
        """The lines (of a Parquet file the rows) that rows stand in, by their ordinals from 1."""
        wanted = sorted(set(ordinals))
        if not isinstance(self.file, CsvFile):
            return dict(zip(wanted, wanted, strict=True))
        scan = self.file.scan
        found = scanning.line_numbers(
            self.file.path, scan.source, wanted, self.rejected, scan.header_line, spans=self.spans
        )
        return dict(zip(wanted, found, strict=True))


def check(file: Ready, schema: Schema, aside: Path, number: int, found: Findings, limit: int | None) -> CheckedFile:
    """Read at most ``limit`` rows of ``file``; what is wrong goes to ``found``, good rows to a file in ``aside``."""
    rules = cell_rules(schema, file.traits, [name for name in schema.names if name in file.header], quick_ids=False)
    part, good = aside / f"part-{number}.parquet", aside / f"good-{number}.parquet"
    with duck.connect() as connection:
        try:
            rows = _laid_out(connection, file, schema, rules, part, limit)
        except duckdb.InvalidInputException as refusal:
            refused = refused_by_the_parser(file) if isinstance(file, CsvFile) else []
            if not refused:
                found.file(file.source.name, f"The file can't be read: {str(refusal).splitlines()[0]}")
            for row in refused:
                found.add(row.rule, None, 1, [row])
            found.bad_rows += len(refused)
            found.next(refused)
            return CheckedFile(file, good, 0, 0)
        rejects = connection.execute(REJECTED).fetchall() if isinstance(file, CsvFile) else []
        view = f"read_parquet({duck.text(part)}, file_row_number = true)"
        broken = " OR ".join(f"_r{at} IS NOT NULL" for at in range(len(rules))) or "false"
        copied = connection.execute(
            f"COPY (SELECT {duck.names(schema.names)}, file_row_number AS {NUMBER} FROM {view} WHERE NOT ({broken})) "
            f"TO {duck.text(good)}"
        ).fetchone()
        checked = CheckedFile(file, good, rows + len(rejects), int(copied[0]) if copied else 0)
        checked.rejected = {int(row[0]) for row in rejects}
        if file.traits.line_ends and isinstance(file, CsvFile):
            spans = connection.execute(f"SELECT file_row_number + 1, _span FROM {view} WHERE _span > 0").fetchall()
            checked.spans = dict(spans)
        _tell(connection, checked, rules, view, broken, rejects, found)
    part.unlink()
    return checked


def _laid_out(
    connection: duckdb.DuckDBPyConnection,
    file: Ready,
    schema: Schema,
    rules: Sequence[CellRules],
    part: Path,
    limit: int | None,
) -> int:
    """Write every row with its values, the number of the first rule each cell breaks, and the broken cells' texts."""
    present = {rule.field.name: rule for rule in rules}
    values = [
        f"{present[name].value} AS {duck.name(name)}" if name in present else f"NULL::{kind} AS {duck.name(name)}"
        for name, kind in ((field.name, column_type(schema, field)) for field in schema.fields)
    ]
    codes = [f"{rule.broken_number} AS _r{at}" for at, rule in enumerate(rules)]
    texts = [
        f"CASE WHEN {rule.broken_number} IS NOT NULL THEN left({duck.name(rule.field.name)}, {_SHOWN}) END AS _v{at}"
        for at, rule in enumerate(rules)
    ]
    header = list(dict.fromkeys(file.header))
    spans = [f"length({cell}) - length(replace({cell}, chr(10), ''))" for cell in map(duck.name, header)]
    span = "0"
    if file.traits.line_ends:
        span = " + ".join(
            f"CASE WHEN contains({duck.name(column)}, chr(10)) THEN {length} ELSE 0 END"
            for column, length in zip(header, spans, strict=True)
        )
    cells = f"SELECT {file.cells(header)} FROM {file.table(', store_rejects = true')}"
    if limit is not None:
        cells += f" LIMIT {limit}"
    wanted = ", ".join([*values, *codes, *texts, f"{span} AS _span"])
    row = connection.execute(f"COPY (SELECT {wanted} FROM ({cells})) TO {duck.text(part)}").fetchone()
    return int(row[0]) if row else 0


def _tell(
    connection: duckdb.DuckDBPyConnection,
    checked: CheckedFile,
    rules: Sequence[CellRules],
    view: str,
    broken: str,
    rejects: Sequence[tuple[Any, ...]],
    found: Findings,
) -> None:
    """Counts, examples and the first bad rows of one file."""
    source = checked.file.source
    unit = "line" if isinstance(checked.file, CsvFile) else "row"
    places: list[tuple[int, int, int, str | None]] = []  # ordinal, column, rule, text
    counts: dict[tuple[int, int], int] = {}
    for at in range(len(rules)):
        for code, n in connection.execute(
            f"SELECT _r{at}, count(*) FROM {view} WHERE _r{at} IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall():
            counts[at, code] = n
            examples = connection.execute(
                f"SELECT file_row_number + 1, _v{at} FROM {view} WHERE _r{at} = {code} "
                f"ORDER BY file_row_number LIMIT {EXAMPLES}"
            ).fetchall()
            places += [(ordinal, at, code, text) for ordinal, text in examples]
    first: list[tuple[Any, ...]] = []
    if counts:
        columns = ", ".join(f"_r{at}, _v{at}" for at in range(len(rules)))
        first = connection.execute(
            f"SELECT file_row_number + 1, {columns} FROM {view} WHERE {broken} "
            f"ORDER BY file_row_number LIMIT {MAXIMUM_LISTED + 1}"
        ).fetchall()
    lines = checked.lines([ordinal for ordinal, *_ in places] + [row[0] for row in first])

    def bad(ordinal: int, at: int, code: int, text: str | None) -> BadRow:
        rule = rules[at].rules[code].says
        return BadRow(source.name, lines[ordinal], rules[at].field.name, shown(text), rule, unit)  # type: ignore[arg-type]

    for (at, code), n in counts.items():
        named = [bad(*place) for place in places if place[1:3] == (at, code)]
        found.add(rules[at].rules[code].says, rules[at].field.name, n, named)
    listed = [
        bad(row[0], at, row[1 + 2 * at], row[2 + 2 * at])
        for row in first
        for at in range(len(rules))
        if row[1 + 2 * at] is not None
    ]
    structural = [
        BadRow(source.name, int(line), None, first_line(text), structure(kind, message))
        for line, kind, text, message in rejects
    ]
    for row in structural:
        found.add(row.rule, None, 1, [row])
    found.bad_rows += checked.rows - checked.good_rows
    found.next(sorted(listed + structural, key=lambda row: row.line))
