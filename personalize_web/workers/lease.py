"""Who may work on a job at this moment: a lease in the job's row, taken, kept and given back by guarded updates."""

import os
import socket
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_bool
from datetime import timedelta
from multiprocessing.sharedctypes import RawValue

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from personalize_web.resources.models import Job


class LeaseLost(Exception):
    """Somebody else works on this job now, or will: stop, and publish nothing."""


class _Worker:
    """This process and the children it forks; ``ending`` is one byte of memory that they share."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.ending = RawValue(c_bool, False)


_present = {"worker": _Worker()}


def name_worker() -> None:
    """Give this process, and the children it will fork, a name of their own."""
    _present["worker"] = _Worker()


def take(job_id: int) -> Job | None:
    """Begin an attempt at the job, or None when it is not to be worked on now.

    Only a job that waits, or whose worker let its lease run out, can be taken; of jobs that exclude one another, the
    oldest.
    """
    now = timezone.now()
    worker = _present["worker"]
    with transaction.atomic():
        row = Job.objects.filter(pk=job_id).first()
        if row is None or worker.ending.value:
            return None
        others = rivals(row)
        if others is not None:
            for lock in sorted({row.arguments.get("lock"), row.arguments.get("shares")} - {None}):
                _take_turns(lock)
            running = others.filter(state=Job.State.IN_PROGRESS)
            earlier = others.filter(state=Job.State.PENDING, not_before__lte=now, pk__lt=row.pk)
            if running.exists() or earlier.exists():
                return None
        owner = f"{worker.name}:{uuid.uuid4().hex[:8]}"
        taken = Job.objects.filter(_free(now), pk=job_id, attempt__lt=settings.JOB_MAX_ATTEMPTS).update(
            state=Job.State.IN_PROGRESS,
            lease_owner=owner,
            lease_expires_at=now + timedelta(seconds=settings.JOB_LEASE_SECONDS),
            heartbeat_at=now,
            attempt=F("attempt") + 1,
            started_at=row.started_at or now,
        )
        return Job.objects.get(pk=job_id) if taken else None


def rivals(row: Job) -> QuerySet[Job] | None:
    """The jobs that must not run together with ``row``; None where there can be none."""
    lock, shares = row.arguments.get("lock"), row.arguments.get("shares")
    excluding = Q()
    if lock:
        excluding |= Q(arguments__lock=lock) | Q(arguments__shares=lock)
    if shares:
        excluding |= Q(arguments__lock=shares)
    return Job.objects.filter(excluding).exclude(pk=row.pk) if excluding else None


def _free(now) -> Q:
    waits = Q(state=Job.State.PENDING, not_before__lte=now)
    return waits | Q(state=Job.State.IN_PROGRESS, lease_expires_at__lt=now)


def _take_turns(lock: str) -> None:
    """Two takers of the same lock go one after the other. SQLite's write transactions already do."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(lock.encode())])


def keep(row: Job, **values) -> bool:
    """Prolong the lease and write ``values``; False when it is no longer ours."""
    now = timezone.now()
    expires = now + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    return bool(_ours(row).update(lease_expires_at=expires, heartbeat_at=now, **values))


@contextmanager
def held(row: Job) -> Iterator[None]:
    """A transaction that is only entered while the lease is ours, and that nobody can take the job during."""
    with transaction.atomic():
        if not keep(row):
            raise LeaseLost(f"job {row.pk}")
        yield


def end(row: Job, state: str, *, reason: str | None = None) -> None:
    """Close the job. Called inside :func:`held`."""
    _ours(row).update(
        state=state, failure_reason=reason, finished_at=timezone.now(), lease_owner=None, lease_expires_at=None
    )


def give_back(row: Job, *, after: float = 0, counts: bool = False) -> bool:
    """Let somebody else, or a later start, do the job; ``counts``: this attempt is one of those allowed."""
    return bool(_give_back(_ours(row), after, counts))


def give_all_back() -> int:
    """Give back what this worker and its children hold, and take nothing any more: it ends.

    The answer is how many jobs that were.
    """
    worker = _present["worker"]
    worker.ending.value = True
    held_here = Job.objects.filter(state=Job.State.IN_PROGRESS, lease_owner__startswith=f"{worker.name}:")
    return _give_back(held_here, 0, False)


def _give_back(rows, after: float, counts: bool) -> int:
    return rows.update(
        state=Job.State.PENDING,
        lease_owner=None,
        lease_expires_at=None,
        heartbeat_at=None,
        not_before=timezone.now() + timedelta(seconds=after),
        attempt=F("attempt") if counts else F("attempt") - 1,
    )


def _ours(row: Job):
    return Job.objects.filter(pk=row.pk, state=Job.State.IN_PROGRESS, lease_owner=row.lease_owner)
