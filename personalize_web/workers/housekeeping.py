"""Removes what nothing refers to any more, and what was kept for a time only."""

import logging
import shutil
import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from personalize_web.engine.columns import MANY
from personalize_web.resources import shared_columns, statuses
from personalize_web.resources.models import BatchInferenceJob, Dataset, Job, Recommender, ServedList, SolutionVersion
from personalize_web.workers import event_log, folders

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 6 * 3600
"""A folder that no row names may belong to work that has just begun, or to a reader that has not yet moved on."""
JOB_DAYS = 90
STORING_JOB_DAYS = 1


def clean_up() -> None:
    """Old served lists, old finished jobs, forgotten folders, columns that left their manifest, the event log's old
    rows, ended sessions."""
    now = timezone.now()
    ServedList.objects.filter(served_at__lt=now - timedelta(days=settings.SERVED_LIST_DAYS)).delete()
    finished = Job.objects.exclude(state__in=Job.UNFINISHED)
    finished.filter(finished_at__lt=now - timedelta(days=JOB_DAYS)).delete()
    frequent = finished.filter(kind__in=("store-events", "count-attribution"))
    frequent.filter(finished_at__lt=now - timedelta(days=STORING_JOB_DAYS)).delete()
    versions = SolutionVersion.objects.values_list("storage_key", flat=True)
    recommenders = Recommender.objects.values_list("storage_key", flat=True)
    running = BatchInferenceJob.objects.filter(status__in=statuses.BATCH_RUNNING)
    pinned = running.values_list("summary__model", flat=True)
    _remove_orphans(settings.MODELS_DIR, chain(versions, recommenders, pinned))
    _remove_orphans(settings.COLUMNS_DIR, Dataset.objects.values_list("storage_key", flat=True))
    _remove_orphans(settings.DATA_DIR / "scratch", ())
    _remove_orphans(settings.COLUMNS_CACHE_DIR, Dataset.objects.values_list("storage_key", flat=True))
    _remove_shared_orphans()
    for dataset in Dataset.objects.all():
        _tidy(dataset)
    event_log.clean_up()
    call_command("clearsessions")


def _tidy(dataset: Dataset) -> None:
    """Put the dataset's many small segments together, and remove files that left its manifest."""
    try:
        store = folders.store_of(dataset)
        if len(store.snapshot().segments) > MANY:
            store.compact()
        store.sweep()
    except Exception:
        log.exception("The columns of %s could not be tidied; the next cleaning tries again.", dataset.arn)


def _remove_shared_orphans() -> None:
    """Columns on S3 that no dataset has any more."""
    every = shared_columns.all_objects()
    if every is None:
        return
    oldest = timezone.now() - timedelta(seconds=ORPHAN_SECONDS)
    known = {str(key) for key in Dataset.objects.values_list("storage_key", flat=True)}
    for folder in every.folders():
        written = every.within(folder).listing().values()
        if folder not in known and all(when < oldest for when in written):
            every.remove_folder(folder)


def _remove_orphans(folder: Path, keys: Iterable[object]) -> None:
    known = {str(key) for key in keys}
    oldest = time.time() - ORPHAN_SECONDS
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in known and path.stat().st_mtime < oldest:
            shutil.rmtree(path, ignore_errors=True)
