"""A filter as rows: what a form shows of its tree, one row for each condition."""

from collections.abc import Iterator
from typing import Any

from personalize_web.engine.filters.checking import NAMES
from personalize_web.engine.filters.tree import Condition, Expression, Field, Filter, Membership, Placeholder, Wildcard

TARGETS = {"ITEM_ID": "ItemID", "USER_ID": "UserID", "ACTION_ID": "ActionID"}


def rows(filter: Filter) -> list[dict[str, Any]]:
    """Each expression of the chain as {mode, target, rows}; a row is {joiner, field, operator, value}, all texts.

    Values stand as a person types them: separated by commas, in double quotes only where that is needed.
    """
    return [
        {
            "mode": "INCLUDE" if each.includes else "EXCLUDE",
            "target": TARGETS[each.target],
            "rows": list(_rows(each)),
        }
        for each in filter.expressions
    ]


def named(field: Field) -> str:
    """The field as an expression writes it, such as Items.GENRE."""
    return f"{NAMES.get(field.dataset, field.dataset)}.{field.column}"


def _rows(expression: Expression) -> Iterator[dict[str, str]]:
    joiner = "WHERE"
    for conditions in expression.alternatives:
        for condition in conditions:
            yield _row(joiner, condition)
            joiner = "AND"
        joiner = "OR"
    joiner = "IF"
    for condition in expression.provided:
        yield _row(joiner, condition)
        joiner = "AND"


def _row(joiner: str, condition: Condition) -> dict[str, str]:
    if isinstance(condition, Membership):
        operator, value = ("NOT IN" if condition.negated else "IN"), condition.among
    else:
        operator, value = condition.operator, condition.operand  # type: ignore[assignment]
    values = value if isinstance(value, tuple) else (value,)
    written = ", ".join(_written(each) for each in values)
    return {"joiner": joiner, "field": named(condition.field), "operator": operator, "value": written}


def _written(value: Any) -> str:
    if isinstance(value, Placeholder):
        return f"${value.name}"
    if isinstance(value, Wildcard):
        return "*"
    if isinstance(value, Field):
        return named(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    plain = value and value == value.strip() and not value.startswith("$") and not any(each in value for each in ',"\\')
    plain = plain and value != "*" and not value.lower().startswith("currentitem.")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return value if plain else f'"{escaped}"'
