"""Finding the rows that break rules, by their lines, once it is known that there are some."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.importing import scanning
from personalize_web.engine.importing.outcome import MAXIMUM_LISTED, BadRow
from personalize_web.engine.importing.reading import CsvFile, Ready
from personalize_web.engine.importing.rules import LINE_END, CellRules, cell_rules
from personalize_web.engine.schemas import Schema

_LONGEST_SHOWN = 60
_PLACE = re.compile(r"CSV Error on Line: (?P<line>\d+)\nOriginal Line: ?(?P<text>[^\n]*)")
_UNBALANCED = "UNQUOTED VALUE"
REJECTED = (
    "SELECT line, first(error_type), first(csv_line), first(error_message) "
    "FROM reject_errors GROUP BY line ORDER BY line"
)
"""Rows that the CSV parser set aside: line, kind, text, message."""
_STRUCTURE = {
    "MISSING COLUMNS": "The row has fewer values than the header has columns.",
    "TOO MANY COLUMNS": "The row has more values than the header has columns.",
    _UNBALANCED: "A quote is not closed, or text follows a closing quote.",
    "LINE SIZE OVER MAXIMUM": scanning.LONG_LINE,
}


def bad_rows(file: Ready, schema: Schema) -> list[BadRow]:
    """The first rows of a file that break a rule, at most one more than may be listed, in the order of the lines."""
    rules = cell_rules(schema, file.traits)
    if not isinstance(file, CsvFile):
        found = _broken(file, rules)[1]
        return [bad for row in found for bad in _cells(file.source.name, int(row[0]), row, rules, unit="row")]
    try:
        rejected, found = _broken(file, rules)
    except duckdb.InvalidInputException:
        return refused_by_the_parser(file)
    structural = [
        BadRow(file.scan.source.name, line, None, first_line(text), structure(kind, message))
        for line, kind, text, message in rejected
    ]
    if len(structural) > MAXIMUM_LISTED:
        return structural
    if not found:
        return structural or refused_by_the_parser(file)
    skipped = {line for line, *_ in rejected}
    lines = scanning.line_numbers(
        file.path, file.scan.source, [row[0] for row in found], skipped, file.scan.header_line
    )
    name = file.scan.source.name
    broken_cells = [bad for line, row in zip(lines, found, strict=True) for bad in _cells(name, line, row, rules)]
    return _trusted(sorted(structural + broken_cells, key=lambda row: row.line))


def _cells(
    name: str, line: int, row: Sequence[Any], rules: Sequence[CellRules], unit: Literal["line", "row"] = "line"
) -> list[BadRow]:
    """The cells of a row, as :func:`_broken` answers it, that break rules."""
    return [
        BadRow(name, line, rule.field.name, shown(row[1 + len(rules) + at]), row[1 + at], unit)
        for at, rule in enumerate(rules)
        if row[1 + at] is not None
    ]


def _broken(file: Ready, rules: Sequence[CellRules]) -> tuple[list[Any], list[Any]]:
    """Rows the parser set aside, and rows whose cells break rules: ordinal, texts of rules, cells."""
    rows = file.table(f", store_rejects = true, rejects_limit = {MAXIMUM_LISTED + 1}, parallel = false")
    wanted = file.cells(rule.field.name for rule in rules)
    texts = ", ".join(f"{rule.broken_rule} AS r{at}" for at, rule in enumerate(rules))
    cells = ", ".join(f"{duck.name(rule.field.name)} AS v{at}" for at, rule in enumerate(rules))
    broken = " OR ".join(f"r{at} IS NOT NULL" for at in range(len(rules)))
    with duck.connect(threads=1) as connection:
        found = connection.execute(
            f"SELECT * FROM (SELECT row_number() OVER () AS n, {texts}, {cells} FROM (SELECT {wanted} FROM {rows})) "
            f"WHERE {broken} ORDER BY n LIMIT {MAXIMUM_LISTED + 1}"
        ).fetchall()
        rejected = connection.execute(REJECTED).fetchall() if isinstance(file, CsvFile) else []
    return rejected, found


def refused_by_the_parser(file: CsvFile) -> list[BadRow]:
    """The row at which the parser itself gives up, such as one whose quote is never closed."""
    with duck.connect() as connection:
        try:
            connection.execute(f"SELECT count(*) FROM {file.table()}").fetchone()
        except duckdb.InvalidInputException as refusal:
            place = _PLACE.search(str(refusal))
            if place is None:
                return []
            unbalanced = "unterminated quote" in str(refusal)
            rule = _STRUCTURE[_UNBALANCED] if unbalanced else "The row can't be read as CSV."
            return [BadRow(file.scan.source.name, int(place["line"]), None, first_line(place["text"]), rule)]
    return []


def first_line(text: Any) -> str | None:
    """The first line of a row's text, short enough for a message."""
    return shown(str(text).strip("\r\n").split("\n", 1)[0].strip("\r"))


def structure(kind: str, message: str) -> str:
    """What is asked of a row that the parser set aside."""
    return _STRUCTURE.get(kind) or str(message).splitlines()[0]


def _trusted(rows: list[BadRow]) -> list[BadRow]:
    """Rows up to the first that spans several lines: after it lines can't be told for sure."""
    for at, row in enumerate(rows):
        if row.rule == _STRUCTURE[_UNBALANCED] or row.rule == LINE_END:
            return [other for other in rows[: at + 1] if other.line <= row.line]
    return rows


def shown(value: str | None) -> str | None:
    """A value short enough for a message."""
    if value is None:
        return None
    return value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
