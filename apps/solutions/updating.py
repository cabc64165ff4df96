"""What may change of a solution: automatic training, its schedule, incremental updates, listed event types."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from apps.solutions import events, words
from apps.solutions.forms import AUTOMATIC
from apps.solutions.training_forms import UpdateForm
from apps.solutions.views import CRUMBS
from apps.ui import training_columns
from apps.ui.pages import FormPage, flash
from personalize_web import operations


class UpdateSolution(FormPage):
    """F17b: edit automatic training."""

    operation, form_class = operations.update_solution, UpdateForm
    template_name = "solutions/update.html"
    section, noun, submit, crumbs = "solutions", "solution", "Update", CRUMBS
    description = "Everything else of a solution is fixed; clone it to vary it."

    @cached_property
    def solution(self) -> dict[str, Any]:
        arn = self.arn("solution", self.kwargs["solution"])
        return operations.describe_solution(self.caller, solution_arn=arn)["solution"]

    @cached_property
    def recipe(self) -> Mapping[str, Any]:
        if self.solution.get("performAutoML"):
            return AUTOMATIC
        return operations.describe_recipe_details(self.caller, recipe_arn=self.solution["recipeArn"])["recipe"]

    def get_title(self) -> str:
        return f"Edit automatic training of {self.kwargs['solution']}"

    def about(self) -> dict[str, Any]:
        group_arn = self.group["datasetGroupArn"]
        readiness = operations.describe_readiness(self.caller, dataset_group_arn=group_arn)
        columns = training_columns.of_group(self.caller, group_arn, self.recipe)
        return super().about() | {
            "recipe": self.recipe,
            "updates": True,
            "lists_events": bool(events.rows_of(self.solution.get("solutionConfig") or {})),
            **training_columns.events(columns, readiness["eventTypes"]),
        }

    def initial(self) -> dict[str, Any]:
        config = self.solution.get("solutionConfig") or {}
        return {
            "perform_auto_training": self.solution.get("performAutoTraining", True),
            "perform_incremental_update": self.solution.get("performIncrementalUpdate", False),
            "frequency": words.days(config) or 7,
            "events": events.rows_of(config),
        }

    def edited(self) -> tuple[str, Any]:
        now = self.solution
        return now["solutionArn"], [
            now.get(name) for name in ("performAutoTraining", "performIncrementalUpdate", "solutionConfig")
        ]

    def blocked(self) -> str:
        ready = self.solution["status"] == operations.statuses.ACTIVE
        return super().blocked() or ("" if ready else "Wait until the solution is Active.")

    def arguments(self) -> dict[str, Any]:
        return {"solution_arn": self.solution["solutionArn"]} | self.form.arguments()

    def cancel_url(self) -> str:
        return self.url("solutions:detail", solution=self.kwargs["solution"])

    def success(self, answer: Any) -> None:
        on = self.form.cleaned_data["perform_auto_training"] and not self.solution.get("performAutoTraining")
        text = "The first training starts within an hour." if on else "Later versions follow it."
        flash(self.request, "success", f"Solution {self.kwargs['solution']} is updated.", text)

    def success_url(self, answer: Any) -> str:
        return f"{self.cancel_url()}?tab=configuration"
