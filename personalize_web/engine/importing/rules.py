"""What each column asks of its cells, as SQL over the text in the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from personalize_web.engine.columns.duck import SQL_TYPES, connect, name, text, texts
from personalize_web.engine.schemas import Field, Schema, reserved

HELP = "/console/help/data-format/"

MAXIMUM_ID = 256
MAXIMUM_EVENT_TYPE = 256
MAXIMUM_CATEGORY = 1000
MAXIMUM_PLAIN = 20_000
MAXIMUM_TEXT = 20_000
MAXIMUM_IDEOGRAPHS = 7_000
MILLISECONDS_FROM = 10**11
"""Times from here on are taken for milliseconds."""

LINE_END = "A line end inside a value is not supported; write each record on one line."
DATE = "The time must be in Unix seconds, a whole number; this looks like a date: convert it."
NUL = "The text must not contain NUL characters."

_INTEGER = "[-+]?[0-9]+"
_DATE = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([ T].*)?"
_DECIMAL = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"


@dataclass(frozen=True)
class Traits:
    """What the cells of a file may hold beside ordinary text."""

    line_ends: bool = False
    nul: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition that makes a cell unusable, and what to tell about it."""

    broken: str
    """SQL, true where the cell breaks the rule."""
    says: str


@dataclass(frozen=True)
class CellRules:
    """How one column is read."""

    field: Field
    value: str
    """SQL for the value of a good cell."""
    rules: tuple[Rule, ...]
    """In the order in which they are tried."""
    quick: str | None = None
    """SQL, true for the common good cell, whose value is ``quick_value``; spares it the rules. Column names as ids slip
    through: :func:`keyword_counts` finds those."""
    quick_value: str | None = None

    @property
    def or_fail(self) -> str:
        """SQL for the value that stops the query at a bad cell."""
        whens = [f"WHEN {rule.broken} THEN error({text(rule.says)})" for rule in self.rules]
        if self.quick is not None:
            whens.insert(0, f"WHEN {self.quick} THEN {self.quick_value}")
        if not whens:
            return f"{self.value} AS {name(self.field.name)}"
        return f"CASE {' '.join(whens)} ELSE {self.value} END AS {name(self.field.name)}"

    @property
    def broken_rule(self) -> str:
        """SQL for the text of the first rule the cell breaks, or null."""
        whens = [f"WHEN {rule.broken} THEN {text(rule.says)}" for rule in self.rules]
        return f"CASE {' '.join(whens)} END" if whens else "NULL::VARCHAR"

    @property
    def broken_number(self) -> str:
        """SQL for the place in ``rules`` of the first one the cell breaks, or null."""
        whens = [f"WHEN {rule.broken} THEN {at}" for at, rule in enumerate(self.rules)]
        if self.quick is not None:
            whens.insert(0, f"WHEN {self.quick} THEN NULL")
        return f"(CASE {' '.join(whens)} END)::TINYINT" if self.rules else "NULL::TINYINT"


def cell_rules(
    schema: Schema, traits: Traits, columns: Iterable[str] | None = None, *, quick_ids: bool = True
) -> list[CellRules]:
    """The rules of every column in the schema's order, or of those named; ``traits`` say what cells may hold.

    Without ``quick_ids`` no column name slips through as an id.
    """
    words = tuple(reserved(schema.dataset_type, schema.domain))
    chosen = schema.fields if columns is None else [schema.by_name[column] for column in columns]
    found = [_column(schema, field, words, traits) for field in chosen]
    return [each if quick_ids or each.field.kind != "identifier" else replace(each, quick=None) for each in found]


def column_type(schema: Schema, field: Field) -> str:
    """The SQL type of a column's values."""
    return "BIGINT" if _whole_seconds(schema, field) else SQL_TYPES[field.type]


def keyword_counts(path: Path, schema: Schema) -> dict[str, int]:
    """How many values of each string column are required or reserved column names; columns without any are left out.

    Asked of the Parquet file, whose statistics spare reading it where no value can be one.
    """
    words = texts(reserved(schema.dataset_type, schema.domain))
    counts = {}
    with connect() as connection:
        for field in schema.fields:
            if field.type != "string":
                continue
            query = f"SELECT count(*) FROM read_parquet({text(path)}) WHERE {name(field.name)} IN ({words})"
            found = connection.execute(query).fetchone()
            if found is not None and found[0]:
                counts[field.name] = int(found[0])
    return counts


def _column(schema: Schema, field: Field, words: tuple[str, ...], traits: Traits) -> CellRules:
    if field.type in ("int", "long") or _whole_seconds(schema, field):
        return _integer(schema, field)
    if field.type in ("float", "double"):
        return _decimal(field)
    if field.type == "boolean":
        return _boolean(field)
    return _string(schema, field, words, traits)


def _whole_seconds(schema: Schema, field: Field) -> bool:
    return field.kind == "timestamp" and schema.domain == "ECOMMERCE"


def _missing(field: Field, value: str) -> Iterator[Rule]:
    if not field.nullable:
        yield Rule(f"{value} IS NULL", "A value is required.")


def _integer(schema: Schema, field: Field) -> CellRules:
    cell, sql_type = name(field.name), SQL_TYPES[field.type if field.type in ("int", "long") else "long"]
    trimmed = f"nullif(trim({cell}, ' \t'), '')"
    number = f"TRY_CAST({cell} AS {sql_type})"
    quick = f"{number}::VARCHAR = {cell}"
    value = f"TRY_CAST({trimmed} AS {sql_type})"
    rules = list(_missing(field, trimmed))
    if _whole_seconds(schema, field) and field.type == "float":
        value = f"floor(TRY_CAST({trimmed} AS DOUBLE))::BIGINT"
        quick_allowed = False
        rules.append(Rule(f"NOT regexp_full_match({trimmed}, {text(_DECIMAL)})", "The value must be a number."))
    else:
        quick_allowed = True
        if field.kind == "timestamp":
            rules.append(Rule(f"regexp_full_match({trimmed}, {text(_DATE)})", DATE))
        rules.append(Rule(f"NOT regexp_full_match({trimmed}, {text(_INTEGER)})", "The value must be a whole number."))
        size = "32" if sql_type == "INTEGER" else "64"
        rules.append(
            Rule(f"{trimmed} IS NOT NULL AND {value} IS NULL", f"The value must fit into {size} bits with its sign.")
        )
    if field.kind == "timestamp":
        quick += f" AND {number} < {MILLISECONDS_FROM}"
        rules.append(
            Rule(
                f"{value} >= {MILLISECONDS_FROM}",
                "The time must be in Unix seconds; this looks like milliseconds: divide it by 1000.",
            )
        )
    bounds = {"VALUE": (1, 10), "REPEAT_FREQUENCY": (1, 30)}.get(field.name)
    if schema.dataset_type == "ACTIONS" and field.keyword and bounds is not None:
        low, high = bounds
        quick += f" AND {number} BETWEEN {low} AND {high}"
        rules.append(Rule(f"{value} NOT BETWEEN {low} AND {high}", f"The value must be from {low} to {high}."))
    if not quick_allowed:
        return CellRules(field, value, tuple(rules))
    return CellRules(field, value, tuple(rules), quick, number)


def _decimal(field: Field) -> CellRules:
    trimmed = f"nullif(trim({name(field.name)}, ' \t'), '')"
    value = f"TRY_CAST({trimmed} AS DOUBLE)"
    rules = (
        *_missing(field, trimmed),
        Rule(f"NOT regexp_full_match({trimmed}, {text(_DECIMAL)})", "The value must be a number."),
        Rule(f"{trimmed} IS NOT NULL AND NOT coalesce(isfinite({value}), false)", "The number is too large."),
    )
    direct = f"TRY_CAST({name(field.name)} AS DOUBLE)"
    quick = f"isfinite({direct}) AND NOT contains({name(field.name)}, '_') AND NOT contains({name(field.name)}, 'x')"
    return CellRules(field, value, rules, quick, direct)


def _boolean(field: Field) -> CellRules:
    trimmed = f"lower(nullif(trim({name(field.name)}, ' \t'), ''))"
    rules = (
        *_missing(field, trimmed),
        Rule(f"{trimmed} NOT IN ('true', 'false')", "The value must be true or false."),
    )
    return CellRules(field, f"{trimmed} = 'true'", rules)


def _string(schema: Schema, field: Field, words: tuple[str, ...], traits: Traits) -> CellRules:
    cell = name(field.name)
    value = f"nullif(trim({cell}, ' \t'), '')" if field.kind == "event_type" else cell
    rules: list[Rule] = []
    if field.kind in ("identifier", "event_type"):
        rules += _missing(field, value)
    if field.kind == "identifier":
        rules.append(
            Rule(f"{cell} IN ({texts(words)})", "A column name can't be an id; the header may have been repeated.")
        )
    if traits.line_ends:
        rules.append(Rule(f"contains({cell}, chr(10)) OR contains({cell}, chr(13))", LINE_END))
    if traits.nul:
        rules.append(Rule(f"contains({cell}, chr(0))", NUL))
    if schema.dataset_type == "ACTION_INTERACTIONS" and field.kind == "event_type":
        value = f"upper(regexp_replace({value}, '[-_ ]', '_', 'g'))"
        rules.append(
            Rule(f"{value} NOT IN ('TAKEN', 'NOT_TAKEN', 'VIEWED')", "The value must be Taken, Not Taken or Viewed.")
        )
        return CellRules(field, value, tuple(rules))
    if field.textual:
        return CellRules(field, _truncated(value if field.nullable else f"coalesce({value}, '')"), tuple(rules))
    limit = _limit(field)
    rules.append(
        Rule(
            f"length({cell}) > {limit}",
            f"Length cannot be more than {limit} characters for {field.name}. If no values exceed the character limit, "
            f"make sure your data follows the formatting guidelines listed in {HELP}.",
        )
    )
    if not field.nullable and field.kind not in ("identifier", "event_type"):
        value = f"coalesce({value}, '')"
    quick = f"strlen({cell}) <= {limit}"
    if field.kind == "event_type":
        quick += f" AND NOT contains({cell}, ' ') AND NOT contains({cell}, chr(9))"
    return CellRules(field, value, tuple(rules), None if traits.line_ends or traits.nul else quick, cell)


def _limit(field: Field) -> int:
    return {
        "identifier": MAXIMUM_ID,
        "event_type": MAXIMUM_EVENT_TYPE,
        "categorical": MAXIMUM_CATEGORY,
        "impression": MAXIMUM_CATEGORY,
    }.get(field.kind, MAXIMUM_PLAIN)


def _truncated(value: str) -> str:
    """Text cut to its limit, which is lower where more than half of the letters are Han, Hiragana or Katakana."""
    ideographs = rf"length(regexp_replace({value}, '[^\p{{Han}}\p{{Hiragana}}\p{{Katakana}}]', '', 'g'))"
    letters = rf"length(regexp_replace({value}, '[^\p{{L}}]', '', 'g'))"
    return (
        f"CASE WHEN strlen({value}) <= {MAXIMUM_IDEOGRAPHS} THEN {value} "
        f"WHEN 2 * {ideographs} > {letters} THEN left({value}, {MAXIMUM_IDEOGRAPHS}) "
        f"ELSE left({value}, {MAXIMUM_TEXT}) END"
    )
