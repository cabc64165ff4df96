"""Creating a solution in three steps, from nothing or from another solution."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import QueryDict

from apps.solutions import events, parameters, words
from apps.solutions.forms import AUTOMATIC, DetailsForm, type_of
from apps.solutions.training_forms import OTHER, SEVERAL, TrainingForm
from apps.solutions.views import CRUMBS
from apps.ui import column_choices, training_columns
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

    def recipe_of(self, recipe_arn: str | None) -> Mapping[str, Any] | None:
        if recipe_arn == AUTOMATIC["recipeArn"]:
            return AUTOMATIC
        return next((each for each in self.recipes if each["recipeArn"] == recipe_arn), None)

    def chosen_recipe(self) -> Mapping[str, Any]:
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
        return super().about() | {
            "recipes": self.recipes,
            "datasets": self.readiness["datasets"],
            "recipe": self.chosen_recipe(),
            "columns": self.columns,
            "objectives": [
                each.name
                for group in self.columns
                if group.dataset_type == "ITEMS"
                for each in group.columns
                if each.objective
            ],
            **training_columns.events(self.columns, self.readiness["eventTypes"]),
        }

    def arguments(self) -> dict[str, Any]:
        own = self.forms["details"].cleaned_data
        return (
            {
                "name": own["name"],
                "dataset_group_arn": self.group["datasetGroupArn"],
            }
            | ({"perform_auto_ml": True} if self.chosen_recipe() is AUTOMATIC else {"recipe_arn": own["recipe_arn"]})
            | self.forms["training"].arguments()
            | ({"tags": own["tags"]} if own.get("tags") else {})
        )

    def note(self, step: Step) -> str:
        form = self.forms.get("details")
        return form.cleaned_data.get("name", "") if form and step.slug == "details" and form.is_valid() else ""

    def review(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Both steps as one reads them, every hyperparameter with the value it will have."""
        own, step = self.forms["details"].cleaned_data, {each.slug: each for each in self.steps}
        tags = ", ".join(f"{tag['tagKey']}={tag['tagValue']}" for tag in own.get("tags") or [])
        details = {
            "title": "Solution details",
            "edit_href": self.address(step["details"]),
            "pairs": [
                {"label": "Solution name", "value": own["name"]},
                {"label": "Recipe", "value": self.chosen_recipe()["name"], "mono": True},
                {"label": "Tags", "value": tags},
            ],
        }
        return [details, *({**each, "edit_href": self.address(step["training"])} for each in self.training_review())]

    def training_review(self) -> list[dict[str, Any]]:
        """The second step in the words of a solution's own page."""
        given = self.forms["training"].arguments()
        return words.configuration(
            as_resource(given, self.chosen_recipe()), defaults=self.chosen_recipe()["hyperparameters"]
        )

    def blocked(self) -> str:
        ready = self.readiness["datasets"].get("INTERACTIONS") == "ACTIVE"
        return super().blocked() or ("" if ready else "Wait until the Item interactions dataset is Active.")

    def success_url(self, answer: Any) -> str:
        return self.url("solutions:detail", solution=self.forms["details"].cleaned_data["name"])

    def success(self, answer: Any) -> None:
        automatic = self.forms["training"].cleaned_data["perform_auto_training"]
        text = "The first version starts by itself." if automatic else "Create a solution version to train it."
        flash(self.request, "in-progress", f"Creating solution {self.forms['details'].cleaned_data['name']}…", text)


class CloneSolution(CreateSolution):
    """The same wizard, pre-filled from a solution."""

    route = "solutions:clone"

    @cached_property
    def source(self) -> dict[str, Any]:
        arn = self.arn("solution", self.kwargs["solution"])
        return operations.describe_solution(self.caller, solution_arn=arn)["solution"]

    def get_title(self) -> str:
        return f"Clone solution {self.kwargs['solution']}"

    def about(self) -> dict[str, Any]:
        return super().about() | {"cloned": self.kwargs["solution"], "cloned_recipe": self.source_recipe}

    def chosen_recipe(self) -> Mapping[str, Any]:
        if "details" in self.saved:
            return super().chosen_recipe()
        return self.recipe_of(self.source_recipe) or super().chosen_recipe()

    @property
    def source_recipe(self) -> str:
        """The ARN of the original's recipe, or what stands for it where the service chose."""
        return AUTOMATIC["recipeArn"] if self.source.get("performAutoML") else self.source["recipeArn"]

    def initial(self, step: Step) -> dict[str, Any]:
        source = self.source
        if step.slug == "details":
            tags = operations.list_tags_for_resource(self.caller, resource_arn=source["solutionArn"])["tags"]
            recipe = self.recipe_of(self.source_recipe)
            kind = {"solution_type": type_of(recipe)} if recipe else {}
            return {"recipe_arn": self.source_recipe, "tags": tags} | kind
        return training_initial(source, self.about()) if step.slug == "training" else {}

    def training_review(self) -> list[dict[str, Any]]:
        """What differs from the original says what stood there."""
        before = {
            pair["label"]: pair["value"]
            for each in words.configuration(self.source, defaults=self.chosen_recipe()["hyperparameters"])
            for pair in each["pairs"]
        }
        sections = super().training_review()
        for pair in [pair for each in sections for pair in each["pairs"]]:
            old = before.get(pair["label"])
            if not _same(pair["value"], old):
                pair["was"] = old or "not set"
        return sections

    def context(self) -> dict[str, Any]:
        return super().context() | {"cloned": self.kwargs["solution"]}


def _same(new: Any, old: Any) -> bool:
    """Whether two settings are one, however their numbers are written."""
    try:
        return float(new) == float(old)
    except (TypeError, ValueError):
        return (new or "") == (old or "")


def as_resource(arguments: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The solution that arguments of create_solution will make, as describe_solution would answer it."""
    return {
        "recipeArn": recipe["recipeArn"],
        "eventType": arguments.get("event_type"),
        "performHPO": arguments.get("perform_hpo", False),
        "performAutoTraining": arguments["perform_auto_training"],
        "performIncrementalUpdate": arguments.get("perform_incremental_update", False),
        "solutionConfig": arguments.get("solution_config") or {},
    }


def training_initial(source: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """The second step as it was answered for ``source`` (as describe_solution answers it).

    ``about`` is what the step's form knows: recipe, columns, event_types.
    """
    config = source.get("solutionConfig") or {}
    objective = config.get("optimizationObjective") or {}
    event_type = source.get("eventType") or ""
    spelled = {each.casefold(): each for each in about["event_types"] or ()}
    known = spelled.get(event_type.casefold(), "")
    listed = events.rows_of(config)
    return {
        "perform_auto_training": source.get("performAutoTraining", True),
        "perform_incremental_update": source.get("performIncrementalUpdate", False),
        "frequency": words.days(config) or 7,
        "event_mode": SEVERAL if listed else "one",
        "events": listed,
        "event_type": known or (OTHER if event_type else ""),
        "other_event_type": "" if known else event_type,
        "event_value_threshold": config.get("eventValueThreshold"),
        "objective": objective.get("itemAttribute", ""),
        "sensitivity": objective.get("objectiveSensitivity", "OFF"),
        **parameters.initial(config, about["recipe"]["hyperparameters"], perform_hpo=bool(source.get("performHPO"))),
        **column_choices.initial(config.get("trainingDataConfig") or {}, about["columns"]),
    }
