"""Filter expressions: text to tree, with errors that point at the character."""

import re
from functools import cache
from typing import Any

from personalize_web.engine.errors import DataError
from personalize_web.engine.filters.tree import (
    CURRENT_ITEM,
    CURRENT_USER,
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

LONGEST = 2500
LONGEST_PLACEHOLDER = 50
GRAMMAR = r"""
    start: expression ("|" expression)*
    expression: MODE TARGET WHERE alternatives [IF user (AND user)*]
    alternatives: all_of (OR all_of)*
    all_of: condition (AND condition)*
    ?condition: member | comparison
    member: field (IN | NOT IN | NOT_IN) _set
    comparison: field OPERATOR _operand
    user: current_user (IN | NOT IN | NOT_IN) _set | current_user OPERATOR _user_operand
    field: DATASET "." NAME
    current_user: CURRENT_USER "." NAME
    current_item: CURRENT_ITEM "." NAME
    _set: "(" values ")" | "(" placeholder ")" | "(" wildcard ")" | current_item | "(" current_item ")"
    values: (STRING | NUMBER) ("," (STRING | NUMBER))*
    wildcard: "*"
    placeholder: PLACEHOLDER
    _operand: NUMBER | STRING | placeholder | current_item | "(" (NUMBER | placeholder) ")"
    _user_operand: NUMBER | STRING | placeholder | "(" (NUMBER | STRING | placeholder) ")"

    MODE.2: /(include|exclude)(?!\w)/i
    TARGET.2: /(itemid|userid|actionid)(?!\w)/i
    WHERE.2: /where(?!\w)/i
    IF.2: /if(?!\w)/i
    AND.2: /and(?!\w)/i
    OR.2: /or(?!\w)/i
    NOT_IN.3: /not_in(?!\w)/i
    NOT.2: /not(?!\w)/i
    IN.2: /in(?!\w)/i
    DATASET.2: /(items|interactions|users|actions|action|action_interactions)(?=\s*\.)/i
    CURRENT_USER.2: /currentuser(?=\s*\.)/i
    CURRENT_ITEM.2: /currentitem(?=\s*\.)/i
    NAME: /[A-Za-z_]\w*/
    PLACEHOLDER: /\$[A-Za-z0-9_]+/
    STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
    NUMBER: /[-+]?\d+(\.\d+)?/
    OPERATOR: "<=" | ">=" | "!=" | "<" | ">" | "="
    %ignore /\s+/
"""
SAID = {
    "MODE": "INCLUDE or EXCLUDE", "TARGET": "ItemID, UserID or ActionID", "WHERE": "WHERE", "IF": "IF", "AND": "AND",
    "OR": "OR", "NOT": "NOT IN", "NOT_IN": "NOT IN", "IN": "IN",
    "DATASET": "a dataset such as Items or Interactions, a dot and a column", "CURRENT_USER": "CurrentUser.COLUMN",
    "CURRENT_ITEM": "CurrentItem.COLUMN", "NAME": "the name of a column", "PLACEHOLDER": "a $NAME",
    "STRING": "a text in double quotes", "NUMBER": "a number", "OPERATOR": "one of = != < <= > >=", "LPAR": "(",
    "RPAR": ")", "COMMA": ",", "DOT": ".", "VBAR": "|", "STAR": "*", "$END": "the end",
}  # fmt: skip
TARGETS = {"itemid": "ITEM_ID", "userid": "USER_ID", "actionid": "ACTION_ID"}
DATASETS = {"action": "ACTIONS"}
_QUOTED_PLACEHOLDER = re.compile("[$][A-Za-z_][A-Za-z0-9_]*")


class FilterError(DataError):
    """An expression that is none; ``position`` is the first character at fault, from 1; 0 where it is the whole."""

    def __init__(self, reason: str, position: int = 0) -> None:
        self.position, self.reason = position, reason
        where = f" at character {position}" if position else ""
        super().__init__(f"Could not create filter. Invalid Expression{where}: {reason}")


class PlaceholderWithNotIn(FilterError):
    """A placeholder where only values may stand."""

    def __init__(self, name: str, position: int) -> None:
        super().__init__("", position)
        self.args = (
            f"Could not create filter. Invalid input symbol: ${name}. "
            "Placeholders are not allowed with NOT_IN operator.",
        )


def parse(text: str) -> Filter:
    """The tree of an expression, or of several joined by ``|``. FilterError says where it goes wrong.

    Keywords, targets, datasets and columns are read in whatever case; AND binds closer than OR.
    """
    from lark import UnexpectedCharacters, UnexpectedInput

    if not text.strip():
        raise FilterError("the expression is empty")
    if len(text) > LONGEST:
        raise FilterError(f"it has {len(text):,} characters, at most {LONGEST:,} are possible")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        position = (error.pos_in_stream if error.pos_in_stream is not None else len(text)) + 1
        expected = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "expected", ())
        token = getattr(error, "token", None)
        at_end = position > len(text) or (token is not None and token.type == "$END")
        position = len(text) + 1 if at_end else position
        found = "the end" if at_end else _word(text, position - 1)
        raise FilterError(f"there is {found}, where {_listed(expected)} belongs.", position) from None
    expressions = tuple(_expression(each) for each in tree.children)
    if len({each.target for each in expressions}) > 1:
        raise FilterError("all expressions of a chain must be for the same target.")
    return Filter(expressions)


@cache
def _parser() -> Any:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)


def _word(text: str, begin: int) -> str:
    """What to call what stands there; never a value that somebody quoted."""
    rest = text[begin:].split(maxsplit=1)
    if not rest:
        return "a blank"
    return "a quoted text" if rest[0][0] in "\"'" else f'"{rest[0][:30]}"'


def _listed(expected: Any) -> str:
    words = list(dict.fromkeys(SAID.get(each, each) for each in sorted(expected or ())))
    if not words:
        return "something else"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _expression(tree: Any) -> Expression:
    mode, target = (str(each).lower() for each in tree.children[:2])
    alternatives = tree.children[3]
    lists = tuple(
        tuple(_condition(each) for each in all_of.children if not _is_token(each))
        for all_of in alternatives.children
        if not _is_token(all_of)
    )
    users = tuple(_condition(each) for each in tree.children[4:] if not _is_token(each))
    return Expression(mode == "include", TARGETS[target], lists, users)  # type: ignore[arg-type]


def _is_token(node: Any) -> bool:
    return not hasattr(node, "data")


def _condition(tree: Any) -> Condition:
    field = _field(tree.children[0])
    words = [each for each in tree.children[1:] if _is_token(each) and each.type in ("NOT", "IN", "NOT_IN", "OPERATOR")]
    rest = [each for each in tree.children[1:] if each not in words]
    value = _value(rest[0])
    if words[0].type == "OPERATOR":
        if isinstance(value, tuple):
            value = value[0]
        return Comparison(field, str(words[0]), value)  # type: ignore[arg-type]
    negated = words[0].type in ("NOT", "NOT_IN")
    if negated and isinstance(value, Placeholder):
        raise PlaceholderWithNotIn(value.name, _position(rest[0]))
    return Membership(field, value, negated)


def _field(tree: Any) -> Field:
    dataset, name = (str(each) for each in tree.children)
    known = {"current_user": CURRENT_USER, "current_item": CURRENT_ITEM}.get(tree.data)
    return Field(known or DATASETS.get(dataset.lower(), dataset.upper()), name, _position(tree))


def _value(node: Any) -> Any:
    if _is_token(node):
        single = _literal(node)
        return single if isinstance(single, Placeholder) else (single,)
    if node.data == "wildcard":
        return Wildcard()
    if node.data == "placeholder":
        return _placeholder(str(node.children[0])[1:], _position(node.children[0]))
    if node.data == "current_item":
        return _field(node)
    found = [_literal(each) for each in node.children]
    held = [each for each in found if isinstance(each, Placeholder)]
    if held and len(found) > 1:
        raise FilterError("a placeholder stands alone in its list: several values come in one.", _position(node))
    if held:
        return held[0]
    if found == ["*"]:
        return Wildcard()
    return tuple(found)


def _literal(token: Any) -> Value | Placeholder:
    if token.type == "NUMBER":
        return float(token)
    inside = str(token)[1:-1]
    text = "".join(_unescaped(inside))
    if _QUOTED_PLACEHOLDER.fullmatch(text):
        return _placeholder(text[1:], _position(token))
    return text


def _unescaped(text: str) -> list[str]:
    found, escaped = [], False
    for letter in text:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        found.append(letter)
        escaped = False
    return found


def _placeholder(name: str, position: int) -> Placeholder:
    if len(name) > LONGEST_PLACEHOLDER:
        raise FilterError(f"the name of a placeholder has at most {LONGEST_PLACEHOLDER} characters.", position)
    return Placeholder(name)


def _position(node: Any) -> int:
    start = node.start_pos if _is_token(node) else node.meta.start_pos
    return int(start) + 1
