"""What one says about a campaign: which version it serves, and how much it must stand."""

from collections.abc import Mapping
from typing import Any

from apps.ui import formats, model_arns, model_metrics
from apps.ui.forms import CheckField, ChoiceField, IntegerField, NameField, NumberField, OperationForm, TagsField

ALWAYS_METADATA = ("aws-user-personalization-v2", "aws-personalized-ranking-v2")
EXPLORED = "configurable_exploration"


class UpdateCampaignForm(OperationForm):
    """``about``: solutions and versions (rows of the detail lists), items_metadata (an Items dataset with columns)."""

    solution = ChoiceField(label="Solution", unmarked=True, error_messages={"required": "Choose a solution."})
    latest = CheckField(
        label="Automatically use the latest solution version",
        description="The campaign moves to each new version of the solution once it is Active.",
    )
    solution_version_arn = ChoiceField(
        label="Solution version ID",
        required=False,
        unmarked=True,
        help_text="Only Active versions can answer requests.",
    )
    min_provisioned_tps = IntegerField(
        label="Minimum provisioned transactions per second",
        min_value=1,
        max_value=500,
        initial=1,
        suffix="requests/s",
        unmarked=True,
        error_messages={"invalid": "Enter a number from 1 to 500."},
    )
    metadata = CheckField(
        label="Return items metadata in recommendation results",
        description="Needed for recipes other than User-Personalization-v2, which always can.",
    )

    weight = NumberField(
        label="Exploration weight",
        min_value=0,
        max_value=1,
        initial=0.3,
        required=False,
        unmarked=True,
        description="0 shows no young items for their own sake, 1 as many as possible.",
    )
    age = NumberField(
        label="Exploration item age cutoff",
        min_value=1,
        initial=30,
        required=False,
        suffix="days",
        unmarked=True,
        description="Counted back from the newest interaction.",
    )
    popularity = NumberField(
        label="Influence of popularity",
        min_value=0,
        max_value=1,
        required=False,
        description="0 or empty leaves the order to the model, 1 lets popular items come far forward.",
    )
    freshness = NumberField(
        label="Influence of freshness",
        min_value=0,
        max_value=1,
        required=False,
        description="The same for items that were created lately.",
    )

    error_fields = {"campaign_config": "metadata"}

    def prepare(self) -> None:
        solutions = self.about["solutions"]
        self.fitting = {
            each["solutionArn"]: {
                "explored": EXPLORED in each.get("recipeFeatures", ()),
                "influenced": each.get("rankingInfluence", False),
            }
            for each in solutions
        }
        self.fields["solution"].choices = [
            ("", "Choose a solution"),
            *((each["solutionArn"], _solution_text(each)) for each in solutions),
        ]
        self.fields["solution_version_arn"].choices = [
            ("", "Choose a version"),
            *((each["solutionVersionArn"], _version_text(each)) for each in self.about["versions"]),
        ]
        if not self.about["items_metadata"]:
            self.fields["metadata"].disabled = True
            self.fields["metadata"].description = "Needs an Items dataset with a metadata column."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        solution, version = cleaned.get("solution"), cleaned.get("solution_version_arn")
        if solution and not cleaned.get("latest"):
            if not version:
                self.add_error("solution_version_arn", "Choose a version, or let the campaign use the latest.")
            elif model_arns.solution_arn(version) != solution:
                self.add_error("solution_version_arn", "Choose a version of the chosen solution.")
        return cleaned

    def arguments(self) -> dict[str, Any]:
        given = self.cleaned_data
        latest = bool(given.get("latest"))
        config: dict[str, Any] = {"syncWithLatestSolutionVersion": latest}
        if self.about["items_metadata"]:
            config["enableMetadataWithRecommendations"] = bool(given.get("metadata"))
        fitting = self.fitting.get(given["solution"], {})
        if fitting.get("explored"):
            names = {"explorationWeight": given.get("weight"), "explorationItemAgeCutOff": given.get("age")}
            config["itemExplorationConfig"] = {name: f"{each:g}" for name, each in names.items() if each is not None}
        if fitting.get("influenced"):
            wanted = {"POPULARITY": given.get("popularity"), "FRESHNESS": given.get("freshness")}
            config["rankingInfluence"] = {name: each for name, each in wanted.items() if each}
        return {
            "solution_version_arn": f"{given['solution']}/$LATEST" if latest else given["solution_version_arn"],
            "min_provisioned_tps": given["min_provisioned_tps"],
            "campaign_config": config,
        }


def configured(config: Mapping[str, Any]) -> dict[str, Any]:
    """The initial values of the fields that a campaign's configuration fills."""
    exploration, influence = config.get("itemExplorationConfig") or {}, config.get("rankingInfluence") or {}
    return {
        "metadata": config.get("enableMetadataWithRecommendations", False),
        "weight": exploration.get("explorationWeight", "0.3"),
        "age": exploration.get("explorationItemAgeCutOff", "30"),
        "popularity": influence.get("POPULARITY"),
        "freshness": influence.get("FRESHNESS"),
    }


class CreateCampaignForm(UpdateCampaignForm):
    """The same with a name and tags."""

    name = NameField(label="Campaign name")
    tags = TagsField()
    field_order = ["name"]

    def arguments(self) -> dict[str, Any]:
        own = {"name": self.cleaned_data["name"]}
        tags = self.cleaned_data.get("tags")
        given = super().arguments()
        given["campaign_config"] = {name: each for name, each in given["campaign_config"].items() if each != {}}
        return own | given | ({"tags": tags} if tags else {})


def _solution_text(solution: dict[str, Any]) -> str:
    automatic = "automatic training on" if solution.get("performAutoTraining") else "automatic training off"
    return f"{solution['name']} · {solution['recipeTitle']} · {automatic}"


def _version_text(version: dict[str, Any]) -> str:
    arn = version["solutionVersionArn"]
    parts = [f"{model_arns.solution_name(arn)} / {model_arns.version_id(arn)}"]
    trained = formats.moment(version.get("creationDateTime"))
    if trained:
        parts.append(formats.short(trained))
    headline = (version.get("metrics") or {}).get(model_metrics.SHOWN_OVER_TIME)
    if headline is not None:
        parts.append(f"NDCG at 10: {headline:.4f}")
    return " · ".join(parts)
