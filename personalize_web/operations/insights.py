"""Data analyses, ours beside the 79: create_, describe_, list_data_insights_job(s), get_data_insights."""

import uuid
from typing import Any

from personalize_web.operations import lookup, paging
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DataInsightsJob, DatasetGroup
from personalize_web.workers import job

ANALYSED = ("INTERACTIONS", "USERS", "ITEMS")


@own_operation(role=ANALYST, writes=True)
def create_data_insights_job(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for the data analysis page: begin to analyse a group's Interactions, Users and Items."""
    group = lookup.active(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    if not group.datasets.filter(dataset_type__in=ANALYSED, status=statuses.ACTIVE).exists():
        raise InvalidInputException("There is no data to analyse. Create a dataset and import data first.")
    if running := group.insights_jobs.filter(status__in=statuses.BUILDING).first():
        raise ResourceInUseException(f"The group's data are being analysed already: {running.arn}.")
    made = lookup.create(DataInsightsJob, caller, name=uuid.uuid4().hex[:12], dataset_group=group)
    job.enqueue("create-data-insights-job", made, caller=caller)
    return {"dataInsightsJobArn": made.arn}


@own_operation()
def describe_data_insights_job(caller: Caller, *, data_insights_job_arn: str) -> dict[str, Any]:
    """Ours, for the data analysis page: one analysis."""
    found = lookup.get(DataInsightsJob, caller, data_insights_job_arn)
    return {"dataInsightsJob": _summary(found) | {"datasetGroupArn": found.dataset_group.arn}}


@own_operation()
def list_data_insights_jobs(
    caller: Caller, *, dataset_group_arn: str, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """Ours, for the data analysis page: the analyses of a group, newest first."""
    return paging.page(
        lookup.of(DataInsightsJob, caller).filter(dataset_group__arn=dataset_group_arn).defer("result"),
        _summary,
        key="dataInsightsJobs",
        operation="list_data_insights_jobs",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@own_operation()
def get_data_insights(caller: Caller, *, data_insights_job_arn: str) -> dict[str, Any]:
    """Ours, for the data analysis page: insights, statistics and charts as numbers, and what changed.

    ``changes`` compares with the group's analysis before and is missing where there is none: ``dataInsightsJobArn``
    and ``creationDateTime`` of that one, ``new`` (numbers and dataset types of insights it had not), ``resolved`` (its
    insights that are no more), ``remaining`` (how many both have), ``figures`` (by dataset type: name, before, now).
    """
    found = lookup.get(DataInsightsJob, caller, data_insights_job_arn)
    lookup.require_state(found, statuses.ACTIVE, doing="read")
    result = {"insights": [], "statistics": {}, "charts": {}} | (found.result or {})
    before = (
        found.dataset_group.insights_jobs.filter(status=statuses.ACTIVE, created_at__lt=found.created_at)
        .order_by("-created_at", "-pk")
        .first()
    )
    return result | ({"changes": _changes(result, before)} if before else {})


FIGURES = (
    "rows",
    "bulkRows",
    "individualRows",
    "users",
    "items",
    "usersWithTwo",
    "duplicateShare",
    "incompleteShare",
    "withInteractions",
    "withoutInteractions",
    "lastTimestamp",
)
"""Head figures that are compared with those of the analysis before."""


def _changes(result: dict[str, Any], before: DataInsightsJob) -> dict[str, Any]:
    earlier = {"insights": [], "statistics": {}} | (before.result or {})
    now, then = (
        {(one["number"], tuple(one["datasetTypes"])): one for one in each["insights"]} for each in (result, earlier)
    )
    figures: dict[str, list[dict[str, Any]]] = {}
    for kind, found in result["statistics"].items():
        known = earlier["statistics"].get(kind, {}).get("general", {})
        present = found.get("general", {})
        both = [name for name in FIGURES if _is_number(known.get(name)) and _is_number(present.get(name))]
        figures[kind] = [{"name": name, "before": known[name], "now": present[name]} for name in both]
    return {
        "dataInsightsJobArn": before.arn,
        "creationDateTime": before.created_at,
        "new": [{"number": key[0], "datasetTypes": list(key[1])} for key in now if key not in then],
        "resolved": [one for key, one in then.items() if key not in now],
        "remaining": len(now.keys() & then.keys()),
        "figures": figures,
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _summary(found: DataInsightsJob) -> dict[str, Any]:
    return present(
        dataInsightsJobArn=found.arn,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
