"""A value against a shape of the service model: required, type, length, pattern, enum, range."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import regex
from botocore.model import Shape
from dateutil import parser as dates

_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")
EARLIEST, LATEST = 0.0, 4102444800.0  # 1970 to 2100: anything outside is a unit taken for another


@dataclass(frozen=True)
class Violation:
    """``path`` names the member as a caller wrote it, such as ``tags.1.tagKey``."""

    path: str
    constraint: str

    def __str__(self) -> str:
        return f"Value at '{self.path}' failed to satisfy constraint: {self.constraint}"


@cache
def _pattern(text: str) -> regex.Pattern[str]:
    return regex.compile(text.replace(r"\p{ASCII}", r"[\x00-\x7F]"), regex.ASCII if r"\p{" not in text else 0)


def clean(shape: Shape, value: Any, path: str = "") -> tuple[Any, list[Violation]]:
    """``value`` as operations want it, and what is wrong with it.

    Members that are None or that the shape does not know are dropped; timestamps become aware datetimes.
    """
    violations: list[Violation] = []
    return _cleaner(shape)(value, (None, path), violations), violations


def summary(violations: list[Violation]) -> str:
    """All violations in one message, counted."""
    noun = "validation error" if len(violations) == 1 else "validation errors"
    return f"{len(violations)} {noun} detected: " + "; ".join(map(str, violations))


Trail = tuple[Any, object]
"""The trail of the container, and the member's name or place in it: written out only where something is wrong."""
Cleaner = Callable[[Any, Trail, list[Violation]], Any]


def _violation(trail: Trail, constraint: str) -> Violation:
    parts = []
    place: Any = trail
    while place is not None:
        place, part = place
        if part != "":
            parts.append(str(part))
    return Violation(".".join(reversed(parts)), constraint)


@cache
def _cleaner(shape: Any) -> Cleaner:
    """What cleans values of ``shape``, made once: calls are many and shapes few."""
    return _MAKERS.get(shape.type_name, _string)(shape)


def _structure(shape: Any) -> Cleaner:
    required = frozenset(shape.required_members)
    members = [(name, name in required, _cleaner(member)) for name, member in shape.members.items()]

    def clean_structure(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        if not isinstance(value, dict):
            violations.append(_violation(trail, "Member must be an object"))
            return value
        cleaned = {}
        for name, needed, clean_member in members:
            member = value.get(name)
            if member is not None:
                cleaned[name] = clean_member(member, (trail, name), violations)
            elif needed:
                violations.append(_violation((trail, name), "Member must not be null"))
        return cleaned

    return clean_structure


def _list(shape: Any) -> Cleaner:
    check_size, clean_member = _size(shape), _cleaner(shape.member)

    def clean_list(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        if not isinstance(value, list | tuple):
            violations.append(_violation(trail, "Member must be a list"))
            return value
        check_size(len(value), trail, violations)
        return [clean_member(member, (trail, place), violations) for place, member in enumerate(value, start=1)]

    return clean_list


def _map(shape: Any) -> Cleaner:
    check_size, clean_key, clean_member = _size(shape), _cleaner(shape.key), _cleaner(shape.value)

    def clean_map(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        if not isinstance(value, dict):
            violations.append(_violation(trail, "Member must be a map"))
            return value
        check_size(len(value), trail, violations)
        cleaned = {}
        for key, member in value.items():
            if member is None:
                continue
            clean_key(key, (trail, "key"), violations)
            cleaned[key] = clean_member(member, (trail, key), violations)
        return cleaned

    return clean_map


def _string(shape: Any) -> Cleaner:
    check_size, allowed = _size(shape), shape.metadata.get("enum")
    text = shape.metadata.get("pattern")
    pattern = _pattern(text) if text else None

    def clean_string(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        if not isinstance(value, str):
            violations.append(_violation(trail, "Member must be a string"))
            return value
        if _UNSTORABLE.search(value):
            violations.append(_violation(trail, "Member must be valid text without NUL characters"))
            return value
        check_size(len(value), trail, violations)
        if pattern and not pattern.fullmatch(value):
            violations.append(_violation(trail, f"Member must satisfy regular expression pattern: {text}"))
        if allowed and value not in allowed:
            violations.append(_violation(trail, f"Member must satisfy enum value set: [{', '.join(allowed)}]"))
        return value

    return clean_string


def _number(shape: Any) -> Cleaner:
    whole = shape.type_name in ("integer", "long")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")

    def clean_number(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or (whole and not isinstance(value, int)):
            noun = "a whole number" if whole else "a number"
            violations.append(_violation(trail, f"Member must be {noun}"))
        elif isinstance(value, float) and not math.isfinite(value):
            violations.append(_violation(trail, "Member must be a finite number"))
        else:
            if low is not None and value < low:
                violations.append(_violation(trail, f"Member must have value greater than or equal to {low}"))
            if high is not None and value > high:
                violations.append(_violation(trail, f"Member must have value less than or equal to {high}"))
        return value

    return clean_number


def _boolean(shape: Any) -> Cleaner:
    def clean_boolean(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        if not isinstance(value, bool):
            violations.append(_violation(trail, "Member must be true or false"))
        return value

    return clean_boolean


def _timestamp(shape: Any) -> Cleaner:
    def clean_timestamp(value: Any, trail: Trail, violations: list[Violation]) -> Any:
        try:
            moment = _seconds(value)
        except (ValueError, OverflowError):
            moment = math.nan
        if not EARLIEST <= moment <= LATEST:
            wanted = "Member must be a time in Unix seconds between the years 1970 and 2100"
            violations.append(_violation(trail, wanted))
            return value
        return datetime.fromtimestamp(moment, UTC)

    return clean_timestamp


def _seconds(value: Any) -> float:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool):
        raise ValueError("a boolean is no time")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        if re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        return _seconds(dates.isoparse(value))
    raise ValueError("no time")


def _size(shape: Any) -> Callable[[int, Trail, list[Violation]], None]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", math.inf)

    def check_size(size: int, trail: Trail, violations: list[Violation]) -> None:
        if size < low:
            violations.append(_violation(trail, f"Member must have length greater than or equal to {low}"))
        if size > high:
            violations.append(_violation(trail, f"Member must have length less than or equal to {high}"))

    return check_size


_MAKERS: dict[str, Callable[[Any], Cleaner]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}


_CONTAINERS: dict[str, type | tuple[type, ...]] = {"structure": dict, "map": dict, "list": (list, tuple)}


def _is_of_kind(shape: Any, value: Any) -> bool:
    return isinstance(value, _CONTAINERS.get(shape.type_name, (str, int, float, datetime)))


def without_sensitive(shape: Any, value: Any) -> Any:
    """``value`` as it may be kept in an audit record, without members that the model calls sensitive.

    A container where its shape says something else is left out as well: nobody can tell what it holds.
    """
    if shape is None or value is None or shape.metadata.get("sensitive"):
        return None
    if not _is_of_kind(shape, value):
        return None
    if shape.type_name == "structure":
        kept = {name: without_sensitive(member, value.get(name)) for name, member in shape.members.items()}
        return {name: member for name, member in kept.items() if member is not None}
    if shape.type_name == "list":
        return [member for member in (without_sensitive(shape.member, one) for one in value) if member is not None]
    if shape.type_name == "map":
        if shape.key.metadata.get("sensitive") or shape.value.metadata.get("sensitive"):
            return None
        return {str(key): without_sensitive(shape.value, member) for key, member in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value
