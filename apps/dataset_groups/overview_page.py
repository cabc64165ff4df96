"""The overview of a dataset group: three steps, how far each is, and what happens right now."""

import json
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from apps.dataset_groups import menus, overview, use_cases
from apps.ui import formats, jobs, tags
from apps.ui.pages import ConsolePage
from apps.ui.views.base import poll_seconds
from personalize_web import operations
from personalize_web.operations import statuses

DOMAINS = {
    "ECOMMERCE": ("E-commerce", "cart", "e-commerce"),
    "VIDEO_ON_DEMAND": ("Video on demand", "film", "video on demand"),
    None: ("Custom", "layers", ""),
}
USE_CASES_SHOWN = 3


class Overview(ConsolePage):
    """1.5: the first page of a group."""

    template_name = "dataset_groups/overview.html"
    section = "overview"

    def get_title(self) -> str:
        """The group's name."""
        return self.kwargs["dsg"]

    def breadcrumbs(self) -> list[dict[str, str]]:
        """The group itself is the last."""
        return super().breadcrumbs()[:-1]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, or its moving parts."""
        if self.part != "status":
            return self.render()
        finished = self._finished()
        response = self.render(template="dataset_groups/_live.html", finished=finished)
        response.status_code = 200 if self.poll else 286
        if finished:
            ok = all(row.has_data for row in finished)
            text = ", ".join(f"{row.kind.title}: {row.text}" for row in finished)
            response.headers["HX-Trigger"] = json.dumps({"settled": {"ok": ok, "text": text}})
        return response

    def _finished(self) -> list[overview.DatasetRow]:
        """The imports that ran when this page was asked last, and have ended since."""
        watched = set(self.request.GET.getlist("watch"))
        return [row for row in self.rows if row.import_name in watched and not row.running]

    @cached_property
    def jobs(self) -> dict[str, Mapping[str, Any]]:
        """The newest jobs of the group, by the ARN of what they work on."""
        found = operations.list_jobs(self.caller, dataset_group_arn=self.group["datasetGroupArn"], max_results=50)[
            "jobs"
        ]
        newest: dict[str, Mapping[str, Any]] = {}
        for job in found:
            newest.setdefault(job["resourceArn"], job)
        return newest

    @cached_property
    def rows(self) -> list[overview.DatasetRow]:
        """Step 1, line by line."""
        arn = self.group["datasetGroupArn"]
        datasets = operations.list_dataset_details(self.caller, dataset_group_arn=arn)["datasets"]
        return overview.dataset_rows(self.group.get("domain"), datasets, self.jobs)

    @cached_property
    def tracker(self) -> Mapping[str, Any] | None:
        """The event tracker, if there is one."""
        arn = self.group["datasetGroupArn"]
        return next(iter(operations.list_event_trackers(self.caller, dataset_group_arn=arn)["eventTrackers"]), None)

    @cached_property
    def analyses(self) -> list[Mapping[str, Any]]:
        """Data analyses, newest first."""
        arn = self.group["datasetGroupArn"]
        return operations.list_data_insights_jobs(self.caller, dataset_group_arn=arn)["dataInsightsJobs"]

    @cached_property
    def ingestion(self) -> Mapping[str, int]:
        """Records that single-record calls brought in the last 24 hours, and calls that were refused."""
        arn = self.group["datasetGroupArn"]
        found = operations.describe_ingestion(self.caller, dataset_group_arn=arn)["operations"]
        return {key: sum(one[key] for one in found) for key in ("accepted", "rejected")}

    def _recorded(self) -> str:
        count = self.ingestion["accepted"]
        return f"{formats.number(count)} record{'' if count == 1 else 's'} in the last 24 hours" if count else ""

    @property
    def active(self) -> bool:
        """Whether the group may be worked with."""
        return self.group["status"] == statuses.ACTIVE

    @property
    def has_interactions(self) -> bool:
        """Whether training may begin."""
        return any(row.kind.required and row.usable for row in self.rows)

    @cached_property
    def poll(self) -> dict[str, Any]:
        """When to ask again, while anything moves."""
        moving = (
            not statuses.describe(self.group["status"]).final
            or any(row.indicator in ("pending", "in-progress") for row in self.rows)
            or any(job["state"] in jobs.RUNNING for job in self.jobs.values())
        )
        if not moving:
            return {}
        since = float(self.request.GET.get("since") or time.time())
        watched = [row.import_name for row in self.rows if row.running]
        return {"url": self.poll_url(watched, since), "seconds": poll_seconds(time.time() - since)}

    def context(self) -> dict[str, Any]:
        """Everything the page and its moving parts show."""
        title, icon, noun = DOMAINS.get(self.group.get("domain"), DOMAINS[None])
        tab = "tags" if self.request.GET.get("tab") == "tags" else "activity"
        shown = tags.of(self.caller, self.group["datasetGroupArn"])
        return (
            super().context()
            | {
                "domain_title": title,
                "domain_icon": icon,
                "domain_noun": noun,
                "group_active": self.active,
                "may_change": self.may("analyst"),
                "may_delete": self.may("administrator"),
                "delete_url": self.url("dataset_groups:delete"),
                "deleting": self._deleting(),
                "summary_items": self._summary_items(),
                "pairs": self._pairs(title),
                "poll_url": self.poll.get("url", ""),
                "poll_seconds": self.poll.get("seconds", 5),
                "tab": tab,
                "tabs": self._tabs(len(shown)),
                "tags": shown,
                "manage_tags_url": self.url("tags:group") if self.may("analyst") else "",
                "recent": [jobs.line(job) for job in list(self.jobs.values())[:8]],
            }
            | self._step_1()
            | self._step_2()
            | self._step_3()
        )

    def _deleting(self) -> dict[str, Any]:
        """Where one sees how the deletion of everything goes, and why it stopped; nothing when there is none."""
        job = self.jobs.get(self.group["datasetGroupArn"])
        if job is None or job["kind"] != "delete-everything" or job["state"] == "DONE":
            return {}
        url = reverse("dataset_groups:deleting", kwargs={"name": self.group["name"]})
        return {"url": url, "running": job["state"] in jobs.RUNNING, "reason": job.get("failureReason")}

    def _pairs(self, domain: str) -> list[dict[str, Any]]:
        return [
            {"label": "ARN", "value": self.group["datasetGroupArn"], "copyable": True},
            {"label": "Domain", "value": domain},
            {"label": "Created", "value": self.group["creationDateTime"], "moment": "relative"},
            {"label": "Last updated", "value": self.group["lastUpdatedDateTime"], "moment": "relative"},
        ]

    def _tabs(self, tags: int) -> list[dict[str, Any]]:
        own = self.url("dataset_groups:overview")
        return [
            {"id": "activity", "label": "Recent activity", "href": f"{own}?tab=activity#group-tabs", "count": None},
            {"id": "tags", "label": "Tags", "href": f"{own}?tab=tags#group-tabs", "count": tags},
        ]

    def _summary_items(self) -> list[dict[str, Any]]:
        return [
            {"text": "Datasets", "href": self.url("datasets:list"), "icon": "data"},
            {"text": "Event trackers", "href": self.url("event_trackers:list"), "icon": "pulse"},
            {"text": "Manage tags", "href": self.url("tags:group"), "icon": "tag"},
            {"text": "Activity", "href": self.url("activity:group"), "icon": "list"},
        ]

    def _step_1(self) -> dict[str, Any]:
        arn = self.group["datasetGroupArn"]
        readiness = operations.describe_readiness(self.caller, dataset_group_arn=arn)
        running = sum(row.running for row in self.rows)
        return {
            "lines": [self._line(row) for row in self.rows],
            "running": running,
            "create_items": [menus.creating(self, row) for row in self.rows],
            "meters": overview.meters(readiness),
            "checks": overview.checklist(readiness),
            "ready_count": sum(check["ready"] for check in overview.checklist(readiness)),
            "steps": [
                "done" if self.has_interactions and not running else "now",
                "done" if self.analyses else ("now" if self.has_interactions else "later"),
                "done" if self._trained() else ("now" if self.has_interactions else "later"),
            ],
        }

    def _line(self, row: overview.DatasetRow) -> dict[str, Any]:
        there = row.dataset is not None
        return {
            "row": row,
            "progress": jobs.progress(row.job) if row.running else None,
            "href": self.url("datasets:detail", kind=row.kind.slug) if there else "",
            "menu_label": f"Actions for {row.kind.noun}",
            "items": menus.of_dataset(self, row),
        }

    def _step_2(self) -> dict[str, Any]:
        newest = self.analyses[0] if self.analyses else None
        running = newest is not None and newest["status"] in statuses.BUILDING
        there = self.tracker is not None
        interactions = next((row for row in self.rows if row.kind.required), None)
        text = "Statistics and insights, usually within a minute."
        if newest is not None and (at := formats.moment(newest["creationDateTime"])):
            text = "Analyzing now." if running else f"Last run {formats.short(at).replace('Today', 'today')}."
        return {
            "analysis_url": self.url("insights:report"),
            "run_url": self.url("insights:run"),
            "analysis_running": running,
            "analyzed": newest is not None,
            "analysis_disabled": "" if self.has_interactions else "Import item interactions first.",
            "analysis_text": text,
            "tracker": self.tracker,
            "tracker_url": self.url("event_trackers:detail", tracker=self.tracker["name"])
            if there and self.tracker
            else self.url("event_trackers:create"),
            "recorded": self._recorded() if interactions and interactions.dataset else "",
            "rejected_url": self.url("event_trackers:rejected") if self.ingestion["rejected"] else "",
            "rejected_text": f"{formats.number(self.ingestion['rejected'])} rejected",
            "tracker_disabled": ""
            if there or (interactions and interactions.dataset)
            else "Create the item interactions dataset first.",
        }

    def _step_3(self) -> dict[str, Any]:
        items = next((row for row in self.rows if row.kind.key == "ITEMS"), None)
        text = "Available once the item interactions data is active."
        if self.has_interactions:
            text = "Interaction data is active, so you can start now."
            if items and items.running:
                text = "Interaction data is active, so you can start now; the items dataset joins the next training."
        cases = self._use_cases()
        return {
            "training_text": text,
            "train_disabled": "" if self.has_interactions else "Wait until the item interactions data is active.",
            "use_cases": cases[:USE_CASES_SHOWN],
            "more_use_cases": max(0, len(cases) - USE_CASES_SHOWN),
            "recommenders_url": self._first("recommenders:create", "recommenders:list"),
            "solutions_url": self._first("solutions:create", "solutions:list"),
        }

    def _use_cases(self) -> list[dict[str, str]]:
        domain = self.group.get("domain")
        return use_cases.shown(operations.list_recipe_details(self.caller, domain=domain)["recipes"]) if domain else []

    def _trained(self) -> bool:
        counts = self.counts()
        return bool(counts.get("recommenders") or counts.get("campaigns"))

    def _first(self, *routes: str) -> str:
        """The first of these pages that exists already."""
        for route in routes:
            for more in ({}, {"step": "use-cases"}, {"step": "details"}):
                try:
                    return reverse(route, kwargs={"dsg": self.group["name"]} | more)
                except NoReverseMatch:
                    continue
        return ""
