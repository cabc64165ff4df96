"""Datasets: create, describe, list, replace the schema, delete."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils import timezone

from personalize_web.engine import schemas as avro
from personalize_web.engine.schemas import replacement
from personalize_web.operations import dependants, legacy_events, lookup, paging
from personalize_web.operations.answers import dates, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Schema
from personalize_web.workers import job

OF_ACTIONS = ("ACTIONS", "ACTION_INTERACTIONS")


@operation
def create_dataset(
    caller: Caller,
    *,
    name: str,
    schema_arn: str,
    dataset_group_arn: str,
    dataset_type: str,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin an empty dataset; a group has at most one of each type."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    schema = lookup.get(Schema, caller, schema_arn, field="schema_arn")
    kind = dataset_type.upper()
    if kind not in avro.DATASET_TYPES:
        raise InvalidInputException(
            f"Dataset type {dataset_type} is not one of Interactions, Users, Items, Actions, Action_Interactions.",
            field="dataset_type",
        )
    lookup.refuse_taken(Dataset, caller, f"{group.name}/{kind}", field="dataset_type")
    lookup.require_state(group, statuses.ACTIVE, doing="used")
    _check_fit(schema, kind, group)
    dataset = lookup.create(
        Dataset,
        caller,
        name=name,
        arn_name=f"{group.name}/{kind}",
        field="dataset_type",
        dataset_group=group,
        dataset_type=kind,
        schema=schema,
        tracking_id=str(uuid.uuid4()) if kind == "ACTION_INTERACTIONS" else None,
        tags=tags,
    )
    job.enqueue("create-dataset", dataset, caller=caller)
    return {"datasetArn": dataset.arn}


def _check_fit(schema: Schema, kind: str, group: DatasetGroup) -> None:
    if group.domain and kind in OF_ACTIONS:
        raise InvalidInputException(
            f"A domain dataset group cannot have a dataset of type {kind}. Create it in a custom dataset group.",
            field="dataset_type",
        )
    if schema.domain != group.domain:
        theirs, ours = schema.domain or "no domain", group.domain or "no domain"
        raise InvalidInputException(
            f"Schema {schema.arn} has {theirs}, but dataset group {group.arn} has {ours}. They must be the same.",
            field="schema_arn",
        )
    if schema.dataset_type != kind:
        raise InvalidInputException(
            f"Schema {schema.arn} describes a dataset of type {schema.dataset_type}, not {kind}.", field="schema_arn"
        )


@operation
def describe_dataset(caller: Caller, *, dataset_arn: str) -> dict[str, Any]:
    """One dataset with everything about it."""
    if group := lookup.virtual_events(caller, dataset_arn):
        return {"dataset": legacy_events.described(group) | {"datasetGroupArn": group.arn}}
    dataset = lookup.get(Dataset, caller, dataset_arn)
    return {
        "dataset": _summary(dataset)
        | present(
            datasetGroupArn=dataset.dataset_group.arn,
            schemaArn=dataset.schema.arn,
            latestDatasetUpdate=latest_update(dataset.latest_update),
            trackingId=dataset.tracking_id,
        )
    }


@operation
def list_datasets(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The datasets of a group, or of the account, newest first."""
    rows = lookup.of(Dataset, caller)
    rows = rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows
    if settings.LEGACY_EVENT_INTERACTIONS:
        return paging.page_of(
            legacy_events.among(caller, [_summary(row) for row in rows], dataset_group_arn),
            key="datasets",
            operation="list_datasets",
            filters={"dataset_group_arn": dataset_group_arn},
            max_results=max_results,
            next_token=next_token,
        )
    return paging.page(
        rows,
        _summary,
        key="datasets",
        operation="list_datasets",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def update_dataset(caller: Caller, *, dataset_arn: str, schema_arn: str) -> dict[str, Any]:
    """Put another schema in the place of a dataset's: it has every present field and may add some that support null."""
    dataset = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn")
    schema = lookup.get(Schema, caller, schema_arn, field="schema_arn")
    lookup.require_state(dataset, statuses.ACTIVE, doing="updated")
    _refuse_replacement(dataset, schema)
    lookup.refuse_running(dataset, "updated", dataset.import_jobs.filter(status__in=statuses.BUILDING))
    if (dataset.latest_update or {}).get("status") in statuses.BUILDING:
        raise ResourceInUseException(
            f"Resource {dataset.arn} is being updated already. Wait until latestDatasetUpdate is ACTIVE or CREATE "
            "FAILED."
        )
    now = timezone.now().timestamp()
    dataset.change(
        latest_update={
            "schemaArn": schema.arn,
            "status": statuses.CREATE_PENDING,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
        }
    )
    job.enqueue("update-dataset", dataset, caller=caller)
    return {"datasetArn": dataset.arn}


def _refuse_replacement(dataset: Dataset, schema: Schema) -> None:
    old = avro.parse(dataset.schema.text, domain=dataset.schema.domain)
    if dataset.dataset_type not in replacement.REPLACEABLE:
        raise InvalidInputException(replacement.problems(old, old)[0], field="dataset_arn")
    if schema.pk == dataset.schema.pk:
        raise InvalidInputException(f"Schema {schema.arn} is the dataset's schema already.", field="schema_arn")
    _check_fit(schema, dataset.dataset_type, dataset.dataset_group)
    refused = replacement.problems(old, avro.parse(schema.text, domain=schema.domain))
    if refused:
        raise InvalidInputException(" ".join(refused), field="schema_arn")


@own_operation()
def list_replacement_schemas(caller: Caller, *, dataset_arn: str) -> dict[str, Any]:
    """Ours, for the form: the account's schemas that may take the place of the dataset's, newest first.

    Each has ``added``, the names of the fields that it would add.
    """
    dataset = lookup.get(Dataset, caller, dataset_arn)
    old = avro.parse(dataset.schema.text, domain=dataset.schema.domain)
    rows = lookup.of(Schema, caller).filter(dataset_type=dataset.dataset_type, domain=dataset.dataset_group.domain)
    found = []
    for row in rows.exclude(pk=dataset.schema.pk).order_by("-created_at", "-pk"):
        new = avro.parse(row.text, domain=row.domain)
        if not replacement.problems(old, new):
            added = [name for name in new.names if name not in old.by_name]
            found.append(present(name=row.name, schemaArn=row.arn, domain=row.domain, **dates(row)) | {"added": added})
    return {"schemas": found}


@own_operation()
def check_replacement(caller: Caller, *, dataset_arn: str, schema: str) -> dict[str, Any]:
    """Ours, for the editor: what the schema text would change in the dataset's columns, and everything that forbids it.

    ``fields`` have name, change (same, added, removed or changed) and message; ``problems`` are those of check_schema
    and, where the text is a schema, those of the replacement, with the severity ``error`` and the field concerned.
    """
    dataset = lookup.get(Dataset, caller, dataset_arn)
    domain = dataset.dataset_group.domain
    found = [asdict(each) for each in avro.check(schema, dataset_type=dataset.dataset_type, domain=domain)]
    if any(problem["severity"] == "error" for problem in found):
        return {"fields": [], "problems": found}
    old, new = avro.parse(dataset.schema.text, domain=dataset.schema.domain), avro.parse(schema, domain=domain)
    changes = replacement.compare(old, new)
    fields = [{"name": each.name, "change": each.change, "message": each.message} for each in changes]
    if dataset.dataset_type not in replacement.REPLACEABLE:
        found.append(_refused(replacement.problems(old, old)[0], None))
    return {"fields": fields, "problems": found + [_refused(c.message, c.name) for c in changes if not c.allowed]}


def _refused(message: str, field: str | None) -> dict[str, Any]:
    return {"severity": "error", "rule": "R1", "line": None, "column": None, "field": field, "message": message}


@operation
def delete_dataset(caller: Caller, *, dataset_arn: str) -> None:
    """Remove a dataset with all its data. Trained models stay and keep answering."""
    if group := lookup.virtual_events(caller, dataset_arn):
        legacy_events.delete(caller, group)
        return
    dataset = lookup.get(Dataset, caller, dataset_arn)
    lookup.require_state(dataset, *statuses.DELETABLE, doing="deleted")
    lookup.refuse_dependants(dataset, *dependants.of_dataset(dataset))
    lookup.move(dataset, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-dataset", dataset, caller=caller)


def _summary(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "datasetArn": dataset.arn,
        "datasetType": dataset.dataset_type,
        "status": dataset.status,
        **dates(dataset),
    }
