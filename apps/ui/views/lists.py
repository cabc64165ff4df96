"""ListPage: every row of a list operation as a table that filters, sorts, pages, selects and refreshes itself."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.ui import tables
from apps.ui.flashes import flash, flash_of_end
from apps.ui.views.base import ConsolePage, Perform, poll_seconds
from personalize_web import operations
from personalize_web.operations import Caller, statuses

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Empty:
    """What the table says when there is nothing at all. ``art``: list, filter or chart."""

    title: str
    text: str = ""
    art: str = "list"


@dataclass(frozen=True)
class RowAction:
    """Something to do with selected rows: ``target(page, names)`` is the address it leads to.

    ``needs``: "one" or "some"; ``bulk`` shows it also in the bar of selected rows; ``operation`` decides by role.
    """

    key: str
    text: str
    target: Callable[["ListPage", Sequence[str]], str]
    needs: str = "one"
    icon: str = ""
    bulk: bool = False
    danger: bool = False
    operation: str = ""


def everything(operation: Perform, caller: Caller, key: str, **arguments: Any) -> list[dict[str, Any]]:
    """All rows of a list operation, page after page."""
    rows: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        more = {"next_token": token} if token else {}
        answer = operation(caller, **arguments, **more)
        rows += answer[key]
        token = answer.get("nextToken")
        if not token:
            return rows


class ListPage(ConsolePage):
    """A list. Declare operation, answer_key, columns, noun, empty; optionally create, actions, selection."""

    template_name = "pages/list.html"
    answer_key = ""
    columns: tuple[tables.Column, ...] = ()
    noun = "row"
    noun_plural = ""
    empty = Empty("Nothing yet")
    create: tuple[str, str] | None = None
    """Words and route of the button that makes a new one."""
    create_operation = ""
    actions: tuple[RowAction, ...] = ()
    selection = ""
    """none, single or multi; default: multi when there is a bulk action, single when there are actions."""
    sort = "creationDateTime"
    direction = "desc"
    status_key = "status"
    table_id = "table"
    keep: tuple[str, ...] = ()
    """Query parameters that stand for something else than the list, such as a tab."""
    footnote = ""

    def arguments(self) -> dict[str, Any]:
        """What the operation is called with."""
        return {}

    def rows(self) -> list[Row]:
        """Every row; override to join more to what the operation answers."""
        operation = type(self).operation
        assert operation is not None, "name the operation"
        return list(everything(operation, self.caller, self.answer_key, **self.arguments()))

    def identify(self, row: Row) -> str:
        """What a selected row posts and what its elements' ids are made of."""
        return str(row["name"])

    def create_blocked(self) -> str:
        """Why nothing new can be made now; empty when it can."""
        return self.denied(self.create_operation) if self.create_operation else ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.part == "status":
            return self._status()
        chosen = next((a for a in self.actions if a.key == request.GET.get("do")), None)
        if chosen:
            names = request.GET.getlist("selected")
            if not names or (chosen.needs == "one" and len(names) != 1):
                flash(request, "warning", f"Select {'one row' if chosen.needs == 'one' else 'at least one row'} first.")
                return self.redirect(request.path)
            return self.redirect(chosen.target(self, names))
        if self.is_fragment and request.htmx.target == self.table_id:
            return render(request, "components/table_panel.html", self.panel())
        return self.render()

    def context(self) -> dict[str, Any]:
        return super().context() | {"panel": self.panel(), "total": self._total, "header": self.header()}

    def header(self) -> dict[str, Any]:
        """The buttons above the table."""
        create = None
        if self.create:
            create = {
                "text": self.create[0],
                "href": self._try(self.create[1]),
                "disabled_reason": self.create_blocked(),
            }
        actions = [
            {
                "key": a.key,
                "text": a.text,
                "needs": a.needs,
                "icon": a.icon,
                "denied": self.denied(a.operation) if a.operation else "",
            }
            for a in self.actions
        ]
        return {"create": create, "actions": actions, "form": f"{self.table_id}-selection"}

    def panel(self) -> dict[str, Any]:
        """What components/table_panel.html draws."""
        path = self.request.path if self.part == "page" else self.request.path.removesuffix("-status/")
        state = tables.ListState.read(
            path,
            self.request.GET,
            sort=self.sort,
            dir=self.direction,
            size=int(self.request.user.preferences.get("page_size") or 20),
            keep=self.keep,
        )
        rows = self.rows()
        self._names, self._total = {self.identify(row) for row in rows}, len(rows)
        found = tables.select(*self._tagged(rows, state))
        pages = tables.paginate(len(found), state)
        shown = found[max(0, pages.first - 1) : pages.until]
        table = tables.build(
            shown,
            self.columns,
            id=self.table_id,
            caption=self.get_title(),
            state=state,
            selection=self._selection(),
            identify=self.identify,
        )
        moving = [self.identify(row) for row in shown if not self._final(row)]
        self._moving, self._shown = moving, shown
        plural = self.noun_plural or f"{self.noun}s"
        return {
            "table": table,
            "state": state,
            "pages": pages,
            "matches": len(found),
            "total": len(rows),
            "find": f"Find {plural}",
            "tokens": [
                {
                    "key": key,
                    "text": value,
                    "remove_href": state.url(q=state.q.replace(typed, "").strip(), **({} if typed else {"status": ""})),
                }
                for key, value, typed in state.conditions
            ],
            "clear_href": state.url(q="", status=""),
            "sizes": [
                {"size": size, "href": state.url(size=size), "current": size == state.size} for size in tables.SIZES
            ],
            "empty": self._empty(rows, state, plural),
            "bulk": [a for a in self.actions if a.bulk],
            "footnote": self.footnote,
            "poll": self._poll(moving) if moving else "",
        }

    def _tagged(
        self, rows: list[Row], state: tables.ListState
    ) -> tuple[list[Row], tuple[tables.Column, ...], tables.ListState]:
        """The rows with the tags asked for by ``tag:Key=Value`` or ``tag:Key``, and what else the filter says."""
        text = state.q
        for key, asked, typed in state.conditions:
            if key != "tag":
                continue
            name, _, value = asked.partition("=")
            more = {"value": value} if value else {}
            arns = set(operations.list_tagged_resources(self.caller, key=name, **more)["arns"])
            rows = [row for row in rows if row.get(self._arn_key()) in arns]
            text = text.replace(typed, "")
        return rows, self.columns, replace(state, q=text)

    def _arn_key(self) -> str:
        """Where a row has its own ARN: "event trackers" have eventTrackerArn."""
        first, *rest = self.noun.split()
        return f"{first}{''.join(word.capitalize() for word in rest)}Arn"

    def _empty(self, rows: list[Row], state: tables.ListState, plural: str) -> str:
        """Nothing at all, or nothing that matches."""
        return render_to_string(
            "pages/_list_empty.html",
            {
                "some": bool(rows),
                "empty": self.empty,
                "noun": self.noun,
                "q": state.q or state.status,
                "clear_href": state.url(q="", status=""),
                "create": self.header()["create"],
            },
        )

    def _selection(self) -> str:
        if self.selection:
            return self.selection
        if any(action.bulk for action in self.actions):
            return "multi"
        return "single" if self.actions else "none"

    def _final(self, row: Row) -> bool:
        update = row.get("latestCampaignUpdate") or row.get("latestRecommenderUpdate") or {}
        moving = update.get("status") and not statuses.describe(update["status"]).final
        return not moving and statuses.describe(row.get(self.status_key)).final

    def _poll(self, moving: list[str], since: float = 0) -> dict[str, Any]:
        since = since or time.time()
        return {"url": self.poll_url(moving, since), "seconds": poll_seconds(time.time() - since)}

    def _status(self) -> HttpResponse:
        """The status cells of this page out of band, and the next poll while anything still moves."""
        self.panel()
        watched = set(self.request.GET.getlist("watch"))
        since = float(self.request.GET.get("since") or time.time())
        column = next((column for column in self.columns if column.key == self.status_key and column.cell), None)
        parts = []
        for row in self._shown:
            if column is not None and column.cell is not None:
                parts.append(str(column.cell(row)).replace("<span ", '<span hx-swap-oob="true" ', 1))
        settled = [row for row in self._shown if self.identify(row) in watched and self._final(row)]
        vanished = watched - self._names
        for row in settled:
            parts.append(flash_of_end(self.noun, self.identify(row), row.get(self.status_key)))
        poll = self._poll(self._moving, since) if self._moving else {}
        head = render_to_string("components/poll.html", poll)
        response = HttpResponse(head + "".join(parts), status=200 if self._moving else 286)
        if settled or vanished:
            events: dict[str, Any] = {"settled": _settled(self.noun, settled, self.identify, self.status_key)}
            if vanished:
                events["reload-page"] = True
            response.headers["HX-Trigger"] = json.dumps(events)
        return response


def _settled(noun: str, rows: list[Row], identify: Callable[[Row], str], key: str) -> dict[str, Any]:
    good = all(statuses.describe(row.get(key)).indicator != "error" for row in rows)
    text = ", ".join(f"{noun} {identify(row)}: {statuses.describe(row.get(key)).text}" for row in rows)
    return {"ok": good, "text": text}
