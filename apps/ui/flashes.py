"""Notifications that wait in the session for the next page."""

import json

from django.contrib import messages
from django.http import HttpRequest

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
