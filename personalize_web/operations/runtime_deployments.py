"""What answers at the ARN of a campaign or a recommender, as it stands in the database at this moment.

Where the model of a campaign is missing or damaged on disk, the newest older version of its solution answers that is
whole: an answer of last week is better than none, and the campaign's page says what happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.serving import Influence
from personalize_web.operations import lookup, serving_models
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.runtime_rows import briefly
from personalize_web.resources import arns, statuses
from personalize_web.resources.models import Campaign, Recommender, SolutionVersion

_CAMPAIGN = (
    "status",
    "config",
    "dataset_group_id",
    "solution_version__storage_key",
    "solution_version__event_cutoff",
    "solution_version__arn",
    "solution_version__solution__recipe_name",
)
_RECOMMENDER = ("status", "config", "dataset_group_id", "storage_key", "event_cutoff", "recipe_name")
LOOKED_AT = 5
"""Older versions that are tried where a campaign's model is damaged."""


@dataclass(frozen=True)
class Deployment:
    """A model that answers, with the configuration it answers by."""

    arn: str
    recipe: Recipe
    config: Mapping[str, Any]
    dataset_group_id: int
    storage_key: UUID
    event_cutoff: int
    """The newest event of the event log that the training saw."""
    solution_version_arn: str | None
    """None for a recommender, whose versions have no ARN."""

    @property
    def metadata(self) -> bool:
        """Whether item metadata may be asked for."""
        return self.recipe.can("metadata_always") or bool(self.config.get("enableMetadataWithRecommendations"))

    def exploration(self) -> dict[str, Any]:
        """The exploration settings in force, as a model's request names them; none where they are not to be set."""
        if not self.recipe.can("configurable_exploration"):
            return {}
        given = self.config.get("itemExplorationConfig") or {}
        names = {"explorationWeight": "exploration_weight", "explorationItemAgeCutOff": "exploration_age_cut_off"}
        return {names[name]: float(value) for name, value in given.items() if name in names}

    @property
    def influence(self) -> Influence:
        """How far popularity and freshness move its answers."""
        given = self.config.get("rankingInfluence") or {}
        return Influence(float(given.get("POPULARITY", 0.0)), float(given.get("FRESHNESS", 0.0)))


def find(caller: Caller, campaign_arn: str | None, recommender_arn: str | None = None) -> Deployment:
    """What answers at the one ARN that is given.

    Raises ResourceNotFoundException where there is nothing, InvalidInputException where it cannot answer now.
    """
    if campaign_arn is not None and recommender_arn is not None:
        raise InvalidInputException("Give campaignArn or recommenderArn, not both.", field="recommender_arn")
    if campaign_arn is not None:
        status, config, group, key, cutoff, version, recipe = _row(
            caller.account, caller.region, Campaign, campaign_arn, _CAMPAIGN
        )
        deployed = _active(campaign_arn, status, recipe, config, group, key, cutoff, version)
        return _last_good(deployed) if serving_models.problem(deployed.storage_key) else deployed
    if recommender_arn is not None:
        status, config, group, key, cutoff, recipe = _row(
            caller.account, caller.region, Recommender, recommender_arn, _RECOMMENDER
        )
        return _active(recommender_arn, status, recipe, config, group, key, cutoff, None)
    raise InvalidInputException("campaignArn or recommenderArn must be given.", field="campaign_arn")


@briefly
def _row(account: str, region: str, model: Any, arn: str, columns: tuple[str, ...]) -> Any:
    field = f"{model.KIND}_arn"
    parts = arns.read(arn)
    if parts is None or parts.kind != model.KIND or "/" in parts.name:
        raise InvalidInputException(f"{arn} is not the ARN of a {model.NOUN}.", field=field)
    rows = model.objects.filter(arn=arn, account=account, region=region)
    found = rows.values_list(*columns).first()
    if found is None:
        raise lookup.not_found(arn, field=field)
    return found


def last_good(version_arn: str) -> tuple[UUID, int, str] | None:
    """Model, event cut-off and ARN of the newest older version of a version's solution that is whole."""
    version = SolutionVersion.objects.filter(arn=version_arn).first()
    if version is None:
        return None
    older = version.solution.versions.filter(
        status=statuses.ACTIVE, created_at__lt=version.created_at, storage_key__isnull=False
    ).order_by("-created_at", "-pk")
    for key, cutoff, arn in older.values_list("storage_key", "event_cutoff", "arn")[:LOOKED_AT]:
        if serving_models.problem(key) is None:
            return key, cutoff, arn
    return None


@briefly
def _instead(version_arn: str) -> tuple[UUID, int, str] | None:
    return last_good(version_arn)


def _last_good(deployed: Deployment) -> Deployment:
    """The same deployment with an older model; itself where there is none, whose error then tells what is wrong."""
    found = _instead(deployed.solution_version_arn or "")
    if found is None:
        return deployed
    key, cutoff, arn = found
    return replace(deployed, storage_key=key, event_cutoff=cutoff, solution_version_arn=arn)


def _active(
    arn: str, status: str, recipe: str, config: Any, group: int, key: UUID | None, cutoff: int, version: str | None
) -> Deployment:
    if status != statuses.ACTIVE or key is None:
        raise InvalidInputException(f"{arn} is in {status} state and cannot answer. It must be ACTIVE.")
    return Deployment(arn, RECIPES[recipe], config or {}, group, key, cutoff, version)
