"""The steps of the create-solution wizard, and the form of a new version."""

from collections.abc import Mapping
from typing import Any

from apps.ui import recipes
from apps.ui.forms import (
    CheckField,
    ChoiceField,
    IntegerField,
    NameField,
    NumberField,
    OperationForm,
    RadioField,
    TagsField,
    TileField,
)
from apps.ui.training_columns import DatasetColumns

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
}
CHIPS = {
    "real_time": "Real-time",
    "exploration": "Exploration",
    "context": "Context",
    "item_metadata": "Metadata",
    "promotions": "Promotions",
    "automatic_updates": "Automatic updates",
}
PARAMETER = "parameter-"
COLUMNS = "columns-"


def type_of(recipe: Mapping[str, Any]) -> str:
    """items, actions or segments."""
    return TYPE_OF.get(recipe["recipeType"], "items")


def chips(recipe: Mapping[str, Any]) -> list[str]:
    """What a recipe's tile says it can do."""
    return [text for feature, text in CHIPS.items() if recipes.can(recipe, feature)]


class DetailsForm(OperationForm):
    """Step 1: name, type, recipe, tags. ``about``: recipes (of list_recipe_details)."""

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
        offered = [each for each in self.about["recipes"] if not each.get("legacy")]
        self.fields["recipe_arn"].choices = [(each["recipeArn"], each["name"]) for each in offered if each["available"]]
        possible = {type_of(each) for each in offered if each["available"]}
        widget = self.fields["solution_type"].widget
        widget.about = {
            key: {"description": text} | ({} if key in possible else {"disabled_reason": f"{text} {NOT_YET}"})
            for key, (_, text) in TYPES.items()
        }

    def recipe_groups(self) -> list[dict[str, Any]]:
        """The tiles of the recipes, in groups by what they answer; the recommended ones first."""
        chosen = self["recipe_arn"].value()
        groups: dict[str, list[dict[str, Any]]] = {}
        offered = [each for each in self.about["recipes"] if not each.get("legacy")]
        for recipe in sorted(offered, key=lambda each: (not each["available"], each["name"] not in RECOMMENDED)):
            if type_of(recipe) != "items":
                continue
            groups.setdefault(recipe.get("servedAs") or recipe["recipeType"], []).append(
                {
                    "value": recipe["recipeArn"],
                    "id": f"id_recipe-{recipe['name']}",
                    "label": recipe["name"],
                    "description": recipe["description"],
                    "badge": "Recommended" if recipe["name"] in RECOMMENDED and recipe["available"] else "",
                    "chips": chips(recipe) if recipe["available"] else [],
                    "checked": recipe["recipeArn"] == chosen,
                    "disabled_reason": "" if recipe["available"] else f"{recipe['description']} {NOT_YET}",
                }
            )
        return [{"title": title, "tiles": groups[key]} for key, title in GROUP_TITLES.items() if key in groups]


class TrainingForm(OperationForm):
    """Step 2: how to train. ``about``: recipe, columns (DatasetColumns), event_types (name -> count), event_value."""

    perform_auto_training = CheckField(
        label="Automatic training",
        toggle=True,
        initial=True,
        description="A new version is trained regularly until you switch this off or delete the solution.",
    )
    frequency = IntegerField(label="Train every", min_value=1, max_value=30, initial=7, suffix="days", unmarked=True)
    event_type = ChoiceField(label="Event type", required=False)
    event_value_threshold = NumberField(
        label="Event value threshold",
        required=False,
        description="Only events with at least this EVENT_VALUE are trained on.",
    )

    def prepare(self) -> None:
        self.recipe: Mapping[str, Any] = self.about["recipe"]
        for parameter in self.recipe["hyperparameters"]:
            if not parameter.get("searchOnly"):
                self.fields[PARAMETER + parameter["name"]] = parameter_field(parameter)
        self.column_groups: tuple[DatasetColumns, ...] = self.about["columns"]
        counts = self.about["event_types"]
        if counts is None:
            del self.fields["event_type"]
        else:
            shown = sorted(counts.items(), key=lambda each: -each[1])
            self.fields["event_type"].choices = [
                ("", "All events"),
                *((name, f"{name} ({count:,} events)") for name, count in shown),
            ]
        if not (counts is not None and self.about["event_value"]):
            del self.fields["event_value_threshold"]

    def parameters(self) -> list[dict[str, Any]]:
        """The rows of hyperparameters: what each does, and its field."""
        return [
            {"about": each, "field": self[PARAMETER + each["name"]]}
            for each in self.recipe["hyperparameters"]
            if PARAMETER + each["name"] in self.fields
        ]

    def columns(self) -> list[dict[str, Any]]:
        """The tick boxes of the training columns, as they were left."""
        groups = []
        for group in self.column_groups:
            name = COLUMNS + group.dataset_type
            kept = self._kept(group)
            groups.append(
                {
                    "title": group.title,
                    "name": name,
                    "columns": [
                        {"column": each, "checked": each.used if each.locked else each.name in kept}
                        for each in group.columns
                    ],
                }
            )
        return groups

    def _kept(self, group: DatasetColumns) -> set[str]:
        name = COLUMNS + group.dataset_type
        if self.is_bound:
            getlist = getattr(self.data, "getlist", None)
            return set(getlist(name) if getlist else self.data.get(name, []))
        given = self.initial.get(name)
        return set(group.choices) if given is None else set(given)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("perform_auto_training"):
            self.errors.pop("frequency", None)
        cleaned["excluded"] = {
            group.dataset_type: left
            for group in self.column_groups
            if (left := [name for name in group.choices if name not in self._kept(group)])
        }
        return cleaned

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        config: dict[str, Any] = {}
        for parameter in self.recipe["hyperparameters"]:
            value = given.get(PARAMETER + parameter["name"])
            if value not in (None, ""):
                config.setdefault(parameter["map"], {})[parameter["name"]] = as_text(value)
        if given["excluded"]:
            config["trainingDataConfig"] = {"excludedDatasetColumns": given["excluded"]}
        if given.get("event_value_threshold") is not None:
            config["eventValueThreshold"] = as_text(given["event_value_threshold"])
        arguments: dict[str, Any] = {"perform_auto_training": given["perform_auto_training"]}
        if given["perform_auto_training"]:
            days = given["frequency"]
            config["autoTrainingConfig"] = {"schedulingExpression": f"rate({days} day{'' if days == 1 else 's'})"}
        if given.get("event_type"):
            arguments["event_type"] = given["event_type"]
        return arguments | ({"solution_config": config} if config else {})


def parameter_field(parameter: Mapping[str, Any]) -> Any:
    """The control that fits a hyperparameter of list_recipe_details."""
    name, default = parameter["name"], parameter["default"]
    common = {"label": name, "required": False, "unmarked": True, "label_hidden": True}
    if parameter["kind"] == "boolean":
        return ChoiceField(**common, choices=[("true", "true"), ("false", "false")], initial=str(default).lower())
    if parameter["kind"] == "choice":
        return ChoiceField(**common, choices=[(each, each) for each in parameter["choices"]], initial=default)
    field = IntegerField if parameter["kind"] == "integer" else NumberField
    return field(**common, min_value=parameter.get("low"), max_value=parameter.get("high"), initial=default)


def as_text(value: Any) -> str:
    """A value as the string maps of the API want it: 3.0 is "3", True is "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


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
            "UPDATE": {"disabled_reason": "Only with User-Personalization and an Active full version."},
        },
    )
    tags = TagsField()
