"""Data checks, ours beside the 79: dry runs that report everything an import would say, and import nothing."""

import uuid
from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.operations import lookup, paging, storage
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException, LimitExceededException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DataCheck, Dataset, DatasetGroup
from personalize_web.workers import job

MOST_RUNNING = 5
"""Checks of one group that may wait or run at the same time."""


@own_operation(role=ANALYST, writes=True, sensitive={"schema"})
def create_data_check(
    caller: Caller,
    *,
    dataset_group_arn: str,
    dataset_type: str,
    data_location: str,
    schema: str | None = None,
    dataset_arn: str | None = None,
    full: bool = True,
) -> dict[str, Any]:
    """Ours, for the import form: begin to check a file or folder against a schema, a dataset's, or the group's.

    Not ``full``: only the first rows are looked at.
    """
    group = lookup.active(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    storage.checked(data_location, field="data_location")
    text = schema if schema is not None else _kept_schema(caller, group, dataset_type, dataset_arn)
    found = avro.parse(text, domain=group.domain).dataset_type
    if found != dataset_type.upper():
        raise InvalidInputException(
            f"The schema is one of {found}, and the files are to be {dataset_type.upper()}.", field="schema"
        )
    if group.data_checks.filter(status__in=statuses.BUILDING).count() >= MOST_RUNNING:
        raise LimitExceededException(
            f"More than {MOST_RUNNING} data checks with PENDING or IN_PROGRESS status. Wait until one has ended."
        )
    made = lookup.create(
        DataCheck,
        caller,
        name=uuid.uuid4().hex[:12],
        dataset_group=group,
        dataset_type=found,
        schema_text=text,
        data_location=data_location,
        options={"full": full},
    )
    job.enqueue("create-data-check", made, caller=caller)
    return {"dataCheckArn": made.arn}


@own_operation()
def describe_data_check(caller: Caller, *, data_check_arn: str) -> dict[str, Any]:
    """Ours, for the report's page: one check; ``result`` once it is ACTIVE."""
    found = lookup.get(DataCheck, caller, data_check_arn)
    return {
        "dataCheck": _summary(found)
        | present(datasetGroupArn=found.dataset_group.arn, schema=found.schema_text, result=found.result)
    }


@own_operation()
def list_data_checks(
    caller: Caller, *, dataset_group_arn: str, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """Ours, for the group's pages: its checks, newest first, without their results."""
    return paging.page(
        lookup.of(DataCheck, caller).filter(dataset_group__arn=dataset_group_arn).defer("result"),
        _summary,
        key="dataChecks",
        operation="list_data_checks",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


def _kept_schema(caller: Caller, group: DatasetGroup, dataset_type: str, dataset_arn: str | None) -> str:
    """The schema of the named dataset, or of the group's dataset of that type."""
    if dataset_arn is not None:
        dataset = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn")
        if dataset.dataset_group_id != group.pk:
            raise InvalidInputException(f"{dataset_arn} is no dataset of {group.arn}.", field="dataset_arn")
        return dataset.schema.text
    kept = group.datasets.filter(dataset_type=dataset_type.upper()).select_related("schema").first()
    if kept is None:
        raise InvalidInputException(
            f"The group has no {dataset_type.upper()} dataset yet: give a schema to check the files with.",
            field="schema",
        )
    return kept.schema.text


def _summary(found: DataCheck) -> dict[str, Any]:
    return present(
        dataCheckArn=found.arn,
        datasetType=found.dataset_type,
        dataLocation=found.data_location,
        full=found.options.get("full", True),
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
