"""Deleting a dataset group (F3): alone once it is empty, or with everything in it, in order."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.ui import jobs
from apps.ui.flashes import flash
from apps.ui.pages import ConsolePage, DeletePage, DetailPage
from personalize_web import operations
from personalize_web.operations import ServiceError
from personalize_web.operations.errors import ResourceNotFoundException

KINDS = {
    "campaign": "Campaign",
    "recommender": "Recommender",
    "solution": "Solution",
    "event-tracker": "Event tracker",
    "metric-attribution": "Metric attribution",
    "filter": "Filter",
    "dataset": "Dataset",
    "dataset-group": "Dataset group",
    "schema": "Schema",
}
KIND = "delete-everything"
STATES = {"DONE": "COMPLETED", "FAILED": "FAILED", "STOPPED": "FAILED", "PENDING": "PENDING"}


def title_of(kind: str) -> str:
    """A kind of resource in words: "event-tracker" is "Event tracker"."""
    return KINDS.get(kind, kind.replace("-", " ").capitalize())


def steps_of(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The plan's steps as components/deletion_plan.html draws them."""
    return [
        {
            "number": number,
            "kind": title_of(step["kind"]),
            "name": step["name"],
            "href": jobs.address(step["arn"]),
            "status": step["status"],
            "blocked_by": step["blockedBy"],
        }
        for number, step in enumerate(plan["steps"], start=1)
    ]


class PlannedDeletion(ConsolePage):
    """A page that knows what has to go, in which order."""

    @cached_property
    def plan(self) -> dict[str, Any]:
        """As describe_deletion_plan answers it."""
        return operations.describe_deletion_plan(self.caller, dataset_group_arn=self.group["datasetGroupArn"])

    @property
    def contained(self) -> list[dict[str, Any]]:
        """Everything but the group itself."""
        own = self.group["datasetGroupArn"]
        return steps_of({"steps": [step for step in self.plan["steps"] if step["arn"] != own]})


class DeleteDatasetGroup(PlannedDeletion, DeletePage):
    """What stands in the way is listed in the order in which it has to go."""

    operation, argument = operations.delete_dataset_group, "dataset_group_arn"
    template_name = "dataset_groups/delete.html"
    section, noun, title = "overview", "dataset group", "Delete dataset group"

    def names(self) -> Sequence[str]:
        """The group of the address."""
        return [self.kwargs["dsg"]]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return self.arn("dataset-group", name)

    def consequences(self) -> Sequence[str]:
        """Nothing else is left to go."""
        return ["The group and the records of its finished jobs are removed. Stored files and schemas stay."]

    def blockers(self) -> Sequence[Mapping[str, str]]:
        """What is in the group, in order."""
        return [{"text": f"{step['kind']} {step['name']}", "href": step["href"]} for step in self.contained]

    def render(self, *, status: int = 200, template: str = "", **more: Any) -> HttpResponse:
        """The dialog, too, shows the plan and the way to do all of it."""
        template = "dataset_groups/_delete_modal.html" if template.startswith("components/") else template
        more |= {
            "steps": self.contained,
            "everything_url": self.url("dataset_groups:delete_everything") if self.may("administrator") else "",
        }
        return super().render(status=status, template=template, **more)

    def success_url(self) -> str:
        """The list of groups."""
        return reverse("dataset_groups:list")


class DeleteEverything(PlannedDeletion, DeletePage):
    """The plan, the word to type, then one job."""

    operation, argument = operations.delete_everything, "dataset_group_arn"
    template_name = "dataset_groups/delete_everything.html"
    section, noun, title = "overview", "dataset group", "Delete everything in order"

    def names(self) -> Sequence[str]:
        """The group of the address."""
        return [self.kwargs["dsg"]]

    def arn_of(self, name: str) -> str:
        """Its ARN."""
        return self.arn("dataset-group", name)

    def perform(self, name: str) -> None:
        """With or without the schemas that nothing uses afterwards."""
        schemas = self.request.POST.get("schemas") == "1"
        operations.delete_everything(self.caller, dataset_group_arn=self.arn_of(name), schemas=schemas)

    def _delete(self, name: str) -> None:
        try:
            self.perform(name)
        except ServiceError as error:
            flash(self.request, "error", "Nothing was deleted.", error.message)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only administrators see the form."""
        if denied := self.denied("delete_dataset_group"):
            return self.render(denied=denied, status=403)
        return super().get(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        """The plan in order."""
        waits = any(step["blockedBy"] for step in self.plan["steps"])
        return super().context() | {
            "steps": steps_of(self.plan),
            "waits": "Wait until the work named in the plan has ended, or stop it." if waits else "",
            "schemas": self.plan["schemas"],
            "overview_url": self.url("dataset_groups:overview"),
        }

    def success_url(self) -> str:
        """Where one sees how far it is."""
        return reverse("dataset_groups:deleting", kwargs={"name": self.kwargs["dsg"]})


class Deleting(DetailPage):
    """How far the deletion of everything is. Its address lies outside the group, which goes at the end."""

    operation, noun = operations.describe_job, "deletion"
    template_name = "dataset_groups/deleting.html"
    section, title = "dataset-groups", "Delete everything in order"
    crumbs = (("Dataset groups", "dataset_groups:list"),)
    live = ("dataset_groups/_deleting.html", "activity/_log_lines.html")

    @property
    def group_arn(self) -> str:
        """The group that goes, or has gone."""
        return self.arn("dataset-group", self.kwargs["name"])

    @cached_property
    def job(self) -> dict[str, Any] | None:
        """The newest job of the group, if it deletes everything."""
        found = operations.describe_job(self.caller, resource_arn=self.group_arn)["job"]
        return found if found and found["kind"] == KIND else None

    @cached_property
    def plan(self) -> dict[str, Any] | None:
        """What is still there; None once the group is gone."""
        try:
            return operations.describe_deletion_plan(self.caller, dataset_group_arn=self.group_arn)
        except ResourceNotFoundException:
            return None

    @cached_property
    def resource(self) -> dict[str, Any]:
        """The job in the words of a status."""
        if self.job is None:
            raise ResourceNotFoundException("Nothing is being deleted in this dataset group.")
        if self.plan is None:
            return self.job | {"status": "COMPLETED"}
        return self.job | {"status": STATES.get(self.job["state"], "IN_PROGRESS")}

    def context(self) -> dict[str, Any]:
        """Progress, what is left, the log."""
        lines = operations.get_job_log(self.caller, resource_arn=self.group_arn)["lines"]
        running = self.resource["status"] in ("PENDING", "IN_PROGRESS")
        name = self.kwargs["name"]
        return super().context() | {
            "name": name,
            "running": running,
            "gone": self.plan is None,
            "failed": self.resource["status"] == "FAILED",
            "reason": self.resource.get("failureReason"),
            "progress": jobs.progress(self.job),
            "steps": steps_of(self.plan) if self.plan else [],
            "lines": lines,
            "warnings": sum(line["level"] == "warning" for line in lines),
            "errors": sum(line["level"] == "error" for line in lines),
            "list_url": reverse("dataset_groups:list"),
            "group_url": reverse("dataset_groups:overview", kwargs={"dsg": name}),
            "again_url": reverse("dataset_groups:delete_everything", kwargs={"dsg": name}),
        }
