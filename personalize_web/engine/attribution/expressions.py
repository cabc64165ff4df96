"""Expressions of metrics: ``SAMPLECOUNT()``, ``SUM(Items.LENGTH)``, ``SUM(Interactions.EVENT_VALUE)``."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from personalize_web.engine.errors import DataError

GRAMMAR = r"""
    start: sum | count
    sum: SUM "(" DATASET "." COLUMN ")"
    count: SAMPLECOUNT "(" ")"

    SUM: /sum(?![A-Za-z0-9_])/i
    SAMPLECOUNT: /samplecount(?![A-Za-z0-9_])/i
    DATASET: /(items|interactions)(?![A-Za-z0-9_])/i
    COLUMN: /[A-Za-z_][A-Za-z0-9_]*/
    %ignore /\s+/
"""
EXPECTED = {
    "SUM": "SUM or SAMPLECOUNT",
    "SAMPLECOUNT": "SUM or SAMPLECOUNT",
    "DATASET": "Items or Interactions",
    "COLUMN": "the name of a column",
    "LPAR": "(",
    "RPAR": ")",
    "DOT": ".",
    "$END": "nothing more",
}
FORMS = "An expression is SAMPLECOUNT(), SUM(Items.COLUMN) or SUM(Interactions.COLUMN)."


@dataclass(frozen=True)
class Expression:
    """What is counted of each event."""

    function: Literal["samplecount", "sum"]
    dataset_type: Literal["INTERACTIONS", "ITEMS"] | None = None
    """Of a sum: where its column stands."""
    column: str | None = None

    def __str__(self) -> str:
        if self.dataset_type is None:
            return "SAMPLECOUNT()"
        return f"SUM({self.dataset_type.capitalize()}.{self.column})"


class ExpressionError(DataError):
    """The text is no expression; ``position`` is the first character at fault, from 1."""

    def __init__(self, text: str, position: int, found: str, expected: str) -> None:
        self.position = position
        super().__init__(
            f'Expression "{text}": at character {position} there is {found}, where {expected} belongs. {FORMS}'
        )


def parse(text: str) -> Expression:
    """Read an expression; functions and datasets in whatever case. ExpressionError says where it goes wrong."""
    from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

    try:
        tree: Any = _parser().parse(text).children[0]
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        position = len(text) + 1 if ended else int(error.pos_in_stream or 0) + 1
        allowed = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "expected", ())
        words = sorted({EXPECTED[name] for name in allowed or () if name in EXPECTED})
        found = "the end" if ended else f'"{text[position - 1]}"'
        raise ExpressionError(text, position, found, " or ".join(words) or "nothing more") from error
    if tree.data == "count":
        return Expression("samplecount")
    _, dataset, column = tree.children
    return Expression("sum", "ITEMS" if dataset.lower() == "items" else "INTERACTIONS", str(column))


@cache
def _parser() -> Any:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", keep_all_tokens=False, maybe_placeholders=False)
