"""Metric attributions in the background: their life, and what is counted of streamed and of imported events."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from personalize_web.engine import attribution
from personalize_web.engine.columns import PLACE, Snapshot
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import (
    Dataset,
    DatasetGroup,
    DatasetImportJob,
    Event,
    MetricAttribution,
    MetricCount,
    ServedList,
)
from personalize_web.workers import events, folders
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

BATCH = 50_000
"""Streamed events counted in one step."""
ASKED = 900
"""Recommendation ids looked up at once."""
AGE = timedelta(days=14)
"""Older events are in no series."""
SETTLED = timedelta(seconds=30)
"""After so long an event's transaction has surely ended, where transactions run side by side."""


def create(context: JobContext, found: MetricAttribution) -> None:
    """A metric attribution needs nothing but its row."""


def delete(context: JobContext, found: MetricAttribution) -> Publication:
    """Counting ends; what was counted, and published files, stay."""
    return lambda: found.delete() and None


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
        measures = measures_of(found)
        items = items or _items(group, measures, context)
        fresh = [event for event in batch if not event.repeated and event.received_at >= found.created_at]
        table = _table(fresh, measures)
        oldest = (timezone.now() - AGE).timestamp()
        with attribution.Counting(table, measures, columns=table.column_names, items=items, oldest=oldest) as counting:
            counting.count(_served(counting))
            with transaction.atomic():
                before = MetricAttribution.objects.filter(pk=found.pk, event_cutoff=found.event_cutoff)
                if not before.update(event_cutoff=batch[-1].pk):
                    return looked_at
                _keep_sources(group, counting, context)
                _add(group, measures, counting)
        found.event_cutoff = batch[-1].pk
        looked_at += len(batch)
    return looked_at


def publish_import(context: JobContext, job: DatasetImportJob, snapshot: Snapshot) -> None:
    """Count the events that an import brought: INCREMENTAL ones into the series, any into a file where it asks for one.

    The job's summary names the new segments of ``snapshot`` (``published_segments``) and remembers what was done: both
    are done once, however often the job is attempted.
    """
    dataset = job.dataset
    if dataset is None or dataset.dataset_type != "INTERACTIONS":
        return
    found = job.dataset_group.metric_attributions.filter(status=statuses.ACTIVE).first()
    charted = job.import_mode == "INCREMENTAL" and "attribution_counted" not in job.summary
    if found is None:
        if job.publish_attribution_metrics:
            context.log("No metrics are published: the metric attribution was deleted.", level="warning")
        return
    measures = measures_of(found)
    if not (charted or job.publish_attribution_metrics):
        return
    new = _segments(snapshot, job.summary.get("published_segments", ()))
    if not new.segments:
        context.log("The metric attribution does not count this import: its data have changed since.", level="warning")
        return
    items = _items(job.dataset_group, measures, context)
    if charted:
        _count_import(context, job, found, measures, new, items)
    if job.publish_attribution_metrics:
        _write_report(context, job, found, measures, new, items)


def measures_of(found: MetricAttribution) -> list[attribution.Measure]:
    """The metrics as the engine counts them."""
    return [
        attribution.Measure(
            each["metricName"], each["eventType"], attribution.parse(each["expression"]), each.get("since", 0.0)
        )
        for each in found.metrics
    ]


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


def _items(
    group: DatasetGroup, measures: Iterable[attribution.Measure], context: JobContext | None = None
) -> str | None:
    """A query for the items as they are now, if a metric sums one of their columns."""
    wanted = {each.expression.column for each in measures if each.expression.dataset_type == "ITEMS"}
    dataset = group.datasets.filter(dataset_type="ITEMS", status=statuses.ACTIVE).first()
    if not wanted or dataset is None:
        return None
    events.store_waiting(dataset, context)
    return folders.store_of(dataset).snapshot().sql()


def _served(counting: attribution.Counting) -> pa.Table:
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


def _keep_sources(group: DatasetGroup, counting: attribution.Counting, context: JobContext | None) -> None:
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


def _add(group: DatasetGroup, measures: Sequence[attribution.Measure], counting: attribution.Counting) -> None:
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


def _segments(snapshot: Snapshot, files: Sequence[str]) -> Snapshot:
    """``snapshot`` with none but the named segments."""
    named = set(files)
    chosen = tuple(segment for segment in snapshot.segments if segment.file in named)
    return replace(snapshot, manifest=replace(snapshot.manifest, segments=chosen))


def _count_import(
    context: JobContext,
    job: DatasetImportJob,
    found: MetricAttribution,
    measures: Sequence[attribution.Measure],
    new: Snapshot,
    items: str | None,
) -> None:
    oldest = (timezone.now() - AGE).timestamp()
    with attribution.Counting(new.stored_sql(), measures, columns=new.columns, items=items, oldest=oldest) as counting:
        counting.count(_served(counting))
        context.require_lease()
        with transaction.atomic():
            MetricAttribution.objects.select_for_update().get(pk=found.pk)
            _keep_sources(job.dataset_group, counting, context)
            _add(job.dataset_group, measures, counting)
            job.change(summary={**job.summary, "attribution_counted": True})
    context.log("The new interactions are counted in the metric attribution’s series.")


def _write_report(
    context: JobContext,
    job: DatasetImportJob,
    found: MetricAttribution,
    measures: Sequence[attribution.Measure],
    new: Snapshot,
    items: str | None,
) -> None:
    destination = found.metrics_output_config.get("s3DataDestination")
    if not destination:
        context.log("No metrics are published: the metric attribution has no S3 path any more.", level="warning")
        return
    if "attribution_file" not in job.summary:
        report = str(_new_report(destination["path"], job.import_mode))
        job.change(summary={**job.summary, "attribution_file": report})
    report = job.summary["attribution_file"]
    scratch = settings.DATA_DIR / "scratch" / f"report-{context.row.pk}"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        with attribution.Counting(new.stored_sql(), measures, columns=new.columns, items=items) as counting:
            counting.count(_served(counting))
            _keep_sources(job.dataset_group, counting, context)
            rows = counting.write(scratch / "report.csv")
        context.require_lease()
        locations.put(scratch / "report.csv", locations.parse(report))
    finally:
        folders.remove(scratch)
    context.log(f"{rows:,} rows of metrics published at {report}.")


def _new_report(path: str, mode: str) -> locations.Location:
    """A name in the folder that no file has yet."""
    folder = locations.parse(path if path.endswith("/") else f"{path}/")
    moment = timezone.now().astimezone(UTC).replace(microsecond=0)
    while True:
        location = locations.Location(folder.bucket, f"{folder.key}{report_name(mode, moment)}")
        if locations.find(location) is None:
            return location
        moment += timedelta(seconds=1)


def report_name(mode: str, moment: datetime) -> str:
    """The name of a report, as programs look for it."""
    return f"AggregatedAttributionMetrics - {mode} - {moment:%Y-%m-%dT%H-%M-%SZ}.csv"
