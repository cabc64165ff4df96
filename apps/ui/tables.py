"""Lists as tables: columns as data, and what the query string says about filter, order and page."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.safestring import SafeString

from personalize_web.operations import statuses

Row = Mapping[str, Any]
Render = Callable[[Row], "SafeString | str"]
SIZES = (10, 20, 50, 100)
TOKEN = re.compile(r'(\w+):("[^"]*"|\S+)')


@dataclass(frozen=True)
class Column:
    """One column. ``cell`` draws a row's cell (see apps.ui.cells); without it the value of ``key`` stands there.

    ``value`` is what is sorted and searched (default: the value of ``key``); ``align``: "" or "end";
    ``css`` adds classes to the cell ("nowrap", "cell-truncate", "secondary").
    """

    key: str
    label: str
    cell: Render | None = None
    value: Callable[[Row], Any] | None = None
    sortable: bool = False
    align: str = ""
    css: str = ""
    label_hidden: bool = False

    def of(self, row: Row) -> Any:
        return self.value(row) if self.value else row.get(self.key)


@dataclass(frozen=True)
class ListState:
    """What ``?q=&status=&sort=&dir=&page=&size=`` says; :meth:`url` is the address of the same list otherwise."""

    path: str
    q: str = ""
    status: str = ""
    sort: str = ""
    dir: str = "asc"
    page: int = 1
    size: int = 20
    keep: tuple[tuple[str, str], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def read(
        cls, path: str, query: QueryDict, *, sort: str, dir: str, size: int, keep: Iterable[str] = ()
    ) -> "ListState":
        """The state of a request; whatever is not a known value falls back to the default."""
        wanted = _whole(query.get("size"), size)
        return cls(
            path=path,
            q=query.get("q", "").strip()[:500],
            status=query.get("status", ""),
            sort=query.get("sort", sort),
            dir="desc" if query.get("dir", dir) == "desc" else "asc",
            page=max(1, _whole(query.get("page"), 1)),
            size=wanted if wanted in SIZES else size,
            keep=tuple((name, query[name]) for name in keep if name in query),
            defaults={"sort": sort, "dir": dir, "size": size},
        )

    def url(self, **changes: Any) -> str:
        """The list's address with these changes; a change of anything but the page goes to the first page."""
        values = {name: getattr(self, name) for name in ("q", "status", "sort", "dir", "page", "size")} | changes
        if "page" not in changes:
            values["page"] = 1
        neutral = {"q": "", "status": "", "page": 1} | dict(self.defaults)
        pairs = [*self.keep, *((name, value) for name, value in values.items() if value != neutral.get(name))]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def words(self) -> list[str]:
        return TOKEN.sub(" ", self.q).lower().split()

    @property
    def conditions(self) -> list[tuple[str, str, str]]:
        """``status:active`` and the like as (key, value, as typed)."""
        found = [(m[1].lower(), m[2].strip('"').lower(), m[0]) for m in TOKEN.finditer(self.q)]
        return ([("status", self.status.lower(), "")] if self.status else []) + found

    @property
    def text(self) -> str:
        return self.q

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.status)

    @property
    def hidden(self) -> list[tuple[str, Any]]:
        """What the search form carries along."""
        pairs = [("sort", self.sort), ("dir", self.dir), ("size", self.size), ("status", self.status)]
        return [*self.keep, *((n, v) for n, v in pairs if v and v != self.defaults.get(n))]


@dataclass(frozen=True)
class Cell:
    html: Any
    css: str = ""
    title: str = ""


@dataclass(frozen=True)
class TableRow:
    id: str
    slug: str
    label: str
    cells: tuple[Cell, ...]
    css: str = ""


@dataclass(frozen=True)
class Head:
    label: str
    align: str = ""
    sort_href: str = ""
    sorted: str = ""
    label_hidden: bool = False


@dataclass(frozen=True)
class Table:
    """What components/table.html draws."""

    id: str
    caption: str
    columns: tuple[Head, ...]
    rows: tuple[TableRow, ...]
    selection: str = "none"
    compact: bool = False
    stacks: bool = False


@dataclass(frozen=True)
class Pages:
    """What components/pagination.html draws, and which rows are on this page."""

    number: int
    last: int
    size: int
    total: int
    links: tuple[dict[str, Any], ...]
    previous: str
    next: str

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def until(self) -> int:
        return min(self.number * self.size, self.total)


def select(rows: Iterable[Row], columns: Sequence[Column], state: ListState) -> list[Row]:
    """The rows that pass the filter, in the order asked for. Words match any column; key:value matches one."""
    by_key = {column.key.lower(): column for column in columns}

    def passes(row: Row) -> bool:
        texts = None
        for key, value, _ in state.conditions:
            column = by_key.get(key)
            actual = _text(column.of(row) if column else row.get(key))
            if value not in actual:
                return False
        for word in state.words:
            texts = texts if texts is not None else " ".join(_text(column.of(row)) for column in columns)
            if word not in texts:
                return False
        return True

    found = [row for row in rows if passes(row)] if state.filtered else list(rows)
    column = by_key.get(state.sort.lower())
    if column is not None:
        found.sort(key=lambda row: _order(column.of(row)), reverse=state.dir == "desc")
    return found


def paginate(count: int, state: ListState) -> Pages:
    """The pages of ``count`` rows; a page beyond the last is the last."""
    last = max(1, ceil(count / state.size))
    number = min(state.page, last)
    shown = sorted({1, last, *range(max(1, number - 1), min(last, number + 1) + 1)})
    links: list[dict[str, Any]] = []
    for at, one in enumerate(shown):
        if at and one - shown[at - 1] > 1:
            links.append({"gap": True})
        links.append({"number": one, "href": state.url(page=one), "gap": False})
    return Pages(
        number,
        last,
        state.size,
        count,
        tuple(links),
        state.url(page=number - 1) if number > 1 else "",
        state.url(page=number + 1) if number < last else "",
    )


def build(
    rows: Iterable[Row],
    columns: Sequence[Column],
    *,
    id: str = "table",
    caption: str,
    state: ListState | None = None,
    selection: str = "none",
    identify: Callable[[Row], str] = lambda row: str(row.get("name", "")),
    css: Callable[[Row], str] = lambda row: "",
    compact: bool = False,
    stacks: bool = False,
) -> Table:
    """A table of ``rows``; ``identify`` gives the value that a selected row posts. Without ``state`` nothing sorts."""
    drawn = tuple(
        TableRow(
            id=identify(row),
            slug=slug(identify(row)),
            label=identify(row),
            cells=tuple(_cell(column, row) for column in columns),
            css=css(row),
        )
        for row in rows
    )
    return Table(id, caption, tuple(_head(column, state) for column in columns), drawn, selection, compact, stacks)


def slug(identity: str) -> str:
    """An identity as part of an element's id."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", identity)


def _cell(column: Column, row: Row) -> Cell:
    css = " ".join(part for part in (column.align, column.css) if part)
    if column.cell is not None:
        return Cell(column.cell(row), css)
    value = column.of(row)
    shown = "–" if value is None or value == "" else value
    return Cell(shown, css, str(shown) if "cell-truncate" in css else "")


def _head(column: Column, state: ListState | None) -> Head:
    if state is None or not column.sortable:
        return Head(column.label, column.align, label_hidden=column.label_hidden)
    on = state.sort == column.key
    href = state.url(sort=column.key, dir="desc" if on and state.dir == "asc" else "asc")
    direction = "descending" if state.dir == "desc" else "ascending"
    return Head(column.label, column.align, href, direction if on else "", column.label_hidden)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else otherwise


def _text(value: Any) -> str:
    if isinstance(value, str) and value in statuses.STATUSES:
        return f"{value} {statuses.describe(value).text}".lower()
    return "" if value is None else str(value).lower()


def _order(value: Any) -> tuple[int, Any]:
    """Missing values last, numbers and moments among themselves, text without regard to case."""
    if value is None or value == "":
        return (3, "")
    if isinstance(value, bool | int | float):
        return (0, value)
    if isinstance(value, datetime):
        return (0, value.timestamp())
    return (1, str(value).lower())
