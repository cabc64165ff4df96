"""All background work: what runs, what ran, and the live log of one job."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.ui import cells, jobs
from apps.ui.pages import Column, DetailPage, Empty, ListPage
from personalize_web import operations
from personalize_web.operations.errors import ResourceNotFoundException

SHOWN = 500
DONE = {"DONE": "COMPLETED", "FAILED": "FAILED", "STOPPED": "CREATE STOPPED", "PENDING": "PENDING"}


def _log_address(row: Mapping[str, Any]) -> str:
    return f"{reverse('activity:job')}?{urlencode({'arn': row['arn']})}"


class Activity(ListPage):
    """Every job of the account, newest first."""

    operation = operations.list_jobs
    title, section, noun, noun_plural = "Activity", "activity", "job", "jobs"
    description = "All work in the background: imports, analyses, trainings, deployments, deletions."
    empty = Empty("No activity yet", "Imports, analyses and trainings appear here.")
    sort = "started"
    columns = (
        Column("text", "Activity", cells.href(_log_address, "text"), sortable=True),
        Column("name", "Resource", cells.href(lambda row: row["href"], "name", css=""), sortable=True),
        Column("status", "Status", cells.status(reason="reason", identity="key"), sortable=True),
        Column("requested_by", "Requested by", sortable=True, css="secondary"),
        Column("started", "Started", cells.moment("started"), sortable=True),
        Column("duration", "Duration", align="end", css="secondary"),
    )

    def identify(self, row: Mapping[str, Any]) -> str:
        """A resource has a job of each kind."""
        return str(row["key"])

    def arguments(self) -> dict[str, Any]:
        """Of the whole account."""
        return {"max_results": SHOWN}

    def rows(self) -> list[Mapping[str, Any]]:
        """Jobs as rows."""
        found = operations.list_jobs(self.caller, **self.arguments())["jobs"]
        rows = []
        for number, job in enumerate(found):
            line = jobs.line(job)
            state = DONE.get(job["state"], "IN PROGRESS")
            rows.append(
                line | {"status": state, "key": f"{jobs.name_of(line['arn'])}-{job['kind']}-{len(found) - number}"}
            )
        return rows


class GroupActivity(Activity):
    """The same of one group."""

    section = "group-activity"

    def arguments(self) -> dict[str, Any]:
        """Of this group."""
        return {"max_results": SHOWN, "dataset_group_arn": self.group["datasetGroupArn"]}


class JobPage(DetailPage):
    """The newest job of a resource with its live log; ``?arn=`` names the resource."""

    operation, answer_key, noun = operations.describe_job, "job", "job"
    section, template_name = "activity", "activity/job.html"
    crumbs = (("Activity", "activity:list"),)
    live = ("activity/_job_head.html", "activity/_job_progress.html", "activity/_log_lines.html")

    def arguments(self) -> dict[str, Any]:
        """The resource."""
        return {"resource_arn": self.request.GET.get("arn", "")}

    @cached_property
    def resource(self) -> dict[str, Any]:
        """The job."""
        found = operations.describe_job(self.caller, **self.arguments())["job"]
        if found is None:
            raise ResourceNotFoundException("There is no job for this resource.")
        return found | {"status": DONE.get(found["state"], "IN PROGRESS")}

    def get_title(self) -> str:
        """What it does."""
        return f"{jobs.title(self.resource['kind'])} {jobs.name_of(self.resource['resourceArn'])}"

    def context(self) -> dict[str, Any]:
        """Progress, facts, log."""
        job = self.resource
        lines = operations.get_job_log(self.caller, resource_arn=job["resourceArn"])["lines"]
        return super().context() | {
            "job": jobs.line(job),
            "progress": jobs.progress(job),
            "running": job["state"] in jobs.RUNNING,
            "lines": lines,
            "warnings": sum(line["level"] == "warning" for line in lines),
            "errors": sum(line["level"] == "error" for line in lines),
            "resource_url": jobs.address(job["resourceArn"]),
            "pairs": [
                {"label": "Resource", "value": job["resourceArn"], "copyable": True},
                {"label": "Requested by", "value": job.get("requestedBy")},
                {"label": "Attempt", "value": job.get("attempt")},
                {"label": "Asked for", "value": job.get("createdAt"), "moment": "full"},
                {"label": "Started", "value": job.get("startedAt"), "moment": "full"},
                {"label": "Duration", "value": jobs.line(job)["duration"]},
            ],
        }
