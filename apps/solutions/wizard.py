"""Creating a solution in three steps, from nothing or from another solution."""

import json
from functools import cached_property
from typing import Any

from django.http import QueryDict

from apps.solutions.forms import COLUMNS, PARAMETER, DetailsForm, TrainingForm
from apps.solutions.views import CRUMBS
from apps.ui import training_columns
from apps.ui.pages import Step, WizardPage, flash
from personalize_web import operations


class CreateSolution(WizardPage):
    """Specify details, configure training, review."""

    operation = operations.create_solution
    title, section, noun, submit, crumbs = "Create solution", "solutions", "solution", "Create solution", CRUMBS
    template_name = "solutions/wizard.html"
    route = "solutions:create"
    steps = (
        Step("details", "Specify solution details", DetailsForm, "solutions/_step_details.html"),
        Step("training", "Training configuration", TrainingForm, "solutions/_step_training.html"),
        Step("review", "Review"),
    )

    @cached_property
    def recipes(self) -> list[dict[str, Any]]:
        return operations.list_recipe_details(self.caller)["recipes"]

    @cached_property
    def readiness(self) -> dict[str, Any]:
        return operations.describe_readiness(self.caller, dataset_group_arn=self.group["datasetGroupArn"])

    def recipe_of(self, recipe_arn: str | None) -> dict[str, Any] | None:
        return next((each for each in self.recipes if each["recipeArn"] == recipe_arn), None)

    def chosen_recipe(self) -> dict[str, Any]:
        """The recipe of the first step; before that is answered, any recipe that can be trained."""
        saved = self.saved.get("details")
        arn = None
        if saved:
            arn = QueryDict(saved).get("recipe_arn")
        return self.recipe_of(arn) or next(each for each in self.recipes if each["available"])

    @cached_property
    def columns(self) -> tuple[training_columns.DatasetColumns, ...]:
        return training_columns.of_group(self.caller, self.group["datasetGroupArn"], self.chosen_recipe())

    def about(self) -> dict[str, Any]:
        fields = self._interaction_fields()
        return super().about() | {
            "recipes": self.recipes,
            "recipe": self.chosen_recipe(),
            "columns": self.columns,
            "event_types": self.readiness["eventTypes"] if "EVENT_TYPE" in fields else None,
            "event_value": "EVENT_VALUE" in fields,
        }

    def _interaction_fields(self) -> set[str]:
        return {each.name for group in self.columns if group.dataset_type == "INTERACTIONS" for each in group.columns}

    def arguments(self) -> dict[str, Any]:
        details, training = self.forms["details"], self.forms["training"]
        own = details.cleaned_data
        return (
            {
                "name": own["name"],
                "dataset_group_arn": self.group["datasetGroupArn"],
                "recipe_arn": own["recipe_arn"],
            }
            | training.arguments()
            | ({"tags": own["tags"]} if own.get("tags") else {})
        )

    def note(self, step: Step) -> str:
        form = self.forms.get("details")
        return form.cleaned_data.get("name", "") if form and step.slug == "details" and form.is_valid() else ""

    def review(self) -> list[dict[str, Any]]:
        details, training = self.forms["details"], self.forms["training"]
        own, more = details.cleaned_data, training.arguments()
        config = more.get("solution_config", {})
        excluded = training.cleaned_data["excluded"]
        schedule = config.get("autoTrainingConfig", {}).get("schedulingExpression", "")
        recipe = self.chosen_recipe()
        step = {each.slug: each for each in self.steps}
        parameters = [
            {
                "label": row["about"]["name"],
                "mono": True,
                "value": training.cleaned_data.get(PARAMETER + row["about"]["name"]) or row["about"]["default"],
            }
            for row in training.parameters()
        ]
        return [
            {
                "title": "Solution details",
                "edit_href": self.address(step["details"]),
                "pairs": [
                    {"label": "Solution name", "value": own["name"]},
                    {"label": "Recipe", "value": recipe["name"], "mono": True},
                    {
                        "label": "Tags",
                        "value": ", ".join(f"{tag['tagKey']}={tag['tagValue']}" for tag in own.get("tags") or []),
                    },
                ],
            },
            {
                "title": "Training configuration",
                "edit_href": self.address(step["training"]),
                "pairs": [
                    {"label": "Automatic training", "value": schedule.replace("rate(", "Every ").rstrip(")") or "Off"},
                    {"label": "Event type", "value": more.get("event_type") or "All events"},
                    {"label": "Event value threshold", "value": config.get("eventValueThreshold")},
                    {
                        "label": "Columns left out",
                        "mono": bool(excluded),
                        "value": ", ".join(name for names in excluded.values() for name in names) or "None",
                    },
                    *parameters,
                ],
            },
        ]

    def blocked(self) -> str:
        ready = self.readiness["datasets"].get("INTERACTIONS") == "ACTIVE"
        return super().blocked() or ("" if ready else "Wait until the Item interactions dataset is Active.")

    def success_url(self, answer: Any) -> str:
        return self.url("solutions:detail", solution=self.forms["details"].cleaned_data["name"])

    def success(self, answer: Any) -> None:
        automatic = self.forms["training"].cleaned_data["perform_auto_training"]
        text = "The first version starts by itself." if automatic else "Create a solution version to train it."
        flash(self.request, "in-progress", f"Creating solution {self.forms['details'].cleaned_data['name']}…", text)

    def context(self) -> dict[str, Any]:
        return super().context() | {"code_arguments": self._code(), "readiness": self.readiness}

    def _code(self) -> str:
        """The arguments as JSON, on the review step."""
        return (
            json.dumps(self.arguments(), indent=2)
            if self.step.slug == "review" and self._first_missing() is None
            else ""
        )


class CloneSolution(CreateSolution):
    """The same wizard, pre-filled from a solution."""

    route = "solutions:clone"

    @cached_property
    def source(self) -> dict[str, Any]:
        arn = self.arn("solution", self.kwargs["solution"])
        return operations.describe_solution(self.caller, solution_arn=arn)["solution"]

    def get_title(self) -> str:
        return f"Clone solution {self.kwargs['solution']}"

    def chosen_recipe(self) -> dict[str, Any]:
        if "details" in self.saved:
            return super().chosen_recipe()
        return self.recipe_of(self.source["recipeArn"]) or super().chosen_recipe()

    def initial(self, step: Step) -> dict[str, Any]:
        source, config = self.source, self.source.get("solutionConfig") or {}
        if step.slug == "details":
            tags = operations.list_tags_for_resource(self.caller, resource_arn=source["solutionArn"])["tags"]
            return {"recipe_arn": source["recipeArn"], "tags": tags}
        if step.slug != "training":
            return {}
        schedule = (config.get("autoTrainingConfig") or {}).get("schedulingExpression", "rate(7 days)")
        parameters = (config.get("algorithmHyperParameters") or {}) | (
            config.get("featureTransformationParameters") or {}
        )
        excluded = (config.get("trainingDataConfig") or {}).get("excludedDatasetColumns") or {}
        return {
            "perform_auto_training": source.get("performAutoTraining", True),
            "frequency": int("".join(each for each in schedule if each.isdigit()) or 7),
            "event_type": source.get("eventType", ""),
            "event_value_threshold": config.get("eventValueThreshold"),
            **{PARAMETER + name: value for name, value in parameters.items()},
            **{
                COLUMNS + group.dataset_type: [
                    name for name in group.choices if name not in excluded.get(group.dataset_type, [])
                ]
                for group in self.columns
            },
        }

    def context(self) -> dict[str, Any]:
        return super().context() | {"cloned": self.kwargs["solution"]}
