"""The body of an export: a snapshot of the columns, written aside as CSV and moved to its place in the store."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from personalize_web.engine import exporting
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, DatasetExportJob
from personalize_web.workers import events, folders
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication
from personalize_web.workers.phases import Phases


def create(context: JobContext, job: DatasetExportJob) -> Publication:
    """Write what the dataset holds at this moment; an attempt that was interrupted is begun again from the start."""
    dataset = job.dataset
    if dataset is None:
        raise DataError("The dataset of this export no longer exists.")
    began = time.monotonic()
    folder = _folder_of(job)
    context.phase("Store recorded records", 1, 3)
    _clear(job, folder)
    moved = events.store_waiting(dataset, context)
    context.log(f"{moved:,} individually imported records stored before the export.")
    anonymous = dataset.events.filter(user_id__isnull=True).count()
    scratch = settings.DATA_DIR / "scratch" / f"job-{context.row.pk}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        written = _write(context, job, dataset, scratch)
        files = _move(context, job, written.files, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    left_out = written.left_out + anonymous
    warnings = _warnings(written, left_out)
    for text in warnings:
        context.log(text, level="warning")
    context.log(f"{written.rows:,} rows in {len(files):,} files, {written.bytes:,} bytes, at {folder}.")
    summary: dict[str, Any] = {
        "rows": written.rows,
        "bytes": written.bytes,
        "files": files,
        "left_out": left_out,
        "warnings": warnings,
        "seconds": round(time.monotonic() - began, 2),
    }
    return lambda: {"summary": summary}


def _folder_of(job: DatasetExportJob) -> locations.Location:
    """``<path>/<jobName>/``; a path without a slash at its end is a folder too."""
    path = job.job_output["s3DataDestination"]["path"].removesuffix("/")
    return locations.parse(f"{path}/{job.name}/")


def _clear(job: DatasetExportJob, folder: locations.Location) -> None:
    """Remove what an interrupted attempt of this job moved; files of anybody else stay, and are not mixed with ours."""
    for name in job.summary.get("moving", []):
        if locations.find(part := locations.Location(folder.bucket, folder.key + name)):
            locations.delete(part)
    if locations.exists(folder):
        raise DataError(
            f"There are files at {folder} already. Remove them, or export to another path or under another job name."
        )


def _write(context: JobContext, job: DatasetExportJob, dataset: Dataset, scratch: Path) -> exporting.ExportSummary:
    context.phase("Write files", 2, 3)
    snapshot = folders.store_of(dataset).snapshot()
    return exporting.write(
        snapshot,
        folders.schema_of(dataset),
        scratch,
        mode=cast("exporting.Mode", job.ingestion_mode),
        reporter=Phases(context, before=1, after=1),
    )


def _move(
    context: JobContext, job: DatasetExportJob, files: Sequence[Path], folder: locations.Location
) -> list[dict[str, Any]]:
    """Put every file in its place, each whole; what is about to appear is noted first, so that it can be taken back."""
    context.phase("Move files", 3, 3)
    context.require_lease()
    job.change(summary={"moving": [path.name for path in files]})
    moved = []
    for number, path in enumerate(files):
        context.require_lease()
        stored = locations.put(path, locations.Location(folder.bucket, folder.key + path.name))
        moved.append({"location": str(stored.location), "bytes": stored.bytes})
        context.progress((number + 1) / len(files))
    return moved


def _warnings(written: exporting.ExportSummary, left_out: int) -> list[str]:
    texts = []
    if left_out:
        texts.append(f"{left_out:,} anonymous interactions are left out: their sessions are not linked to a user.")
    if written.broken_lines:
        texts.append(
            f"{written.broken_lines:,} line ends stand inside values. They are kept inside quotes; an import refuses "
            "such rows."
        )
    return texts
