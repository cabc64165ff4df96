"""JSON that remembers where each value stands, so that an editor can point at it and mend it in place."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, NoReturn

_BLANKS = " \t\r\n"


@dataclass(frozen=True)
class Node:
    """A value and its place ``text[start:end]``."""

    value: Any
    """The plain Python value, children included."""
    start: int
    end: int
    members: dict[str, "Node"] | None = None
    """The children of an object."""
    items: tuple["Node", ...] | None = None
    """The children of an array."""

    def member(self, name: str) -> "Node | None":
        """The child of that name, if this is an object that has one."""
        return self.members.get(name) if self.members is not None else None


def read(text: str) -> Node:
    """The document's root; raises :class:`json.JSONDecodeError` with the place of the mistake."""

    def refuse(constant: str) -> NoReturn:
        raise json.JSONDecodeError(f"{constant} is not JSON", text, max(text.find(constant), 0))

    json.loads(text, parse_constant=refuse)
    return _value(text, _skip(text, 0))


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - (text.rfind("\n", 0, offset) + 1) + 1


def replaced(text: str, node: Node, value: Any) -> str:
    """The document with one value replaced; everything else keeps its layout."""
    return text[: node.start] + json.dumps(value) + text[node.end :]


def with_member(text: str, node: Node, name: str, value: Any) -> str:
    """The document with an object's member set: replaced where it is, else added after the last one."""
    present = node.member(name)
    if present is not None:
        return replaced(text, present, value)
    addition = f"{json.dumps(name)}: {json.dumps(value)}"
    return _appended(text, node, list((node.members or {}).values()), addition)


def with_items(text: str, node: Node, values: list[Any]) -> str:
    """The document with values added at the end of an array, in the layout of the items before them."""
    if not node.items:
        return _appended(text, node, [], ", ".join(json.dumps(value) for value in values))
    for value in reversed(values):
        text = _appended(text, node, list(node.items), json.dumps(value))
    return text


def _appended(text: str, node: Node, children: list[Node], addition: str) -> str:
    if not children:
        return text[: node.start + 1] + addition + text[node.end - 1 :]
    gap = " "
    if len(children) > 1 and node.items is not None:
        between = text[children[-2].end : children[-1].start]
        gap = between[between.index(",") + 1 :]
    elif node.items is not None:
        gap = text[node.start + 1 : children[0].start]
    end = children[-1].end
    return text[:end] + "," + gap + addition + text[end:]


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _value(text: str, at: int) -> Node:
    first = text[at]
    if first == "{":
        return _object(text, at)
    if first == "[":
        return _array(text, at)
    if first == '"':
        value, end = scanstring(text, at + 1, True)
        return Node(value, at, end)
    value, end = json.JSONDecoder().raw_decode(text, at)
    return Node(value, at, end)


def _object(text: str, start: int) -> Node:
    members: dict[str, Node] = {}

    def entry(at: int) -> int:
        name, at = scanstring(text, at + 1, True)
        child = _value(text, _skip(text, _skip(text, at) + 1))
        members[name] = child
        return child.end

    end = _entries(text, start, "}", entry)
    return Node({name: child.value for name, child in members.items()}, start, end, members=members)


def _array(text: str, start: int) -> Node:
    items: list[Node] = []

    def entry(at: int) -> int:
        items.append(_value(text, at))
        return items[-1].end

    end = _entries(text, start, "]", entry)
    return Node([item.value for item in items], start, end, items=tuple(items))


def _entries(text: str, start: int, closing: str, entry: Callable[[int], int]) -> int:
    at = _skip(text, start + 1)
    while text[at] != closing:
        at = _skip(text, entry(at))
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1
