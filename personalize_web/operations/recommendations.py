"""Recommendations and rankings in real time, and what the page to try them adds."""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from personalize_web.operations import (
    quotas,
    runtime_datasets,
    runtime_deployments,
    runtime_experiments,
    runtime_filters,
    runtime_histories,
    runtime_metadata,
    runtime_promotions,
    runtime_rates,
    runtime_requests,
    runtime_served_lists,
    serving_models,
)
from personalize_web.operations.action_recommendations import get_action_recommendations
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.operations.runtime_datasets import Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.operations.runtime_filters import About
from personalize_web.operations.runtime_promotions import Placed
from personalize_web.resources.models import ServedList

DEFAULT_RESULTS = 25
ANSWERED_HERE = frozenset({"USER_PERSONALIZATION", "RELATED_ITEMS", "POPULAR_ITEMS"})
"""Kinds of recipes, by the rules their requests follow, that GetRecommendations is for."""


@operation
def get_recommendations(
    caller: Caller,
    *,
    campaign_arn: str | None = None,
    recommender_arn: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    num_results: int = DEFAULT_RESULTS,
    context: Mapping[str, str] | None = None,
    filter_arn: str | None = None,
    filter_values: Mapping[str, str] | None = None,
    promotions: Sequence[dict[str, Any]] = (),
    metadata_columns: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Items for a user, items related to an item, or popular items, as the recipe behind the ARN decides."""
    deployment = _answering(caller, campaign_arn, recommender_arn, user_id)
    promotion = runtime_promotions.read(promotions)
    _check_request(deployment, user_id, item_id, num_results, with_metadata=bool(metadata_columns))
    runtime_rates.take_request(caller, "get_recommendations", deployment.arn)
    places = runtime_datasets.of_group(deployment.dataset_group_id)
    columns = runtime_metadata.check(deployment, places.items, metadata_columns) if metadata_columns else {}
    served = uuid.uuid4()
    about = About(deployment, places, user_id, item_id)
    allowed = runtime_filters.mask(caller, about, filter_arn, filter_values) if filter_arn else None
    placed: list[Placed] = []
    if num_results:
        request = replace(
            runtime_requests.build(
                deployment, places, user_id, item_id, num_results, context or {}, seed=served.int & 0x7FFFFFFF
            ),
            allowed=allowed,
        )
        model = serving_models.get(deployment.storage_key)
        if promotion is None:
            placed = [Placed(each) for each in model.recommend(request)]
        else:
            mask = runtime_filters.mask(caller, about, promotion.filter_arn, promotion.filter_values)
            share = runtime_promotions.share(promotion, num_results)
            promoted, others = model.recommend_variants(
                [
                    replace(request, allowed=mask, num_results=share),
                    replace(request, num_results=num_results + share),
                ]
            )
            placed = runtime_promotions.place(promotion, num_results, promoted, others, seed=request.seed)
    return _answer("itemList", deployment, places, placed, columns, served, user_id)


@operation
def get_personalized_ranking(
    caller: Caller,
    *,
    campaign_arn: str,
    input_list: Sequence[str],
    user_id: str,
    filter_arn: str | None = None,
    filter_values: Mapping[str, str] | None = None,
    context: Mapping[str, str] | None = None,
    metadata_columns: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """The given items in the order of their relevance to a user, every one of them once.

    Items that nobody had interacted with at the last training come last, without a score.
    """
    deployment = _answering(caller, campaign_arn, None, user_id)
    _check_ranking(deployment, input_list, with_metadata=bool(metadata_columns))
    runtime_rates.take_request(caller, "get_personalized_ranking", deployment.arn)
    places = runtime_datasets.of_group(deployment.dataset_group_id)
    columns = runtime_metadata.check(deployment, places.items, metadata_columns) if metadata_columns else {}
    request = runtime_requests.build(deployment, places, user_id, None, len(input_list), context or {}, seed=0)
    if filter_arn:
        about = About(deployment, places, user_id, None)
        request = replace(request, allowed=runtime_filters.mask(caller, about, filter_arn, filter_values))
    found = serving_models.get(deployment.storage_key).rank(request, input_list)
    placed = [Placed(each) for each in found]
    return _answer("personalizedRanking", deployment, places, placed, columns, uuid.uuid4(), user_id)


@own_operation()
def try_recommendations(
    caller: Caller,
    *,
    campaign_arn: str | None = None,
    recommender_arn: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    input_list: Sequence[str] | None = None,
    num_results: int | None = None,
    context: Mapping[str, str] | None = None,
    filter_arn: str | None = None,
    filter_values: Mapping[str, str] | None = None,
    promotions: Sequence[dict[str, Any]] | None = None,
    metadata_columns: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Ours, for the page to try recommendations: the same answer to the same arguments, and with it ``milliseconds``,
    ``solutionVersionArn`` (None for a recommender), ``known_user`` and ``historyLength``, the user's events that
    counted. With ``input_list`` it is the answer of GetPersonalizedRanking, and of GetActionRecommendations where the
    campaign is for actions."""
    began = time.perf_counter()
    asked: dict[str, Any] = {
        "campaign_arn": campaign_arn,
        "user_id": user_id,
        "context": context,
        "filter_arn": filter_arn,
        "filter_values": filter_values,
        "metadata_columns": metadata_columns,
    }
    target = runtime_deployments.find(caller, campaign_arn, recommender_arn)
    of_actions = target.recipe.served_as == "PERSONALIZED_ACTIONS"
    if of_actions:
        names = ("campaign_arn", "user_id", "filter_arn", "filter_values")
        given = {name: asked[name] for name in names} | ({} if num_results is None else {"num_results": num_results})
        answer = get_action_recommendations(caller, **given)
    elif input_list is not None:
        answer = get_personalized_ranking(caller, input_list=input_list, **asked)
    else:
        asked |= {"recommender_arn": recommender_arn, "item_id": item_id, "num_results": num_results}
        answer = get_recommendations(caller, promotions=promotions, **asked)  # type: ignore[arg-type]
    milliseconds = round((time.perf_counter() - began) * 1000, 1)
    deployment = _answering(replace(caller, source="console"), campaign_arn, recommender_arn, user_id)
    events = 0
    if user_id is not None:
        places = runtime_datasets.of_group(deployment.dataset_group_id)
        events = len(runtime_histories.look_up(places, user_id, deployment).trained().item_ids)
        if of_actions:
            done = runtime_histories.look_up(places, user_id, deployment, of_actions=True)
            events += len(done.trained().item_ids)
    return answer | {
        "milliseconds": milliseconds,
        "solutionVersionArn": deployment.solution_version_arn,
        "known_user": events > 0,
        "historyLength": events,
    }


def _answering(
    caller: Caller, campaign_arn: str | None, recommender_arn: str | None, user_id: str | None
) -> Deployment:
    """What answers at the ARN, or a variant of the experiment that shares out its requests."""
    found = runtime_deployments.find(caller, campaign_arn, recommender_arn)
    return runtime_experiments.assigned(caller, found, user_id)


def _check_request(
    deployment: Deployment, user_id: str | None, item_id: str | None, num_results: int, *, with_metadata: bool
) -> None:
    recipe = deployment.recipe
    if recipe.served_as not in ANSWERED_HERE:
        raise InvalidInputException(
            f"GetRecommendations does not fit {recipe.name}, a recipe of type {recipe.type}.", field="campaign_arn"
        )
    if recipe.user_id == "required" and user_id is None:
        raise InvalidInputException(f"userId must be given: {recipe.name} needs it.", field="user_id")
    if recipe.item_id == "required" and item_id is None:
        raise InvalidInputException(f"itemId must be given: {recipe.name} needs it.", field="item_id")
    most = quotas.limit("results_with_metadata" if with_metadata else "results")
    if num_results > most:
        raise InvalidInputException(
            f"numResults can be at most {most}{' with metadata' if with_metadata else ''}.", field="num_results"
        )


def _check_ranking(deployment: Deployment, input_list: Sequence[str], *, with_metadata: bool) -> None:
    recipe = deployment.recipe
    if recipe.served_as != "PERSONALIZED_RANKING":
        raise InvalidInputException(
            f"GetPersonalizedRanking does not fit {recipe.name}, a recipe of type {recipe.type}.", field="campaign_arn"
        )
    if not input_list:
        raise InvalidInputException("inputList must name at least one item.", field="input_list")
    most = quotas.limit("results_with_metadata" if with_metadata else "results")
    if len(input_list) > most:
        raise InvalidInputException(
            f"inputList can name at most {most} items{' with metadata' if with_metadata else ''}; "
            f"it names {len(input_list)}.",
            field="input_list",
        )


def _answer(
    member: str,
    deployment: Deployment,
    places: Places,
    placed: list[Placed],
    columns: Mapping[str, Any],
    served: uuid.UUID,
    user_id: str | None,
) -> dict[str, Any]:
    """The list with its metadata and its id, under which it is remembered."""
    items, item_ids = _items(deployment, placed), [each.item.item_id for each in placed]
    if columns and places.items:
        for item, metadata in zip(items, runtime_metadata.values(places.items, item_ids, columns), strict=True):
            item["metadata"] = metadata
    recommendation_id = f"RID-{served}"
    runtime_served_lists.remember(
        ServedList(recommendation_id=recommendation_id, source_arn=deployment.arn, user_id=user_id, item_ids=item_ids)
    )
    return {member: items, "recommendationId": recommendation_id}


def _items(deployment: Deployment, placed: list[Placed]) -> list[dict[str, Any]]:
    scored, reasoned = deployment.recipe.can("scores"), deployment.recipe.can("reasons")
    items = []
    for each in placed:
        item: dict[str, Any] = {"itemId": each.item.item_id}
        if scored and each.item.score is not None:
            item["score"] = each.item.score
        if each.promotion is not None:
            item["promotionName"] = each.promotion
        if reasoned:
            item["reason"] = list(each.item.reasons)
        items.append(item)
    return items
