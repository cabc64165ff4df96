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
    events: runtime_histories.UserEvents | None = None
    """The user's, where they have been looked up already."""

    @property
    def of_actions(self) -> bool:
        """Whether actions are answered instead of items."""
        return self.deployment.recipe.served_as == "PERSONALIZED_ACTIONS"

    @property
    def candidates(self) -> Place | None:
        """The dataset of what is answered."""
        return self.places.actions if self.of_actions else self.places.items

    @property
    def key(self) -> str:
        """The column of their ids."""
        return "ACTION_ID" if self.of_actions else "ITEM_ID"


def mask(caller: Caller, about: About, filter_arn: str, values: Mapping[str, str] | None) -> NDArray[np.bool_]:
    """By the rows of the model's items, or of its actions, what may be answered.

    Raises ResourceNotFoundException where there is no such filter, InvalidInputException where it cannot be applied.
    """
    return applied(tree(caller, about, filter_arn), about, values)


def applied(tree: expressions.Filter, about: About, values: Mapping[str, str] | None) -> NDArray[np.bool_]:
    """By the model's rows, what the filter lets through. Raises InvalidInputException where it does not apply."""
    if tree.target != ("ACTION_ID" if about.of_actions else "ITEM_ID"):
        kind = "actions" if about.of_actions else "items"
        raise InvalidInputException(f"The filter is not for {kind} and cannot be applied here.", field=FIELD)
    if tree.of_item and about.deployment.recipe.served_as != "RELATED_ITEMS":
        raise InvalidInputException(
            f"The filter uses CurrentItem, which {about.deployment.recipe.name} does not have.", field=FIELD
        )
    if tree.of_user and about.user_id is None:
        raise InvalidInputException("userId must be given: the filter needs it.", field="user_id")
    scope = expressions.Scope(
        candidates=_columns(about.deployment.storage_key, about.candidates, about.key),
        events_of_user=lambda types: _items_of_types(about, types),
        user=_user(about) if expressions.uses_user_columns(tree) else None,
        item=_item(about) if tree.of_item else None,
    )
    try:
        return expressions.evaluate(tree, expressions.read_values(values), scope)
    except DataError as error:
        raise InvalidInputException(str(error), field="filter_values") from error


def tree(caller: Caller, about: About, filter_arn: str) -> expressions.Filter:
    """The filter as it is to be applied: of the group of the request, and ACTIVE."""
    status, group, expression = _row(caller.account, caller.region, filter_arn)
    if group != about.deployment.dataset_group_id:
        raise InvalidInputException(f"Filter {filter_arn} belongs to another dataset group.", field=FIELD)
    if status != statuses.ACTIVE:
        raise InvalidInputException(f"Filter {filter_arn} is in {status} state. It must be ACTIVE.", field=FIELD)
    places = {name.upper(): getattr(about.places, name) for name in Places.__dataclass_fields__}
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


def _columns(model: UUID, items: Place | None, key_column: str) -> DatasetColumns:
    """The columns of Items or Actions aligned with the rows of a model; made anew when either changed."""
    attributes = runtime_columns.attributes_of_dataset(items.storage_key) if items else None
    key = (model, items.storage_key if items else None)
    found = _aligned.get(key)
    if found is not None and found[0] is attributes:
        return found[1]
    categorical = [field.name for field in items.schema.fields if field.categorical] if items else []
    columns = DatasetColumns(serving_models.get(model).items, attributes, key=key_column, categorical=categorical)
    with _lock:
        _aligned[key] = (attributes, columns)
        while len(_aligned) > MOST:
            _aligned.popitem(last=False)
    return columns


def _items_of_types(about: About, types: frozenset[str] | None) -> set[str]:
    """Items or actions of the user's newest events of each of some types, or of every type."""
    user = about.events or runtime_histories.look_up(
        about.places, about.user_id or "", about.deployment, of_actions=about.of_actions
    )
    return user.items_of_types(
        types, quotas.limit("filter_action_interactions" if about.of_actions else "filter_interactions")
    )


def _user(about: About) -> Mapping[str, Any] | None:
    users = about.places.users
    rows = runtime_columns.attributes_of_dataset(users.storage_key) if users else None
    return rows.row(about.user_id) if rows and about.user_id is not None else None


def _item(about: About) -> Mapping[str, Any] | None:
    items = about.places.items
    rows = runtime_columns.attributes_of_dataset(items.storage_key) if items else None
    return rows.row(about.item_id) if rows and about.item_id is not None else None
