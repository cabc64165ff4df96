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


_LIKE_A_DATE = "^(\\d{1,2}[./-]\\d{1,2}[./-]|[A-Za-z]|\\d+ [A-Za-z])"
"""How a date in numbers or with the month's name begins; nothing else is tried."""


def _dates(year_month_day: str, *, with_names: str) -> Callable[[str], str]:
    """Whole Unix seconds of a date written in numbers, whose parts ``year_month_day`` puts in order.

    ``with_names``: how a date with the month's name is written. Dates without zone are in UTC.
    """
    names = duck.texts(with_names + time for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"))
    halves = duck.texts(f"%Y-%m-%d {time} %p" for time in ("%I:%M", "%I:%M:%S"))

    def sql(text: str) -> str:
        tidy = f"regexp_replace(trim({text}), '[ T,]+', ' ', 'g')"
        whole = f"regexp_replace({tidy}, '^(\\d{{1,2}}[./-]\\d{{1,2}}[./-])(\\d{{2}})( |$)', '\\120\\2\\3')"
        ordered = f"regexp_replace({whole}, '^(\\d{{1,2}})[./-](\\d{{1,2}})[./-](\\d{{4}})', '{year_month_day}')"
        return (
            f"CAST(floor(epoch(CASE WHEN NOT regexp_matches({tidy}, '{_LIKE_A_DATE}') "
            f"THEN NULL WHEN regexp_matches({tidy}, '[a-zA-Z]{{3}}') THEN try_strptime({tidy}, [{names}]) "
            f"WHEN regexp_matches({tidy}, '[aApP][mM]$') THEN try_strptime({ordered}, [{halves}]) "
            f"ELSE TRY_CAST({ordered} AS TIMESTAMP) END)) AS BIGINT)"
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
        "Date, day first → seconds", "seconds", _dates("\\3-\\2-\\1", with_names="%d %b %Y")
    ),
    "date-month-first": Converter(
        "Date, month first → seconds", "seconds", _dates("\\3-\\1-\\2", with_names="%b %d %Y")
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
