"""Actions for a user in real time."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from personalize_web.engine.attributes import Attributes
from personalize_web.engine.serving import History, Request
from personalize_web.operations import (
    quotas,
    runtime_columns,
    runtime_datasets,
    runtime_deployments,
    runtime_experiments,
    runtime_filters,
    runtime_histories,
    runtime_rates,
    runtime_served_lists,
    serving_models,
)
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation
from personalize_web.operations.runtime_datasets import Place, Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.operations.runtime_filters import About
from personalize_web.resources.models import ServedList

DEFAULT_RESULTS = 5
EXPIRY = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")
"""Columns of Actions that say until when an action may be answered; a schema has at most one of them."""
REPEAT = "REPEAT_FREQUENCY"
DAY = 86400


@operation
def get_action_recommendations(
    caller: Caller,
    *,
    campaign_arn: str | None = None,
    user_id: str | None = None,
    num_results: int = DEFAULT_RESULTS,
    filter_arn: str | None = None,
    filter_values: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The actions that a user will most likely take, with the chance of each.

    Neither expired actions are among them nor those that the user did something with too lately.
    """
    if campaign_arn is None:
        raise InvalidInputException("campaignArn must be given.", field="campaign_arn")
    deployment = runtime_experiments.assigned(caller, runtime_deployments.find(caller, campaign_arn), user_id)
    _check(deployment, user_id, num_results)
    runtime_rates.take_request(caller, "get_action_recommendations", deployment.arn)
    places = runtime_datasets.of_group(deployment.dataset_group_id)
    served = uuid.uuid4()
    request = _request(deployment, places, user_id or "", num_results)
    if filter_arn:
        mask = runtime_filters.mask(caller, About(deployment, places, user_id, None), filter_arn, filter_values)
        request = replace(request, allowed=mask)
    found = serving_models.get(deployment.storage_key).recommend(request)
    recommendation_id = f"RID-{served}"
    runtime_served_lists.remember(
        ServedList(
            recommendation_id=recommendation_id,
            source_arn=deployment.arn,
            user_id=user_id,
            item_ids=[each.item_id for each in found],
        )
    )
    return {
        "actionList": [{"actionId": each.item_id, "score": each.score} for each in found],
        "recommendationId": recommendation_id,
    }


def _check(deployment: Deployment, user_id: str | None, num_results: int) -> None:
    recipe = deployment.recipe
    if recipe.served_as != "PERSONALIZED_ACTIONS":
        raise InvalidInputException(
            f"GetActionRecommendations does not fit {recipe.name}, a recipe of type {recipe.type}.",
            field="campaign_arn",
        )
    if user_id is None:
        raise InvalidInputException(f"userId must be given: {recipe.name} needs it.", field="user_id")
    most = quotas.limit("action_results")
    if num_results > most:
        raise InvalidInputException(f"numResults can be at most {most}.", field="num_results")


def _request(deployment: Deployment, places: Places, user_id: str, num_results: int) -> Request:
    """What the model is asked: the user as of now, and what may not be in the answer.

    An age limit holds where the campaign sets one; by default an action is explored however old it is.
    """
    happened = runtime_histories.look_up(places, user_id, deployment, of_actions=True)
    return Request(
        user_id=user_id,
        history=runtime_histories.look_up(places, user_id, deployment).trained(),
        action_history=happened.trained(),
        user_attributes=runtime_columns.user_attributes(deployment.storage_key, places.users, user_id),
        num_results=num_results,
        exclude=_not_now(places.actions, happened.stored(), time.time()),
        **{"exploration_age_cut_off": float("inf")} | deployment.exploration(),
    )


def _not_now(actions: Place | None, happened: History, now: float) -> set[str]:
    """Actions that have expired, and those that the user did something with less than REPEAT_FREQUENCY days ago."""
    known = runtime_columns.attributes_of_dataset(actions.storage_key) if actions else None
    return _expired(known, now) | _too_soon(known, happened, now) if known else set()


def _expired(known: Attributes, now: float) -> set[str]:
    column = next((name for name in EXPIRY if name in known.columns), None)
    if column is None:
        return set()
    moments, given = known.numbers(column)
    return set(known.ids.ids(np.flatnonzero(given & (moments <= now))))


def _too_soon(known: Attributes, happened: History, now: float) -> set[str]:
    if REPEAT not in known.columns:
        return set()
    last: dict[str, float] = {}
    for action, moment in zip(happened.item_ids, happened.timestamps, strict=True):
        last[action] = max(moment, last.get(action, moment))
    waits = known.values(list(last), [REPEAT])
    return {
        action
        for (action, moment), row in zip(last.items(), waits, strict=True)
        if row.get(REPEAT) is not None and now - moment < row[REPEAT] * DAY
    }
