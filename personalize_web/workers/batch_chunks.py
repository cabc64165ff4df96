"""Who answers which chunk of a batch job at this moment: a lease in the chunk's row, taken and kept by guarded updates.

A worker that dies loses the chunk it had; whoever looks next takes it when the lease has run out.
"""

import threading
import time
import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils import timezone

from personalize_web.engine.errors import DataError, Stopped
from personalize_web.resources.models import BatchChunk, Job
from personalize_web.workers import lease

LOOK_EVERY = 1.0
"""Seconds between two looks at the lease while a chunk is answered."""


def take(job: Job) -> BatchChunk | None:
    """The first chunk that nobody answers, now ours; None when there is none.

    Raises DataError when a chunk has been begun as often as a job may be, and never came to an end.
    """
    while True:
        now = timezone.now()
        free = Q(state=BatchChunk.State.PENDING) | Q(state=BatchChunk.State.IN_PROGRESS, expires_at__lt=now)
        found = job.chunks.filter(free).order_by("number").first()
        if found is None:
            return None
        if found.attempt >= settings.JOB_MAX_ATTEMPTS:
            raise DataError(
                f"The {found.lines:,} lines from line {found.first_line:,} on, of input file {found.file + 1}, were "
                f"begun {found.attempt} times and never came to an end: the worker died each time, for example for "
                "lack of memory. Look at the server's log, then try again."
            )
        owner = uuid.uuid4().hex
        taken = BatchChunk.objects.filter(free, pk=found.pk, attempt=found.attempt).update(
            state=BatchChunk.State.IN_PROGRESS, owner=owner, expires_at=_expiry(), attempt=F("attempt") + 1
        )
        if taken:
            found.owner = owner
            return found


def _expiry():
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


class Held:
    """The lease of a chunk while it is answered, prolonged by a thread (``threaded``) or by the calls themselves."""

    def __init__(self, chunk: BatchChunk, *, threaded: bool) -> None:
        self._chunk = chunk
        self._lost = self._stopped = False
        self._looked = time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"chunk-{chunk.pk}", daemon=True) if threaded else None

    def __enter__(self) -> Self:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()

    def check(self) -> None:
        """Raise LeaseLost when the chunk, or the job, is no longer to be answered here; Stopped when it was stopped."""
        if self._thread is None and time.monotonic() - self._looked >= LOOK_EVERY:
            self._look()
        if self._lost:
            raise lease.LeaseLost(f"chunk {self._chunk.pk}")
        if self._stopped:
            raise Stopped

    def done(self, **values: int | str) -> None:
        """Note that the chunk's answers are in their place."""
        if not self._ours().update(state=BatchChunk.State.DONE, owner=None, expires_at=None, **values):
            raise lease.LeaseLost(f"chunk {self._chunk.pk}")

    def give_back(self) -> None:
        """Let somebody else answer it, at once; this attempt does not count."""
        self._ours().update(
            state=BatchChunk.State.PENDING, owner=None, expires_at=None, attempt=F("attempt") - 1
        )

    def _ours(self):
        return BatchChunk.objects.filter(
            pk=self._chunk.pk, state=BatchChunk.State.IN_PROGRESS, owner=self._chunk.owner
        )

    def _beat(self) -> None:
        try:
            while not self._end.wait(LOOK_EVERY):
                try:
                    self._look()
                except DatabaseError:
                    self._lost = time.monotonic() - self._looked > settings.JOB_LEASE_SECONDS
        finally:
            connection.close()

    def _look(self) -> None:
        if not self._ours().update(expires_at=_expiry()):
            self._lost = True
            return
        self._stopped = Job.objects.filter(pk=self._chunk.job_id, stop_requested=True).exists()
        self._looked = time.monotonic()
