"""What can be done to the text of a cell, as SQL; a text that a converter can't read becomes null."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from personalize_web.engine.columns import duck

Gives = Literal["text", "seconds", "number"]


@dataclass(frozen=True)
class Converter:
    """One step on the way from a cell to a value."""

    label: str
    """For a select box."""
    gives: Gives
    """What comes out: whole seconds and numbers fit numeric fields, text fits strings."""
    sql: Callable[[str], str]
    """SQL of the value from SQL of a text."""


def _dates(*forms: str) -> Callable[[str], str]:
    """Whole Unix seconds of a date; forms are tried in order, with two and with four digits of the year."""
    times = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")
    long = duck.texts(form + time for form in forms for time in times)
    short = duck.texts(form.replace("%Y", "%y") + time for form in forms for time in times)

    def sql(text: str) -> str:
        tidy = f"regexp_replace(trim({text}), '[ T,]+', ' ')"
        year = f"regexp_matches({tidy}, '^\\d{{1,2}}[./-]\\d{{1,2}}[./-]\\d{{4}}')"
        return (
            f"CAST(floor(epoch(CASE WHEN {year} THEN try_strptime({tidy}, [{long}]) "
            f"ELSE try_strptime({tidy}, [{short}]) END)) AS BIGINT)"
        )

    return sql


def iso_seconds(text: str) -> str:
    """Whole Unix seconds of a date written year first, with or without time and zone; without zone it is UTC."""
    tidy = f"replace(trim({text}), '/', '-')"
    return (
        f"CASE WHEN regexp_matches({tidy}, '^\\d{{4}}-\\d{{1,2}}-\\d{{1,2}}') "
        f"THEN CAST(floor(epoch(TRY_CAST({tidy} AS TIMESTAMPTZ))) AS BIGINT) END"
    )


def number(text: str) -> str:
    """A number in a text that may hold a currency, blanks and commas between thousands."""
    return _number(f"replace({_bare(text)}, ',', '')")


def comma_number(text: str) -> str:
    """A number whose decimals stand behind a comma."""
    return _number(f"replace(replace({_bare(text)}, '.', ''), ',', '.')")


def _bare(text: str) -> str:
    return f"regexp_replace({text}, '[^0-9,.eE+-]', '', 'g')"


def _number(plain: str) -> str:
    value = f"TRY_CAST({plain} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} END"


def _divided(by: int) -> Callable[[str], str]:
    return lambda text: f"CAST(floor(TRY_CAST(trim({text}) AS DOUBLE) / {by}) AS BIGINT)"


def _joined(separator: str) -> Callable[[str], str]:
    return lambda text: (
        f"array_to_string(list_filter(list_transform(string_split({text}, {duck.text(separator)}), "
        "part -> trim(part)), part -> part <> ''), '|')"
    )


def _listed(text: str) -> str:
    return f"array_to_string(TRY_CAST(TRY_CAST({text} AS JSON) AS VARCHAR[]), '|')"


CONVERTERS: Mapping[str, Converter] = {
    "trim": Converter("Trim blanks", "text", lambda text: f"trim({text})"),
    "lower": Converter("Lower case", "text", lambda text: f"lower(trim({text}))"),
    "upper": Converter("Upper case", "text", lambda text: f"upper(trim({text}))"),
    "whole": Converter("Drop .0 (17850.0 → 17850)", "text", lambda text: f"regexp_replace(trim({text}), '\\.0+$', '')"),
    "date": Converter("Date, year first → seconds", "seconds", iso_seconds),
    "date-day-first": Converter(
        "Date, day first → seconds", "seconds", _dates("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d %b %Y")
    ),
    "date-month-first": Converter(
        "Date, month first → seconds", "seconds", _dates("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%b %d %Y")
    ),
    "milliseconds": Converter("Milliseconds → seconds", "seconds", _divided(1_000)),
    "microseconds": Converter("Microseconds → seconds", "seconds", _divided(1_000_000)),
    "number": Converter("Number (1,234.56)", "number", number),
    "comma-number": Converter("Number with decimal comma (1.234,56)", "number", comma_number),
    "join-comma": Converter("Several values: a, b → a|b", "text", _joined(",")),
    "join-semicolon": Converter("Several values: a; b → a|b", "text", _joined(";")),
    "join-slash": Converter("Several values: a/b → a|b", "text", _joined("/")),
    "list": Converter('Several values: ["a", "b"] → a|b', "text", _listed),
}
"""Every converter by the name it has in recipes."""
