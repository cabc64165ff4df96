"""The expression builder: blocks of rows, which are only another view of the expression's text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from personalize_web import operations
from personalize_web.operations import Caller

TEXTS, NUMBERS = ("IN", "NOT IN"), ("=", "!=", "<", "<=", ">", ">=")
TARGETS = {"ItemID": ("Items", "Interactions"), "UserID": ("Users", "Interactions"),
           "ActionID": ("Actions", "Action_Interactions")}  # fmt: skip
MODES = ("EXCLUDE", "INCLUDE")
PARTS = ("joiner", "field", "operator", "value")
USER = "CurrentUser"
MOST_BLOCKS, MOST_ROWS = 10, 20
VALUE = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)')
MISSING = "…"
BY_THE_SERVICE = {"EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP", "REPEAT_FREQUENCY"}


@dataclass(frozen=True)
class Row:
    """One condition, as typed."""

    joiner: str = "WHERE"
    field: str = ""
    operator: str = ""
    value: str = ""

    @property
    def of_user(self) -> bool:
        """Whether it is on the request's user, which only an IF can ask about."""
        return self.field.startswith(f"{USER}.") or (self.joiner == "IF" and not self.field)


@dataclass(frozen=True)
class Block:
    """One expression of the chain."""

    mode: str = MODES[0]
    rows: tuple[Row, ...] = (Row(),)


@dataclass(frozen=True)
class Builder:
    """The whole filter."""

    target: str = "ItemID"
    blocks: tuple[Block, ...] = (Block(),)

    @property
    def complete(self) -> bool:
        """Whether every row says something."""
        return all(row.field and row.value for block in self.blocks for row in block.rows)


@dataclass(frozen=True)
class Columns:
    """What a group's schemas offer: property -> number, text or event."""

    kinds: Mapping[str, str] = field(default_factory=dict)

    def of(self, dataset: str) -> list[str]:
        """The properties of a dataset, or of the user."""
        return [name for name in self.kinds if name.partition(".")[0] == dataset]

    def operators(self, row: Row) -> tuple[str, ...]:
        """Those that fit a row; all of them while it has no property."""
        kind = self.kinds.get(row.field)
        if kind is None:
            return (*TEXTS, *NUMBERS)
        if kind == "number":
            return (*NUMBERS, *TEXTS)
        return (*TEXTS, "=", "!=") if row.of_user else TEXTS


def read_columns(caller: Caller, group_arn: str, fields_of: Any) -> Columns:
    """``fields_of(caller, schema_arn)`` gives the fields of a schema."""
    names = {"INTERACTIONS": "Interactions", "ITEMS": "Items", "USERS": "Users", "ACTIONS": "Actions",
             "ACTION_INTERACTIONS": "Action_Interactions"}  # fmt: skip
    kinds: dict[str, str] = {}
    for dataset in operations.list_dataset_details(caller, dataset_group_arn=group_arn)["datasets"]:
        name = names[dataset["datasetType"].upper()]
        for each in fields_of(caller, dataset["schemaArn"]):
            kind = _kind(each, events=name.endswith("Interactions"))
            if kind:
                kinds[f"{name}.{each['name']}"] = kind
    kinds |= {f"{USER}.{name.partition('.')[2]}": kind for name, kind in kinds.items() if name.startswith("Users.")}
    return Columns(kinds)


def _kind(column: Mapping[str, Any], *, events: bool) -> str:
    """number, text or event; empty where filters cannot use the column."""
    if events:
        return "event" if column["name"] == "EVENT_TYPE" else ""
    types = column["type"] if isinstance(column["type"], list) else [column["type"]]
    if "boolean" in types or column.get("textual") or column["name"] in BY_THE_SERVICE:
        return ""
    return "text" if "string" in types else "number"


def posted(data: Any, columns: Columns) -> Builder:
    """The builder of a form, put in order: conditions on the user last, after one IF; operators that fit."""
    target = data.get("target")
    blocks = []
    for at, mode in enumerate(data.getlist("mode")[:MOST_BLOCKS]):
        lists = [data.getlist(f"{part}-{at}")[:MOST_ROWS] for part in PARTS]
        rows = [Row(*(text.strip() for text in texts)) for texts in zip(*lists, strict=False)]
        blocks.append(ordered(Block(mode if mode in MODES else MODES[0], tuple(rows) or (Row(),)), columns))
    return Builder(target if target in TARGETS else "ItemID", tuple(blocks) or (Block(),))


def ordered(block: Block, columns: Columns) -> Block:
    """Rows on the user after the others, the first of them with IF; each operator one that its property takes."""
    others = [row for row in block.rows if not row.of_user] or [Row()]
    users = [row for row in block.rows if row.of_user]
    first = [replace(row, joiner="WHERE" if at == 0 else "OR" if row.joiner == "OR" else "AND")
             for at, row in enumerate(others)]  # fmt: skip
    last = [replace(row, joiner="AND" if at else "IF") for at, row in enumerate(users)]
    return replace(block, rows=tuple(_fitting(row, columns) for row in (*first, *last)))


def _fitting(row: Row, columns: Columns) -> Row:
    if not row.field:
        return row
    offered = columns.operators(row)
    if row.operator in offered:
        return row
    swapped = {"=": "IN", "!=": "NOT IN"}.get(row.operator, "")
    return replace(row, operator=swapped if swapped in offered else offered[0])


def from_expressions(expressions: Sequence[Mapping[str, Any]], columns: Columns) -> Builder:
    """From what check_filter_expression answers."""
    blocks = tuple(Block(each["mode"], tuple(Row(**row) for row in each["rows"])) for each in expressions)
    return Builder(expressions[0]["target"], tuple(ordered(block, columns) for block in blocks))


def edited(builder: Builder, what: str, columns: Columns) -> Builder:
    """After a button: row-0 adds a row to a block, remove-0-2 takes one away, block and unblock-1 do so with blocks."""
    act, *numbers = what.split("-")
    places = [int(number) for number in numbers if number.isdecimal()]
    blocks = list(builder.blocks)
    at = places[0] if places else 0
    if act == "block" and len(blocks) < MOST_BLOCKS:
        blocks.append(Block(mode=blocks[-1].mode))
    elif act == "unblock" and 0 < at < len(blocks):
        del blocks[at]
    elif act == "row" and at < len(blocks) and len(blocks[at].rows) < MOST_ROWS:
        blocks[at] = replace(blocks[at], rows=(*blocks[at].rows, Row("AND")))
    elif act == "remove" and at < len(blocks) and len(places) == 2 and 0 < places[1] < len(blocks[at].rows):
        blocks[at] = replace(blocks[at], rows=_without(blocks[at].rows, places[1]))
    return replace(builder, blocks=tuple(ordered(block, columns) for block in blocks))


def _without(rows: tuple[Row, ...], at: int) -> tuple[Row, ...]:
    """Without one row; without IF its ANDs have nothing to stand on and go too."""
    return rows[:at] if rows[at].joiner == "IF" else (*rows[:at], *rows[at + 1 :])


def written(builder: Builder, columns: Columns) -> str:
    """The expression's text; what is missing yet stands as an ellipsis."""
    return "\n| ".join(
        f"{block.mode} {builder.target} " + " ".join(_condition(row, columns) for row in block.rows)
        for block in builder.blocks
    )


def _condition(row: Row, columns: Columns) -> str:
    operator = row.operator or TEXTS[0]
    value = _value(row.value, quoted=columns.kinds.get(row.field) != "number", listed=operator in TEXTS)
    return f"{row.joiner} {row.field or MISSING} {operator} {value}"


def _value(text: str, *, quoted: bool, listed: bool) -> str:
    if text.lower().startswith("currentitem.") and "," not in text:
        return text
    parts = [_part(part, quoted) for part in _split(text)] or [MISSING]
    return f"({', '.join(parts)})" if listed else ", ".join(parts)


def _split(text: str) -> list[str]:
    """Values between commas; a comma in double quotes belongs to its value."""
    return [found[1].strip() for found in VALUE.finditer(text) if found[1].strip()]


def _part(part: str, quoted: bool) -> str:
    if part == "*" or part.startswith("$") or (part.startswith('"') and part.endswith('"') and len(part) > 1):
        return part
    if not quoted:
        return part
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
