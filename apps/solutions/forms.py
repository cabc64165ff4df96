"""The first step of the create-solution wizard, and the form of a new version."""

from collections.abc import Mapping
from typing import Any

from apps.ui import recipes
from apps.ui.forms import NameField, OperationForm, RadioField, TagsField, TileField

NOT_YET = "Not available yet in this version."
TYPES = {
    "items": ("Item recommendation", "Items for a user, items related to an item, or what is popular."),
    "actions": ("Action recommendation", "The next best action for a user."),
    "segments": ("User segmentation", "Groups of users for an item or an attribute."),
}
TYPE_OF = {"PERSONALIZED_ACTIONS": "actions", "USER_SEGMENTATION": "segments"}
RECOMMENDED = {"aws-user-personalization-v2", "aws-personalized-ranking-v2"}
GROUP_TITLES = {
    "USER_PERSONALIZATION": "Items for each user",
    "PERSONALIZED_RANKING": "Ranking of given items",
    "RELATED_ITEMS": "Items related to an item",
    "POPULAR_ITEMS": "Popular and trending items",
    "PERSONALIZED_ACTIONS": "Actions for each user",
    "USER_SEGMENTATION": "Users for items or attributes",
}
CHIPS = {
    "real_time": "Real-time",
    "exploration": "Exploration",
    "context": "Context",
    "item_metadata": "Metadata",
    "promotions": "Promotions",
    "automatic_updates": "Automatic updates",
}
NEEDS = {"ITEMS": "an Items dataset", "USERS": "a Users dataset", "ACTIONS": "an Actions dataset"}

AUTOMATIC: Mapping[str, Any] = {
    "recipeArn": "automatic",
    "name": "performAutoML",
    "recipeType": "USER_PERSONALIZATION",
    "available": True,
    "hyperparameters": (),
    "features": (),
    "datasets": {},
}
"""Stands for a recipe where the service is to choose one: there is nothing to set, everything is searched for."""


def type_of(recipe: Mapping[str, Any]) -> str:
    """items, actions or segments."""
    return TYPE_OF.get(recipe["recipeType"], "items")


def chips(recipe: Mapping[str, Any]) -> list[str]:
    """What a recipe's tile says it can do."""
    return [text for feature, text in CHIPS.items() if recipes.can(recipe, feature)]


class DetailsForm(OperationForm):
    """Step 1: name, type, recipe, tags.

    ``about``: recipes (of list_recipe_details), group, datasets (type -> status); of a clone cloned (a name) and
    cloned_recipe (an ARN).
    """

    name = NameField(label="Solution name")
    solution_type = TileField(
        label="Solution type",
        choices=[(key, title) for key, (title, _) in TYPES.items()],
        about={key: {"description": text} for key, (_, text) in TYPES.items()},
        columns="three",
        initial="items",
        unmarked=True,
    )
    recipe_arn = TileField(
        label="Recipe",
        unmarked=True,
        error_messages={"required": "Choose a recipe.", "invalid_choice": "Choose a recipe."},
    )
    tags = TagsField()

    def prepare(self) -> None:
        offered = self.offered()
        self.fields["recipe_arn"].choices = [
            (each["recipeArn"], each["name"]) for each in [*offered, AUTOMATIC] if each["available"]
        ]
        possible = {type_of(each) for each in offered if each["available"]}
        if self.about["group"].get("domain"):
            possible.discard("actions")
        if cloned := self.about.get("cloned"):
            self.fields["name"].widget.attrs["placeholder"] = f"{cloned[:57]}-clone"
        widget = self.fields["solution_type"].widget
        widget.about = {
            key: {"description": text} | ({} if key in possible else {"disabled_reason": self._impossible(key, text)})
            for key, (_, text) in TYPES.items()
        }

    def _impossible(self, kind: str, text: str) -> str:
        if kind == "actions" and self.about["group"].get("domain"):
            return f"{text} Only in a custom dataset group."
        return f"{text} {NOT_YET}"

    def offered(self) -> list[Mapping[str, Any]]:
        """Every recipe but the legacy ones; of these the one that is cloned."""
        return [
            each
            for each in self.about["recipes"]
            if not each.get("legacy") or each["recipeArn"] == self.about.get("cloned_recipe")
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        known = {each["recipeArn"]: each for each in [*self.offered(), AUTOMATIC]}
        chosen = known.get(cleaned.get("recipe_arn", ""))
        if chosen is not None and type_of(chosen) != cleaned.get("solution_type"):
            self.add_error("recipe_arn", "Choose a recipe of this solution type.")
        elif chosen is not None and (missing := self._missing(chosen)):
            self.add_error("recipe_arn", missing)
        return cleaned

    def _missing(self, recipe: Mapping[str, Any]) -> str:
        """What the data lack for a recipe, in words; empty where nothing is missing."""
        has = self.about["datasets"]
        needs = [
            NEEDS.get(kind, kind)
            for kind, standing in recipe["datasets"].items()
            if standing == "required" and kind != "INTERACTIONS" and has.get(kind) != "ACTIVE"
        ]
        return f"Needs {' and '.join(needs)} that is Active." if needs else ""

    def recipe_groups(self) -> list[dict[str, Any]]:
        """The tiles of the recipes, in groups by what they answer; the recommended ones first."""
        chosen = self["recipe_arn"].value()
        groups: dict[str, list[dict[str, Any]]] = {}
        for recipe in sorted(self.offered(), key=lambda each: (not each["available"], each["name"] not in RECOMMENDED)):
            missing = self._missing(recipe) if recipe["available"] else NOT_YET
            groups.setdefault(recipe.get("servedAs") or recipe["recipeType"], []).append(
                {
                    "value": recipe["recipeArn"],
                    "id": f"id_recipe-{recipe['name']}",
                    "label": recipe["name"],
                    "description": recipe["description"],
                    "badge": "Recommended" if recipe["name"] in RECOMMENDED and recipe["available"] else "",
                    "chips": chips(recipe) if recipe["available"] else [],
                    "checked": recipe["recipeArn"] == chosen,
                    "disabled_reason": f"{recipe['description']} {missing}" if missing else "",
                }
            )
        shown = [
            {"title": title, "type": TYPE_OF.get(key, "items"), "tiles": groups[key]}
            for key, title in GROUP_TITLES.items()
            if key in groups
        ]
        tile = {
            "value": AUTOMATIC["recipeArn"],
            "id": "id_recipe-automatic",
            "label": AUTOMATIC["name"],
            "description": "Trains each of the HRNN recipes with a search and keeps the best one. Takes several times "
            "as long; a recipe of your choice usually serves better.",
            "checked": chosen == AUTOMATIC["recipeArn"],
        }
        return [*shown, {"title": "Let the service choose", "type": "items", "tiles": [tile]}]


class VersionForm(OperationForm):
    """A new version: an optional name, its mode, tags."""

    name = NameField(label="Name", required=False)
    training_mode = RadioField(
        label="Training mode",
        choices=[("FULL", "Full"), ("UPDATE", "Update")],
        initial="FULL",
        unmarked=True,
        about={
            "FULL": {"description": "Learns everything anew from all data."},
            "UPDATE": {
                "description": "Adds the items that are new since the newest full version, and learns nothing. "
                "Automatic updates stop for this version."
            },
        },
    )
    tags = TagsField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if reason := self.about.get("no_update"):
            modes = self.fields["training_mode"].widget
            modes.about = {**modes.about, "UPDATE": {"disabled_reason": reason}}
