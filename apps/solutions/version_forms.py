"""Making a solution version, and stopping one that trains."""

from functools import cached_property
from typing import Any

from apps.solutions.forms import VersionForm
from apps.solutions.versions import VersionPages
from apps.solutions.views import CRUMBS
from apps.ui.pages import ConfirmPage, FormPage, flash
from personalize_web import operations

UPDATED = ("aws-user-personalization", "aws-hrnn-coldstart")
"""Recipes whose versions may take in new items without learning."""


class CreateVersion(FormPage):
    """Train a new version of a solution now."""

    operation, form_class = operations.create_solution_version, VersionForm
    template_name = "solutions/create_version.html"
    title, section, noun, submit, crumbs = (
        "Create solution version",
        "solutions",
        "solution version",
        "Create solution version",
        CRUMBS,
    )

    @cached_property
    def solution(self) -> dict[str, Any]:
        arn = self.arn("solution", self.kwargs["solution"])
        return operations.describe_solution(self.caller, solution_arn=arn)["solution"]

    @cached_property
    def versions(self) -> list[dict[str, Any]]:
        arn = self.solution["solutionArn"]
        return operations.list_solution_version_details(self.caller, solution_arn=arn)["solutionVersions"]

    def about(self) -> dict[str, Any]:
        return super().about() | {"no_update": self._why_no_update()}

    def _why_no_update(self) -> str:
        recipe = self.solution.get("recipeArn", "").rpartition("/")[2]
        if recipe not in UPDATED:
            return "Only with User-Personalization."
        full = any(row["status"] == "ACTIVE" and row["trainingMode"] != "UPDATE" for row in self.versions)
        return "" if full else "Only once a full version is Active."

    def blocked(self) -> str:
        ready = self.solution["status"] == "ACTIVE"
        return super().blocked() or ("" if ready else f"Wait until {self.kwargs['solution']} is Active.")

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"solution_arn": self.solution["solutionArn"]}

    def cancel_url(self) -> str:
        return self.url("solutions:detail", solution=self.kwargs["solution"])

    def success(self, answer: Any) -> None:
        flash(self.request, "in-progress", f"Training a new version of {self.kwargs['solution']}…")

    def success_url(self, answer: Any) -> str:
        version = answer["solutionVersionArn"].rpartition("/")[2]
        return self.url("solutions:version", solution=self.kwargs["solution"], version=version)

    def context(self) -> dict[str, Any]:
        last = next((row for row in self.versions if row.get("trainingHours")), None)
        return super().context() | {
            "solution": self.solution,
            "last_seconds": last["trainingHours"] * 3600 if last else None,
        }


class StopVersion(VersionPages, ConfirmPage):
    """Stop a training."""

    operation = operations.stop_solution_version_creation
    title, verb = "Stop creation", "Stop creation"
    text = "Training stops and cannot be resumed; the version stays listed."

    def arguments(self) -> dict[str, Any]:
        return {"solution_version_arn": self.version_arn}

    def done(self) -> tuple[str, str]:
        return "in-progress", f"Stopping version {self.kwargs['version']}…"

    def success_url(self) -> str:
        return self.address()
