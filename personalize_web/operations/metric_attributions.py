"""Metric attributions: create, describe, list, update, delete; and the list of their metrics."""

from typing import Any

from django.db.models import Max
from django.utils import timezone

from personalize_web.operations import attribution_rules as rules
from personalize_web.operations import lookup, paging
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
)
from personalize_web.operations.gate import operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Event, MetricAttribution
from personalize_web.workers import job

Metric = dict[str, str]


@operation
def create_metric_attribution(
    caller: Caller,
    *,
    name: str,
    dataset_group_arn: str,
    metrics: list[Metric],
    metrics_output_config: dict[str, Any],
) -> dict[str, Any]:
    """Begin to count what recommendations bring; what was recorded or imported before is not counted."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    lookup.refuse_taken(MetricAttribution, caller, name)
    lookup.require_state(group, statuses.ACTIVE, doing="used")
    dataset = rules.interactions(group)
    rules.check_count(metrics, field="metrics")
    _refuse_twins(metrics, field="metrics")
    rules.check_metrics(metrics, group, field="metrics")
    rules.check_output(metrics_output_config)
    if other := group.metric_attributions.first():
        raise LimitExceededException(
            f"Dataset group {group.arn} already has a metric attribution: {other.arn}. Update it, or delete it first.",
            field="dataset_group_arn",
        )
    now = timezone.now()
    made = lookup.create(
        MetricAttribution,
        caller,
        name=name,
        dataset_group=group,
        metrics=_from_now_on(metrics, now.timestamp()),
        metrics_output_config=metrics_output_config,
        event_cutoff=_newest_event(dataset),
    )
    job.enqueue("create-metric-attribution", made, caller=caller)
    return {"metricAttributionArn": made.arn}


@operation
def describe_metric_attribution(caller: Caller, *, metric_attribution_arn: str) -> dict[str, Any]:
    """One metric attribution with where its reports go; its metrics have a list of their own."""
    found = lookup.get(MetricAttribution, caller, metric_attribution_arn)
    return {
        "metricAttribution": _summary(found)
        | {"datasetGroupArn": found.dataset_group.arn, "metricsOutputConfig": found.metrics_output_config}
    }


@operation
def list_metric_attributions(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The metric attribution of a group, or those of the account, newest first."""
    rows = lookup.of(MetricAttribution, caller)
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        _summary,
        key="metricAttributions",
        operation="list_metric_attributions",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def list_metric_attribution_metrics(
    caller: Caller,
    *,
    metric_attribution_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The metrics of a metric attribution, in the order they were added; without one, those of the account."""
    rows = lookup.of(MetricAttribution, caller)
    if metric_attribution_arn:
        rows = rows.filter(arn=metric_attribution_arn)
    return paging.page_of(
        [_shown(metric) for row in rows.order_by("pk") for metric in row.metrics],
        key="metrics",
        operation="list_metric_attribution_metrics",
        filters={"metric_attribution_arn": metric_attribution_arn},
        max_results=max_results or 10,
        next_token=next_token,
    )


@operation
def update_metric_attribution(
    caller: Caller,
    *,
    add_metrics: list[Metric] | None = None,
    remove_metrics: list[str] | None = None,
    metrics_output_config: dict[str, Any] | None = None,
    metric_attribution_arn: str | None = None,
) -> dict[str, Any]:
    """Remove metrics, then add others, and replace where reports go: at once, or nothing of it."""
    if metric_attribution_arn is None:
        raise InvalidInputException(
            "metricAttributionArn is required: it says which metric attribution to update.",
            field="metric_attribution_arn",
        )
    found = lookup.get(MetricAttribution, caller, metric_attribution_arn)
    lookup.require_state(found, statuses.ACTIVE, doing="updated")
    if not add_metrics and not remove_metrics and metrics_output_config is None:
        raise InvalidInputException(
            "There is nothing to update: give addMetrics, removeMetrics or metricsOutputConfig."
        )
    now = timezone.now().timestamp()
    metrics = _without(found.metrics, remove_metrics or []) + _from_now_on(add_metrics or [], now)
    _refuse_taken(metrics)
    if not metrics:
        raise InvalidInputException(
            "At least one metric must remain. Delete the metric attribution to stop all reports.",
            field="remove_metrics",
        )
    rules.check_count(metrics, field="add_metrics")
    rules.check_metrics(add_metrics or [], found.dataset_group, field="add_metrics")
    config = found.metrics_output_config
    if metrics_output_config is not None:
        rules.check_output(metrics_output_config)
        config = metrics_output_config
    latest = {"status": statuses.ACTIVE, "creationDateTime": now, "lastUpdatedDateTime": now}
    found.change(metrics=metrics, metrics_output_config=config, latest_update=latest)
    return {"metricAttributionArn": found.arn}


@operation
def delete_metric_attribution(caller: Caller, *, metric_attribution_arn: str) -> None:
    """Stop counting. Published files and what was counted so far stay."""
    found = lookup.get(MetricAttribution, caller, metric_attribution_arn)
    lookup.move(found, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-metric-attribution", found, caller=caller)


def _newest_event(dataset: Dataset) -> int:
    return Event.objects.filter(dataset=dataset).aggregate(newest=Max("pk"))["newest"] or 0


def _from_now_on(metrics: list[Metric], now: float) -> list[dict[str, Any]]:
    """Metrics as they are kept: each counts what is received from its own beginning."""
    return [{**_shown(metric), "since": now} for metric in metrics]


def _shown(metric: dict[str, Any]) -> Metric:
    return {member: metric[member] for member in ("eventType", "metricName", "expression")}


def _refuse_twins(metrics: list[Metric], *, field: str) -> None:
    names = [metric["metricName"] for metric in metrics]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidInputException(f"Metric names must be unique; {twins[0]} occurs more than once.", field=field)


def _without(metrics: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    known = [metric["metricName"] for metric in metrics]
    if unknown := [name for name in names if name not in known]:
        raise InvalidInputException(
            f"There is no metric {unknown[0]} to remove. The metrics are: {', '.join(known)}.", field="remove_metrics"
        )
    return [metric for metric in metrics if metric["metricName"] not in names]


def _refuse_taken(metrics: list[dict[str, Any]]) -> None:
    names = [metric["metricName"] for metric in metrics]
    if twins := sorted({name for name in names if names.count(name) > 1}):
        raise ResourceAlreadyExistsException(
            f"The metric attribution already has a metric {twins[0]}. Remove it in the same request to replace it.",
            field="add_metrics",
        )


def _summary(found: MetricAttribution) -> dict[str, Any]:
    return present(
        name=found.name,
        metricAttributionArn=found.arn,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
