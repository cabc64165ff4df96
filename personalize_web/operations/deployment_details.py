"""What the console shows of campaigns and recommenders beyond the service model."""

from typing import Any

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import automatic_updates, lookup, runtime_deployments, serving_models
from personalize_web.operations.answers import dates, failure, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.operations.recipe_details import described as described_recipe
from personalize_web.resources import statuses
from personalize_web.resources.models import Campaign, DatasetGroup, Recommender

SHOWN = (
    *(field.name for field in Campaign._meta.fields),
    *(f"solution_version__{name}" for name in ("arn", "version_id", "solution", "solution__arn", "solution__name")),
    "solution_version__solution__recipe_name",
)
"""Columns that a list of campaigns needs: not what versions know of their training."""


@own_operation()
def list_campaign_details(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for a group's campaigns: what each serves, and its latest update."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    rows = group.campaigns.select_related("solution_version__solution").only(*SHOWN)
    return {"campaigns": [_campaign(row) for row in rows.order_by("-created_at", "-pk")]}


@own_operation()
def describe_campaign_details(caller: Caller, *, campaign_arn: str) -> dict[str, Any]:
    """Ours, for a campaign's page and its test panel: what it serves, and what a request to it must say."""
    campaign = lookup.get(Campaign, caller, campaign_arn)
    recipe = RECIPES[campaign.solution_version.solution.recipe_name or ""]
    return {
        "campaign": _campaign(campaign)
        | {
            "datasetGroupArn": campaign.dataset_group.arn,
            "recipe": described_recipe(recipe),
            "metrics": campaign.solution_version.metrics or {},
        }
        | _damage(campaign)
    }


@own_operation()
def list_recommender_details(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for a group's recommenders: use case, metrics, last training and latest update."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    return {"recommenders": [_recommender(row) for row in group.recommenders.order_by("-created_at", "-pk")]}


@own_operation()
def describe_recommender_details(caller: Caller, *, recommender_arn: str) -> dict[str, Any]:
    """Ours, for a recommender's page and its test panel: how it trained, and what a request to it must say."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    kept = recommender.details
    return {
        "recommender": _recommender(recommender)
        | present(
            datasetGroupArn=recommender.dataset_group.arn,
            recipe=described_recipe(RECIPES[recommender.recipe_name]),
            baselines=kept.get("baselines", {}),
            curves=kept.get("curves", {}),
            details=kept.get("facts", {}),
            seconds=kept.get("seconds"),
            automaticUpdates=automatic_updates.shown(recommender),
        )
    }


def _damage(campaign: Campaign) -> dict[str, Any]:
    """``modelProblem`` where the model is missing or damaged on disk, and the version that ``answersInstead``."""
    version = campaign.solution_version
    problem = serving_models.visible_problem(version.storage_key)
    if campaign.status != statuses.ACTIVE or problem is None:
        return {}
    found = runtime_deployments.last_good(version.arn)
    return present(modelProblem=problem, answersInstead=found[2] if found else None)


def _campaign(campaign: Campaign) -> dict[str, Any]:
    version = campaign.solution_version
    recipe = RECIPES.get(version.solution.recipe_name or "")
    return present(
        name=campaign.name,
        campaignArn=campaign.arn,
        status=campaign.status,
        failureReason=failure(campaign),
        solutionArn=version.solution.arn,
        solutionName=version.solution.name,
        solutionVersionArn=version.arn,
        versionId=version.version_id,
        recipeName=version.solution.recipe_name,
        recipeTitle=recipe.title if recipe else version.solution.recipe_name,
        recipeType=recipe.served_as if recipe else None,
        minProvisionedTPS=campaign.min_provisioned_tps,
        campaignConfig=campaign.config,
        syncWithLatestSolutionVersion=bool(campaign.config.get("syncWithLatestSolutionVersion")),
        latestCampaignUpdate=latest_update(campaign.latest_update),
        **dates(campaign),
    )


def _recommender(recommender: Recommender) -> dict[str, Any]:
    recipe = RECIPES.get(recommender.recipe_name)
    return present(
        name=recommender.name,
        recommenderArn=recommender.arn,
        status=recommender.status,
        failureReason=failure(recommender),
        recipeName=recommender.recipe_name,
        recipeArn=recommender.recipe_arn,
        recipeTitle=recipe.title if recipe else recommender.recipe_name,
        recipeType=recipe.served_as if recipe else None,
        recommenderConfig=recommender.config,
        metrics=recommender.metrics,
        trainingStartedAt=recommender.training_started_at,
        latestRecommenderUpdate=latest_update(recommender.latest_update),
        **dates(recommender),
    )
