"""Why an item was recommended, ours beside the 79."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from personalize_web.engine.serving.explaining import Cause
from personalize_web.operations import (
    recommendations,
    runtime_columns,
    runtime_datasets,
    runtime_deployments,
    runtime_experiments,
    runtime_requests,
    serving_models,
)
from personalize_web.operations.answers import present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation


@own_operation(like="get_recommendations")
def explain_recommendation(
    caller: Caller,
    *,
    recommended_item_id: str,
    campaign_arn: str | None = None,
    recommender_arn: str | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
    context: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What moved ``recommended_item_id`` to its place in the answer to the same request, the strongest cause first.

    Each of ``causes`` has a ``kind`` (event, older_events, user, context, related, popular, rising), a ``name`` (the
    event's item, the column, or the item that is related), a ``value``, the ``timestamp`` of an event, the ``title`` of
    its item where there is one, and for personal answers ``effect`` (how much it raised the item's logit) and ``times``
    (how many times as likely it made the item). ``known`` is False where the model cannot judge the item.
    """
    asked = runtime_deployments.find(caller, campaign_arn, recommender_arn)
    deployment = runtime_experiments.assigned(replace(caller, source="console"), asked, user_id)
    if deployment.recipe.served_as not in (*recommendations.ANSWERED_HERE, "PERSONALIZED_RANKING"):
        raise InvalidInputException(
            f"Answers of {deployment.recipe.name} are not explained: it recommends no items.", field="campaign_arn"
        )
    places = runtime_datasets.of_group(deployment.dataset_group_id)
    request = runtime_requests.build(deployment, places, user_id, item_id, 1, context or {}, seed=0)
    found = serving_models.get(deployment.storage_key).explain(request, recommended_item_id)
    attributes = runtime_columns.attributes_of_dataset(places.items.storage_key) if places.items else None
    column = attributes.title_column() if attributes else None

    def shown(cause: Cause) -> dict[str, Any]:
        title = None
        if attributes and column and cause.kind in ("event", "related"):
            title = attributes.values([cause.name], [column])[0].get(column)
        return present(
            kind=cause.kind,
            name=cause.name,
            value=cause.value,
            timestamp=cause.timestamp,
            title=title,
            effect=cause.effect,
            times=cause.times,
        )

    return {"itemId": found.item_id, "known": found.known, "causes": [shown(each) for each in found.causes]}
