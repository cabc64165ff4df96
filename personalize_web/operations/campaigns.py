"""Campaigns: create, describe, list, update, delete."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import lookup, paging, quotas, training_rules
from personalize_web.operations.answers import dates, failure, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException
from personalize_web.operations.gate import operation
from personalize_web.resources import arns, statuses
from personalize_web.resources.models import Campaign, Solution, SolutionVersion
from personalize_web.workers import job

LATEST = "/$LATEST"


@operation
def create_campaign(
    caller: Caller,
    *,
    name: str,
    solution_version_arn: str,
    min_provisioned_tps: int = 1,
    campaign_config: dict[str, Any] | None = None,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin to serve a solution version, or the newest one of a solution."""
    config = campaign_config or {}
    solution, version = _named(caller, solution_version_arn)
    lookup.refuse_taken(Campaign, caller, name)
    version = _deployable(solution, version)
    _check(solution, solution_version_arn, min_provisioned_tps, config)
    group = solution.dataset_group
    quotas.room_for_active("active_campaigns", group.campaigns.all(), prefix="Cannot create a campaign.")
    campaign = lookup.create(
        Campaign,
        caller,
        name=name,
        dataset_group=group,
        solution_version=version,
        min_provisioned_tps=min_provisioned_tps,
        config=config,
        tags=tags,
    )
    job.enqueue("create-campaign", campaign, caller=caller)
    return {"campaignArn": campaign.arn}


@operation
def describe_campaign(caller: Caller, *, campaign_arn: str) -> dict[str, Any]:
    """One campaign with what it serves."""
    campaign = lookup.get(Campaign, caller, campaign_arn)
    return {
        "campaign": _summary(campaign)
        | present(
            solutionVersionArn=campaign.solution_version.arn,
            minProvisionedTPS=campaign.min_provisioned_tps,
            campaignConfig=campaign.config or None,
            latestCampaignUpdate=latest_update(campaign.latest_update),
        )
    }


@operation
def list_campaigns(
    caller: Caller, *, solution_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The campaigns of a solution, or of the account, newest first."""
    rows = lookup.of(Campaign, caller)
    return paging.page(
        rows.filter(solution_version__solution__arn=solution_arn) if solution_arn else rows,
        _summary,
        key="campaigns",
        operation="list_campaigns",
        filters={"solution_arn": solution_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def update_campaign(
    caller: Caller,
    *,
    campaign_arn: str,
    solution_version_arn: str | None = None,
    min_provisioned_tps: int | None = None,
    campaign_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Serve another version or configuration; the present one answers until the new one is ready."""
    campaign = lookup.get(Campaign, caller, campaign_arn)
    current = campaign.solution_version
    solution, version = current.solution, current
    if solution_version_arn is not None:
        solution, named = _named(caller, solution_version_arn)
    lookup.require_state(campaign, statuses.ACTIVE, statuses.CREATE_FAILED, doing="updated")
    _refuse_second_update(campaign, doing="updated")
    config = campaign.config | (campaign_config or {})
    if solution_version_arn is not None:
        version = _deployable(solution, named)
        if solution.recipe_name != current.solution.recipe_name:
            raise InvalidInputException(
                f"The campaign serves recipe {current.solution.recipe_name}; "
                f"{version.arn} was trained with {solution.recipe_name}.",
                field="solution_version_arn",
            )
    _check(solution, solution_version_arn, min_provisioned_tps, config)
    now = timezone.now().timestamp()
    campaign.change(
        latest_update=present(
            solutionVersionArn=version.arn,
            minProvisionedTPS=campaign.min_provisioned_tps if min_provisioned_tps is None else min_provisioned_tps,
            campaignConfig=config or None,
            status=statuses.CREATE_PENDING,
            creationDateTime=now,
            lastUpdatedDateTime=now,
        )
    )
    job.enqueue("update-campaign", campaign, caller=caller)
    return {"campaignArn": campaign.arn}


@operation
def delete_campaign(caller: Caller, *, campaign_arn: str) -> None:
    """Stop serving; solution and versions stay."""
    campaign = lookup.get(Campaign, caller, campaign_arn)
    _refuse_second_update(campaign, doing="deleted")
    lookup.move(campaign, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-campaign", campaign, caller=caller)


def _named(caller: Caller, arn: str) -> tuple[Solution, SolutionVersion | None]:
    """The solution that ``arn`` belongs to, and the version it names; None for the newest.

    The solution is held before the version, as its deletion does.
    """
    field = "solution_version_arn"
    parts = arns.read(arn)
    if parts and parts.kind == Solution.KIND:
        owner = arn.rpartition("/")[0] if "/" in parts.name else ""
        if not lookup.of(Solution, caller).filter(arn=owner).exists():
            raise lookup.not_found(arn, field=field)
        solution = lookup.get(Solution, caller, owner, field=field)
        if arn.endswith(LATEST):
            return solution, None
    version = lookup.get(SolutionVersion, caller, arn, field=field)
    return version.solution, version


def _deployable(solution: Solution, version: SolutionVersion | None) -> SolutionVersion:
    """The version itself, or the newest one, when it is ACTIVE."""
    field = "solution_version_arn"
    if version is None:
        newest = solution.versions.filter(status=statuses.ACTIVE).order_by("-created_at", "-pk").first()
        if newest is None:
            raise InvalidInputException(f"Solution {solution.arn} has no version in ACTIVE state.", field=field)
        return newest
    unfit = version.status in (statuses.CREATE_FAILED, statuses.CREATE_STOPPED)
    lookup.require_state(
        version,
        statuses.ACTIVE,
        doing="used",
        otherwise=InvalidInputException if unfit else ResourceInUseException,
        field=field,
    )
    return version


def _check(solution: Solution, named: str | None, throughput: int | None, config: dict[str, Any]) -> None:
    recipe = RECIPES[solution.recipe_name or ""]
    if recipe.served_as == "USER_SEGMENTATION":
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support CreateCampaign.", field="solution_version_arn"
        )
    if config.get("syncWithLatestSolutionVersion") and named is not None and not named.endswith(LATEST):
        raise InvalidInputException(
            "syncWithLatestSolutionVersion needs a solutionVersionArn of the form solutionArn/$LATEST. "
            "To deploy one version for good, set it to false.",
            field="solution_version_arn",
        )
    training_rules.check_throughput(throughput, member="minProvisionedTPS", field="min_provisioned_tps")
    training_rules.check_exploration(recipe, config.get("itemExplorationConfig"), field="campaign_config")
    if config.get("rankingInfluence") and not recipe.influenced:
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support rankingInfluence.", field="campaign_config"
        )


def _refuse_second_update(campaign: Campaign, *, doing: str) -> None:
    if (campaign.latest_update or {}).get("status") in statuses.BUILDING:
        raise ResourceInUseException(
            f"Campaign {campaign.arn} is being updated and cannot be {doing} before that ends."
        )


def _summary(campaign: Campaign) -> dict[str, Any]:
    return present(
        name=campaign.name,
        campaignArn=campaign.arn,
        status=campaign.status,
        failureReason=failure(campaign),
        **dates(campaign),
    )
