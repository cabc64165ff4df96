"""What one says about a campaign: which version it serves, and how much it must stand."""

from typing import Any

from apps.ui import formats, model_arns, model_metrics
from apps.ui.forms import CheckField, ChoiceField, IntegerField, NameField, OperationForm, TagsField

ALWAYS_METADATA = ("aws-user-personalization-v2", "aws-personalized-ranking-v2")


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

    error_fields = {"campaign_config": "metadata"}

    def prepare(self) -> None:
        solutions = self.about["solutions"]
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
        return {
            "solution_version_arn": f"{given['solution']}/$LATEST" if latest else given["solution_version_arn"],
            "min_provisioned_tps": given["min_provisioned_tps"],
            "campaign_config": config,
        }


class CreateCampaignForm(UpdateCampaignForm):
    """The same with a name and tags."""

    name = NameField(label="Campaign name")
    tags = TagsField()
    field_order = ["name"]

    def arguments(self) -> dict[str, Any]:
        own = {"name": self.cleaned_data["name"]}
        tags = self.cleaned_data.get("tags")
        return own | super().arguments() | ({"tags": tags} if tags else {})


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
