"""The use cases of a domain as step 3 of the overview shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

ICONS = {"USER_PERSONALIZATION": "pin", "RELATED_ITEMS": "film", "TRENDING_NOW": "flame", "POPULAR_ITEMS": "tup"}
WORDS = {
    "aws-vod-top-picks": "Personal list on the home page",
    "aws-vod-because-you-watched-x": "Follows one title",
    "aws-vod-more-like-x": "Titles like the one shown",
    "aws-vod-most-popular": "What most viewers watch",
    "aws-vod-trending-now": "What is rising this hour",
    "aws-ecomm-recommended-for-you": "Personal list on the home page",
    "aws-ecomm-customers-who-viewed-x-also-viewed": "Follows one product",
    "aws-ecomm-frequently-bought-together": "Goes with what is in the basket",
    "aws-ecomm-popular-items-by-views": "What most visitors look at",
    "aws-ecomm-popular-items-by-purchases": "What most customers buy",
}


def shown(recipes: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Title, words and drawing of each; those that can be trained first, personal ones before others."""
    place = {kind: at for at, kind in enumerate(ICONS)}
    ordered = sorted(
        recipes, key=lambda recipe: (not recipe.get("available"), place.get(recipe.get("recipeType", ""), len(place)))
    )
    return [
        {
            "title": recipe["title"],
            "text": WORDS.get(recipe["name"], ""),
            "icon": ICONS.get(recipe.get("recipeType", ""), "rec"),
        }
        for recipe in ordered
    ]
