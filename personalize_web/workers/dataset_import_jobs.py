"""The body of an import: files out of the store, into columns, and what serving reads made anew."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings

from personalize_web.engine import importing
from personalize_web.engine.columns import ColumnStore, Snapshot
from personalize_web.engine.errors import DataError
from personalize_web.engine.schemas import Schema
from personalize_web.resources import locations
from personalize_web.resources.locations import StoredObject
from personalize_web.resources.models import Dataset, DatasetImportJob
from personalize_web.workers import attribution_imports, events, folders, indexes
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication
from personalize_web.workers.phases import Phases

_NAMED = 20
"""How many event types a job's log names."""


class GuardedStore(ColumnStore):
    """Columns that change only while this attempt may change them, and note that they did.

    Files that are no longer what they were when the import began do not change them either.
    """

    def __init__(
        self, store: ColumnStore, context: JobContext, job: DatasetImportJob, files: Sequence[StoredObject]
    ) -> None:
        super().__init__(store.disk, grace=store.grace)
        self._context = context
        self._job = job
        self._files = files

    def replace_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        self._require_permission()
        rows = _rows_of(files)
        return self._note(super().replace_bulk(files, schema), rows)

    def append_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        self._require_permission()
        rows = _rows_of(files)
        return self._note(super().append_bulk(files, schema), rows)

    def _require_permission(self) -> None:
        locations.require_unchanged(self._files)
        self._context.require_lease()

    def _note(self, snapshot: Snapshot, rows: int) -> Snapshot:
        """The new ``rows`` are the last ones: of the last segments, each with its first new row."""
        new: list[list[Any]] = []
        for segment in reversed(snapshot.segments):
            if not rows:
                break
            first = max(segment.rows - rows, 0)
            new.append([segment.file, first])
            rows -= segment.rows - first
        published = {"published_version": snapshot.version, "published_segments": new}
        self._job.change(summary=self._job.summary | published)
        return snapshot


def _rows_of(files: Sequence[Path]) -> int:
    return sum(pq.read_metadata(path).num_rows for path in files)


def create(context: JobContext, job: DatasetImportJob) -> Publication:
    """Import every file of the location, or nothing; then renew the indexes and counts of the dataset."""
    dataset = job.dataset
    if dataset is None:
        raise DataError("The dataset of this import no longer exists.")
    began = time.monotonic()
    if "published_version" not in job.summary:
        _import(context, job, dataset)
    attribution_imports.publish_import(context, job, folders.store_of(dataset).snapshot())
    context.phase("Build indexes", 6, 6)
    indexes.renew(dataset)
    context.progress(0.7)
    counts = indexes.counts(dataset)
    _tell_event_types(context, job, folders.schema_of(dataset), counts.get("event_types") or {})
    seconds = round(time.monotonic() - began, 2)

    def publish() -> dict[str, Any]:
        dataset.change(statistics=counts)
        return {"summary": {**job.summary, "seconds": seconds}}

    return publish


def _import(context: JobContext, job: DatasetImportJob, dataset: Dataset) -> None:
    context.phase("Fetch files", 1, 6)
    files = locations.files_to_import(locations.parse(job.data_location))
    size, most = sum(file.bytes for file in files), settings.QUOTAS[f"import_{job.import_mode.lower()}_bytes"]
    context.log(f"{locations.in_words(files)} at {job.data_location}.")
    if size > most:
        raise DataError(importing.too_large(size, most))
    events.store_waiting(dataset, context)
    with locations.local_copies(files, settings.DATA_DIR / "scratch" / f"job-{context.row.pk}") as paths:
        sources = [importing.SourceFile(path=path, name=file.name) for path, file in zip(paths, files, strict=True)]
        try:
            summary = importing.import_files(
                sources,
                folders.schema_of(dataset),
                GuardedStore(folders.store_of(dataset), context, job, files),
                mode="INCREMENTAL" if job.import_mode == "INCREMENTAL" else "FULL",
                minimum_rows=_fewest_rows(job, dataset),
                reporter=Phases(context, before=1, after=1),
            )
        except (DataError, OSError) as error:
            locations.require_unchanged(files)  # a file that was replaced may read like a bad one
            if isinstance(error, importing.BadRows):
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


def _tell_event_types(context: JobContext, job: DatasetImportJob, schema: Schema, types: Mapping[str, int]) -> None:
    """Log the dataset's event types; more than a training takes are a warning."""
    if types:
        named = [f"{name} ({rows:,})" for name, rows in sorted(types.items(), key=lambda each: -each[1])]
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        context.log(f"Event types: {', '.join(named[:_NAMED])}{more}.")
    for warning in importing.many_event_types(len(types), schema):
        context.log(warning, level="warning")
        known = job.summary.get("warnings", [])
        job.change(summary=job.summary | {"warnings": [*(each for each in known if each != warning), warning]})


def _fewest_rows(job: DatasetImportJob, dataset: Dataset) -> int:
    """Interactions have a minimum in every import, action interactions in one that adds."""
    always = dataset.dataset_type == "INTERACTIONS"
    adding = dataset.dataset_type == "ACTION_INTERACTIONS" and job.import_mode == "INCREMENTAL"
    return settings.QUOTAS["import_minimum_interactions"] if always or adding else 1
