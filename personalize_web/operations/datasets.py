"""Datasets: create, describe, list, delete."""

import uuid
from collections.abc import Iterable
from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.operations import lookup, paging
from personalize_web.operations.answers import dates, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Schema, SolutionVersion
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
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        _summary,
        key="datasets",
        operation="list_datasets",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def delete_dataset(caller: Caller, *, dataset_arn: str) -> None:
    """Remove a dataset with all its data. Trained models stay and keep answering."""
    dataset = lookup.get(Dataset, caller, dataset_arn)
    lookup.require_state(dataset, *statuses.DELETABLE, doing="deleted")
    group = dataset.dataset_group
    lookup.refuse_dependants(
        dataset,
        group.event_trackers.all() if dataset.dataset_type == "INTERACTIONS" else (),
        dataset.import_jobs.filter(status__in=statuses.BUILDING),
        SolutionVersion.objects.filter(solution__dataset_group=group, status__in=statuses.TRAINING),
        group.recommenders.filter(status__in=statuses.BUILDING),
    )
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
