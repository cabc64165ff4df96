"""What one says about recommenders: which use cases, and how each trains and answers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from apps.ui import column_choices, recipes
from apps.ui.column_choices import EXCLUDED, ColumnsForm
from apps.ui.fields import NAME, NAME_MESSAGE
from apps.ui.forms import CheckField, IntegerField, NumberField, OperationForm, TagsField
from apps.ui.training_columns import DatasetColumns

CHOSEN = "use_case"
NAMED = "name-"


class UseCasesForm(OperationForm):
    """Step 1: a tick box for each use case, and a name for each chosen one. ``about``: use_cases, suggested, taken."""

    use_case = forms.MultipleChoiceField(
        label="Use cases", required=True, error_messages={"required": "Choose at least one use case."}
    )

    def prepare(self) -> None:
        self.use_cases: list[dict[str, Any]] = self.about["use_cases"]
        self.fields[CHOSEN].choices = [(each["name"], each["title"]) for each in self.use_cases if not each["blocked"]]
        self.name_errors: dict[str, str] = {}

    @property
    def chosen(self) -> list[str]:
        """Names of the recipes that are ticked."""
        if self.is_bound:
            getlist = getattr(self.data, "getlist", None)
            return list(getlist(CHOSEN)) if getlist else list(self.data.get(CHOSEN, []))
        return list(self.initial.get(CHOSEN, []))

    def name_of(self, recipe: str) -> str:
        given = self.data.get(NAMED + recipe) if self.is_bound else None
        return (self.about["suggested"][recipe] if given is None else given).strip()

    def cards(self) -> list[dict[str, Any]]:
        """The use cases as they were left."""
        return [
            each
            | {
                "checked": each["name"] in self.chosen,
                "field": NAMED + each["name"],
                "value": self.name_of(each["name"]),
                "error": self.name_errors.get(each["name"], ""),
            }
            for each in self.use_cases
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names: dict[str, str] = {}
        for recipe in cleaned.get(CHOSEN, []):
            name = self.name_of(recipe)
            if not name:
                self.name_errors[recipe] = "Enter a name."
            elif not NAME.fullmatch(name):
                self.name_errors[recipe] = NAME_MESSAGE
            elif name in self.about["taken"]:
                self.name_errors[recipe] = f'A recommender named "{name}" already exists.'
            elif name in names.values():
                self.name_errors[recipe] = "Give each recommender a name of its own."
            names[recipe] = name
        if self.name_errors:
            raise ValidationError(list(dict.fromkeys(self.name_errors.values())))
        cleaned["names"] = names
        return cleaned

    def arguments(self) -> dict[str, Any]:
        return {}


class ConfigurationForm(ColumnsForm):
    """How one recommender trains and answers. ``about``: recipe, columns (DatasetColumns), items_metadata."""

    requests = IntegerField(
        label="Minimum recommendation requests per second",
        min_value=1,
        max_value=500,
        initial=1,
        suffix="requests/s",
        unmarked=True,
        description="Reserves capacity.",
    )
    metadata = CheckField(label="Return items metadata in recommendation results")
    weight = NumberField(
        label="Emphasis on exploring less relevant items",
        min_value=0,
        max_value=1,
        initial=0.3,
        unmarked=True,
        description="0 shows no young items for their own sake, 1 as many as possible.",
    )
    age = NumberField(label="Exploration item age cutoff", min_value=1, initial=30, suffix="days", unmarked=True)
    tags = TagsField()

    error_fields = {"recommender_config": "requests"}

    def prepare(self) -> None:
        super().prepare()
        self.recipe: Mapping[str, Any] = self.about["recipe"]
        if not recipes.can(self.recipe, "configurable_exploration"):
            del self.fields["weight"], self.fields["age"]
        if not self.about["items_metadata"]:
            self.fields["metadata"].disabled = True
            self.fields["metadata"].description = "Needs an Items dataset with a metadata column."
        if self.about.get("edits"):
            del self.fields["tags"]

    def arguments(self) -> dict[str, Any]:
        """The recommender's configuration."""
        given = self.cleaned_data
        config: dict[str, Any] = {"minRecommendationRequestsPerSecond": given["requests"]}
        if self.about["items_metadata"]:
            config["enableMetadataWithRecommendations"] = bool(given.get("metadata"))
        if "weight" in self.fields:
            config["itemExplorationConfig"] = {
                "explorationWeight": f"{given['weight']:g}",
                "explorationItemAgeCutOff": f"{given['age']:g}",
            }
        columns = self.training_data_config()
        if columns or self.about.get("edits"):
            config["trainingDataConfig"] = columns or {EXCLUDED: {}}
        return config


def configured(config: Mapping[str, Any], columns: tuple[DatasetColumns, ...]) -> dict[str, Any]:
    """The initial values of :class:`ConfigurationForm` for a recommender's configuration."""
    exploration = config.get("itemExplorationConfig") or {}
    return {
        "requests": config.get("minRecommendationRequestsPerSecond", 1),
        "metadata": config.get("enableMetadataWithRecommendations", False),
        "weight": exploration.get("explorationWeight", "0.3"),
        "age": exploration.get("explorationItemAgeCutOff", "30"),
        **column_choices.initial(config.get("trainingDataConfig") or {}, columns),
    }


class ConfigurationsForm(OperationForm):
    """Step 2: one :class:`ConfigurationForm` for each chosen use case. ``about``: chosen (one about for each)."""

    def prepare(self) -> None:
        self.parts = {
            each["recipe"]["name"]: ConfigurationForm(
                self.data if self.is_bound else None, caller=self.caller, about=each, prefix=each["recipe"]["name"]
            )
            for each in self.about["chosen"]
        }

    def is_valid(self) -> bool:
        return super().is_valid() and not any(part.errors for part in self.parts.values())

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and any(part.errors for part in self.parts.values()):
            self.add_error(None, "Mend the fields marked below.")

    def arguments(self) -> dict[str, Any]:
        return {}


def as_query(values: Mapping[str, list[str]]) -> QueryDict:
    """Posted values that a wizard can keep."""
    query = QueryDict(mutable=True)
    for name, many in values.items():
        query.setlist(name, many)
    return query
