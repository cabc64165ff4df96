"""Counting for metric attributions: what is known of metrics, items and sources, and the series that are added to."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pyarrow as pa
from django.conf import settings
from django.db import connection

from personalize_web.engine import attribution
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, MetricAttribution, MetricCount, ServedList
from personalize_web.workers import events, folders
from personalize_web.workers.context import JobContext

AGE = timedelta(days=14)
"""Older events are in no series."""
ASKED = 900
"""Ids or sources looked up at once."""


def measures_of(found: MetricAttribution) -> list[attribution.Measure]:
    """The metrics as the engine counts them."""
    return [
        attribution.Measure(
            each["metricName"], each["eventType"], attribution.parse(each["expression"]), each.get("since", 0.0)
        )
        for each in found.metrics
    ]


def items(
    group: DatasetGroup, measures: Iterable[attribution.Measure], context: JobContext | None = None
) -> str | None:
    """A query for the items as they are now, if a metric sums one of their columns."""
    wanted = {each.expression.column for each in measures if each.expression.dataset_type == "ITEMS"}
    dataset = group.datasets.filter(dataset_type="ITEMS", status=statuses.ACTIVE).first()
    if not wanted or dataset is None:
        return None
    events.store_waiting(dataset, context)
    return folders.store_of(dataset).snapshot().sql()


def served(counting: attribution.Counting) -> pa.Table:
    """Which campaign or recommender answered under each recommendation id that events name."""
    known: list[tuple[str, str]] = []
    for ids in counting.recommendation_ids():
        for start in range(0, len(ids), ASKED):
            lists = ServedList.objects.filter(recommendation_id__in=ids[start : start + ASKED])
            known += lists.values_list("recommendation_id", "source_arn")
    return pa.table(
        {
            "recommendation_id": pa.array([id for id, _ in known], pa.string()),
            "source": pa.array([arn for _, arn in known], pa.string()),
        }
    )


def keep_sources(group: DatasetGroup, counting: attribution.Counting, context: JobContext | None) -> None:
    """As many sources as the quota allows, with those that the group has already."""
    named = counting.sources()
    series = MetricCount.objects.filter(dataset_group=group)
    known = {
        source
        for start in range(0, len(named), ASKED)
        for source in series.filter(source__in=named[start : start + ASKED]).values_list("source", flat=True).distinct()
    }
    new = [source for source in named if source not in known]
    room = 0
    if new:
        present = series.exclude(source=attribution.UNDEFINED).values("source").distinct().count()
        room = max(settings.QUOTAS["attribution_sources"] - present, 0)
    counting.keep([*known, *new[:room]])
    if context and len(new) > room:
        context.log(
            f"{len(new) - room:,} sources beyond the first {settings.QUOTAS['attribution_sources']} are counted as "
            f"{attribution.UNDEFINED}, among them {new[room]}.",
            level="warning",
        )


_UPSERT = """
    INSERT INTO resources_metriccount (dataset_group_id, metric_name, event_type, source, "window", value)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (dataset_group_id, metric_name, event_type, source, "window")
    DO UPDATE SET value = resources_metriccount.value + excluded.value
"""


def add(group: DatasetGroup, measures: Sequence[attribution.Measure], counting: attribution.Counting) -> None:
    """Add what was counted to the series."""
    with connection.cursor() as cursor:
        for counts in counting.counts():
            cursor.executemany(
                _UPSERT,
                [
                    (
                        group.pk,
                        measures[each.metric].name,
                        measures[each.metric].event_type,
                        each.source,
                        each.window,
                        each.value,
                    )
                    for each in counts
                ],
            )
