"""What a filter expression says, as a tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

INTERACTIONS, ACTION_INTERACTIONS = "INTERACTIONS", "ACTION_INTERACTIONS"
EVENTS = (INTERACTIONS, ACTION_INTERACTIONS)
CURRENT_USER, CURRENT_ITEM = "CurrentUser", "CurrentItem"


@dataclass(frozen=True)
class Field:
    """A column of a dataset, or of the user or item that a request is about."""

    dataset: str
    """A dataset type such as ``ITEMS``, or ``CurrentUser`` or ``CurrentItem``."""
    column: str
    """As the schema spells it, once it was checked."""
    position: int = 0
    """Its first character in the expression, from 1."""

    @property
    def counted_as(self) -> tuple[str, str]:
        """What a quota of fields counts: CurrentUser stands for Users, CurrentItem for Items."""
        dataset = {CURRENT_USER: "USERS", CURRENT_ITEM: "ITEMS"}.get(self.dataset, self.dataset)
        return dataset, self.column.upper()


@dataclass(frozen=True)
class Placeholder:
    """A value that the request brings."""

    name: str


@dataclass(frozen=True)
class Wildcard:
    """Every event type."""


Value = str | float


@dataclass(frozen=True)
class Membership:
    """``field IN (...)`` or ``field NOT IN (...)``."""

    field: Field
    among: tuple[Value, ...] | Placeholder | Wildcard | Field
    negated: bool = False
    numeric: bool = False
    """Whether the column holds numbers; known once it was checked."""


@dataclass(frozen=True)
class Comparison:
    """``field < operand``."""

    field: Field
    operator: Literal["=", "!=", "<", "<=", ">", ">="]
    operand: Value | Placeholder | Field


Condition = Membership | Comparison


@dataclass(frozen=True)
class Expression:
    """One expression of a chain."""

    includes: bool
    target: Literal["ITEM_ID", "USER_ID", "ACTION_ID"]
    alternatives: tuple[tuple[Condition, ...], ...]
    """One of these lists must hold, each condition of it."""
    provided: tuple[Condition, ...] = ()
    """What must hold of the request's user for the expression to count at all."""

    def conditions(self) -> Iterator[Condition]:
        """Every condition, those on the user last."""
        for each in self.alternatives:
            yield from each
        yield from self.provided

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names in the order they appear, each once."""
        operands = (each.among if isinstance(each, Membership) else each.operand for each in self.conditions())
        return tuple(dict.fromkeys(each.name for each in operands if isinstance(each, Placeholder)))


@dataclass(frozen=True)
class Filter:
    """The whole of a filter."""

    expressions: tuple[Expression, ...]

    @property
    def target(self) -> str:
        """What it chooses among."""
        return self.expressions[0].target

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names in the order they appear, each once."""
        return tuple(dict.fromkeys(name for each in self.expressions for name in each.placeholders))

    @property
    def needed(self) -> frozenset[str]:
        """Placeholders that a request must fill: those of what includes."""
        return frozenset(name for each in self.expressions if each.includes for name in each.placeholders)

    def fields(self) -> Iterator[Field]:
        """Every field, as often as it appears."""
        for each in self.expressions:
            for condition in each.conditions():
                yield condition.field
                other = condition.among if isinstance(condition, Membership) else condition.operand
                if isinstance(other, Field):
                    yield other

    @property
    def of_user(self) -> bool:
        """Whether it depends on the request's user."""
        return any(field.dataset in (CURRENT_USER, *EVENTS) for field in self.fields())

    @property
    def of_item(self) -> bool:
        """Whether it depends on the request's item."""
        return any(field.dataset == CURRENT_ITEM for field in self.fields())
