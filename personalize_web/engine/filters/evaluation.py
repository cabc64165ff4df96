"""Filters over columns: which of many ids stay, as one mask.

Errors name parameters and columns and never their values, which belong to nobody but the caller.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError
from personalize_web.engine.filters.tree import (
    ACTION_INTERACTIONS,
    CURRENT_USER,
    EVENTS,
    Comparison,
    Condition,
    Expression,
    Field,
    Filter,
    Membership,
    Placeholder,
    Value,
    Wildcard,
)

Mask = NDArray[np.bool_]
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Candidates(Protocol):
    """What is chosen among: N ids with their columns."""

    def __len__(self) -> int: ...

    def among(self, column: str, values: tuple[Value, ...]) -> Mask:
        """[N]: where any value of the column is one of ``values``; False where there is none."""

    def compared(self, column: str, operator: str, value: float) -> Mask:
        """[N]: where the number of the column compares so; False where there is none."""

    def named(self, ids: set[str]) -> Mask:
        """[N]: where the id is one of ``ids``."""


@dataclass(frozen=True)
class Scope:
    """What one request brings."""

    candidates: Candidates
    events_of_user: Callable[[frozenset[str] | None], set[str]]
    """Event types in lower case, None for all -> ids of the candidates that the user has such events with."""
    user: Mapping[str, Any] | None = None
    """The user's columns; None for an unknown user."""
    item: Mapping[str, Any] | None = None
    """The columns of the request's item; None for an unknown one."""
    having_events: Callable[[frozenset[str] | None], Mask] | None = None
    """Where users are chosen among: event types -> [N], who has such events, in the place of ``events_of_user``."""


def read_values(given: Mapping[str, str] | None) -> dict[str, tuple[str, ...]]:
    """Placeholder -> its values: separated by commas, in double quotes where they hold one; without empty ones."""
    found = {}
    for name, text in (given or {}).items():
        values = tuple(_separated(name, text))
        if values:
            found[name] = values
    return found


def require_values(filter: Filter, values: Mapping[str, tuple[str, ...]]) -> None:
    """DataError where a placeholder of an INCLUDE has no value."""
    missing = [name for name in filter.placeholders if name in filter.needed and name not in values]
    if missing:
        raise DataError(f"filterValues must give a value for {', '.join(missing)}, which the filter's INCLUDE uses.")


def _separated(name: str, text: str) -> list[str]:
    parts, present, quoted, escaped, was_quoted = [], "", False, False, False
    for letter in [*text, ","]:
        if escaped:
            present, escaped = present + letter, False
        elif quoted and letter == "\\":
            escaped = True
        elif letter == '"':
            quoted, was_quoted = not quoted, True
        elif letter == "," and not quoted:
            parts.append(present if was_quoted else present.strip())
            present, was_quoted = "", False
        elif quoted or not was_quoted or not letter.isspace():
            present += letter if quoted or present or not letter.isspace() else ""
    if quoted:
        raise DataError(f"A quote is not closed in the value of {name}.")
    return [each for each in parts if each]


def evaluate(filter: Filter, values: Mapping[str, tuple[str, ...]], scope: Scope) -> Mask:
    """[N]: which candidates stay.

    Includes join, excludes are taken away from them. An expression whose IF does not hold counts as not written, and so
    does an EXCLUDE with a placeholder that has no value. Raises DataError where an INCLUDE lacks one.
    """
    require_values(filter, values)
    included: Mask | None = None
    excluded = np.zeros(len(scope.candidates), bool)
    for expression in filter.expressions:
        if any(name not in values for name in expression.placeholders) or not _provided(expression, values, scope):
            continue
        found = _matching(expression, values, scope)
        if not expression.includes:
            excluded |= found
        elif included is None:
            included = found
        else:
            included = included | found
    return ~excluded if included is None else included & ~excluded


def _provided(expression: Expression, values: Mapping[str, tuple[str, ...]], scope: Scope) -> bool:
    return all(_of_user(each, values, scope.user or {}) for each in expression.provided)


def _of_user(condition: Condition, values: Mapping[str, tuple[str, ...]], user: Mapping[str, Any]) -> bool:
    value = user.get(condition.field.column)
    if value is None:
        return False
    if isinstance(condition, Membership):
        wanted = set(_literals(condition.among, values, numeric=not isinstance(value, str)))
        own: set[Value] = (
            {value, *(part.strip() for part in value.split("|"))} if isinstance(value, str) else {float(value)}
        )
        return bool(own & wanted) != condition.negated
    operand = _single(condition, values, numeric=not isinstance(value, str))
    return bool(COMPARE[condition.operator](value if isinstance(value, str) else float(value), operand))


def _matching(expression: Expression, values: Mapping[str, tuple[str, ...]], scope: Scope) -> Mask:
    whole: Mask | None = None
    for alternative in expression.alternatives:
        every: Mask | None = None
        for condition in alternative:
            found = _holds(condition, values, scope)
            every = found if every is None else every & found
        assert every is not None
        whole = every if whole is None else whole | every
    assert whole is not None
    return whole


def _holds(condition: Condition, values: Mapping[str, tuple[str, ...]], scope: Scope) -> Mask:
    candidates, field = scope.candidates, condition.field
    if isinstance(condition, Comparison):
        operand = condition.operand
        if isinstance(operand, Field):
            other = (scope.item or {}).get(operand.column)
            if other is None:
                return np.zeros(len(candidates), bool)
            return candidates.compared(field.column, condition.operator, float(other))
        return candidates.compared(field.column, condition.operator, float(_single(condition, values, numeric=True)))
    if field.dataset in EVENTS:
        types = (
            None
            if isinstance(condition.among, Wildcard)
            else frozenset(_kind(field, str(each)) for each in _literals(condition.among, values, numeric=False))
        )
        having = scope.having_events
        found = having(types) if having else candidates.named(scope.events_of_user(types))
    elif isinstance(condition.among, Field):
        other = (scope.item or {}).get(condition.among.column)
        if other is None:
            return np.zeros(len(candidates), bool)
        parts = (
            tuple(each.strip() for each in other.split("|") if each.strip())
            if isinstance(other, str)
            else (float(other),)
        )
        found = candidates.among(field.column, parts)
    else:
        found = candidates.among(field.column, _literals(condition.among, values, numeric=condition.numeric))
    return ~found if condition.negated else found


def _kind(field: Field, text: str) -> str:
    """An event type as it is looked for: in lower case, and of actions with "Not Taken" for NOT_TAKEN."""
    return "_".join(text.lower().split()) if field.dataset == ACTION_INTERACTIONS else text.lower()


def _literals(
    among: tuple[Value, ...] | Placeholder | Wildcard | Field,
    values: Mapping[str, tuple[str, ...]],
    *,
    numeric: bool,
) -> tuple[Value, ...]:
    """The values of a list; those of a placeholder are texts, read as numbers where ``numeric``."""
    if isinstance(among, tuple):
        return among
    assert isinstance(among, Placeholder)
    texts = values[among.name]
    return tuple(_number(among.name, each) for each in texts) if numeric else texts


def _single(condition: Comparison, values: Mapping[str, tuple[str, ...]], *, numeric: bool) -> Value:
    operand = condition.operand
    if not isinstance(operand, Placeholder):
        assert not isinstance(operand, Field)
        return operand
    texts = values[operand.name]
    if len(texts) != 1:
        raise DataError(f"{operand.name} is compared with {condition.field.column} and must be one value.")
    return _number(operand.name, texts[0]) if numeric else texts[0]


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{name} must be a number.")
    return number


def uses_user_columns(filter: Filter) -> bool:
    """Whether the filter looks at the user's own columns."""
    return any(field.dataset == CURRENT_USER for field in filter.fields())
