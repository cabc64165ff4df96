"""Puts back what was lost: wake-ups that never came and jobs whose worker died."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from personalize_web.resources.models import Job, JobLogLine
from personalize_web.workers import job, kinds

logger = logging.getLogger(__name__)

FRESH = 2
"""Seconds in which a new job's own wake-up is surely on its way."""
REMIND_EVERY = 60
"""Seconds between two wake-ups of a job that waits for a free worker."""
AT_ONCE = 10
"""Wake-ups a queue gets in one sweep."""


def sweep() -> int:
    """Wake what waits, take back what no worker keeps; the answer is how many jobs were woken or closed."""
    return _take_back() + _wake_waiting()


def _take_back() -> int:
    now = timezone.now()
    dead = Job.objects.filter(state=Job.State.IN_PROGRESS, lease_expires_at__lt=now)
    for row in dead:
        if row.attempt >= settings.JOB_MAX_ATTEMPTS:
            _give_up(row)
        else:
            _put_back(row)
    return len(dead)


def _still_dead(row: Job):
    return Job.objects.filter(
        pk=row.pk, state=Job.State.IN_PROGRESS, lease_owner=row.lease_owner, lease_expires_at__lt=timezone.now()
    )


def _put_back(row: Job) -> None:
    back = _still_dead(row).update(
        state=Job.State.PENDING, lease_owner=None, lease_expires_at=None, heartbeat_at=timezone.now()
    )
    if back:
        logger.warning("Job %s (%s of %s) lost its worker.", row.pk, row.kind, row.resource_arn)
        JobLogLine.objects.create(job=row, level="warning", text="The worker stopped answering; the job starts again.")
        job.wake(row)


def _give_up(row: Job) -> None:
    reason = (
        f"The job was started {row.attempt} times and never came to an end: its worker died each time, for example "
        "for lack of memory. Look at the server's log, then try again."
    )
    with transaction.atomic():
        closed = _still_dead(row).update(
            state=Job.State.FAILED,
            failure_reason=reason,
            finished_at=timezone.now(),
            lease_owner=None,
            lease_expires_at=None,
        )
        kind = kinds.of(row)
        if closed and kind and (resource := kind.find(row.resource_arn)):
            kind.stop(resource) if row.stop_requested else kind.fail(resource, reason)
            logger.error("Job %s (%s of %s): %s", row.pk, row.kind, row.resource_arn, reason)


def _wake_waiting() -> int:
    now = timezone.now()
    never = Q(heartbeat_at__isnull=True, created_at__lt=now - timedelta(seconds=FRESH))
    long_ago = Q(heartbeat_at__lt=now - timedelta(seconds=REMIND_EVERY))
    due = Job.objects.filter(never | long_ago, state=Job.State.PENDING, not_before__lte=now)
    woken = 0
    for queue in due.order_by().values_list("queue", flat=True).distinct():
        for row in due.filter(queue=queue).order_by("pk")[:AT_ONCE]:
            Job.objects.filter(pk=row.pk, state=Job.State.PENDING).update(heartbeat_at=now)
            job.wake(row)
            woken += 1
    return woken
