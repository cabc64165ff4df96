"""Notifications that wait in the session for the next page."""

import json

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string

from personalize_web.operations import statuses

KINDS = {
    "success": messages.SUCCESS,
    "error": messages.ERROR,
    "warning": messages.WARNING,
    "info": messages.INFO,
    "in-progress": messages.INFO,
}


def flash(
    request: HttpRequest, kind: str, header: str, text: str = "", *, action: tuple[str, str] | None = None
) -> None:
    """Show a notification on the next page. ``kind``: success, error, warning, info, in-progress.

    ``header`` is bold, ``text`` follows it, ``action`` is a small button: its words and its address.
    """
    content = json.dumps({"type": kind, "header": header, "text": text, "action": action})
    messages.add_message(request, KINDS[kind], content, extra_tags="flash")


def flash_of_end(noun: str, name: str, status: str | None) -> str:
    """Out-of-band markup that tells, on the page that is open, how something ended: "Filter quiet is Active."."""
    described = statuses.describe(status)
    kind = "error" if described.indicator == "error" else "success" if described.indicator == "success" else "info"
    word = "failed" if kind == "error" else f"is {described.text}"
    drawn = render_to_string("components/flash.html", {"type": kind, "header": f"{noun.capitalize()} {name} {word}."})
    return f'<div hx-swap-oob="afterbegin:#flashes">{drawn}</div>'
