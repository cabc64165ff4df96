"""What a person should know of the answers of a recipe or use case, as sentences under the form."""

from collections.abc import Mapping
from typing import Any

from apps.ui import recipes

EXCLUDED = {"Watch": "Videos this user watched", "Purchase": "Items this user bought"}

TRENDING = ("aws-trending-now", "aws-vod-trending-now")
ACTIONS = (
    "All scores are 0 until action interactions exist; an action gets a score after 50 Taken and 50 Not taken or "
    "Viewed events within six weeks.",
    "Each score is the chance that the user takes the action, so scores do not sum to 1.",
    "Expired actions, and those that the user did something with too lately, are removed.",
)


def of_recipe(recipe: Mapping[str, Any], *, items: int | None = None, filtered: bool = False) -> list[str]:
    """The notes of a recipe, as describe_recipe_details answers it; ``filtered`` where there are filters to choose."""
    found = []
    event = recipe.get("automaticExclusion")
    if event:
        found.append(f"{EXCLUDED.get(event, 'Items this user knows')} (last 100 {event} events) are removed.")
    if recipe.get("servedAs") == "PERSONALIZED_ACTIONS":
        found += ACTIONS
    elif recipes.can(recipe, "scores"):
        over = f"all {items:,} scored items" if items else "all scored items"
        if recipe.get("servedAs") == "PERSONALIZED_RANKING":
            over = "the given items"
        found.append(f"Scores sum to 1 over {over}, so small values are normal.")
    elif not recipe.get("domain"):
        found.append("This recipe orders items; it gives no scores.")
    if recipe.get("servedAs") == "RELATED_ITEMS":
        found.append("For an unknown item, popular items are returned.")
    if recipe.get("servedAs") == "USER_PERSONALIZATION":
        found.append("For a user without events, the answer rests on early histories of other users.")
    if recipe.get("servedAs") == "POPULAR_ITEMS":
        found.append("The answer is the same for every user.")
    if recipe.get("name") in TRENDING:
        found.append("Popular items are returned where nothing happened in the last two intervals.")
    if filtered:
        found.append("Filters look at the newest 100 interactions of each event type (300 of action interactions).")
    return found
