"""What stands in the way of a deletion: whatever uses the resource, or works on it at this moment."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from personalize_web.resources import statuses
from personalize_web.resources.models import (
    BatchInferenceJob,
    BatchJob,
    BatchSegmentJob,
    Dataset,
    DatasetGroup,
    Filter,
    MetricAttribution,
    Resource,
    Schema,
    Solution,
    SolutionVersion,
)

RUNNING = (statuses.PENDING, statuses.IN_PROGRESS)
"""Of a data deletion job that is not over."""


def of_group(group: DatasetGroup) -> list[Iterable[Resource]]:
    """What keeps a dataset group from being deleted: everything in it but its finished jobs."""
    return [
        group.campaigns.all(),
        group.recommenders.all(),
        group.solutions.all(),
        group.event_trackers.all(),
        group.metric_attributions.all(),
        group.filters.all(),
        group.datasets.all(),
        group.data_deletion_jobs.filter(status__in=RUNNING),
        batch_jobs_of_group(group),
    ]


def of_dataset(dataset: Dataset) -> list[Iterable[Resource]]:
    """What keeps a dataset from being deleted. Campaigns, solutions and ACTIVE recommenders do not."""
    group = dataset.dataset_group
    return [
        group.filters.all(),
        group.event_trackers.all() if dataset.dataset_type == "INTERACTIONS" else (),
        [each for each in group.metric_attributions.all() if refers(each, dataset)],
        dataset.import_jobs.filter(status__in=statuses.BUILDING),
        dataset.export_jobs.filter(status__in=statuses.BUILDING),
        trainings(group),
    ]


def of_schema(schema: Schema) -> list[Iterable[Resource]]:
    """What keeps a schema from being deleted: datasets that have it, or are being given it."""
    mine = Dataset.objects.filter(account=schema.account, region=schema.region)
    coming = Q(latest_update__schemaArn=schema.arn, latest_update__status__in=statuses.BUILDING)
    return [mine.filter(Q(schema=schema) | coming)]


def batch_jobs_of_filter(used: Filter) -> list[QuerySet[Any]]:
    """The batch jobs that apply the filter and are not over."""
    return [rows.filter(status__in=statuses.BATCH_RUNNING) for rows in (used.batchinferencejobs, used.batchsegmentjobs)]


def batch_jobs_of_solution(solution: Solution) -> list[QuerySet[Any]]:
    """The batch jobs that versions of the solution answer and that are not over."""
    return [
        model._default_manager.filter(solution_version__solution=solution, status__in=statuses.BATCH_RUNNING)
        for model in (BatchInferenceJob, BatchSegmentJob)
    ]


def batch_jobs_of_group(group: DatasetGroup) -> list[BatchJob]:
    """The batch jobs of the group that are not over."""
    rows = (group.batchinferencejobs, group.batchsegmentjobs)
    return [each for jobs in rows for each in jobs.filter(status__in=statuses.BATCH_RUNNING)]


def trainings(group: DatasetGroup) -> list[Resource]:
    """The solution versions and recommenders of the group that train for the first time, or stop doing so."""
    versions = SolutionVersion.objects.filter(solution__dataset_group=group, status__in=statuses.TRAINING)
    return [*versions, *group.recommenders.filter(status__in=statuses.BUILDING)]


def refers(attribution: MetricAttribution, dataset: Dataset) -> bool:
    """Whether the metrics read the dataset: all count interactions, and an expression may name another one."""
    if dataset.dataset_type == "INTERACTIONS":
        return True
    named = f"{dataset.dataset_type}.".casefold()
    return any(named in metric["expression"].casefold() for metric in attribution.metrics)
