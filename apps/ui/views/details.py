"""DetailPage: one resource, refreshed while its status moves."""

import json
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.ui.flashes import flash_of_end
from apps.ui.views.base import ConsolePage, poll_seconds
from personalize_web.operations import statuses


class DetailPage(ConsolePage):
    """A resource. Declare operation, answer_key, noun, template_name, and arguments().

    ``live`` names templates that are drawn again, out of band, at every poll: each is one element with an id and
    ``{% if oob %} hx-swap-oob="true"{% endif %}``, and gets the page's whole context.
    When the status has become final the page's content is fetched anew.
    """

    answer_key = ""
    noun = "resource"
    live: tuple[str, ...] = ()
    tabs: tuple[tuple[str, str], ...] = ()
    """(id, label) of the tabs under ``?tab=``; the first is the default."""

    def arguments(self) -> dict[str, Any]:
        """What the operation is called with: the ARN."""
        raise NotImplementedError

    @cached_property
    def resource(self) -> dict[str, Any]:
        """What the describe operation answers about it."""
        operation = type(self).operation
        assert operation is not None, "name the operation"
        answer = operation(self.caller, **self.arguments())
        return answer[self.answer_key] if self.answer_key else answer

    def get_title(self) -> str:
        return self.title or str(self.resource.get("name", ""))

    def updates(self) -> Mapping[str, Any]:
        """The latest update of a resource that can be updated while it stays Active."""
        found = (value for key, value in self.resource.items() if key.startswith("latest") and key.endswith("Update"))
        return next((value for value in found if isinstance(value, Mapping)), {})

    def moving(self) -> bool:
        """Whether there is something to wait for; override where more than the status moves."""
        update = self.updates().get("status")
        pending = update is not None and not statuses.describe(update).final
        return pending or not statuses.describe(self.resource.get("status")).final

    @property
    def tab(self) -> str:
        known = [key for key, _ in self.tabs]
        asked = self.request.GET.get("tab", "")
        return asked if asked in known else (known[0] if known else "")

    def tab_counts(self) -> Mapping[str, int]:
        """Numbers after the tabs' labels, by id."""
        return {}

    def context(self) -> dict[str, Any]:
        counts = self.tab_counts()
        path = self.request.path.removesuffix("-status/")
        return super().context() | {
            "resource": self.resource,
            "poll": self._poll() if self.moving() else {},
            "tab": self.tab,
            "tabs": [
                {"id": key, "label": label, "href": f"{path}?tab={key}", "count": counts.get(key)}
                for key, label in self.tabs
            ],
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._status() if self.part == "status" else self.render()

    def _poll(self, since: float = 0) -> dict[str, Any]:
        since = since or time.time()
        return {"url": self.poll_url((), since), "seconds": poll_seconds(time.time() - since)}

    def _status(self) -> HttpResponse:
        """The live parts, then either the next poll or, at the end, the order to fetch the page anew."""
        since = float(self.request.GET.get("since") or time.time())
        moving = self.moving()
        parts: list[str] = [render_to_string("components/poll.html", self._poll(since) if moving else {})]
        context = self.context() | {"oob": True}
        parts += [render_to_string(name, context, request=self.request) for name in self.live]
        if not moving:
            parts.append(flash_of_end(self.noun, self.get_title(), self.resource.get("status")))
        response = HttpResponse("".join(parts), status=200 if moving else 286)
        if not moving:
            described = statuses.describe(self.resource.get("status"))
            text = f"{self.noun.capitalize()} {self.get_title()}: {described.text}"
            events = {"settled": {"ok": described.indicator != "error", "text": text}, "reload-page": True}
            response.headers["HX-Trigger"] = json.dumps(events)
        return response
