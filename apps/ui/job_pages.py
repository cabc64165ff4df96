"""GroupJobPage: a job of a dataset group with its progress and its log, drawn again while it runs."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from apps.ui import formats, jobs
from apps.ui.pages import DetailPage
from personalize_web import operations
from personalize_web.operations import statuses


class GroupJobPage(DetailPage):
    """Declare phases and what DetailPage asks for; give arn_of_job()."""

    section = "datasets"
    live = ("datasets/_job_status.html", "import_jobs/_progress.html", "activity/_log_lines.html")
    phases: tuple[str, ...] = ()

    def arn_of_job(self) -> str:
        """The resource whose background job is shown."""
        raise NotImplementedError

    def get_title(self) -> str:
        """Its name."""
        return str(self.kwargs["job"])

    @property
    def running(self) -> bool:
        """Whether it is still to come to an end."""
        return not statuses.describe(self.resource["status"]).final

    @cached_property
    def job(self) -> Mapping[str, Any] | None:
        """The background job."""
        return operations.describe_job(self.caller, resource_arn=self.arn_of_job())["job"]

    def took(self, seconds: float | None = None) -> str:
        """How long it ran, in words."""
        found = seconds if seconds is not None else (jobs.seconds(self.job) if self.job else None)
        return formats.duration(found) if found is not None else ""

    def context(self) -> dict[str, Any]:
        """Progress, log and tags."""
        arn = self.arn_of_job()
        lines = operations.get_job_log(self.caller, resource_arn=arn)["lines"]
        return super().context() | {
            "tags": operations.list_tags_for_resource(self.caller, resource_arn=arn)["tags"],
            "manage_url": f"/console/tags/?arn={arn}" if self.may("analyst") else "",
            "job": self.resource,
            "running": self.running,
            "progress": jobs.progress(self.job),
            "phases": self._steps(),
            "lines": [line | {"number": line["id"]} for line in lines],
            "warnings": sum(line["level"] == "warning" for line in lines),
            "errors": sum(line["level"] == "error" for line in lines),
        }

    def _steps(self) -> list[dict[str, Any]]:
        """The phases as steps, where the job counts as many of them as the page knows."""
        known = self.job is None or self.job.get("phaseCount") in (0, None, len(self.phases))
        return jobs.phase_steps(self.job, self.phases) if self.phases and known else []
