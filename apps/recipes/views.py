"""Recipes: the list of all, and each with what it needs and what can be set."""

from functools import cached_property
from typing import Any

from django.urls import reverse

from apps.ui import dataset_types, recipes
from apps.ui.pages import ConsolePage, Empty, ListPage
from personalize_web import operations

STANDINGS = {
    "required": ("Required", "blue"),
    "optional": ("Trained on where present", ""),
    "filter": ("For filters only", "outline"),
}
INPUTS = {"required": "required", "filter": "optional, needed when a filter reads user data", "not used": "not used"}
SERVED_BY = {
    "PERSONALIZED_RANKING": "GetPersonalizedRanking",
    "PERSONALIZED_ACTIONS": "GetActionRecommendations",
    "USER_SEGMENTATION": "CreateBatchSegmentJob",
}


class RecipesPage(ListPage):
    """Every recipe and use case."""

    operation, answer_key = operations.list_recipe_details, "recipes"
    title, section, noun = "Recipes", "recipes", "recipe"
    description = "Ways to learn from data: solutions use custom recipes, recommenders the use cases of their domain."
    columns = recipes.columns(lambda row: reverse("recipes:detail", kwargs={"recipe": row["name"]}), domains=True)
    empty = Empty("No recipes")
    sort, direction = "name", "asc"

    def rows(self) -> list[Any]:
        domains = (None, "VIDEO_ON_DEMAND", "ECOMMERCE")
        return [
            each for domain in domains for each in operations.list_recipe_details(self.caller, domain=domain)["recipes"]
        ]

    def _final(self, row: Any) -> bool:
        return True


class RecipePage(ConsolePage):
    """One recipe."""

    template_name = "recipes/detail.html"

    @property
    def section(self) -> str:  # type: ignore[override]
        return "solutions" if "dsg" in self.kwargs else "recipes"

    @property
    def crumbs(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        return (
            (("Solutions and recipes", "solutions:list"),) if "dsg" in self.kwargs else (("Recipes", "recipes:list"),)
        )

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """As describe_recipe_details answers."""
        arn = f"arn:aws:personalize:::recipe/{self.kwargs['recipe']}"
        return operations.describe_recipe_details(self.caller, recipe_arn=arn)["recipe"]

    def get_title(self) -> str:
        return self.kwargs["recipe"]

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "recipe": self.recipe,
            "about": self._about(),
            "features": [
                {"text": text, "meaning": meaning, "yes": recipes.can(self.recipe, key)}
                for key, text, meaning in recipes.FEATURES
            ],
            "datasets": [
                {
                    "title": dataset_types.of(kind).title,
                    "standing": STANDINGS[standing][0],
                    "color": STANDINGS[standing][1],
                }
                for kind, standing in self.recipe["datasets"].items()
            ],
            "create": self._create(),
        }

    def _about(self) -> list[dict[str, Any]]:
        recipe = self.recipe
        return [
            {"label": "Recipe ARN", "value": recipe["recipeArn"], "copyable": True},
            {"label": "Type", "value": recipes.type_text(recipe)},
            {"label": "For", "value": recipes.DOMAINS[recipe.get("domain")]},
            {
                "label": "Answers",
                "value": SERVED_BY.get(recipe.get("servedAs") or recipe["recipeType"], "GetRecommendations"),
            },
        ]

    def inputs(self) -> list[dict[str, str]]:
        """What a request must say."""
        given = self.recipe.get("requestInputs") or {}
        words = (("userId", "User ID"), ("itemId", "Item ID"), ("inputList", "List of items"))
        return [{"name": text, "standing": INPUTS[given[key]]} for key, text in words if given.get(key) in INPUTS]

    def _create(self) -> dict[str, str] | None:
        """The button that begins with this recipe; only inside a group that can use it."""
        if "dsg" not in self.kwargs:
            return None
        recipe = self.recipe
        if recipe.get("domain"):
            return None
        denied = "" if recipe["available"] else "Not available yet in this version"
        address = f"{self.url('solutions:create', step='details')}?recipe_arn={recipe['recipeArn']}"
        return {"text": "Create solution with this recipe", "href": address, "disabled_reason": denied}
