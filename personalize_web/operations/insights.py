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
    """Ours, for the data analysis page: insights, statistics and charts as numbers."""
    found = lookup.get(DataInsightsJob, caller, data_insights_job_arn)
    lookup.require_state(found, statuses.ACTIVE, doing="read")
    return {"insights": [], "statistics": {}, "charts": {}} | (found.result or {})


def _summary(found: DataInsightsJob) -> dict[str, Any]:
    return present(
        dataInsightsJobArn=found.arn,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
