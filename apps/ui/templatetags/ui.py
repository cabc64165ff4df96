"""{% icon %} {% status %} {% arn %} {% timestamp %} {% component %} {% slot %} and the formats of numbers."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.ui import formats, jobs
from personalize_web.operations import statuses

register = template.Library()

STATUS_ICONS = {
    "success": "okc",
    "error": "errc",
    "info": "minus",
    "warning": "warn",
    "pending": "clock",
    "in-progress": "spin",
    "loading": "spin",
    "stopped": "stopc",
}
ALERT_ICONS = {"info": "info", "success": "okc", "warning": "warn", "error": "errc", "in-progress": "spin"}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """The drawing ``name`` of templates/icons.svg; ``size`` adds classes such as "s14" or "spin"."""
    classes = f"i {size}".strip() + (" spin" if name == "spin" else "")
    return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>', classes, name)


@register.simple_tag(takes_context=True)
def status(context: template.Context, value: str | None, reason: str = "", **more: Any) -> SafeString:
    """The pill of an API status, such as "CREATE FAILED"; ``reason`` opens from it."""
    described = statuses.describe(value)
    return _render(
        context, "status_indicator", type=described.indicator, text=described.text, reason=reason or "", **more
    )


@register.filter
def status_icon(indicator: str) -> str:
    """The name of the drawing that belongs to an indicator type."""
    return STATUS_ICONS.get(indicator, "minus")


@register.filter
def alert_icon(kind: str) -> str:
    """The name of the drawing that belongs to an alert or flash of this type."""
    return ALERT_ICONS.get(kind, "info")


@register.simple_tag(takes_context=True)
def arn(context: template.Context, value: str | None, label: str = "ARN") -> SafeString:
    """An ARN or id in mono with a copy button; a dash when there is none."""
    return _render(context, "arn", value=value or "", label=label)


@register.simple_tag(takes_context=True)
def flash_message(context: template.Context, message: Any) -> SafeString:
    """One of Django's messages as a flash; those of apps.ui.flashes bring header, text and action."""
    if "flash" not in (message.extra_tags or ""):
        return _render(context, "flash", type=message.level_tag, header=str(message.message))
    parts = json.loads(str(message.message))
    action = parts["action"]
    button = format_html('<a class="button small" href="{1}">{0}</a>', *action) if action else ""
    return _render(context, "flash", type=parts["type"], header=parts["header"], text=parts["text"], action=button)


@register.simple_tag
def timestamp(value: datetime | None, style: str = "relative") -> SafeString:
    """A moment in the person's zone; ``style``: relative, list, full, time, second."""
    local = formats.moment(value)
    if local is None:
        return mark_safe('<span class="muted">–</span>')
    shown = {
        "list": formats.short,
        "full": formats.full,
        "time": lambda moment: f"{moment:%H:%M}",
        "second": lambda moment: f"{moment:%H:%M:%S}",
    }.get(style, formats.relative)(local)
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>', local.isoformat(), formats.full(local), shown
    )


@register.simple_tag
def resource_link(arn: str) -> SafeString:
    """The name in an ARN, leading to the page of what it names; the ARN itself shows on hover."""
    return format_html('<a href="{}" title="{}">{}</a>', jobs.address(arn), arn, jobs.name_of(arn))


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """1,234,567 or, with places, 0.0894."""
    return formats.number(value, places)


@register.filter(name="bytes")
def bytes_(value: float | None) -> str:
    """Bytes in the unit that keeps them short."""
    return formats.size(value)


@register.filter
def duration(value: Any) -> str:
    """Seconds or a timedelta in words."""
    return formats.duration(value)


@register.filter
def percent(value: float | None, places: int = 1) -> str:
    """A share from 0 to 1 as a percentage."""
    return formats.percent(value, places)


@register.filter
def account_id(value: str) -> str:
    """Twelve digits in groups of four."""
    return formats.account(value)


@register.filter
def as_json(value: Any) -> str:
    """``value`` as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


@register.filter
def newest_first(messages: Iterable[Any] | None) -> list[Any]:
    """Django's messages, the last one first; reading them takes them out of the session."""
    return list(messages or ())[::-1]


@register.filter
def way_back(items: list[dict[str, str]]) -> dict[str, str]:
    """The breadcrumb to go back to: the last one before the page that is a link."""
    return next((item for item in reversed(items[:-1]) if item["href"]), items[0])


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """``mapping[key]``, or nothing."""
    return mapping.get(key) if mapping else None


@register.tag
def component(parser: Parser, token: Token) -> "ComponentNode":
    """{% component "container" title="Details" %} … {% slot actions %} … {% endslot %} … {% endcomponent %}.

    Renders templates/components/<name>.html with the named values only; the body is ``content``,
    slots have their names.
    """
    bits = token.split_contents()[1:]
    name = parser.compile_filter(bits.pop(0))
    values = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"component: what is {bits[0]!r}?")
    body = parser.parse(("endcomponent",))
    parser.delete_first_token()
    slots = {node.name: node.body for node in body if isinstance(node, SlotNode)}
    rest = NodeList(node for node in body if not isinstance(node, SlotNode))
    return ComponentNode(name, values, slots, rest)


@register.tag
def slot(parser: Parser, token: Token) -> "SlotNode":
    """A named part of the {% component %} around it."""
    name = token.split_contents()[1]
    body = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(name, body)


class SlotNode(template.Node):
    """Holds a slot's body; the component renders it."""

    def __init__(self, name: str, body: NodeList):
        self.name = name
        self.body = body

    def render(self, context: template.Context) -> str:
        return ""


class ComponentNode(template.Node):
    """Renders a component around what stands between its tags."""

    def __init__(
        self, name: FilterExpression, values: dict[str, FilterExpression], slots: dict[str, NodeList], body: NodeList
    ):
        self.name = name
        self.values = values
        self.slots = slots
        self.body = body

    def render(self, context: template.Context) -> str:
        values = {key: value.resolve(context) for key, value in self.values.items()}
        values |= {name: mark_safe(body.render(context).strip()) for name, body in self.slots.items()}
        values["content"] = mark_safe(self.body.render(context))
        return _render(context, self.name.resolve(context), **values)


def _render(context: template.Context, name: str, **values: Any) -> SafeString:
    found = context.template.engine.get_template(f"components/{name}.html")
    inner = context.new(values)
    if "csrf_token" in context:
        inner["csrf_token"] = context["csrf_token"]
    return mark_safe(found.render(inner).strip())
