"""What a filter would remove, ours beside the 79: tried on the data before anything answers with it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import filters as expressions
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns
from personalize_web.engine.ids import Vocabulary
from personalize_web.operations import filters, lookup, quotas, runtime_columns, runtime_datasets, runtime_histories
from personalize_web.operations.batch_segment_answers import with_events
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation
from personalize_web.operations.runtime_datasets import Place, Places
from personalize_web.resources.models import Filter

EXAMPLES = 10
NOUNS = {"ITEM_ID": "items", "ACTION_ID": "actions", "USER_ID": "users"}


@dataclass(frozen=True)
class Tried:
    """What is chosen among."""

    ids: Vocabulary
    attributes: Attributes | None
    columns: DatasetColumns


@own_operation(like="get_recommendations")
def try_filter(
    caller: Caller,
    *,
    filter_arn: str,
    filter_values: Mapping[str, str] | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
) -> dict[str, Any]:
    """How many items, actions or users a filter lets through for a user, an item and values, with examples.

    They are those of the Items, Actions or Users dataset; without one of Users, all who have events. ``total``,
    ``kept`` and ``removed`` count them; ``keptExamples`` and ``removedExamples`` are up to ten each, spread over all,
    with ``id``, ``title`` and the ``columns`` that the filter reads. Refused as a request would be.
    """
    found = lookup.get(Filter, caller, filter_arn)
    tree = filters.parsed(found.dataset_group, found.expression)
    of_users = tree.target == "USER_ID"
    if tree.of_user and not of_users and not user_id:
        raise InvalidInputException("userId must be given: the filter needs it.", field="user_id")
    if tree.of_item and not item_id:
        raise InvalidInputException("itemId must be given: the filter needs it.", field="item_id")
    places = runtime_datasets.of_group(found.dataset_group_id)
    tried = _tried(places, tree.target)
    users, items = _attributes(places.users), _attributes(places.items)
    scope = expressions.Scope(
        candidates=tried.columns,
        events_of_user=lambda types: _done(places, user_id or "", types, of_actions=tree.target == "ACTION_ID"),
        user=users.row(user_id) if users and user_id else None,
        item=items.row(item_id) if items and item_id else None,
        having_events=with_events(tried.ids, places, sys.maxsize) if of_users else None,
    )
    try:
        mask = expressions.evaluate(tree, expressions.read_values(filter_values), scope)
    except DataError as error:
        raise InvalidInputException(str(error), field="filter_values") from error
    own = set(tried.attributes.columns) if tried.attributes else set()
    columns = sorted({field.column for field in tree.fields()} & own)
    return {
        "total": len(mask),
        "kept": int(mask.sum()),
        "removed": int((~mask).sum()),
        "keptExamples": _examples(tried, np.flatnonzero(mask), columns),
        "removedExamples": _examples(tried, np.flatnonzero(~mask), columns),
    }


def _tried(places: Places, target: str) -> Tried:
    place = {"ITEM_ID": places.items, "ACTION_ID": places.actions, "USER_ID": places.users}[target]
    attributes = _attributes(place)
    ids = attributes.ids if attributes else None
    if ids is None and target == "USER_ID" and places.interactions:
        index = runtime_columns.history_of_dataset(places.interactions.storage_key)
        ids = index.users if index else None
    if ids is None or not len(ids):
        noun = NOUNS[target]
        raise InvalidInputException(f"The group has no {noun} to try the filter on. Import {noun} first.")
    categorical = [field.name for field in place.schema.fields if field.categorical] if place else []
    return Tried(ids, attributes, DatasetColumns(ids, attributes, key=target, categorical=categorical))


def _attributes(place: Place | None) -> Attributes | None:
    return runtime_columns.attributes_of_dataset(place.storage_key) if place else None


def _done(places: Places, user_id: str, types: frozenset[str] | None, *, of_actions: bool) -> set[str]:
    """Items, or actions, of the user's newest events."""
    events = runtime_histories.look_up(places, user_id, of_actions=of_actions)
    return events.items_of_types(
        types, quotas.limit("filter_action_interactions" if of_actions else "filter_interactions")
    )


def _examples(tried: Tried, rows: NDArray[np.int64], columns: list[str]) -> list[dict[str, Any]]:
    """Ids spread evenly over ``rows``."""
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(EXAMPLES, len(rows))).astype(int))] if len(rows) else rows
    ids = tried.ids.ids(chosen)
    title = tried.attributes.title_column() if tried.attributes else None
    wanted = [*columns, *([title] if title and title not in columns else [])]
    records = tried.attributes.values(ids, wanted) if tried.attributes else [{} for _ in ids]
    return [
        {"id": each, "title": record.get(title) if title else None,
         "columns": {name: record.get(name) for name in columns}}
        for each, record in zip(ids, records, strict=True)
    ]  # fmt: skip
