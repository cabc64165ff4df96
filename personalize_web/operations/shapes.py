"""A value against a shape of the service model: required, type, length, pattern, enum, range."""

import math
import re
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
    cleaned = _CLEANERS.get(shape.type_name, _clean_string)(shape, value, path, violations)
    return cleaned, violations


def summary(violations: list[Violation]) -> str:
    """All violations in one message, counted."""
    noun = "validation error" if len(violations) == 1 else "validation errors"
    return f"{len(violations)} {noun} detected: " + "; ".join(map(str, violations))


def _join(path: str, part: object) -> str:
    return f"{path}.{part}" if path else str(part)


def _clean_structure(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    if not isinstance(value, dict):
        violations.append(Violation(path, "Member must be an object"))
        return value
    cleaned = {}
    for name, member in shape.members.items():
        if value.get(name) is not None:
            cleaned[name] = _clean(member, value[name], _join(path, name), violations)
        elif name in shape.required_members:
            violations.append(Violation(_join(path, name), "Member must not be null"))
    return cleaned


def _clean_list(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    if not isinstance(value, list | tuple):
        violations.append(Violation(path, "Member must be a list"))
        return value
    _check_size(shape, len(value), path, violations)
    return [_clean(shape.member, member, _join(path, index + 1), violations) for index, member in enumerate(value)]


def _clean_map(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    if not isinstance(value, dict):
        violations.append(Violation(path, "Member must be a map"))
        return value
    _check_size(shape, len(value), path, violations)
    cleaned = {}
    for key, member in value.items():
        if member is None:
            continue
        _clean(shape.key, key, _join(path, "key"), violations)
        cleaned[key] = _clean(shape.value, member, _join(path, key), violations)
    return cleaned


def _clean_string(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    if not isinstance(value, str):
        violations.append(Violation(path, "Member must be a string"))
        return value
    if _UNSTORABLE.search(value):
        violations.append(Violation(path, "Member must be valid text without NUL characters"))
        return value
    _check_size(shape, len(value), path, violations)
    if (pattern := shape.metadata.get("pattern")) and not _pattern(pattern).fullmatch(value):
        violations.append(Violation(path, f"Member must satisfy regular expression pattern: {pattern}"))
    if (allowed := shape.metadata.get("enum")) and value not in allowed:
        violations.append(Violation(path, f"Member must satisfy enum value set: [{', '.join(allowed)}]"))
    return value


def _clean_number(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    whole = shape.type_name in ("integer", "long")
    if isinstance(value, bool) or not isinstance(value, int | float) or (whole and not isinstance(value, int)):
        violations.append(Violation(path, "Member must be a whole number" if whole else "Member must be a number"))
        return value
    if isinstance(value, float) and not math.isfinite(value):
        violations.append(Violation(path, "Member must be a finite number"))
        return value
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        violations.append(Violation(path, f"Member must have value greater than or equal to {low}"))
    if high is not None and value > high:
        violations.append(Violation(path, f"Member must have value less than or equal to {high}"))
    return value


def _clean_boolean(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    if not isinstance(value, bool):
        violations.append(Violation(path, "Member must be true or false"))
    return value


def _clean_timestamp(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    try:
        moment = _seconds(value)
    except (ValueError, OverflowError):
        moment = math.nan
    if not EARLIEST <= moment <= LATEST:
        violations.append(Violation(path, "Member must be a time in Unix seconds between the years 1970 and 2100"))
        return value
    return datetime.fromtimestamp(moment, UTC)


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


def _check_size(shape: Any, size: int, path: str, violations: list[Violation]) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        violations.append(Violation(path, f"Member must have length greater than or equal to {low}"))
    if high is not None and size > high:
        violations.append(Violation(path, f"Member must have length less than or equal to {high}"))


def _clean(shape: Any, value: Any, path: str, violations: list[Violation]) -> Any:
    return _CLEANERS.get(shape.type_name, _clean_string)(shape, value, path, violations)


_CLEANERS = {
    "structure": _clean_structure,
    "list": _clean_list,
    "map": _clean_map,
    "string": _clean_string,
    "integer": _clean_number,
    "long": _clean_number,
    "float": _clean_number,
    "double": _clean_number,
    "boolean": _clean_boolean,
    "timestamp": _clean_timestamp,
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
