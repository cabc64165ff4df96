"""Single users, items and actions: put_users, put_items and put_actions."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from personalize_web.operations import lookup, quotas, rejections, runtime_event_log, runtime_rates
from personalize_web.operations import runtime_values as values
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation
from personalize_web.resources.models import Dataset, Record

KEYS = {"USERS": "USER_ID", "ITEMS": "ITEM_ID", "ACTIONS": "ACTION_ID"}
MEMBERS = {"USERS": "userId", "ITEMS": "itemId", "ACTIONS": "actionId"}


@rejections.kept(records="users")
@operation
def put_users(caller: Caller, *, dataset_arn: str, users: list[dict[str, Any]]) -> None:
    """Keep users, all or none, each in the place of what was known of it; on disk when the call returns."""
    _put(caller, "put_users", "USERS", dataset_arn, users)


@rejections.kept(records="items")
@operation
def put_items(caller: Caller, *, dataset_arn: str, items: list[dict[str, Any]]) -> None:
    """Keep items, all or none, each in the place of what was known of it; on disk when the call returns."""
    _put(caller, "put_items", "ITEMS", dataset_arn, items)


@rejections.kept(records="actions")
@operation
def put_actions(caller: Caller, *, dataset_arn: str, actions: list[dict[str, Any]]) -> None:
    """Keep actions, all or none, each in the place of what was known of it; on disk when the call returns."""
    _put(caller, "put_actions", "ACTIONS", dataset_arn, actions)


def _put(caller: Caller, name: str, dataset_type: str, dataset_arn: str, given: Sequence[Mapping[str, Any]]) -> None:
    """Nothing is merged: a column that a record leaves out is null from then on. Earlier versions are kept as history,
    which exports show."""
    dataset = lookup.active(Dataset, caller, dataset_arn, field="dataset_arn")
    if dataset.dataset_type != dataset_type:
        raise InvalidInputException(
            f"Dataset {dataset.arn} is of type {dataset.dataset_type}; this call needs one of type {dataset_type}.",
            field="dataset_arn",
        )
    runtime_rates.take(f"{name} {dataset.dataset_group_id}", limit=quotas.limit("put_records_per_second"))
    columns = values.columns(dataset.schema.text, dataset.schema.domain, frozenset({KEYS[dataset_type]}))
    rows = [
        _record(dataset, record, columns, MEMBERS[dataset_type], f"{dataset_type.lower()}.{number}")
        for number, record in enumerate(given, start=1)
    ]
    with runtime_event_log.on_disk(), transaction.atomic():
        Record.objects.bulk_create(rows)
    operation_name = "Put" + dataset_type.capitalize()
    rejections.count(operation_name, dataset.dataset_group_id, accepted=len(rows))


def _record(dataset: Dataset, record: Mapping[str, Any], columns: values.Columns, member: str, where: str) -> Record:
    key = record[member]
    if key in columns.keywords:
        raise InvalidInputException(f"{where}.{member} is the name of a column, which is no value.")
    given = values.read_properties(record.get("properties"), f"{where}.properties")
    if unknown := given.keys() - columns.by_normal.keys():
        keys = values.spelled(record.get("properties"), unknown)
        raise InvalidInputException(
            f"{where}.properties has keys that are no column of the dataset: {', '.join(keys)}. Write columns in camel "
            f"case; {member} stands beside properties."
        )
    return Record(dataset=dataset, key=key, values=values.fill(columns, given, where=f"{where}.properties"))
