"""What the lines of batch inference jobs ask: read once, for the job and for whoever checks its input before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from personalize_web.engine.batch.lines import Line
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.operations.errors import InvalidInputException

LONGEST_ID = 256


@dataclass(frozen=True)
class Question:
    """What one line asks."""

    number: int
    input: Mapping[str, Any]
    user_id: str | None
    item_id: str | None
    item_list: tuple[str, ...]
    filter_values: Mapping[str, str]


def asked(line: Line, recipe: Recipe) -> Question:
    """What a line asks of a recipe. Raises InvalidInputException where it does not fit."""
    if line.value is None:
        raise InvalidInputException(line.error)
    related, ranking = recipe.served_as == "RELATED_ITEMS", recipe.served_as == "PERSONALIZED_RANKING"
    return Question(
        line.number,
        line.value,
        user_id=_id(line.value, "userId", required=not related),
        item_id=_id(line.value, "itemId", required=related) if related else None,
        item_list=_ids(line.value, "itemList") if ranking else (),
        filter_values=_values(line.value),
    )


def _id(value: Mapping[str, Any], name: str, *, required: bool) -> str | None:
    given = value.get(name)
    if given is None and not required:
        return None
    if name not in value or given is None:
        raise InvalidInputException(f"{name} is missing: each line needs it.")
    return _text(given, name)


def _ids(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = value.get(name)
    if not isinstance(given, list) or not given:
        raise InvalidInputException(f"{name} must be a list of at least one item id.")
    return tuple(_text(each, f"each of {name}") for each in given)


def _text(given: Any, name: str) -> str:
    if not isinstance(given, str):
        raise InvalidInputException(f"{name} must be a text in quotes, not {_kind(given)}.")
    if not 0 < len(given) <= LONGEST_ID:
        raise InvalidInputException(f"{name} must have 1 to {LONGEST_ID} characters; it has {len(given):,}.")
    if "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given):
        raise InvalidInputException(f"{name} holds a character that no id has.")
    return given


def _values(value: Mapping[str, Any]) -> Mapping[str, str]:
    given = value.get("filterValues") or {}
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise InvalidInputException('filterValues must be an object of texts, such as {"GENRES": "\\"comedy\\""}.')
    return given


def _kind(given: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(given), "nothing")
