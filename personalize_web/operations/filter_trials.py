"""What a filter would remove, ours beside the 79: tried on the catalogue before anything answers with it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import filters as expressions
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns
from personalize_web.operations import filters, lookup, quotas, runtime_columns, runtime_datasets, runtime_histories
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import Filter

EXAMPLES = 10


@own_operation(like="get_recommendations")
def try_filter(
    caller: Caller,
    *,
    filter_arn: str,
    filter_values: Mapping[str, str] | None = None,
    user_id: str | None = None,
    item_id: str | None = None,
) -> dict[str, Any]:
    """How many items of the Items dataset a filter lets through for a user, an item and values, with examples.

    ``total``, ``kept`` and ``removed`` count items; ``keptItems`` and ``removedItems`` are up to ten each, spread over
    the catalogue, with ``itemId``, ``title`` and the ``columns`` that the filter reads. Refused as a request would be.
    """
    found = lookup.get(Filter, caller, filter_arn)
    tree = filters.parsed(found.dataset_group, found.expression)
    if tree.target != "ITEM_ID":
        raise InvalidInputException("Only filters for items can be tried on the catalogue.", field="filter_arn")
    if tree.of_user and not user_id:
        raise InvalidInputException("userId must be given: the filter needs it.", field="user_id")
    if tree.of_item and not item_id:
        raise InvalidInputException("itemId must be given: the filter needs it.", field="item_id")
    places = runtime_datasets.of_group(found.dataset_group_id)
    items = runtime_columns.attributes_of_dataset(places.items.storage_key) if places.items else None
    if places.items is None or items is None or not len(items):
        raise InvalidInputException("The group has no items to try the filter on. Import items first.")
    users = runtime_columns.attributes_of_dataset(places.users.storage_key) if places.users else None
    categorical = [field.name for field in places.items.schema.fields if field.categorical]
    scope = expressions.Scope(
        candidates=DatasetColumns(items.ids, items, key="ITEM_ID", categorical=categorical),
        events_of_user=lambda types: runtime_histories.look_up(places, user_id or "").items_of_types(
            types, quotas.limit("filter_interactions")
        ),
        user=users.row(user_id) if users and user_id else None,
        item=items.row(item_id) if item_id else None,
    )
    try:
        mask = expressions.evaluate(tree, expressions.read_values(filter_values), scope)
    except DataError as error:
        raise InvalidInputException(str(error), field="filter_values") from error
    columns = sorted({field.column for field in tree.fields()} & set(items.columns))
    return {
        "total": len(items),
        "kept": int(mask.sum()),
        "removed": int((~mask).sum()),
        "keptItems": _examples(items, np.flatnonzero(mask), columns),
        "removedItems": _examples(items, np.flatnonzero(~mask), columns),
    }


def _examples(items: Attributes, rows: NDArray[np.int64], columns: list[str]) -> list[dict[str, Any]]:
    """Items spread evenly over ``rows``."""
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(EXAMPLES, len(rows))).astype(int))] if len(rows) else rows
    ids, title = items.ids.ids(chosen), items.title_column()
    wanted = [*columns, *([title] if title and title not in columns else [])]
    return [
        {"itemId": item, "title": values.get(title) if title else None,
         "columns": {name: values[name] for name in columns}}
        for item, values in zip(ids, items.values(ids, wanted), strict=True)
    ]  # fmt: skip
