"""Records one by one (F6): an editor or a grid, and what became of each record."""

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from apps.datasets.exports import OfDataset
from apps.datasets.record_forms import MOST, RecordsForm
from apps.ui import once
from apps.ui.flashes import flash
from apps.ui.pages import FormPage
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses
from personalize_web.operations.errors import AccessDeniedException, ThrottlingException

KEPT_RESULTS = 50
TITLES = {
    "INTERACTIONS": "Create user-item interaction record(s)",
    "USERS": "Create user record(s)",
    "ITEMS": "Create item record(s)",
    "ACTIONS": "Create action record(s)",
    "ACTION_INTERACTIONS": "Create action interaction record(s)",
}
PLACE = re.compile(r"\b(?:eventList|users|items|actions|actionInteractions)\.\d+((?:\.\w+)*)")
"""How the put operations name a record and what of it."""
EVENT_MEMBERS = frozenset(
    {
        "userid",
        "sessionid",
        "itemid",
        "actionid",
        "eventid",
        "eventtype",
        "eventvalue",
        "timestamp",
        "sentat",
        "impression",
        "recommendationid",
        "eventattributionsource",
    }
)
"""What an event may say beside the columns of the schema."""


class CreateRecords(OfDataset, FormPage):
    """The page stays, and shows beneath what became of the records; ``?view=form`` is the grid."""

    operation, form_class = operations.create_records, RecordsForm
    template_name = "datasets/create_records.html"
    submit, info = "Create record(s)", "individual-records"

    def get_title(self) -> str:
        """By the kind of dataset."""
        return TITLES[self.kind.key]

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """What a record looks like: template (column -> type in words), required, trackingId."""
        return operations.record_template(self.caller, dataset_arn=self.dataset["datasetArn"])

    @cached_property
    def columns(self) -> list[dict[str, Any]]:
        """The columns of the grid: name, type, whether it is required and how it is typed in."""
        required = set(self.template["required"])
        found = []
        for name, words in self.template["template"].items():
            kind = _kind(str(words))
            number = kind in ("whole", "decimal")
            found.append(
                {
                    "name": name,
                    "type": words,
                    "required": name in required,
                    "number": number,
                    "step": "1" if kind == "whole" else "any",
                    "time": name.endswith("TIMESTAMP"),
                    "kind": kind,
                }
            )
        return found

    @property
    def grid(self) -> bool:
        """Whether records are typed into a grid."""
        return self.request.GET.get("view") == "form"

    @property
    def missing_tracker(self) -> bool:
        """Interactions go through the group's event tracker."""
        return self.kind.key == "INTERACTIONS" and not self.template.get("trackingId")

    def initial(self) -> dict[str, Any]:
        """The records of the last submit, else the template."""
        kept = self._kept().get("text")
        return {"records": kept or json.dumps([dict(self.template["template"])], indent=2, ensure_ascii=False)}

    def blocked(self) -> str:
        """Roles, then what has to be there first."""
        if denied := self.denied("put_users"):
            return denied
        if self.dataset["status"] != statuses.ACTIVE:
            return "Wait until the dataset is Active."
        return "Create an event tracker first." if self.missing_tracker else ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """All records of one submit are stored, or none; the page says so for each of them."""
        data = request.POST.copy()
        if self.grid:
            if "_rows" in data:
                return self.render_grid(data)
            data["records"] = json.dumps(self._typed(data), indent=2, ensure_ascii=False)
        self.form = self.make_form(data)
        if "_validate" in data:
            return self._validate(data["_validate"])
        if not self.form.is_valid():
            return self._refused(data)
        claim = once.claim(request)
        if not claim.mine:
            return self.redirect(request.get_full_path())
        try:
            records = self.form.cleaned_data["records"]
            answer = operations.create_records(self.caller, dataset_arn=self.dataset["datasetArn"], records=records)[
                "records"
            ]
        except ServiceError as error:
            claim.release()
            if isinstance(error, ThrottlingException | AccessDeniedException):
                raise
            self.form.place(error)
            return self._refused(data)
        failed = any(one["result"] != "success" for one in answer)
        self._keep(str(data["records"]), answer, [self._ignored(record) for record in records])
        if failed:
            claim.release()
            return self._refused(data)
        claim.done(request.get_full_path())
        count = len(answer)
        flash(request, "success", f"{count} record{'' if count == 1 else 's'} created.")
        return self.redirect(request.get_full_path())

    def render_grid(self, data: QueryDict) -> HttpResponse:
        """The grid with another row, and what was typed so far."""
        self.form = self.make_form()
        return self.render(rows=self._rows(data, extra=1))

    def _refused(self, data: QueryDict) -> HttpResponse:
        return self.render(status=422, rows=self._rows(data) if self.grid else [])

    def context(self) -> dict[str, Any]:
        """Both ways to write records, and what became of those before."""
        path = self.request.path
        return super().context() | {
            "code": False,
            "kind": self.kind,
            "grid": self.grid,
            "tabs": [
                {"id": "json", "label": "JSON", "href": path, "count": None},
                {"id": "form", "label": "Form", "href": f"{path}?view=form", "count": None},
            ],
            "tab": "form" if self.grid else "json",
            "columns": self.columns,
            "rows": self._rows(QueryDict()) if self.grid else [],
            "most": MOST,
            "missing_tracker": self.missing_tracker,
            "tracker_url": self.url("event_trackers:create"),
            "results": self._kept().get("results", []),
            "now": int(timezone.now().timestamp()),
        }

    def _count(self, data: QueryDict) -> int:
        given = data.get("_count", "1")
        return min(MOST, max(1, int(given) if given.isdecimal() else 1))

    def _rows(self, data: QueryDict, extra: int = 0) -> list[dict[str, Any]]:
        """The grid's rows with what was typed into them."""
        count = min(MOST, self._count(data) + extra)
        return [
            {
                "number": number,
                "cells": [
                    column
                    | {"field": f"{number}-{column['name']}", "value": data.get(f"{number}-{column['name']}", "")}
                    for column in self.columns
                ],
            }
            for number in range(1, count + 1)
        ]

    def _typed(self, data: QueryDict) -> list[dict[str, Any]]:
        """The records of the grid; an empty cell is left out, an empty row as well."""
        records = []
        for row in self._rows(data):
            record = {cell["name"]: _value(cell["value"], cell["kind"]) for cell in row["cells"] if cell["value"]}
            if record:
                records.append(record)
        return records

    def _kept(self) -> dict[str, Any]:
        return dict(self.request.session.get(self._key, {}))

    @property
    def _key(self) -> str:
        return f"records:{self.dataset['datasetArn']}"

    def _ignored(self, record: Mapping[str, Any]) -> list[str]:
        """The keys of an event that are neither a column nor part of an event: nothing is stored of them."""
        if not self.kind.key.endswith("INTERACTIONS"):
            return []
        known = {_normal(name) for name in self.template["template"]} | EVENT_MEMBERS
        return [key for key in record if _normal(key) not in known]

    def _keep(self, text: str, answer: list[Mapping[str, Any]], ignored: list[list[str]]) -> None:
        """Results are added to those before, the newest first."""
        at = timezone.localtime().strftime("%H:%M:%S")
        batch = [
            {
                "at": at,
                "number": one["index"] + 1,
                "id": one["id"],
                "result": one["result"],
                "message": _said(one["message"], one["index"] + 1),
                "ignored": keys,
            }
            for one, keys in zip(answer, ignored, strict=True)
        ]
        before = self._kept().get("results", [])
        self.request.session[self._key] = {"text": text, "results": [*batch, *before][:KEPT_RESULTS]}


def _normal(key: str) -> str:
    """How keys are compared: without case and underscores."""
    return key.replace("_", "").lower()


def _kind(words: str) -> str:
    """How a column is typed in, from what record_template says it takes."""
    for kind, start in (("whole", "time in"), ("whole", "whole number"), ("decimal", "number"), ("flag", "true or")):
        if words.startswith(start):
            return kind
    return "text"


def _value(text: str, kind: str) -> Any:
    """What was typed, as the type of its column; text that is none stays text, for the operation to refuse."""
    try:
        if kind == "whole":
            return int(text)
        if kind == "decimal":
            return float(text)
    except ValueError:
        return text
    return text.lower() == "true" if kind == "flag" and text.lower() in ("true", "false") else text


def _said(message: str, number: int) -> str:
    """A refusal in the words of the form: "eventList.1.sentAt must be" becomes "Record 3, sentAt must be"."""

    def named(found: re.Match[str]) -> str:
        parts = [part for part in found[1].split(".") if part and part != "properties"]
        return f"Record {number}" + (f", {'.'.join(parts)}" if parts else "")

    return PLACE.sub(named, message)
