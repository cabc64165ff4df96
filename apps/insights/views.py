"""Data analysis: run it, follow it, read its insights, charts and statistics."""

import json
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.insights import report
from apps.ui import dataset_types, formats, jobs
from apps.ui.flashes import flash
from apps.ui.pages import ConsolePage
from apps.ui.views.base import poll_seconds
from personalize_web import operations
from personalize_web.operations import ServiceError, statuses

KEPT = 30
NOT_ANALYSED = ("ACTIONS", "ACTION_INTERACTIONS")


class Report(ConsolePage):
    """5.1; ``?run=`` chooses an earlier analysis, ``?column=`` a column, ``?q=`` and ``?dataset=`` insights."""

    operation = operations.get_data_insights
    template_name = "insights/report.html"
    title, section, info = "Data analysis", "data-analysis", "data-analysis"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; the part of it that htmx swaps; or how far a running analysis is."""
        if self.part == "status":
            return self._status()
        target = (request.htmx.target or "") if self.is_fragment else ""
        if target == "insights":
            return self.render(template="insights/_insights.html")
        if target.startswith("detail-"):
            kind = target.removeprefix("detail-")
            section = next((one for one in self.context().get("sections", ()) if one["kind"] == kind), None)
            return render(request, "insights/_column.html", {"section": section})
        return self.render()

    @cached_property
    def runs(self) -> list[Mapping[str, Any]]:
        """Analyses of the group, newest first."""
        arn = self.group["datasetGroupArn"]
        found = operations.list_data_insights_jobs(self.caller, dataset_group_arn=arn, max_results=KEPT)
        return found["dataInsightsJobs"]

    @property
    def running(self) -> Mapping[str, Any] | None:
        """The analysis that is under way."""
        return next((run for run in self.runs if run["status"] in statuses.BUILDING), None)

    @cached_property
    def shown(self) -> Mapping[str, Any] | None:
        """The analysis on the page: the chosen one, else the newest that succeeded."""
        finished = [run for run in self.runs if run["status"] == statuses.ACTIVE]
        asked = self.request.GET.get("run", "")
        return next((run for run in finished if _id(run) == asked), finished[0] if finished else None)

    @cached_property
    def failed(self) -> Mapping[str, Any] | None:
        """The newest analysis, if it failed."""
        newest = self.runs[0] if self.runs else None
        return newest if newest and newest["status"] == statuses.CREATE_FAILED else None

    @cached_property
    def datasets(self) -> dict[str, Mapping[str, Any]]:
        """The group's datasets by type."""
        arn = self.group["datasetGroupArn"]
        found = operations.list_dataset_details(self.caller, dataset_group_arn=arn)["datasets"]
        return {one["datasetType"].upper(): one for one in found}

    @property
    def has_data(self) -> bool:
        """Whether there is anything to analyse."""
        interactions = self.datasets.get("INTERACTIONS")
        return bool(interactions and (interactions.get("statistics") or {}).get("rows"))

    def _numbers(self, run: Mapping[str, Any]) -> dict[str, Any]:
        return operations.get_data_insights(self.caller, data_insights_job_arn=run["dataInsightsJobArn"])

    def context(self) -> dict[str, Any]:
        """The report of the shown analysis, and what runs."""
        running = self.running
        disabled = self.denied("create_data_insights_job")
        if not disabled and running:
            disabled = "Analyzing… usually under 15 minutes"
        if not disabled and not self.has_data:
            disabled = "Import item interactions first."
        context = super().context() | {
            "runs": [
                {"id": _id(run), "words": _when(run), "current": run is self.shown, "latest": at == 0}
                for at, run in enumerate(run for run in self.runs if run["status"] == statuses.ACTIVE)
            ],
            "shown": self.shown,
            "failed": self.failed,
            "run_url": self.url("insights:run"),
            "run_disabled": disabled,
            "running": running,
            "progress": self._progress(running) if running else None,
            "poll": self._poll() if running else {},
            "has_data": self.has_data,
            "left_out": sorted(dataset_types.BY_KEY[kind].title for kind in NOT_ANALYSED if kind in self.datasets),
            "import_url": self.url("import_jobs:wizard", kind="item-interactions", step="method"),
        }
        if self.shown is not None:
            numbers = self._numbers(self.shown)
            context |= report.context(numbers, self.request.GET, self._links(), self._noun())
            context["description"] = self._description(numbers)
        return context

    def _noun(self) -> str:
        return {"VIDEO_ON_DEMAND": "Title", "ECOMMERCE": "Product"}.get(self.group.get("domain") or "", "Item")

    def _description(self, numbers: Mapping[str, Any]) -> str:
        assert self.shown is not None
        at = formats.moment(self.shown["creationDateTime"])
        job = operations.describe_job(self.caller, resource_arn=self.shown["dataInsightsJobArn"])["job"]
        took = jobs.seconds(job) if job else None
        begin = f"Run {formats.short(at)}" if at else "Run"
        words = begin.replace("Today", "today") + (f" in {formats.duration(took)}" if took is not None else "")
        rows = report.rows(numbers)
        return f"{words} · {formats.number(rows)} interactions, bulk and streamed; anonymous users left out"

    def _links(self) -> dict[str, str]:
        slugs = {"INTERACTIONS": "item-interactions", "ITEMS": "items", "USERS": "users"}
        links = {"own": self.url("insights:report"), "rejected": self.url("event_trackers:rejected")}
        for kind, slug in slugs.items():
            links[kind] = self.url("import_jobs:create", kind=slug)
            links[f"dataset-{kind}"] = self.url("datasets:detail", kind=slug)
            if kind != "INTERACTIONS":
                links[f"schema-{kind}"] = self.url("datasets:replace_schema", kind=slug)
        return links

    def _progress(self, run: Mapping[str, Any]) -> dict[str, Any]:
        return jobs.progress(operations.describe_job(self.caller, resource_arn=run["dataInsightsJobArn"])["job"])

    def _poll(self, since: float = 0) -> dict[str, Any]:
        since = since or time.time()
        return {
            "url": self.poll_url((), since),
            "seconds": 2 if time.time() - since < 60 else poll_seconds(time.time() - since),
        }

    def _status(self) -> HttpResponse:
        """Progress while it runs; at its end the page is fetched anew."""
        running = self.running
        if running is None:
            response = HttpResponse(render_to_string("components/poll.html", {}), status=286)
            ok = self.failed is None
            text = "Data analysis is done" if ok else "Data analysis failed"
            response.headers["HX-Trigger"] = json.dumps({"settled": {"ok": ok, "text": text}, "reload-page": True})
            return response
        poll = render_to_string("components/poll.html", self._poll(float(self.request.GET.get("since") or time.time())))
        part = render_to_string("insights/_progress.html", {"progress": self._progress(running), "oob": True})
        return HttpResponse(poll + part)


def _when(run: Mapping[str, Any]) -> str:
    at = formats.moment(run["creationDateTime"])
    return f"{formats.short(at)}{'' if formats.short(at).startswith('Today') else f', {at:%H:%M}'}" if at else ""


def _id(run: Mapping[str, Any]) -> str:
    return str(run["dataInsightsJobArn"]).rpartition("/")[2]


class Run(ConsolePage):
    """POST begins an analysis."""

    operation = operations.create_data_insights_job
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Begin, and go to the report, which shows how far it is."""
        try:
            operations.create_data_insights_job(self.caller, dataset_group_arn=self.group["datasetGroupArn"])
        except ServiceError as error:
            flash(request, "error", "The analysis was not started.", error.message)
        else:
            flash(request, "in-progress", "Analyzing the data…", "You can leave this page; the analysis goes on.")
        return self.redirect(self.url("insights:report"))
