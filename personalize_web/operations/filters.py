"""Filters: create, describe, list, delete."""

from collections.abc import Iterable
from typing import Any

from personalize_web.engine import filters as expressions
from personalize_web.engine import schemas as avro
from personalize_web.engine.errors import DataError
from personalize_web.operations import dependants, lookup, paging, quotas
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, LimitExceededException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Filter
from personalize_web.workers import job


@operation
def create_filter(
    caller: Caller,
    *,
    name: str,
    dataset_group_arn: str,
    filter_expression: str,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Keep an expression that says who may appear in an answer. It can't be changed afterwards."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    lookup.refuse_taken(Filter, caller, name)
    if group.status != statuses.ACTIVE:
        raise InvalidInputException(
            f"Dataset group {group.arn} is in {group.status} state. It must be ACTIVE.", field="dataset_group_arn"
        )
    tree = _checked(group, filter_expression)
    quotas.room_for_active("filters", group.filters.all())
    fields = sorted({".".join(field.counted_as) for field in tree.fields()})
    _room_for_fields(group, fields)
    made = lookup.create(
        Filter, caller, name=name, dataset_group=group, expression=filter_expression, fields=fields, tags=tags
    )
    job.enqueue("create-filter", made, caller=caller)
    return {"filterArn": made.arn}


@operation
def describe_filter(caller: Caller, *, filter_arn: str) -> dict[str, Any]:
    """One filter with its expression."""
    found = lookup.get(Filter, caller, filter_arn)
    return {"filter": _summary(found) | {"filterExpression": found.expression}}


@operation
def list_filters(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The filters of a group, or of the account, newest first."""
    rows = lookup.of(Filter, caller).select_related("dataset_group")
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        _summary,
        key="Filters",
        operation="list_filters",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def delete_filter(caller: Caller, *, filter_arn: str) -> None:
    """Remove a filter; requests that name it are refused from then on."""
    found = lookup.get(Filter, caller, filter_arn)
    lookup.refuse_running(found, "deleted", *dependants.batch_jobs_of_filter(found))
    lookup.move(found, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-filter", found, caller=caller)


@own_operation()
def check_filter_expression(caller: Caller, *, dataset_group_arn: str, filter_expression: str) -> dict[str, Any]:
    """Ours, for the editor: what is wrong with an expression, and at which character; else what it is about.

    ``problem`` is None or {message, position}; ``placeholders`` are the names a request gives values for, ``needed``
    those it must give; ``fields`` are the columns it reads, ``expressions`` its conditions as rows of a form.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    try:
        tree = parsed(group, filter_expression)
    except DataError as error:
        return {"problem": {"message": str(error), "position": getattr(error, "position", 0)}}
    return {
        "problem": None,
        "target": tree.target,
        "placeholders": list(tree.placeholders),
        "needed": sorted(tree.needed),
        "ofUser": tree.of_user,
        "ofItem": tree.of_item,
        "fields": sorted({expressions.named(field) for field in tree.fields()}),
        "expressions": expressions.rows(tree),
    }


def _checked(group: DatasetGroup, expression: str) -> expressions.Filter:
    try:
        return parsed(group, expression)
    except DataError as error:
        raise InvalidInputException(str(error), field="filter_expression") from error


def parsed(group: DatasetGroup, expression: str) -> expressions.Filter:
    """The tree of an expression, checked against the group's schemas. Raises DataError where it is wrong."""
    datasets = group.datasets.filter(status=statuses.ACTIVE).select_related("schema")
    schemas = {each.dataset_type: avro.parse(each.schema.text, domain=each.schema.domain) for each in datasets}
    return expressions.check(expressions.parse(expression), schemas)


def _room_for_fields(group: DatasetGroup, fields: list[str]) -> None:
    counted = group.filters.exclude(status__in=quotas.UNCOUNTED)
    known = {field for one in counted.values_list("fields", flat=True) for field in one}
    most = quotas.limit("filter_fields")
    if len(known | set(fields)) > most:
        raise LimitExceededException(
            f"The filters of {group.arn} would use {len(known | set(fields))} different fields; at most {most} are "
            "possible. Delete a filter, or use fields that others use already."
        )


def _summary(found: Filter) -> dict[str, Any]:
    return present(
        name=found.name,
        filterArn=found.arn,
        datasetGroupArn=found.dataset_group.arn,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
