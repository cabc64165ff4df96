"""From the cells of a column to its type and use: how well it fits a given name, or what it is by itself."""

import re
from dataclasses import dataclass

from personalize_web.engine.preparing.facts import Facts
from personalize_web.engine.schemas.fields import IDENTIFIERS, NUMERIC_TYPES, TIMESTAMPS
from personalize_web.engine.schemas.keywords import Keyword
from personalize_web.engine.schemas.likeness import names_codes

KEYWORD_ROLES = ("Identifier", "Timestamp", "Event type", "Impression", "Reserved")
_FEW = 50
_SHARE = 0.01
_LONG_TEXT = 60
_MOSTLY = 0.95
_STRAY = 3
"""Different words such as n/a that may stand among numbers."""
_INT = 2**31 - 1
_EVENTS = re.compile(
    r"\b(view|click|watch|purchase|buy|bought|order|cart|play|like|listen|read|rate|open|stream|download|share|save|"
    r"wish|impression|taken|viewed|dismiss|search|add|remove|start|complete|finish|visit)",
    re.IGNORECASE,
)
_SECONDS = (1e8, 1e11)
_MILLISECONDS = (1e11, 1e14)
_MICROSECONDS = (1e14, 1e17)


@dataclass(frozen=True)
class Shape:
    """What a column is by its content alone."""

    type: str
    role: str
    confidence: float
    why: str
    categorical: bool = False
    textual: bool = False
    conversion: str | None = None


def role(word: Keyword) -> str:
    """The use of a field with a given name, as the editor calls it."""
    if word.name in IDENTIFIERS:
        return "Identifier"
    if word.name in TIMESTAMPS:
        return "Timestamp"
    if word.name in ("EVENT_TYPE", "IMPRESSION"):
        return "Event type" if word.name == "EVENT_TYPE" else "Impression"
    return "Reserved"


def few(one: Facts) -> bool:
    """Whether a column has few enough values, or several to a cell, to be categories."""
    return one.distinct <= max(_FEW, _SHARE * one.rows) or one.bars > 0 or one.all(one.lists)


def time_unit(one: Facts) -> str | None:
    """``seconds``, or the converter that makes seconds of the column; None where it holds no times."""
    if one.low is not None and one.high is not None and one.all(one.whole + one.whole_floats):
        for unit, (low, high) in (
            ("seconds", _SECONDS),
            ("milliseconds", _MILLISECONDS),
            ("microseconds", _MICROSECONDS),
        ):
            if low <= one.low and one.high < high:
                return unit
        return None
    dates = {"date": one.iso_dates, "date-day-first": one.day_first, "date-month-first": one.month_first}
    best = max(dates, key=lambda unit: dates[unit])
    return best if one.all(dates[best], share=_MOSTLY) else None


def number_form(one: Facts) -> str | None:
    """``plain``, or the converter that makes numbers of the column; None where it holds none."""
    if one.all(one.numbers):
        return "plain"
    if one.all(one.comma_numbers + one.whole, share=_MOSTLY) and one.comma_numbers:
        return "comma-number"
    if one.all(one.loose_numbers) or (one.all(one.numbers, share=_MOSTLY) and one.odd <= _STRAY):
        return "number"
    return None


def fit(one: Facts, word: Keyword, dataset_type: str) -> float:
    """How well the cells suit a given name, from 0 to 1."""
    if word.name in IDENTIFIERS:
        return _as_id(one, word, dataset_type)
    if word.name in TIMESTAMPS:
        unit = time_unit(one)
        return {None: 0.0, "seconds": 1.0, "date-day-first": 0.85, "date-month-first": 0.85}.get(unit, 0.95)
    if word.type in NUMERIC_TYPES:
        form = number_form(one)
        whole = word.type in ("int", "long") and not one.all(one.whole)
        return 0.0 if form is None or whole else 1.0 if form == "plain" else 0.8
    if word.name == "EVENT_TYPE":
        return 1.0 if one.distinct <= _FEW and not one.numbers and one.longest <= 100 and not one.iso_dates else 0.0
    if word.name == "IMPRESSION":
        return 1.0 if one.bars else 0.2
    if word.role == "textual":
        return 1.0 if one.mean_length > _LONG_TEXT else 0.6 if one.mean_length > 20 else 0.1
    if word.role == "categorical":
        return 1.0 if few(one) else 0.5
    return 0.5


def speaks_for_itself(one: Facts, word: Keyword) -> bool:
    """Whether cells alone may make a column a given name: event types do only where they are words for events."""
    return word.name != "EVENT_TYPE" or any(_EVENTS.search(value) for value in one.samples)


def _as_id(one: Facts, word: Keyword, dataset_type: str) -> float:
    if one.mean_length > 64 or one.longest > 256 or time_unit(one) or one.distinct < 2:
        return 0.0 if one.rows > 1 else 0.3
    decimals = one.numbers - one.whole - one.whole_floats
    if decimals > 0:
        return 0.0
    key = {"USERS": "USER_ID", "ITEMS": "ITEM_ID", "ACTIONS": "ACTION_ID"}.get(dataset_type)
    distinct = one.distinct / one.filled
    if word.name == key:
        return 1.0 if distinct == 1.0 and not one.missing else 0.6 if distinct > 0.9 else 0.1
    return 0.2 if distinct > 0.98 and one.rows > 20 else 0.8 if one.distinct > 5 else 0.4


def conversion(one: Facts, word: Keyword) -> str | None:
    """The converter that the cells of a column need for a given name."""
    if word.name in TIMESTAMPS:
        unit = time_unit(one)
        return None if unit in (None, "seconds") and not one.whole_floats else unit if unit != "seconds" else "number"
    if word.type in NUMERIC_TYPES:
        form = number_form(one)
        return None if form in (None, "plain") else form
    if word.name in IDENTIFIERS and one.all(one.whole_floats):
        return "whole"
    if word.role == "categorical":
        return _parts(one)
    return None


def seen(one: Facts, word: Keyword, dataset_type: str) -> str:
    """What of the cells speaks for, or against, a given name; the end of a sentence."""
    if word.name in TIMESTAMPS:
        unit = time_unit(one)
        return {
            None: "but its values are no dates and no Unix seconds",
            "seconds": "whole Unix seconds",
            "date": "dates that can be converted into seconds",
            "date-day-first": "dates with the day first that can be converted into seconds",
            "date-month-first": "dates with the month first that can be converted into seconds",
        }.get(unit, f"times in {unit} that can be converted into seconds")
    if word.name in IDENTIFIERS:
        share = one.distinct / max(one.filled, 1)
        if share == 1.0:
            return f"{one.distinct:,} values, each once"
        return f"{one.distinct:,} different values that repeat over {one.filled:,} rows"
    if word.type in NUMERIC_TYPES:
        return "numbers" if number_form(one) else "but not every value is a number"
    if word.role == "textual":
        return f"texts of {one.mean_length:.0f} characters on average"
    values = "value" if one.distinct == 1 else "different values"
    return f"{one.distinct:,} {values}" + (", several to a cell" if one.bars else "")


def shape(one: Facts, dataset_type: str) -> Shape:
    """What a column without a given meaning is."""
    unit, form = time_unit(one), number_form(one)
    if form is not None and names_codes(one.column):
        return Shape("string", "Not for training", 0.7, "Named like a code or a number of something, not an amount.")
    if unit and unit.startswith("date"):
        return Shape("long", "Numeric", 0.75, "Dates, as Unix seconds.", conversion=unit)
    if form == "plain":
        return _number(one)
    if form is not None:
        return Shape(
            "float", "Numeric", 0.7, "Numbers, once currency signs and separators are removed.", conversion=form
        )
    return _text(one, dataset_type)


def _number(one: Facts) -> Shape:
    if not one.all(one.whole):
        return Shape("float", "Numeric", 0.9, f"Numbers with decimals from {one.low:,.6g} to {one.high:,.6g}.")
    large = max(abs(one.low or 0), abs(one.high or 0)) > _INT
    why = f"Whole numbers from {one.low:,.0f} to {one.high:,.0f}."
    return Shape("long" if large else "int", "Numeric", 0.9, why)


def _text(one: Facts, dataset_type: str) -> Shape:
    parts = _parts(one)
    if parts == "list" or one.bars or (parts and one.distinct > _FEW):
        many = "Several values to a cell" + (", to be joined by |." if parts else ", joined by |.")
        return Shape("string", "Categorical", 0.85 if one.bars else 0.65, many, True, conversion=parts)
    if few(one) and one.mean_length <= _LONG_TEXT:
        values = "value" if one.distinct == 1 else "different values"
        return Shape("string", "Categorical", 0.9, f"{one.distinct:,} {values}: categories.", True)
    if one.mean_length > _LONG_TEXT:
        textual = dataset_type == "ITEMS"
        why = f"Long texts, {one.mean_length:.0f} characters on average."
        return Shape("string", "Textual" if textual else "Not for training", 0.85, why, textual=textual)
    why = f"{one.distinct:,} different short texts: names rather than categories."
    return Shape("string", "Not for training", 0.7, why)


def _parts(one: Facts) -> str | None:
    """The converter that joins several values of a cell by bars."""
    if one.all(one.lists):
        return "list"
    return "join-comma" if not one.bars and one.all(one.commas, share=0.6) and one.mean_length <= _LONG_TEXT else None
