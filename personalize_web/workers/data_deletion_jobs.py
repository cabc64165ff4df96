"""The body of a data deletion job: users go, with every trace of them that the group has."""

import time
from typing import Any

from django.conf import settings

from personalize_web.resources import locations
from personalize_web.resources.models import DataDeletionJob, DatasetGroup
from personalize_web.workers import deleted_users, erasing, folders, forgetting, indexes, user_files
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

PHASES = 6


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
    context.log(f"{erased:,} rows of logs and records erased.")
    context.phase("Make models forget", 5, PHASES)
    models = forgetting.forget(context, group, ids)
    context.log(f"{models:,} models forgot what they knew of these users.")
    context.phase("Clean the database files", 6, PHASES)
    remains = erasing.clean_files()
    for text in remains:
        context.log(text, level="warning")
    rows = job.summary["rows"]
    summary: dict[str, Any] = {
        **job.summary,
        "models": models,
        "remains": remains,
        "seconds": round(time.monotonic() - began, 2),
    }
    context.log(f"{sum(rows.values()):,} records of {job.summary['known']:,} known users deleted.")
    return lambda: {"summary": summary, "num_deleted": sum(rows.values())}


def _count(context: JobContext, job: DataDeletionJob, group: DatasetGroup, ids: set[str]) -> None:
    """Note what is there before anything goes: a later attempt finds less."""
    context.phase("Count their records", 2, PHASES)
    if "rows" not in job.summary:
        found = deleted_users.count(group, ids)
        job.change(summary={"users": len(ids), "known": found.known, "rows": found.rows})


def _erase_columns(context: JobContext, group: DatasetGroup, ids: set[str]) -> None:
    """Rewrite the columns without these users, and make anew what requests read of them."""
    context.phase("Erase records", 3, PHASES)
    named = sorted(ids)
    every = list(deleted_users.datasets(group))
    for number, dataset in enumerate(every):
        context.require_lease()
        deletion = folders.store_of(dataset).delete_rows("USER_ID", named)
        indexes.renew(dataset)
        indexes.count(dataset)
        context.log(f"{dataset.dataset_type}: {deletion.rows:,} rows erased.")
        context.progress((number + 1) / len(every))
