"""Creating recommenders: one or several use cases at once."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import QueryDict

from apps.recommenders.forms import CHOSEN, NAMED, ConfigurationsForm, UseCasesForm, as_query
from apps.ui import formats, training_columns
from apps.ui.column_choices import INCLUDED
from apps.ui.pages import Step, WizardPage, flash
from personalize_web import operations
from personalize_web.operations import ServiceError

NOT_YET = "Not available yet in this version."


class CreateRecommenders(WizardPage):
    """Choose use cases, configure each, review."""

    operation = operations.create_recommender
    title, section, noun, submit = "Create recommenders", "recommenders", "recommender", "Create recommenders"
    crumbs = (("Recommenders", "recommenders:list"),)
    template_name = "recommenders/wizard.html"
    route = "recommenders:create"
    steps = (
        Step("use-cases", "Choose use cases", UseCasesForm, "recommenders/_step_use_cases.html"),
        Step("configure", "Advanced configuration", ConfigurationsForm, "recommenders/_step_configure.html"),
        Step("review", "Review"),
    )

    @cached_property
    def recipes(self) -> dict[str, dict[str, Any]]:
        """The use cases of the group's domain, by name."""
        found = operations.list_recipe_details(self.caller, domain=self.group.get("domain") or "none")["recipes"]
        return {each["name"]: each for each in found}

    @cached_property
    def readiness(self) -> dict[str, Any]:
        return operations.describe_readiness(self.caller, dataset_group_arn=self.group["datasetGroupArn"])

    def about(self) -> dict[str, Any]:
        group_arn = self.group["datasetGroupArn"]
        taken = {
            each["name"]
            for each in operations.list_recommender_details(self.caller, dataset_group_arn=group_arn)["recommenders"]
        }
        return super().about() | {
            "use_cases": self._use_cases(),
            "suggested": {name: self._suggested(name, taken) for name in self.recipes},
            "taken": taken,
            "chosen": [self._about_one(name) for name in self._chosen()],
        }

    def _suggested(self, recipe: str, taken: set[str]) -> str:
        case = recipe.removeprefix("aws-vod-").removeprefix("aws-ecomm-")
        name = f"{self.kwargs['dsg']}-{case}"[:60]
        return next(each for each in (name, *(f"{name}-{n}" for n in range(2, 99))) if each not in taken)

    def _use_cases(self) -> list[dict[str, Any]]:
        counted = {each["name"]: each for each in self.readiness["useCases"]}
        found = []
        for name, recipe in self.recipes.items():
            case = counted.get(name, {})
            event = recipe.get("requiredEventType") or "interaction"
            minimum, count = case.get("minimum", 1000), case.get("count", 0)
            missing = ", ".join(kind.capitalize() for kind in case.get("missingDatasets", []))
            found.append(
                {
                    "name": name,
                    "title": recipe["title"],
                    "description": recipe["description"],
                    "events": f"{formats.number(count)} {event} events, {formats.number(minimum)} needed",
                    "met": case.get("met", False),
                    "missing": missing,
                    "inputs": self._inputs(recipe),
                    "advised": " and ".join(recipe.get("recommendedEventTypes") or []),
                    "blocked": "" if recipe["available"] else NOT_YET,
                }
            )
        return found

    @staticmethod
    def _inputs(recipe: dict[str, Any]) -> str:
        words = {"userId": "user ID", "itemId": "item ID"}
        return (
            " and ".join(text for key, text in words.items() if recipe["requestInputs"][key] == "required") or "nothing"
        )

    def _chosen(self) -> list[str]:
        saved = self.saved.get("use-cases")
        if not saved:
            return []
        return [name for name in QueryDict(saved).getlist(CHOSEN) if name in self.recipes]

    def _about_one(self, name: str) -> dict[str, Any]:
        group_arn = self.group["datasetGroupArn"]
        recipe = self.recipes[name]
        return {
            "recipe": recipe,
            "columns": training_columns.of_group(self.caller, group_arn, recipe),
            "items_metadata": "ITEMS" in self.readiness["datasets"],
        }

    def perform(self) -> dict[str, list[str]]:
        """Create one after the other; what failed stays in a wizard of its own."""
        names = self.forms["use-cases"].cleaned_data["names"]
        made, refused = [], {}
        first: ServiceError | None = None
        for recipe, name in names.items():
            try:
                operations.create_recommender(self.caller, **self._of_one(recipe, name))
                made.append(name)
            except ServiceError as error:
                first = first or error
                refused[recipe] = f"{name}: {error.message}"
        if first is not None and not made:
            raise first
        self.refused, self.names = refused, names
        return {"made": made}

    def _of_one(self, recipe: str, name: str) -> dict[str, Any]:
        """The arguments of create_recommender for one use case."""
        part = self.forms["configure"].parts[recipe]  # type: ignore[attr-defined]
        tags = part.cleaned_data.get("tags")
        return {
            "name": name,
            "dataset_group_arn": self.group["datasetGroupArn"],
            "recipe_arn": self.recipes[recipe]["recipeArn"],
            "recommender_config": part.arguments(),
            **({"tags": tags} if tags else {}),
        }

    def code_calls(self) -> list[tuple[str, Mapping[str, Any]]]:
        """One call a use case."""
        names = self.forms["use-cases"].cleaned_data["names"]
        return [("create_recommender", self._of_one(recipe, name)) for recipe, name in names.items()]

    def success(self, answer: Any) -> None:
        made = answer["made"]
        flash(
            self.request,
            "in-progress",
            f"Creating recommender{'s' if len(made) > 1 else ''} {', '.join(made)}…",
            "Training takes a few minutes.",
        )
        for text in self.refused.values():
            flash(self.request, "error", "One recommender was not created.", text)

    def success_url(self, answer: Any) -> str:
        if not self.refused:
            return self.url("recommenders:list")
        kept = {CHOSEN: list(self.refused)} | {NAMED + recipe: [self.names[recipe]] for recipe in self.refused}
        first, self.wizard = self.wizard, f"{self.wizard}r"
        self.save("use-cases", as_query(kept))
        address, self.wizard = self.address(self.steps[0]), first
        return address

    def review(self) -> list[dict[str, Any]]:
        names = self.forms["use-cases"].cleaned_data["names"]
        parts = self.forms["configure"].parts  # type: ignore[attr-defined]
        shown = []
        for recipe, name in names.items():
            config = parts[recipe].arguments()
            columns = config.get("trainingDataConfig", {})
            exploration = config.get("itemExplorationConfig") or {}
            pairs = [
                {"label": "Recommender name", "value": name},
                {"label": "Minimum requests per second", "value": config["minRecommendationRequestsPerSecond"]},
                {
                    "label": "Items metadata",
                    "value": "On" if config.get("enableMetadataWithRecommendations") else "Off",
                },
                {
                    "label": "Columns trained on" if INCLUDED in columns else "Columns left out",
                    "value": ", ".join(one for chosen in columns.values() for many in chosen.values() for one in many)
                    or "None",
                },
            ]
            if exploration:
                pairs += [
                    {"label": "Exploration weight", "value": exploration["explorationWeight"]},
                    {"label": "Item age cutoff", "value": f"{exploration['explorationItemAgeCutOff']} days"},
                ]
            shown.append(
                {
                    "title": self.recipes[recipe]["title"],
                    "edit_href": self.address(self.steps[1]),
                    "pairs": pairs,
                }
            )
        return shown

    def blocked(self) -> str:
        ready = self.readiness["datasets"].get("INTERACTIONS") == "ACTIVE"
        return super().blocked() or ("" if ready else "Wait until the Item interactions dataset is Active.")
