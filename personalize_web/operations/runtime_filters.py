"""Filters as requests apply them: over the columns of this moment, and what the user did until now."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import filters as expressions
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns
from personalize_web.operations import (
    lookup,
    quotas,
    runtime_columns,
    runtime_histories,
    runtime_values,
    serving_models,
)
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.runtime_datasets import Place, Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.operations.runtime_rows import briefly
from personalize_web.resources import arns, statuses
from personalize_web.resources.models import Filter

FIELD = "filter_arn"
MOST = 32
"""Models whose columns are kept aligned at once."""

Schemas = tuple[tuple[str, str, str | None], ...]

_aligned: OrderedDict[tuple[UUID, UUID | None], tuple[Attributes | None, DatasetColumns]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class About:
    """The request that a filter is applied to."""

    deployment: Deployment
    places: Places
    user_id: str | None
    item_id: str | None


def mask(caller: Caller, about: About, filter_arn: str, values: Mapping[str, str] | None) -> NDArray[np.bool_]:
    """By the model's item rows, what may be answered.

    Raises ResourceNotFoundException where there is no such filter, InvalidInputException where it cannot be applied.
    """
    tree = _tree(caller, about, filter_arn)
    if tree.target != "ITEM_ID":
        raise InvalidInputException("The filter is not for items and cannot be applied here.", field=FIELD)
    if tree.of_item and about.deployment.recipe.served_as != "RELATED_ITEMS":
        raise InvalidInputException(
            f"The filter uses CurrentItem, which {about.deployment.recipe.name} does not have.", field=FIELD
        )
    if tree.of_user and about.user_id is None:
        raise InvalidInputException("userId must be given: the filter needs it.", field="user_id")
    scope = expressions.Scope(
        candidates=_columns(about.deployment.storage_key, about.places.items),
        events_of_user=lambda types: _items_of_types(about, types),
        user=_user(about) if expressions.uses_user_columns(tree) else None,
        item=_item(about) if tree.of_item else None,
    )
    try:
        return expressions.evaluate(tree, expressions.read_values(values), scope)
    except DataError as error:
        raise InvalidInputException(str(error), field="filter_values") from error


def _tree(caller: Caller, about: About, filter_arn: str) -> expressions.Filter:
    status, group, expression = _row(caller.account, caller.region, filter_arn)
    if group != about.deployment.dataset_group_id:
        raise InvalidInputException(f"Filter {filter_arn} belongs to another dataset group.", field=FIELD)
    if status != statuses.ACTIVE:
        raise InvalidInputException(f"Filter {filter_arn} is in {status} state. It must be ACTIVE.", field=FIELD)
    places = {"INTERACTIONS": about.places.interactions, "ITEMS": about.places.items, "USERS": about.places.users}
    known = tuple((kind, place.schema_text, place.domain) for kind, place in places.items() if place)
    try:
        return _parsed(expression, known)
    except DataError as error:
        raise InvalidInputException(str(error), field=FIELD) from error


@briefly
def _row(account: str, region: str, arn: str) -> Any:
    parts = arns.read(arn)
    if parts is None or parts.kind != Filter.KIND:
        raise InvalidInputException(f"{arn} is not the ARN of a filter.", field=FIELD)
    rows = Filter.objects.filter(arn=arn, account=account, region=region)
    found = rows.values_list("status", "dataset_group_id", "expression").first()
    if found is None:
        raise lookup.not_found(arn, field=FIELD)
    return found


@lru_cache(maxsize=256)
def _parsed(expression: str, schemas: Schemas) -> expressions.Filter:
    parsed = {kind: runtime_values.parse_schema(text, domain) for kind, text, domain in schemas}
    return expressions.check(expressions.parse(expression), parsed)


def _columns(model: UUID, items: Place | None) -> DatasetColumns:
    """The columns of Items aligned with the rows of a model; made anew when either changed."""
    attributes = runtime_columns.attributes_of_dataset(items.storage_key) if items else None
    key = (model, items.storage_key if items else None)
    found = _aligned.get(key)
    if found is not None and found[0] is attributes:
        return found[1]
    categorical = [field.name for field in items.schema.fields if field.categorical] if items else []
    columns = DatasetColumns(serving_models.get(model).items, attributes, key="ITEM_ID", categorical=categorical)
    with _lock:
        _aligned[key] = (attributes, columns)
        while len(_aligned) > MOST:
            _aligned.popitem(last=False)
    return columns


def _items_of_types(about: About, types: frozenset[str] | None) -> set[str]:
    """Items of the user's newest events of each of some types, or of every type."""
    user = runtime_histories.look_up(about.places, about.user_id or "", about.deployment)
    return user.items_of_types(types, quotas.limit("filter_interactions"))


def _user(about: About) -> Mapping[str, Any] | None:
    users = about.places.users
    rows = runtime_columns.attributes_of_dataset(users.storage_key) if users else None
    return rows.row(about.user_id) if rows and about.user_id is not None else None


def _item(about: About) -> Mapping[str, Any] | None:
    items = about.places.items
    rows = runtime_columns.attributes_of_dataset(items.storage_key) if items else None
    return rows.row(about.item_id) if rows and about.item_id is not None else None
