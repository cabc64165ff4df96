"""The body of a data deletion job: users go, with every trace of them that the group has."""

import time
from typing import Any

from django.conf import settings

from personalize_web.resources import locations
from personalize_web.resources.models import DataDeletionJob, DatasetGroup
from personalize_web.workers import deleted_users, erasing, folders, forgetting, indexes, quoted_values, user_files
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

PHASES = 7


def create(context: JobContext, job: DataDeletionJob) -> Publication:
    """Remove the users that the files name from everything the group has.

    Nothing else that uses the group's data runs meanwhile. Every step may be taken again: an attempt that was
    interrupted is continued by the next, and what the first one counted is kept.
    """
    began = time.monotonic()
    group = job.dataset_group
    context.phase("Read user ids", 1, PHASES)
    scratch = settings.DATA_DIR / "scratch" / f"job-{context.row.pk}"
    ids = user_files.read(locations.parse(job.data_location), settings.QUOTAS["data_deletion_bytes"], scratch)
    context.log(f"{len(ids):,} users are named at {job.data_location}.")
    _count(context, job, group, ids)
    _erase_columns(context, group, ids)
    context.phase("Erase logs and records", 4, PHASES)
    erased = erasing.erase(group, ids, context)
    quoted_values.erase(group, job.summary.get("quoted", ()))
    context.log(f"{erased:,} rows of logs and records erased.")
    _renew_indexes(context, group)
    context.phase("Make models forget", 6, PHASES)
    models = forgetting.forget(context, group, ids)
    context.log(f"{models.changed:,} models forgot what they knew of these users.")
    context.phase("Clean the database files", 7, PHASES)
    summary: dict[str, Any] = {name: job.summary[name] for name in ("users", "known", "rows")}
    job.change(summary=summary)
    remains = [*models.remains, *erasing.clean_files()]
    for text in remains:
        context.log(text, level="warning")
    deleted = sum(summary["rows"].values())
    context.log(f"{deleted:,} records of {summary['known']:,} known users deleted.")
    summary |= {"models": models.changed, "remains": remains, "seconds": round(time.monotonic() - began, 2)}
    return lambda: {"summary": summary, "num_deleted": deleted}


def _count(context: JobContext, job: DataDeletionJob, group: DatasetGroup, ids: set[str]) -> None:
    """Note what is there before anything goes: a later attempt finds less."""
    context.phase("Count their records", 2, PHASES)
    if "rows" not in job.summary:
        found = deleted_users.count(group, ids)
        quoted = quoted_values.of_users(group, ids)
        job.change(summary={"users": len(ids), "known": found.known, "rows": found.rows, "quoted": quoted})


def _erase_columns(context: JobContext, group: DatasetGroup, ids: set[str]) -> None:
    """Write the columns again without these users."""
    context.phase("Erase records", 3, PHASES)
    named = sorted(ids)
    every = deleted_users.with_columns(group)
    for number, dataset in enumerate(every, start=1):
        context.require_lease()
        deletion = folders.store_of(dataset).delete_rows("USER_ID", named)
        context.log(f"{dataset.dataset_type}: {deletion.rows:,} rows erased.")
        context.progress(number / len(every))


def _renew_indexes(context: JobContext, group: DatasetGroup) -> None:
    """Make anew what requests read of the columns; the event log, which they read beside it, has been cleared."""
    context.phase("Build indexes", 5, PHASES)
    every = deleted_users.with_columns(group)
    for number, dataset in enumerate(every, start=1):
        indexes.renew(dataset)
        dataset.change(statistics=indexes.counts(dataset))
        context.progress(number / len(every))
