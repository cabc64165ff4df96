"""Queries for users by what items have: ``ITEMS.genres = "Comedy" AND ITEMS.year = 1999``."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from personalize_web.engine.errors import DataError

GRAMMAR = r"""
    start: term (AND term)*
    term: [ITEMS "."] NAME EQUALS (STRING | NUMBER)

    ITEMS.2: /items(?=\s*\.)/i
    AND.2: /and(?!\w)/i
    EQUALS: "="
    NAME: /[A-Za-z_]\w*/
    STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
    NUMBER: /[-+]?\d+(\.\d+)?(?!\w)/
    %ignore /\s+/
"""
SAID = {
    "ITEMS": "ITEMS.COLUMN", "NAME": "the name of a column", "EQUALS": "=", "STRING": "a text in double quotes",
    "NUMBER": "a number", "AND": "AND", "DOT": ".", "$END": "the end",
}  # fmt: skip
FORM = 'A query is one or more ITEMS.COLUMN = "value" or ITEMS.COLUMN = 5, joined by AND.'


@dataclass(frozen=True)
class Term:
    """One attribute that items must have."""

    column: str
    """As it was written."""
    value: str
    """A text without its quotes, or a number as it was written."""
    position: int
    """Its first character in the query, from 1."""


class QueryError(DataError):
    """The text is no query; ``position`` is the first character at fault, from 1."""

    def __init__(self, reason: str, position: int) -> None:
        self.position = position
        super().__init__(f"itemAttributes, at character {position}: {reason}")


def parse(text: str) -> tuple[Term, ...]:
    """The attributes that a query asks for, in its order. QueryError says where it goes wrong.

    ``ITEMS.`` may be left out; AND and ITEMS are read in whatever case.
    """
    from lark import UnexpectedCharacters, UnexpectedInput

    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        ended = error.pos_in_stream is None or (token is not None and token.type == "$END")
        position = len(text) + 1 if ended else int(error.pos_in_stream or 0) + 1
        found = "the end" if position > len(text) else f'"{_word(text[position - 1:])}"'
        allowed = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "expected", ())
        words = sorted({SAID[name] for name in allowed or () if name in SAID})
        raise QueryError(f"there is {found}, where {' or '.join(words) or 'nothing more'} belongs. {FORM}",
                         position) from None
    return tuple(_term(each) for each in tree.children if hasattr(each, "data"))


@cache
def _parser() -> Any:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)


def _term(tree: Any) -> Term:
    name = next(each for each in tree.children if each.type == "NAME")
    value = tree.children[-1]
    text = str(value)
    if value.type == "STRING":
        text = _unescaped(text[1:-1])
    return Term(str(name), text, int(tree.meta.start_pos) + 1)


def _unescaped(text: str) -> str:
    found, escaped = [], False
    for letter in text:
        escaped = letter == "\\" and not escaped
        if not escaped:
            found.append(letter)
    return "".join(found)


def _word(rest: str) -> str:
    return rest.split(maxsplit=1)[0][:30] if rest.split() else rest[:30]
