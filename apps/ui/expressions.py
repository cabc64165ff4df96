"""Filter expressions as pages show them: in colours, with a mark at a character, with the values requests give."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from apps.ui.views.lists import everything
from personalize_web import operations
from personalize_web.operations import Caller

WORD = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(?P<name>\$\w+)"""
    r"|(?P<keyword>\b(?:INCLUDE|EXCLUDE|ItemID|UserID|ActionID|WHERE|AND|OR|NOT|NOT_IN|IN|IF)\b)"
    r"|(?P<key>\b(?:Items|Users|Interactions|Actions?|Action_Interactions|CurrentUser|CurrentItem)\.\w+)"
    r"|(?P<number>(?<![\w.])[-+]?\d+(?:\.\d+)?)|(?P<other>\w+|\s+|.)",
    re.IGNORECASE | re.DOTALL,
)
CLASSES = {"string": "tok-string", "name": "tok-key placeholder", "keyword": "tok-keyword", "key": "tok-key",
           "number": "tok-number"}  # fmt: skip
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Choice:
    """An Active filter that a request may name."""

    name: str
    arn: str
    expression: str
    placeholders: tuple[str, ...]
    needed: frozenset[str]
    of_user: bool
    of_item: bool


def painted(text: str, position: int = 0) -> SafeString:
    """``text`` in colours; ``position`` (from 1, one past the end allowed) gets a mark. 0: no mark."""
    parts, at = [], 0
    for found in WORD.finditer(text):
        word, kind = found[0], found.lastgroup or "other"
        begin, end = found.span()
        shown: str = conditional_escape(word)
        if begin < position <= end:
            inside = position - 1 - begin
            shown = format_html('{}<mark class="squiggle">{}</mark>', word[:inside], word[inside:])
        parts.append(format_html('<span class="{}">{}</span>', CLASSES[kind], shown) if kind in CLASSES else shown)
        at = end
    if position > at:
        parts.append(format_html('<mark class="squiggle past-end">{}</mark>', "\u00a0"))
    return format_html_join("", "{}", ((part,) for part in parts))


def choices(caller: Caller, group_arn: str, *, target: str = "ITEM_ID") -> list[Choice]:
    """The Active filters of a group for one target, by name."""
    listed = everything(operations.list_filters, caller, "Filters", dataset_group_arn=group_arn)
    found = []
    for each in sorted(listed, key=lambda one: one["name"].lower()):
        if each["status"] != "ACTIVE":
            continue
        about = described(caller, each)
        checked = about["checked"]
        if checked["problem"] is None and checked["target"] == target:
            found.append(
                Choice(
                    each["name"],
                    each["filterArn"],
                    about["filterExpression"],
                    tuple(checked["placeholders"]),
                    frozenset(checked["needed"]),
                    checked["ofUser"],
                    checked["ofItem"],
                )
            )
    return found


def described(caller: Caller, row: Mapping[str, Any]) -> dict[str, Any]:
    """A filter as list_filters answers it, with its expression, and under ``checked`` what the expression is about."""
    found = operations.describe_filter(caller, filter_arn=row["filterArn"])["filter"]
    arn, text = found["datasetGroupArn"], found["filterExpression"]
    checked = operations.check_filter_expression(caller, dataset_group_arn=arn, filter_expression=text)
    return found | {"checked": checked}


def values(text: str) -> str:
    """What a person typed for a placeholder, as a request gives it: texts in quotes, numbers as they are.

    Commas separate values; whoever types double quotes says where a value begins and ends.
    """
    if '"' in text:
        return text.strip()
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return ",".join(part if NUMBER.fullmatch(part) else f'"{part.replace(chr(92), chr(92) * 2)}"' for part in parts)
