"""How the cells of a table are drawn: each function gives what a Column's ``cell`` takes."""

from collections.abc import Callable, Mapping
from typing import Any

from django.template import Context, engines
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.ui import formats
from apps.ui.tables import Render, Row, slug
from personalize_web.operations import statuses

MISSING = mark_safe('<span class="muted">–</span>')


def link(route: str, key: str = "name", **kwargs: str | Callable[[Row], str]) -> Render:
    """The row's ``key`` as a link; ``kwargs`` of the route: a key of the row, or a function of it.

    ``link("campaigns:detail", dsg=lambda row: ..., campaign="name")``
    """

    def draw(row: Row) -> SafeString | str:
        values = {name: source(row) if callable(source) else row[source] for name, source in kwargs.items()}
        return format_html('<a class="name" href="{}">{}</a>', reverse(route, kwargs=values), row[key])

    return draw


def href(address: Callable[[Row], str | None], text: Callable[[Row], str] | str = "name", css: str = "name") -> Render:
    """A link whose address and text are computed; without an address the text alone."""

    def draw(row: Row) -> SafeString | str:
        shown = text(row) if callable(text) else row.get(text)
        target = address(row)
        if not shown:
            return MISSING
        return format_html('<a class="{}" href="{}">{}</a>', css, target, shown) if target else shown

    return draw


def status(
    key: str = "status",
    *,
    reason: str = "failureReason",
    identity: str = "name",
    update: Callable[[Row], Mapping[str, Any] | None] | None = None,
) -> Render:
    """The pill, with the failure reason behind it and the latest update as a second line; refreshed by polling."""

    def draw(row: Row) -> SafeString | str:
        latest = update(row) if update else None
        return pill(row.get(key), row.get(reason) or "", id=f"status-{slug(str(row.get(identity)))}", update=latest)

    return draw


def pill(value: str | None, reason: str = "", *, id: str = "", update: Mapping[str, Any] | None = None) -> SafeString:
    """The status pill as markup; ``update`` has a status of its own and maybe a failureReason."""
    described = statuses.describe(value)
    second: dict[str, Any] = {}
    if update and (changing := statuses.describe(update.get("status"))) and changing.indicator != "success":
        word = {"error": "failed", "pending": "pending", "in-progress": "in progress"}.get(
            changing.indicator, "stopped"
        )
        second = {"second": f"Update: {word}", "second_type": changing.indicator}
        reason = reason or update.get("failureReason") or ""
    return template("components/status_indicator.html")(
        {"type": described.indicator, "text": described.text, "reason": reason, "id": id} | second
    )


def moment(key: str, style: str = "list") -> Render:
    """A time: "Today, 14:31" or "Nov 3, 2026", in full on hover."""

    def draw(row: Row) -> SafeString:
        local = formats.moment(row.get(key))
        if local is None:
            return MISSING
        shown = formats.short(local) if style == "list" else formats.relative(local)
        return format_html(
            '<time class="nowrap" datetime="{}" title="{}">{}</time>', local.isoformat(), formats.full(local), shown
        )

    return draw


def number(key: str, places: int | None = None) -> Render:
    """A number with separators; use with align="end"."""
    return lambda row: formats.number(row.get(key), places)


def size(key: str) -> Render:
    """Bytes, short."""
    return lambda row: formats.size(row.get(key))


def duration(value: Callable[[Row], Any]) -> Render:
    """A span of time."""
    return lambda row: formats.duration(value(row))


def mono(key: str | Callable[[Row], Any]) -> Render:
    """An id or code."""

    def draw(row: Row) -> SafeString:
        value = key(row) if callable(key) else row.get(key)
        return format_html('<span class="mono">{}</span>', value) if value else MISSING

    return draw


def copyable(key: str, label: str = "Id") -> Render:
    """An id in mono with a copy button."""
    drawn = template("components/arn.html")
    return lambda row: drawn({"value": row.get(key), "label": label})


def badge(text: Callable[[Row], str | None], color: str = "outline") -> Render:
    """A fact."""

    def draw(row: Row) -> SafeString:
        shown = text(row)
        return format_html('<span class="badge {}">{}</span>', color, shown) if shown else MISSING

    return draw


def template(name: str) -> Callable[[Row], SafeString]:
    """The row drawn by a template of its own, which sees the row's keys and ``row``."""

    def draw(row: Row) -> SafeString:
        found = engines["django"].engine.get_template(name)
        return mark_safe(found.render(Context({"row": row} | dict(row))).strip())

    return draw
