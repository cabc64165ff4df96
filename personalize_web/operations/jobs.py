"""Background jobs, ours beside the 79: where each stands, and its log."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from personalize_web.operations.answers import present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import arns
from personalize_web.resources.models import Job, JobLogLine

LINES = 500
"""Most lines of a log in one answer."""
SOONEST = timedelta(seconds=2)
"""How long a job has run before its end is estimated."""


@own_operation()
def describe_job(caller: Caller, *, resource_arn: str) -> dict[str, Any]:
    """Ours, for progress: the newest job of a resource, or None."""
    row = _newest(caller, resource_arn)
    return {"job": _described(row) if row else None}


@own_operation()
def list_jobs(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    states: list[str] | None = None,
    max_results: int = 50,
) -> dict[str, Any]:
    """Ours, for the activity page: the newest jobs of a group or of the account, in the given states or in any."""
    rows = Job.objects.filter(account=caller.account, region=caller.region)
    if dataset_group_arn:
        rows = rows.filter(dataset_group_arn=dataset_group_arn)
    if states:
        rows = rows.filter(state__in=states)
    return {"jobs": [_described(row) for row in rows.order_by("-pk")[:max_results]]}


@own_operation()
def get_job_log(caller: Caller, *, resource_arn: str, after: int = 0) -> dict[str, Any]:
    """Ours, for the live log: the lines of a resource's newest job that come after the line with id ``after``."""
    row = _newest(caller, resource_arn)
    lines = JobLogLine.objects.filter(job=row, pk__gt=after).order_by("pk")[:LINES] if row else ()
    return {
        "lines": [{"id": line.pk, "at": line.at, "level": line.level, "text": line.text} for line in lines],
        "finished": row is None or row.state not in Job.UNFINISHED,
    }


def _newest(caller: Caller, resource_arn: str) -> Job | None:
    rows = Job.objects.filter(resource_arn=resource_arn, account=caller.account, region=caller.region)
    return rows.order_by("-pk").first()


def _described(row: Job) -> dict[str, Any]:
    parts = arns.read(row.resource_arn)
    until = row.finished_at or timezone.now()
    return present(
        kind=row.kind,
        name=parts.name if parts else row.resource_arn,
        resourceArn=row.resource_arn,
        datasetGroupArn=row.dataset_group_arn,
        state=row.state,
        phase=row.phase,
        phaseIndex=row.phase_index,
        phaseCount=row.phase_count,
        fraction=row.fraction,
        overall=_overall(row),
        rows=row.rows,
        rowsTotal=row.rows_total,
        secondsLeft=_seconds_left(row, until),
        curves=row.curves,
        attempt=row.attempt,
        stopRequested=row.stop_requested,
        failureReason=row.failure_reason,
        requestedBy=row.requested_by,
        createdAt=row.created_at,
        startedAt=row.started_at,
        finishedAt=row.finished_at,
        seconds=(until - row.started_at).total_seconds() if row.started_at else None,
    )


def _overall(row: Job) -> float | None:
    """The done part of all phases, taken as equally long; from 0 to 1."""
    if row.state == Job.State.DONE:
        return 1.0
    if row.fraction is None:
        return None
    if not row.phase_count:
        return row.fraction
    return min((max(row.phase_index, 1) - 1 + row.fraction) / row.phase_count, 1.0)


def _seconds_left(row: Job, now: datetime) -> int | None:
    """What is left at the pace so far; None while there is nothing to go by."""
    done = _overall(row)
    if row.state != Job.State.IN_PROGRESS or not row.started_at or not done:
        return None
    elapsed = now - row.started_at
    return round(elapsed.total_seconds() * (1 - done) / done) if elapsed >= SOONEST else None
