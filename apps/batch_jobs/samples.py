"""What a line of input looks like, for each recipe that answers batch jobs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

MADE_OF = ("users", "items", "ranked", "queried")
"""What lines of input name: users, items, users each with items to rank, or values of a column."""
ITEM_QUERY, ATTRIBUTE_QUERY = "aws-item-affinity", "aws-item-attribute-affinity"
_BY_RECIPE: Mapping[str, Mapping[str, Any]] = {
    ITEM_QUERY: {"itemId": "105"},
    ATTRIBUTE_QUERY: {"itemAttributes": 'ITEMS.genres = "Comedy" AND ITEMS.audience = "teen"'},
}
_BY_TYPE: Mapping[str, Mapping[str, Any]] = {
    "USER_PERSONALIZATION": {"userId": "4638"},
    "POPULAR_ITEMS": {"userId": "12"},
    "PERSONALIZED_RANKING": {"userId": "891", "itemList": ["27", "886", "101"]},
    "RELATED_ITEMS": {"itemId": "105"},
}


def line(solution: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a line for a solution of describe_batch_choices."""
    return _BY_RECIPE.get(solution["recipeName"]) or _BY_TYPE.get(solution["servedAs"], {"userId": "1"})


def made_of(solution: Mapping[str, Any]) -> str:
    """Which of MADE_OF fits a solution."""
    named = line(solution)
    if "itemAttributes" in named:
        return "queried"
    return "ranked" if "itemList" in named else "items" if "itemId" in named else "users"


def written(solution: Mapping[str, Any] | None, placeholders: Sequence[str] = ()) -> str:
    """The line as it stands in a file, with a value for each placeholder of the chosen filter."""
    if solution is None:
        return ""
    values = {"filterValues": dict.fromkeys(placeholders, '"first","second"')} if placeholders else {}
    return json.dumps({**line(solution), **values})
