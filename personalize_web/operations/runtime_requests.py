"""What a model is asked about a user and an item, in real time and in batch."""

from collections.abc import Mapping
from typing import Any

from personalize_web.engine.serving import Request
from personalize_web.operations import quotas, runtime_columns, runtime_histories, runtime_impressions
from personalize_web.operations.runtime_datasets import Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.operations.runtime_histories import UserEvents


def build(
    deployment: Deployment,
    places: Places,
    user_id: str | None,
    item_id: str | None,
    num_results: int,
    context: Mapping[str, str],
    *,
    seed: int,
    events: UserEvents | None = None,
    shown_in_vain: Mapping[str, int] | None = None,
) -> Request:
    """The request to the model: the user as of now, and what may not be in the answer.

    ``events`` and ``shown_in_vain`` are the user's where they have been looked up already.
    """
    recipe = deployment.recipe
    about: dict[str, Any] = {}
    if user_id is not None and (recipe.can("real_time") or recipe.automatic_exclusion):
        user = events or runtime_histories.look_up(places, user_id, deployment)
        if recipe.can("real_time"):
            about["history"] = user.trained()
        if recipe.automatic_exclusion:
            about["exclude"] = user.items_of_type(recipe.automatic_exclusion, quotas.limit("filter_interactions"))
    if recipe.can("impressions"):
        shown = runtime_impressions.of_everybody(places)
        about["item_impressions"] = shown
        if shown and user_id is not None:
            if shown_in_vain is None:
                shown_in_vain = runtime_impressions.in_vain(places, user_id)
            about["user_impressions"] = shown_in_vain
    if user_id is not None and recipe.can("user_metadata"):
        about["user_attributes"] = runtime_columns.user_attributes(deployment.storage_key, places.users, user_id)
    return Request(
        user_id=user_id,
        item_id=item_id,
        context=context,
        num_results=num_results,
        seed=seed,
        influence=deployment.influence,
        **deployment.exploration(),
        **about,
    )
