"""What metric attributions counted, and what metrics can be made of; ours beside the 79."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Sum
from django.utils import timezone

from personalize_web.engine import attribution, schemas
from personalize_web.engine.schemas import Schema
from personalize_web.engine.schemas.fields import NUMERIC_TYPES
from personalize_web.operations import attribution_rules, lookup
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ServiceError
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, MetricAttribution, MetricCount

PERIODS = (attribution.WINDOW, 3600, 24 * 3600)
"""Seconds that a point of a series may stand for."""
RANGE = timedelta(hours=24)


@own_operation()
def get_attribution_series(
    caller: Caller,
    *,
    metric_attribution_arn: str,
    start: datetime | None = None,
    end: datetime | None = None,
    period: int = attribution.WINDOW,
) -> dict[str, Any]:
    """What the metrics amounted to between two moments (default: the last 24 hours), by source.

    ``series`` has metricName, eventType, source, total and ``points``: (beginning in Unix seconds, value), those with
    anything in them, in order. ``period`` is 900, 3,600 or 86,400 seconds, counted from midnight UTC. ``waiting`` says
    how many recorded events are still to be counted.
    """
    found = lookup.get(MetricAttribution, caller, metric_attribution_arn)
    if period not in PERIODS:
        raise InvalidInputException(f"period must be one of {', '.join(map(str, PERIODS))} seconds.", field="period")
    end = end or timezone.now()
    start = start or end - RANGE
    if start >= end:
        raise InvalidInputException("The range must begin before it ends.", field="start")
    first = int(start.timestamp()) // period * period
    rows = MetricCount.objects.filter(dataset_group=found.dataset_group, window__gte=first, window__lt=end.timestamp())
    summed = (
        rows.annotate(begins=F("window") - F("window") % period)
        .values("metric_name", "event_type", "source", "begins")
        .annotate(total=Sum("value"))
        .order_by("metric_name", "event_type", "source", "begins")
    )
    series: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for row in summed:
        key = (row["metric_name"], row["event_type"], row["source"])
        series.setdefault(key, []).append((row["begins"], row["total"]))
    return {
        "metrics": [_metric(each) for each in found.metrics],
        "start": start,
        "end": end,
        "period": period,
        "series": [
            {
                "metricName": name,
                "eventType": event_type,
                "source": source,
                "total": sum(value for _, value in points),
                "points": points,
            }
            for (name, event_type, source), points in series.items()
        ],
        "waiting": _waiting(found),
    }


@own_operation()
def describe_attribution_choices(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """For the builder: event types in the data, columns that can be summed, and what stands in the way.

    ``columns`` have dataset and name; ``problem`` says why no attribution can be made at all, ``itemsProblem`` why no
    column of items can be summed; both are empty when nothing does.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    datasets = {
        each.dataset_type: each
        for each in group.datasets.filter(dataset_type__in=attribution_rules.LABELS).select_related("schema")
    }
    problem = ""
    try:
        attribution_rules.interactions(group)
    except ServiceError as error:
        problem = error.message
    items = datasets.get("ITEMS")
    items_problem = attribution_rules.items_problem(items)
    events = datasets.get("INTERACTIONS")
    return {
        "eventTypes": sorted((events.statistics.get("event_types") or {}) if events else ()),
        "columns": [*_columns(events), *(() if items_problem else _columns(items))],
        "problem": problem,
        "itemsProblem": items_problem,
    }


def _columns(dataset: Dataset | None) -> Iterable[dict[str, str]]:
    if dataset is None or dataset.status != statuses.ACTIVE:
        return []
    schema: Schema = schemas.parse(dataset.schema.text, domain=dataset.schema.domain)
    label = attribution_rules.LABELS[dataset.dataset_type]
    return [
        {"dataset": label, "name": field.name}
        for field in schema.fields
        if field.type in NUMERIC_TYPES and field.kind != "timestamp"
    ]


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    expression = attribution.parse(metric["expression"])
    return {
        "metricName": metric["metricName"],
        "eventType": metric["eventType"],
        "expression": metric["expression"],
        "function": expression.function,
    }


def _waiting(found: MetricAttribution) -> int:
    """How many recorded events still wait to be counted."""
    events = found.dataset_group.datasets.filter(dataset_type="INTERACTIONS").first()
    return events.events.filter(pk__gt=found.event_cutoff).count() if events else 0
