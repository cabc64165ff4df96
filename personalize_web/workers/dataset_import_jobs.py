"""The body of an import: files out of the store, into columns, and what serving reads made anew."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from personalize_web.engine import importing
from personalize_web.engine.columns import ColumnStore, Snapshot
from personalize_web.engine.errors import DataError
from personalize_web.engine.schemas import Schema
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, DatasetImportJob
from personalize_web.workers import events, folders, indexes, metric_attributions
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication
from personalize_web.workers.phases import Phases


class GuardedStore(ColumnStore):
    """Columns that change only while this attempt may change them, and note that they did."""

    def __init__(self, store: ColumnStore, context: JobContext, job: DatasetImportJob) -> None:
        super().__init__(store.disk, grace=store.grace)
        self._context = context
        self._job = job

    def replace_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        self._context.require_lease()
        return self._note(super().replace_bulk(files, schema), len(files))

    def append_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        self._context.require_lease()
        return self._note(super().append_bulk(files, schema), len(files))

    def _note(self, snapshot: Snapshot, new: int) -> Snapshot:
        published = {
            "published_version": snapshot.version,
            "published_segments": [segment.file for segment in snapshot.segments[-new:]],
        }
        self._job.change(summary=self._job.summary | published)
        return snapshot


def create(context: JobContext, job: DatasetImportJob) -> Publication:
    """Import every file of the location, or nothing; then renew the indexes and counts of the dataset."""
    dataset = job.dataset
    if dataset is None:
        raise DataError("The dataset of this import no longer exists.")
    began = time.monotonic()
    if "published_version" not in job.summary:
        _import(context, job, dataset)
    metric_attributions.publish_import(context, job, folders.store_of(dataset).snapshot())
    context.phase("Build indexes", 6, 6)
    indexes.renew(dataset)
    context.progress(0.7)
    counts = indexes.counts(dataset)
    seconds = round(time.monotonic() - began, 2)

    def publish() -> dict[str, Any]:
        dataset.change(statistics=counts)
        return {"summary": {**job.summary, "seconds": seconds}}

    return publish


def _import(context: JobContext, job: DatasetImportJob, dataset: Dataset) -> None:
    context.phase("Fetch files", 1, 6)
    files = locations.files_to_import(locations.parse(job.data_location))
    context.log(f"{len(files):,} files with {sum(file.bytes for file in files):,} bytes at {job.data_location}.")
    events.store_waiting(dataset)
    with locations.local_copies(files, settings.DATA_DIR / "scratch" / f"job-{context.row.pk}") as paths:
        sources = [importing.SourceFile(path=path, name=file.name) for path, file in zip(paths, files, strict=True)]
        try:
            summary = importing.import_files(
                sources,
                folders.schema_of(dataset),
                GuardedStore(folders.store_of(dataset), context, job),
                mode="INCREMENTAL" if job.import_mode == "INCREMENTAL" else "FULL",
                minimum_rows=_fewest_rows(job, dataset),
                maximum_bytes=settings.QUOTAS[f"import_{job.import_mode.lower()}_bytes"],
                reporter=Phases(context, before=1, after=1),
            )
        except importing.BadRows as error:
            job.change(summary={"bad_rows": [asdict(row) for row in error.rows]})
            raise
    context.log(f"{summary.rows:,} rows imported.")
    job.change(
        summary={
            **job.summary,
            "rows": summary.rows,
            "bytes": summary.bytes,
            "files": summary.files,
            "warnings": list(summary.warnings),
        }
    )


def _fewest_rows(job: DatasetImportJob, dataset: Dataset) -> int:
    """Interactions have a minimum in every import, action interactions in one that adds."""
    always = dataset.dataset_type == "INTERACTIONS"
    adding = dataset.dataset_type == "ACTION_INTERACTIONS" and job.import_mode == "INCREMENTAL"
    return settings.QUOTAS["import_minimum_interactions"] if always or adding else 1
