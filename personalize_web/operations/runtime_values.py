"""``properties`` of a record: a text that holds an object, whose keys are columns in camel case."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from personalize_web.engine import schemas
from personalize_web.engine.schemas import Field, Schema
from personalize_web.operations.errors import InvalidInputException

CATEGORICAL_LIMIT = 1000
"""Characters of a categorical value or of an impression list, separators included."""
_BOUNDS = {"int": 2**31, "long": 2**63}
_LARGEST_FLOAT = 3.4028235e38
_WORDS = {"true": True, "false": False}


@lru_cache(maxsize=256)
def parse_schema(text: str, domain: str | None) -> Schema:
    """A schema, parsed once: its text never changes."""
    return schemas.parse(text, domain=domain)


@lru_cache(maxsize=256)
def keywords_of(dataset_type: str, domain: str | None) -> frozenset[str]:
    """Column names with a meaning of their own, which are no values."""
    return frozenset(schemas.reserved(dataset_type, domain))


def normal(name: str) -> str:
    """``numRatings``, ``NUM_RATINGS`` -> ``numratings``: what tells two columns apart."""
    return name.replace("_", "").lower()


def read_properties(text: str | None, where: str) -> dict[str, Any]:
    """Normal name -> value. Raises InvalidInputException when the text holds no JSON object."""
    if text is None:
        return {}
    try:
        found = json.loads(text, parse_constant=_refuse)
        if "\\" in text:
            plain = json.dumps(found, ensure_ascii=False)
            plain.encode("utf-8")
            if "\\u0000" in plain:
                raise ValueError("a null character is no text")
    except (ValueError, RecursionError) as error:
        raise InvalidInputException(f"{where} is not valid JSON.") from error
    if not isinstance(found, dict):
        raise InvalidInputException(f"{where} must hold a JSON object.")
    return {normal(key): value for key, value in found.items()}


def coerce(field: Field, value: Any, *, keywords: frozenset[str], where: str) -> Any:
    """``value`` as the column's type, or None. Raises InvalidInputException when it can't be one.

    Texts are read as numbers where the column is numeric; a list becomes categories joined by ``|``; an empty text, and
    the name of a keyword, is no value.
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
    return _whole(field, value, where) if field.type in _BOUNDS else number(value, where)


def fill(
    schema: Schema, given: Mapping[str, Any], *, keywords: frozenset[str], leave: frozenset[str], where: str
) -> Any:
    """Column -> value of every column of ``schema`` but those in ``leave``; keys that are no column are passed over."""
    filled = {}
    for field in schema.fields:
        if field.name in leave:
            continue
        value = coerce(field, given.get(normal(field.name)), keywords=keywords, where=f"{where} {field.name}")
        if value is not None:
            filled[field.name] = value
    return filled


def number(value: Any, where: str) -> float:
    """A finite number of 32 bits, also from a text; true and false count as 1 and 0."""
    if isinstance(value, str):
        word = value.strip().lower()
        value = _WORDS.get(word, word)
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise InvalidInputException(f"{where} must be a number.") from error
    if not math.isfinite(found) or abs(found) > _LARGEST_FLOAT:
        raise InvalidInputException(f"{where} must be a finite number.")
    return found


def _whole(field: Field, value: Any, where: str) -> int:
    try:
        found = int(value.strip()) if isinstance(value, str) else value
        if isinstance(found, float) and found.is_integer():
            found = int(found)
    except ValueError:
        found = None
    if isinstance(found, bool) or not isinstance(found, int):
        raise InvalidInputException(f"{where} must be a whole number.")
    if not -_BOUNDS[field.type] <= found < _BOUNDS[field.type]:
        raise InvalidInputException(f"{where} is out of the range of {field.type}.")
    return found


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
    if field.kind in ("categorical", "impression") and len(text) > CATEGORICAL_LIMIT:
        raise InvalidInputException(f"{where} can have at most {CATEGORICAL_LIMIT} characters.")
    return text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
