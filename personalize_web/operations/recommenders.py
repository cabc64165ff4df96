"""Recommenders: create, describe, list, update, start, stop, delete."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.selection import Selection
from personalize_web.operations import lookup, paging, quotas, recipes, training_rules
from personalize_web.operations.answers import dates, failure, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException
from personalize_web.operations.gate import operation
from personalize_web.operations.published_metrics import published
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Recommender
from personalize_web.workers import job

CONFIG = "recommender_config"
DELETABLE = (*statuses.DELETABLE, statuses.INACTIVE)
UNMEASURED = (*statuses.BUILDING, *statuses.DELETING)
"""States in which there are no metrics to show."""


@operation
def create_recommender(
    caller: Caller,
    *,
    name: str,
    dataset_group_arn: str,
    recipe_arn: str,
    recommender_config: dict[str, Any] | None = None,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin a use case of the group's domain: it trains, deploys, and trains again by itself."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    recipes.find(recipe_arn)
    lookup.refuse_taken(Recommender, caller, name)
    lookup.require_state(group, statuses.ACTIVE, doing="used")
    recipe = _use_case(recipe_arn, group)
    config = recommender_config or {}
    _check_config(recipe, group, config)
    quotas.room_for_active("recommenders", group.recommenders.all())
    recommender = lookup.create(
        Recommender, caller, name=name, dataset_group=group, recipe_name=recipe.name, config=config, tags=tags
    )
    job.enqueue("create-recommender", recommender, caller=caller, queue="training")
    return {"recommenderArn": recommender.arn}


def _use_case(recipe_arn: str, group: DatasetGroup) -> Recipe:
    if not group.domain:
        raise InvalidInputException(
            f"Dataset group {group.arn} has no domain. Recommenders can only be created in a domain dataset group.",
            field="dataset_group_arn",
        )
    recipe = recipes.find(recipe_arn)
    if recipe.domain != group.domain:
        raise InvalidInputException(
            f"Recipe {recipe.name} is not a use case of domain {group.domain}.", field="recipe_arn"
        )
    return recipes.trainable(recipe_arn)


def _check_config(recipe: Recipe, group: DatasetGroup, config: dict[str, Any]) -> None:
    schemas = training_rules.schemas_for(recipe, group)
    training_rules.check_throughput(
        config.get("minRecommendationRequestsPerSecond"), member="minRecommendationRequestsPerSecond", field=CONFIG
    )
    training_rules.check_exploration(recipe, config.get("itemExplorationConfig"), field=CONFIG)
    training_rules.check_selection(recipe, schemas, training_data_config=config.get("trainingDataConfig"), field=CONFIG)
    items = schemas.get("ITEMS")
    if config.get("enableMetadataWithRecommendations") and not (items and len(items.fields) > 1):
        raise InvalidInputException(
            "enableMetadataWithRecommendations needs an Items dataset with a metadata column.", field=CONFIG
        )


@operation
def describe_recommender(caller: Caller, *, recommender_arn: str) -> dict[str, Any]:
    """One recommender with its configuration and metrics."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    return {
        "recommender": _summary(recommender)
        | present(
            failureReason=failure(recommender),
            latestRecommenderUpdate=latest_update(recommender.latest_update),
            modelMetrics=_metrics(recommender),
        )
    }


def _metrics(recommender: Recommender) -> dict[str, float] | None:
    if recommender.metrics is None or recommender.status in UNMEASURED:
        return None
    return published(recommender.recipe_name, recommender.metrics)


@operation
def list_recommenders(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The recommenders of a group, or of the account, newest first."""
    rows = lookup.of(Recommender, caller).select_related("dataset_group")
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        _summary,
        key="recommenders",
        operation="list_recommenders",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def update_recommender(caller: Caller, *, recommender_arn: str, recommender_config: dict[str, Any]) -> dict[str, Any]:
    """Change the configuration; other training columns mean a new training, until whose end the old model answers."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    lookup.require_state(recommender, statuses.ACTIVE, statuses.INACTIVE, doing="updated")
    _refuse_second_update(recommender, doing="updated")
    config = recommender.config | recommender_config
    recipe = recipes.trainable(recommender.recipe_arn)
    _check_config(recipe, recommender.dataset_group, config)
    now_and_then = [
        Selection.of(recipe, training_data_config=each.get("trainingDataConfig"))
        for each in (recommender.config, config)
    ]
    retrains = now_and_then[0] != now_and_then[1]
    now = timezone.now().timestamp()
    recommender.change(
        latest_update={
            "recommenderConfig": config,
            "status": statuses.CREATE_PENDING,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
        }
    )
    job.enqueue(
        "update-recommender",
        recommender,
        caller=caller,
        queue="training" if retrains else "default",
        arguments={"retrain": retrains},
    )
    return {"recommenderArn": recommender.arn}


@operation
def start_recommender(caller: Caller, *, recommender_arn: str) -> dict[str, Any]:
    """Let a stopped recommender answer again, with the model it has."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    lookup.move(recommender, statuses.START_PENDING, come_from=(statuses.INACTIVE,), doing="started")
    job.enqueue("start-recommender", recommender, caller=caller)
    return {"recommenderArn": recommender.arn}


@operation
def stop_recommender(caller: Caller, *, recommender_arn: str) -> dict[str, Any]:
    """Keep a recommender from answering and training until it is started again."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    _refuse_second_update(recommender, doing="stopped")
    lookup.move(recommender, statuses.STOP_PENDING, come_from=(statuses.ACTIVE,), doing="stopped")
    job.enqueue("stop-recommender", recommender, caller=caller)
    return {"recommenderArn": recommender.arn}


@operation
def delete_recommender(caller: Caller, *, recommender_arn: str) -> None:
    """Remove a recommender with its models."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    _refuse_second_update(recommender, doing="deleted")
    lookup.move(recommender, statuses.DELETE_PENDING, come_from=DELETABLE, doing="deleted")
    job.enqueue("delete-recommender", recommender, caller=caller)


def _refuse_second_update(recommender: Recommender, *, doing: str) -> None:
    if (recommender.latest_update or {}).get("status") in statuses.BUILDING:
        raise ResourceInUseException(
            f"Recommender {recommender.arn} is being updated and cannot be {doing} before that ends."
        )


def _summary(recommender: Recommender) -> dict[str, Any]:
    return {
        "name": recommender.name,
        "recommenderArn": recommender.arn,
        "datasetGroupArn": recommender.dataset_group.arn,
        "recipeArn": recommender.recipe_arn,
        "recommenderConfig": recommender.config,
        "status": recommender.status,
        **dates(recommender),
    }
