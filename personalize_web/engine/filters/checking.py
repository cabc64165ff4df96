"""Whether an expression fits the schemas of its dataset group."""

from collections.abc import Mapping
from dataclasses import replace

from personalize_web.engine.filters.grammar import FilterError
from personalize_web.engine.filters.tree import (
    CURRENT_ITEM,
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
from personalize_web.engine.schemas import Field as Column
from personalize_web.engine.schemas import Schema

MOST_FIELDS = 5
"""Different fields in one filter."""
OF_TARGET = {
    "ITEM_ID": ("ITEMS", "INTERACTIONS"),
    "USER_ID": ("USERS", "INTERACTIONS"),
    "ACTION_ID": ("ACTIONS", "ACTION_INTERACTIONS"),
}
NAMES = {
    "ITEMS": "Items", "INTERACTIONS": "Interactions", "USERS": "Users", "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "Action_Interactions",
}  # fmt: skip
BY_THE_SERVICE = frozenset({"EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"})
ORDERS = frozenset({"<", "<=", ">", ">="})


def check(filter: Filter, schemas: Mapping[str, Schema]) -> Filter:
    """The filter with columns as their schemas spell them; FilterError says what does not fit, and where."""
    checked = Filter(tuple(_expression(each, schemas) for each in filter.expressions))
    different = {field.counted_as for field in checked.fields()}
    if len(different) > MOST_FIELDS:
        raise FilterError(f"it uses {len(different)} different fields; at most {MOST_FIELDS} are possible.")
    return checked


def _expression(expression: Expression, schemas: Mapping[str, Schema]) -> Expression:
    allowed = OF_TARGET[expression.target]
    first = expression.alternatives[0][0].field
    for alternative in expression.alternatives:
        for condition in alternative:
            field = condition.field
            if field.dataset not in allowed:
                raise FilterError(
                    f"{NAMES[field.dataset]} can't be used here; for this target it must be "
                    f"{' or '.join(NAMES[each] for each in allowed)}.",
                    field.position,
                )
            if field.dataset != first.dataset:
                raise FilterError(
                    f"all conditions must be on {NAMES[first.dataset]}, the dataset of the first. "
                    "Join another expression with | for another dataset.",
                    field.position,
                )
    if expression.provided and expression.target == "USER_ID":
        raise FilterError("IF can't be used with UserID.", expression.provided[0].field.position)
    return replace(
        expression,
        alternatives=tuple(
            tuple(_condition(each, schemas, expression) for each in one) for one in expression.alternatives
        ),
        provided=tuple(_condition(each, schemas, expression) for each in expression.provided),
    )


def _condition(condition: Condition, schemas: Mapping[str, Schema], expression: Expression) -> Condition:
    field, column = _column(condition.field, schemas)
    if field.dataset in EVENTS and (column.name != "EVENT_TYPE" or isinstance(condition, Comparison)):
        raise FilterError("of interactions only EVENT_TYPE can be used, with IN or NOT IN.", field.position)
    if column.type == "boolean":
        raise FilterError(f"{column.name} is boolean. Use a string or a number instead.", field.position)
    if column.textual:
        raise FilterError(f"{column.name} is a textual column, which can't be used in filters.", field.position)
    if column.name in BY_THE_SERVICE:
        raise FilterError(f"{column.name} is applied by the service itself.", field.position)
    numeric = column.type != "string"
    if isinstance(condition, Membership):
        among = _among(condition, column, numeric, schemas, expression)
        return replace(condition, field=field, among=among, numeric=numeric)
    if not numeric and (condition.operator in ORDERS or field.dataset != CURRENT_USER):
        raise FilterError(f"{column.name} holds texts: use IN or NOT IN.", field.position)
    operand = condition.operand
    if isinstance(operand, Field):
        operand, other = _current_item(operand, schemas, expression)
        if other.type == "string":
            raise FilterError(f"{other.name} holds texts and can't be compared with {column.name}.", operand.position)
    elif not isinstance(operand, Placeholder) and isinstance(operand, str) == numeric:
        raise FilterError(f"{column.name} must be compared with a {'number' if numeric else 'text'}.", field.position)
    return replace(condition, field=field, operand=operand)


def _among(
    condition: Membership, column: Column, numeric: bool, schemas: Mapping[str, Schema], expression: Expression
) -> tuple[Value, ...] | Placeholder | Wildcard | Field:
    among, position = condition.among, condition.field.position
    if isinstance(among, Wildcard) and column.name != "EVENT_TYPE":
        raise FilterError("* stands for every event type and nothing else.", position)
    if isinstance(among, Field):
        among, other = _current_item(among, schemas, expression)
        if (other.type == "string") == numeric:
            raise FilterError(f"{other.name} and {column.name} are not of one type.", among.position)
    if isinstance(among, tuple) and any(isinstance(each, str) == numeric for each in among):
        raise FilterError(f"{column.name} must be compared with {'numbers' if numeric else 'texts'}.", position)
    return among


def _current_item(field: Field, schemas: Mapping[str, Schema], expression: Expression) -> tuple[Field, Column]:
    if expression.target != "ITEM_ID":
        raise FilterError("CurrentItem can be used with ItemID alone.", field.position)
    return _column(field, schemas)


def _column(field: Field, schemas: Mapping[str, Schema]) -> tuple[Field, Column]:
    dataset = {CURRENT_USER: "USERS", CURRENT_ITEM: "ITEMS"}.get(field.dataset, field.dataset)
    if dataset not in schemas:
        raise FilterError(f"the dataset group has no {NAMES[dataset]} dataset.", field.position)
    wanted = field.column.upper()
    column = next((each for each in schemas[dataset].fields if each.name.upper() == wanted), None)
    if column is None:
        raise FilterError(f"{NAMES[dataset]} has no column {field.column}.", field.position)
    return replace(field, column=column.name), column
