"""Ours, for the page to try recommendations: what a user did, what items are called, whom to try."""

import random
from typing import Any

import numpy as np

from personalize_web.engine.attributes import Attributes
from personalize_web.engine.history import HistoryIndex
from personalize_web.operations import lookup, runtime_columns, runtime_datasets, runtime_histories
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation
from personalize_web.operations.runtime_datasets import Places
from personalize_web.resources.models import DatasetGroup

SUGGESTED = 10
"""Users suggested at once."""
HEAVY = 0.02
"""Share of the users with the longest histories that heavy ones are drawn from."""
NEW = 3
"""Most events of a user who counts as new."""


@own_operation()
def get_user_history(
    caller: Caller, *, dataset_group_arn: str, user_id: str, limit: int = 50, with_actions: bool = False
) -> dict[str, Any]:
    """Whether the user is known, how many events we have at hand, and the newest of them, the newest first.

    The user may be a session, whose events without a user are then meant. With ``with_actions`` events with actions
    are among them, the action under itemId.
    """
    places = _places(caller, dataset_group_arn)
    total, events = _newest(places, user_id, limit)
    if with_actions:
        more, done = _newest(places, user_id, limit, of_actions=True)
        total, events = total + more, sorted([*events, *done], key=lambda each: -each["timestamp"])[:limit]
    return {"known": total > 0, "total": total, "events": events}


def _newest(places: Places, user_id: str, limit: int, *, of_actions: bool = False) -> tuple[int, list[dict[str, Any]]]:
    history = runtime_histories.look_up(places, user_id, of_actions=of_actions).stored()
    total = len(history.item_ids)
    newest = range(total - 1, max(total - 1 - limit, -1), -1)
    titles = _titles(places, [history.item_ids[at] for at in newest], of_actions=of_actions)
    return total, [
        {
            "itemId": history.item_ids[at],
            "title": titles.get(history.item_ids[at]),
            "eventType": history.event_types[at] or "",
            "timestamp": history.timestamps[at],
        }
        for at in newest
    ]


@own_operation()
def describe_items(caller: Caller, *, dataset_group_arn: str, item_ids: list[str]) -> dict[str, Any]:
    """The records of those items that the Items dataset has: id -> every column, and ``title``."""
    items, column = _described(_items(_places(caller, dataset_group_arn)), item_ids)
    return {"items": items, "titleColumn": column}


@own_operation()
def describe_actions(caller: Caller, *, dataset_group_arn: str, action_ids: list[str]) -> dict[str, Any]:
    """The records of those actions that the Actions dataset has: id -> every column, and ``title``."""
    actions, column = _described(_actions(_places(caller, dataset_group_arn)), action_ids)
    return {"actions": actions, "titleColumn": column}


def _described(attributes: Attributes | None, ids: list[str]) -> tuple[dict[str, dict[str, Any]], str | None]:
    if attributes is None:
        return {}, None
    column = attributes.title_column()
    found = {each: row for each in ids if (row := attributes.row(each)) is not None}
    return {each: row | {"title": row[column] if column else None} for each, row in found.items()}, column


@own_operation()
def search_items(caller: Caller, *, dataset_group_arn: str, text: str, limit: int = 20) -> dict[str, Any]:
    """Items whose title contains ``text``, or whose id it is; without an Items dataset, the one whose id it is."""
    places = _places(caller, dataset_group_arn)
    attributes = _items(places)
    if attributes is not None:
        found = attributes.search(text, limit)
    else:
        index = _history(places)
        found = [text] if index and index.items.row(text) >= 0 else []
    titles = _titles(places, found)
    return {"items": [{"itemId": item_id, "title": titles.get(item_id)} for item_id in found]}


@own_operation()
def suggest_users(caller: Caller, *, dataset_group_arn: str, kind: str = "random") -> dict[str, Any]:
    """Users to try, drawn anew each time: ``random`` ones, ``heavy`` ones with long histories, or ``new`` ones with at
    most three events. ``new`` may find nobody."""
    index = _history(_places(caller, dataset_group_arn))
    lengths = index.lengths() if index else np.zeros(0, np.int64)
    if kind == "heavy":
        rows = np.argsort(-lengths, kind="stable")[: max(SUGGESTED, int(len(lengths) * HEAVY))]
    elif kind == "new":
        rows = np.flatnonzero(lengths <= NEW)
    elif kind == "random":
        rows = np.arange(len(lengths))
    else:
        raise InvalidInputException("kind must be random, heavy or new.", field="kind")
    drawn = random.sample(range(len(rows)), min(SUGGESTED, len(rows)))
    return {
        "users": [{"userId": index.users.id(int(rows[at])), "events": int(lengths[rows[at]])} for at in drawn if index]
    }


@own_operation()
def suggest_items(caller: Caller, *, dataset_group_arn: str, kind: str = "popular", number: int = 50) -> dict[str, Any]:
    """Items to rank: the ``popular`` ones with the most interactions, or ``random`` ones, drawn anew each time."""
    places = _places(caller, dataset_group_arn)
    index, rows = _history(places), _items(places)
    if kind == "popular":
        found = index.items.ids(index.most_met(number)) if index else []
    elif kind == "random":
        known = rows.ids if rows is not None and len(rows) else index.items if index else None
        found = known.ids(random.sample(range(len(known)), min(number, len(known)))) if known is not None else []
    else:
        raise InvalidInputException("kind must be popular or random.", field="kind")
    titles = _titles(places, found)
    return {"items": [{"itemId": each, "title": titles.get(each)} for each in found]}


def _places(caller: Caller, dataset_group_arn: str) -> Places:
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    return runtime_datasets.of_group(group.pk)


def _items(places: Places) -> Attributes | None:
    return runtime_columns.attributes_of_dataset(places.items.storage_key) if places.items else None


def _actions(places: Places) -> Attributes | None:
    return runtime_columns.attributes_of_dataset(places.actions.storage_key) if places.actions else None


def _history(places: Places) -> HistoryIndex | None:
    return runtime_columns.history_of_dataset(places.interactions.storage_key) if places.interactions else None


def _titles(places: Places, item_ids: list[str], *, of_actions: bool = False) -> dict[str, str | None]:
    attributes = _actions(places) if of_actions else _items(places)
    column = attributes.title_column() if attributes else None
    if attributes is None or column is None:
        return {}
    return {
        item_id: row.get(column) for item_id, row in zip(item_ids, attributes.values(item_ids, [column]), strict=True)
    }
