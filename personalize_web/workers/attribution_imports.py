"""What an import brought, counted for the group's metric attribution: into its series, or into a report of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from personalize_web.engine import attribution
from personalize_web.engine.columns import PLACE, Snapshot
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DatasetImportJob, MetricAttribution
from personalize_web.workers import attribution_counts, folders
from personalize_web.workers.context import JobContext

NUMBERS = 1 << 40
"""A row's place is its segment's rank times this, plus its number in the segment."""


def publish_import(context: JobContext, job: DatasetImportJob, snapshot: Snapshot) -> None:
    """Count the events that an import brought: INCREMENTAL ones into the series, any into a file where it asks for one.

    The job's summary names the segments of ``snapshot`` that have new rows, and the first of these in each
    (``published_segments``), and remembers what was done: both are done once, however often the job is attempted.
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
    measures = attribution_counts.measures_of(found)
    if not (charted or job.publish_attribution_metrics):
        return
    new = _new_rows(snapshot, job.summary.get("published_segments", ()))
    if new is None:
        context.log("The metric attribution does not count this import: its data have changed since.", level="warning")
        return
    items = attribution_counts.items(job.dataset_group, measures, context)
    if charted:
        _count_import(context, job, found, Brought(measures, new, snapshot.columns, items))
    if job.publish_attribution_metrics:
        _write_report(context, job, found, Brought(measures, new, snapshot.columns, items))


def _new_rows(snapshot: Snapshot, published: Iterable[tuple[str, int]]) -> str | None:
    """A query for the rows that an import brought; None when they are not there any more as they were."""
    by_name = {segment.file: segment for segment in snapshot.segments}
    parts = []
    for file, first in published:
        if file not in by_name:
            return None
        alone = replace(snapshot, manifest=replace(snapshot.manifest, segments=(by_name[file],)))
        parts.append(f"SELECT * FROM ({alone.stored_sql()}) WHERE {PLACE} % {NUMBERS} >= {int(first)}")  # noqa: S608 - names of our own
    return " UNION ALL ".join(parts) or None


@dataclass(frozen=True)
class Brought:
    """What an import brought, ready to be counted."""

    measures: list[attribution.Measure]
    rows: str
    """A query."""
    columns: tuple[str, ...]
    items: str | None

    def counting(self, oldest: float | None = None) -> attribution.Counting:
        """A count of it, of records from ``oldest`` on."""
        return attribution.Counting(self.rows, self.measures, columns=self.columns, items=self.items, oldest=oldest)


def _count_import(context: JobContext, job: DatasetImportJob, found: MetricAttribution, brought: Brought) -> None:
    with brought.counting((timezone.now() - attribution_counts.AGE).timestamp()) as counting:
        counting.count(attribution_counts.served(counting))
        context.require_lease()
        with transaction.atomic():
            MetricAttribution.objects.select_for_update().get(pk=found.pk)
            attribution_counts.keep_sources(job.dataset_group, counting, context)
            attribution_counts.add(job.dataset_group, brought.measures, counting)
            job.change(summary={**job.summary, "attribution_counted": True})
    context.log("The new interactions are counted in the metric attribution’s series.")


def _write_report(context: JobContext, job: DatasetImportJob, found: MetricAttribution, brought: Brought) -> None:
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
        with brought.counting() as counting:
            counting.count(attribution_counts.served(counting))
            attribution_counts.keep_sources(job.dataset_group, counting, context)
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
