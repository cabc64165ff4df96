"""Data preparations, ours beside the 79: files of any shape into one that fits a schema, by a recipe that is kept."""

import uuid
from collections.abc import Mapping
from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.engine.errors import DataError
from personalize_web.operations import lookup, paging, sources, storage
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException, LimitExceededException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DataPreparation, DatasetGroup
from personalize_web.workers import job

PREPARED = ("INTERACTIONS", "USERS", "ITEMS")
MOST_RUNNING = 5
"""Preparations of one group that may wait or run at the same time."""


@own_operation(role=ANALYST, recorded=True, sensitive={"schema"})
def report_data_preparation(
    caller: Caller,
    *,
    dataset_group_arn: str,
    dataset_type: str,
    data_location: str,
    schema: str,
    recipe: Mapping[str, Any],
) -> dict[str, Any]:
    """Ours, for the wizard: the quality of the first 50,000 rows as the recipe maps them, and what its fixes leave.

    ``summary``, ``columns``, ``insights``, ``duplicates``, ``incomplete``, ``unfit``, ``leftOut``, ``fixed`` (before,
    after, steps), ``sample`` and ``sampled``.
    """
    from personalize_web.engine import preparing  # a query engine: only loaded by processes that need it

    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    parsed = _schema(group, dataset_type, schema)
    with sources.beginning(data_location, field="data_location") as source:
        return preparing.report(source, _recipe(recipe, parsed, source.columns), parsed)


@own_operation(role=ANALYST, writes=True, sensitive={"schema"})
def create_data_preparation(
    caller: Caller,
    *,
    dataset_group_arn: str,
    dataset_type: str,
    data_location: str,
    schema: str,
    recipe: Mapping[str, Any],
    output_location: str | None = None,
) -> dict[str, Any]:
    """Ours, for the wizard: begin to prepare files; without output location only the report on all rows is made."""
    group = lookup.active(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    parsed = _schema(group, dataset_type, schema)
    source = storage.checked(data_location, field="data_location")
    try:
        locations.files_to_import(source)
    except DataError as error:
        raise InvalidInputException(str(error), field="data_location") from error
    target = _target(output_location, source) if output_location else ""
    if group.data_preparations.filter(status__in=statuses.BUILDING).count() >= MOST_RUNNING:
        raise LimitExceededException(
            f"More than {MOST_RUNNING} data preparations with PENDING or IN_PROGRESS status. Wait until one has ended."
        )
    made = lookup.create(
        DataPreparation,
        caller,
        name=uuid.uuid4().hex[:12],
        dataset_group=group,
        dataset_type=parsed.dataset_type,
        source_location=data_location,
        output_location=target,
        recipe=_recipe(recipe, parsed, None).as_json(),
        schema_text=schema,
    )
    job.enqueue("create-data-preparation", made, caller=caller)
    return {"dataPreparationArn": made.arn, "outputLocation": target}


@own_operation(role=ANALYST, writes=True)
def rerun_data_preparation(
    caller: Caller, *, data_preparation_arn: str, data_location: str, output_location: str
) -> dict[str, Any]:
    """Ours, for the next file: the same recipe and schema on other files."""
    kept = lookup.get(DataPreparation, caller, data_preparation_arn)
    return create_data_preparation(
        caller,
        dataset_group_arn=kept.dataset_group.arn,
        dataset_type=kept.dataset_type,
        data_location=data_location,
        output_location=output_location,
        schema=kept.schema_text,
        recipe=kept.recipe,
    )


@own_operation()
def describe_data_preparation(caller: Caller, *, data_preparation_arn: str) -> dict[str, Any]:
    """Ours, for its page: one preparation; ``result`` once it is ACTIVE."""
    found = lookup.get(DataPreparation, caller, data_preparation_arn)
    return {
        "dataPreparation": _summary(found)
        | present(
            datasetGroupArn=found.dataset_group.arn,
            schema=found.schema_text,
            recipe=found.recipe,
            result=found.result,
        )
    }


@own_operation()
def list_data_preparations(
    caller: Caller,
    *,
    dataset_group_arn: str,
    dataset_type: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Ours, for the group's pages: its preparations that write files, newest first, without their results."""
    rows = lookup.of(DataPreparation, caller).filter(dataset_group__arn=dataset_group_arn).exclude(output_location="")
    if dataset_type:
        rows = rows.filter(dataset_type=dataset_type.upper())
    return paging.page(
        rows.defer("result"),
        _summary,
        key="dataPreparations",
        operation="list_data_preparations",
        filters={"dataset_group_arn": dataset_group_arn, "dataset_type": dataset_type},
        max_results=max_results,
        next_token=next_token,
    )


def _schema(group: DatasetGroup, dataset_type: str, text: str) -> avro.Schema:
    kind = dataset_type.upper()
    if kind not in PREPARED:
        raise InvalidInputException(
            f"Files can be prepared for {', '.join(avro.RECORD_NAMES[each] for each in PREPARED)} datasets, "
            f"not for {avro.RECORD_NAMES.get(kind, dataset_type)}.",
            field="dataset_type",
        )
    try:
        parsed = avro.parse(text, domain=group.domain)
    except DataError as error:
        raise InvalidInputException(str(error), field="schema") from error
    if parsed.dataset_type != kind:
        raise InvalidInputException(
            f"The schema is one of {parsed.dataset_type}, and the files are to be {kind}.", field="schema"
        )
    return parsed


def _recipe(document: Any, schema: avro.Schema, columns: Any) -> Any:
    from personalize_web.engine.preparing import read_recipe

    try:
        return read_recipe(document, schema, columns)
    except DataError as error:
        raise InvalidInputException(str(error), field="recipe") from error


def _target(text: str, source: locations.Location) -> str:
    """Where the file is written: a file as given, in a folder under the source's name."""
    target = storage.checked(text, field="output_location")
    if target.is_folder:
        stem = source.name.split(".")[0] or "data"
        target = storage.checked(f"{target}{stem}-prepared.csv", field="output_location")
    folder = target.key[: target.key.rfind("/") + 1]
    inside = source.is_folder and (target.bucket, folder) == (source.bucket, source.key)
    if target == source or inside:
        raise InvalidInputException(
            "Choose an output location different from the input location.", field="output_location"
        )
    if len(str(target)) > 256:
        raise InvalidInputException(
            f"The output location has {len(str(target))} characters; at most 256 are allowed.", field="output_location"
        )
    return str(target)


def _summary(found: DataPreparation) -> dict[str, Any]:
    return present(
        dataPreparationArn=found.arn,
        datasetType=found.dataset_type,
        dataLocation=found.source_location,
        outputLocation=found.output_location or None,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
