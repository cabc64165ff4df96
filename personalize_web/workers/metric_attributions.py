"""Metric attributions in the background: their life, and the counting of recorded events."""

from collections.abc import Iterable
from datetime import timedelta

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from personalize_web.engine import attribution
from personalize_web.engine.columns import PLACE
from personalize_web.resources import statuses
from personalize_web.resources.models import (
    Dataset,
    Event,
    MetricAttribution,
)
from personalize_web.workers import attribution_counts
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

BATCH = 50_000
"""Streamed events counted in one step."""
SETTLED = timedelta(seconds=30)
"""After so long an event's transaction has surely ended, where transactions run side by side."""


def create(context: JobContext, found: MetricAttribution) -> None:
    """A metric attribution needs nothing but its row."""


def delete(context: JobContext, found: MetricAttribution) -> Publication:
    """Counting ends; what was counted, and published files, stay."""

    def publish() -> None:
        found.delete()

    return publish


def count(context: JobContext, found: MetricAttribution) -> None:
    """Count the recorded events that came since the last time."""
    context.phase("Counting recorded events", 1, 1)
    context.log(f"{count_waiting(found, context):,} events looked at.")


def count_waiting(found: MetricAttribution, context: JobContext | None = None) -> int:
    """Count what waits in the event log, step by step; the answer is how many events were looked at.

    In each step the counts and the mark of the last event that was counted move together, and only if nobody else moved
    the mark: an interruption neither loses an event nor counts it twice.
    """
    group = found.dataset_group
    dataset = group.datasets.filter(dataset_type="INTERACTIONS", status=statuses.ACTIVE).first()
    if dataset is None:
        return 0
    looked_at = 0
    items = None
    while batch := list(_waiting(dataset, found.event_cutoff)[:BATCH]):
        if context:
            context.require_lease()
        measures = attribution_counts.measures_of(found)
        items = items or attribution_counts.items(group, measures, context)
        fresh = [event for event in batch if not event.repeated and event.received_at >= found.created_at]
        table = _table(fresh, measures)
        oldest = (timezone.now() - attribution_counts.AGE).timestamp()
        with attribution.Counting(table, measures, columns=table.column_names, items=items, oldest=oldest) as counting:
            counting.count(attribution_counts.served(counting))
            with transaction.atomic():
                before = MetricAttribution.objects.filter(pk=found.pk, event_cutoff=found.event_cutoff)
                if not before.update(event_cutoff=batch[-1].pk):
                    return looked_at
                attribution_counts.keep_sources(group, counting, context)
                attribution_counts.add(group, measures, counting)
        found.event_cutoff = batch[-1].pk
        looked_at += len(batch)
    return looked_at


def _waiting(dataset: Dataset, cutoff: int) -> QuerySet[Event]:
    """Events after ``cutoff`` up to the last before which none can still appear."""
    waiting = dataset.events.filter(pk__gt=cutoff).order_by("pk")
    if connection.vendor == "sqlite":
        return waiting  # its writers take turns: numbers appear in their order
    unsettled = waiting.filter(received_at__gt=timezone.now() - SETTLED).aggregate(first=Min("pk"))["first"]
    return waiting.filter(pk__lt=unsettled) if unsettled else waiting


def _table(batch: Iterable[Event], measures: Iterable[attribution.Measure]) -> pa.Table:
    """Events as the engine counts them, with the columns that are summed."""
    rows = list(batch)
    summed = {each.expression.column for each in measures if each.expression.dataset_type == "INTERACTIONS"}
    columns: dict[str, pa.Array] = {
        "ITEM_ID": pa.array([row.item_id for row in rows], pa.string()),
        "EVENT_TYPE": pa.array([row.event_type for row in rows], pa.string()),
        "TIMESTAMP": pa.array([int(row.timestamp) for row in rows], pa.int64()),
        "EVENT_ATTRIBUTION_SOURCE": pa.array([row.attribution_source for row in rows], pa.string()),
        "RECOMMENDATION_ID": pa.array([row.recommendation_id for row in rows], pa.string()),
        "_received": pa.array([row.received_at.timestamp() for row in rows], pa.float64()),
        PLACE: pa.array([row.pk for row in rows], pa.int64()),
    }
    for column in sorted(name for name in summed if name):
        columns[column] = pa.array([_number(row, column) for row in rows], pa.float64())
    return pa.table(columns)


def _number(event: Event, column: str) -> float | None:
    if column == "EVENT_VALUE":
        return event.event_value
    value = int(event.timestamp) if column == "TIMESTAMP" else event.properties.get(column)
    return None if value is None else float(value)
