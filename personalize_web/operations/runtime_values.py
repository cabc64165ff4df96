"""``properties`` of a record: a text that holds an object, whose keys are columns in camel case."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import regex

from personalize_web.engine import schemas
from personalize_web.engine.schemas import Field, Schema
from personalize_web.operations.errors import InvalidInputException

CATEGORICAL_LIMIT = 1000
"""Characters of a categorical value or of an impression list, separators included."""
PLAIN_LIMIT = 20_000
TEXT_LIMIT, IDEOGRAPH_LIMIT = 20_000, 7_000
"""Characters of a textual value; the lower one where more than half of its letters are Chinese or Japanese."""
MILLISECONDS_FROM = 10**11
"""Times from here on are taken for milliseconds."""
ACTION_BOUNDS = {"VALUE": (1, 10), "REPEAT_FREQUENCY": (1, 30)}
EXPIRY = ("expirationtimestamp", "actionexpirationtimestamp")
"""Two names of one column of Actions, as normal names; a schema has one of them."""

_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_BOUNDS = {"int": 2**31, "long": 2**63}
_LARGEST_FLOAT = 3.4028235e38
_WORDS = {"true": True, "false": False}
_IDEOGRAPHS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_LETTERS = regex.compile(r"\p{L}")


@lru_cache(maxsize=256)
def parse_schema(text: str, domain: str | None) -> Schema:
    """A schema, parsed once: its text never changes."""
    return schemas.parse(text, domain=domain)


@lru_cache(maxsize=256)
def keywords_of(dataset_type: str, domain: str | None) -> frozenset[str]:
    """Column names with a meaning of their own, which are no values."""
    return frozenset(schemas.reserved(dataset_type, domain))


@dataclass(frozen=True, eq=False)
class Columns:
    """What Put calls ask of a schema, worked out once."""

    schema: Schema
    keywords: frozenset[str]
    by_normal: Mapping[str, Field]
    """Columns that ``properties`` may fill."""
    needed: tuple[str, ...]
    """Of those, the ones that do not allow null."""
    needed_beside: frozenset[str]
    """Columns that stand beside the properties and do not allow null."""


@lru_cache(maxsize=256)
def columns(text: str, domain: str | None, leave: frozenset[str]) -> Columns:
    """The columns of a schema that ``properties`` fill: all but those in ``leave``."""
    schema = parse_schema(text, domain)
    filled = [field for field in schema.fields if field.name not in leave]
    by_normal = {normal(field.name): field for field in filled}
    if schema.dataset_type == "ACTIONS":
        expiry = next((by_normal[name] for name in EXPIRY if name in by_normal), None)
        by_normal |= {name: expiry for name in EXPIRY if expiry}
    return Columns(
        schema,
        keywords_of(schema.dataset_type, domain),
        by_normal,
        tuple(field.name for field in filled if not field.nullable),
        frozenset(field.name for field in schema.fields if field.name in leave and not field.nullable),
    )


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """``numRatings``, ``NUM_RATINGS`` -> ``numratings``: what tells two columns apart."""
    return name.replace("_", "").lower()


def read_properties(text: str | None, where: str) -> dict[str, Any]:
    """Normal name -> value. Raises InvalidInputException when the text holds no JSON object."""
    if text is None:
        return {}
    try:
        found = _DECODER.decode(text)
        if "\\" in text:
            plain = json.dumps(found, ensure_ascii=False)
            plain.encode("utf-8")
            if "\\u0000" in plain:
                raise ValueError("a null character is no text")
    except (ValueError, RecursionError) as error:
        raise InvalidInputException(f"{where} is not valid JSON.") from error
    if not isinstance(found, dict):
        raise InvalidInputException(f"{where} must hold a JSON object.")
    given = {normal(key): value for key, value in found.items()}
    if len(given) < len(found):
        raise InvalidInputException(f"{where} gives one column twice, under names that mean the same.")
    return given


def spelled(text: str | None, names: set[str]) -> list[str]:
    """The keys of ``text`` as they were given, of which ``names`` are the normal names; of bounded length, sorted."""
    return sorted(key[:150] for key in json.loads(text or "{}") if normal(key) in names)


def fill(columns: Columns, given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Column -> value of what is ``given`` by normal name; keys that are no column are passed over.

    Raises InvalidInputException where a value does not fit its column, and where a column that needs one has none.
    """
    filled = {}
    for name, value in given.items():
        field = columns.by_normal.get(name)
        if field is None:
            continue
        if field.name in filled:
            raise InvalidInputException(f"{where} gives {field.name} twice, under two names.")
        kept = coerce(field, value, schema=columns.schema, keywords=columns.keywords, where=f"{where} {field.name}")
        if kept is not None:
            filled[field.name] = kept
    for name in columns.needed:
        if name not in filled:
            raise InvalidInputException(f"{where} {name} is required: the schema does not allow null.")
    return filled


def coerce(field: Field, value: Any, *, schema: Schema, keywords: frozenset[str], where: str) -> Any:
    """``value`` as the column's type, or None. Raises InvalidInputException when it can't be one.

    Texts are read as numbers where the column is numeric; a list becomes categories joined by ``|``; an empty text, and
    the name of a keyword, is no value. A textual value is cut to its limit, as an import does.
    """
    if field.categorical and isinstance(value, list):
        value = "|".join(_text(one, where) for one in value)
    if isinstance(value, dict | list):
        raise InvalidInputException(f"{where} must be a single value.")
    if value is None or value == "" or (isinstance(value, str) and value in keywords):
        if not field.nullable:
            raise InvalidInputException(f"{where} is required: the schema does not allow null.")
        return None
    if field.type == "string":
        return _limited(field, _text(value, where), where)
    if field.type == "boolean":
        return _boolean(value, where)
    if field.kind == "timestamp":
        return _seconds(field, value, where, whole=field.type in _BOUNDS or schema.domain == "ECOMMERCE")
    if field.type in _BOUNDS:
        return _bounded(field, _whole(field, value, where), schema, where)
    return _decimal(value, where)


def truncated(text: str) -> str:
    """A textual value cut to its limit: fewer characters where more than half of the letters are Han, Hiragana or
    Katakana."""
    if len(text) <= IDEOGRAPH_LIMIT:
        return text
    ideographs = len(_IDEOGRAPHS.findall(text))
    return text[: IDEOGRAPH_LIMIT if 2 * ideographs > len(_LETTERS.findall(text)) else TEXT_LIMIT]


def number(value: Any, where: str) -> float:
    """A finite number of 32 bits, also from a text; true and false count as 1 and 0."""
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower(), value)
    found = float(value) if isinstance(value, bool) else _decimal(value, where)
    if abs(found) > _LARGEST_FLOAT:
        raise InvalidInputException(f"{where} must be a number of 32 bits.")
    return found


def _decimal(value: Any, where: str) -> float:
    if isinstance(value, str):
        value = value.strip(" \t")
        if not _DECIMAL.fullmatch(value):
            raise InvalidInputException(f"{where} must be a number.")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputException(f"{where} must be a number.")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise InvalidInputException(f"{where} must be a finite number.")
    return found


def _whole(field: Field, value: Any, where: str) -> int:
    if (isinstance(value, str) and len(value) < 50 and _WHOLE.fullmatch(value.strip(" \t"))) or (
        isinstance(value, float) and value.is_integer()
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInputException(f"{where} must be a whole number.")
    size = _BOUNDS.get(field.type, _BOUNDS["long"])
    if not -size <= value < size:
        raise InvalidInputException(f"{where} is out of the range of {field.type}.")
    return value


def _seconds(field: Field, value: Any, where: str, *, whole: bool) -> int | float:
    found = _whole(field, value, where) if field.type in _BOUNDS else _decimal(value, where)
    if found >= MILLISECONDS_FROM:
        raise InvalidInputException(
            f"{where} must be in Unix seconds; this looks like milliseconds: divide it by 1000."
        )
    return math.floor(found) if whole else found


def _bounded(field: Field, value: int, schema: Schema, where: str) -> int:
    if schema.dataset_type == "ACTIONS" and field.keyword and field.name in ACTION_BOUNDS:
        low, high = ACTION_BOUNDS[field.name]
        if not low <= value <= high:
            raise InvalidInputException(f"{where} must be from {low} to {high}.")
    return value


def _boolean(value: Any, where: str) -> bool:
    found = _WORDS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise InvalidInputException(f"{where} must be true or false.")
    return found


def _text(value: Any, where: str) -> str:
    if isinstance(value, dict | list) or value is None:
        raise InvalidInputException(f"{where} must be a single value.")
    return value if isinstance(value, str) else json.dumps(value)


def _limited(field: Field, text: str, where: str) -> str:
    if field.textual:
        return truncated(text)
    limit = CATEGORICAL_LIMIT if field.kind in ("categorical", "impression") else PLAIN_LIMIT
    if len(text) > limit:
        raise InvalidInputException(f"{where} can have at most {limit} characters.")
    return text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
