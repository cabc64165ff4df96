"""What a body knows of its job, and how it tells the world where it is."""

import logging
import threading
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from personalize_web.engine.errors import Stopped
from personalize_web.resources.models import Job, JobLogLine
from personalize_web.workers import lease

logger = logging.getLogger(__name__)

WRITE_EVERY = 1.0
"""Seconds between two writes of a job's progress, at least."""
POINTS_KEPT = 400
"""Of one live curve; beyond, every second point goes."""


class JobContext:
    """The engine's ``Reporter`` of one attempt at one job.

    Calls only note what changed. A thread (``threaded``) or, in tests, the calls themselves write it at most once a
    second, prolong the lease, and learn whether a stop was asked for or the lease was lost.
    """

    def __init__(self, row: Job, *, threaded: bool) -> None:
        self.row = row
        self.arguments: dict[str, Any] = row.arguments
        self._guard = threading.Lock()
        self._changed: dict[str, Any] = {}
        self._lines: list[JobLogLine] = []
        self._curves: dict[str, list[list[float]]] = {}
        self._lost = self._stopped = False
        self._written = self._kept = time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"job-{row.pk}", daemon=True) if threaded else None

    def __enter__(self) -> "JobContext":
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()

    @property
    def threaded(self) -> bool:
        """Whether the lease is kept by a thread."""
        return self._thread is not None

    def phase(self, name: str, index: int, of: int) -> None:
        """Phase ``index`` (from 1) of ``of`` begins."""
        self._note(phase=name, phase_index=index, phase_count=of, fraction=0.0, rows=None, rows_total=None)

    def progress(self, fraction: float, *, rows: int | None = None, rows_total: int | None = None) -> None:
        """The present phase is done to ``fraction``."""
        self._note(fraction=min(max(float(fraction), 0.0), 1.0), rows=rows, rows_total=rows_total)

    def log(self, text: str, *, level: str = "info") -> None:
        """One line for the job's log."""
        with self._guard:
            self._lines.append(JobLogLine(job_id=self.row.pk, at=timezone.now(), level=level, text=text))
        self._due()

    def point(self, series: str, x: float, y: float) -> None:
        """One point of a live curve."""
        with self._guard:
            points = self._curves.setdefault(series, [])
            points.append([float(x), float(y)])
            if len(points) > POINTS_KEPT:
                del points[1:-1:2]
            self._changed["curves"] = {name: list(kept) for name, kept in self._curves.items()}
        self._due()

    def check(self) -> None:
        """Raise ``Stopped`` when a stop was asked for, ``LeaseLost`` when somebody else has the job now."""
        if self._thread is None:
            self._due()
        if self._lost:
            raise lease.LeaseLost(f"job {self.row.pk}")
        if self._stopped:
            raise Stopped

    def require_lease(self) -> None:
        """Raise ``LeaseLost`` unless the lease is ours at this moment, and prolong it: called before files change."""
        if not lease.keep(self.row):
            self._lost = True
        self.check()

    @property
    def curves(self) -> dict[str, list[list[float]]]:
        """Every live curve so far."""
        with self._guard:
            return {name: list(points) for name, points in self._curves.items()}

    def flush(self) -> None:
        """Write what has not been written yet; called when the body has ended."""
        self._write()

    def _note(self, **values: Any) -> None:
        with self._guard:
            self._changed |= values
        self._due()
        self.check()

    def _due(self) -> None:
        if self._thread is None and time.monotonic() - self._written >= WRITE_EVERY:
            self._tick()

    def _beat(self) -> None:
        try:
            while not self._end.wait(WRITE_EVERY):
                self._tick()
        finally:
            connection.close()

    def _tick(self) -> None:
        """Write, prolong, look; a database that is away is tried again until the lease must have run out."""
        try:
            self._write()
            asked = Job.objects.filter(pk=self.row.pk).values_list("lease_owner", "stop_requested").first()
            if asked is None or asked[0] != self.row.lease_owner:
                self._lost = True
            elif asked[1]:
                self._stopped = True
        except DatabaseError:
            logger.warning("The progress of job %s could not be written; trying again.", self.row.pk, exc_info=True)
            if time.monotonic() - self._kept > settings.JOB_LEASE_SECONDS:
                self._lost = True

    def _write(self) -> None:
        with self._guard:
            changed, lines = self._changed, self._lines
            self._changed, self._lines = {}, []
        self._written = now = time.monotonic()
        try:
            if changed or now - self._kept >= min(settings.JOB_HEARTBEAT_SECONDS, settings.JOB_LEASE_SECONDS / 3):
                if not lease.keep(self.row, **changed):
                    self._lost = True
                    return
                self._kept = now
            if lines:
                JobLogLine.objects.bulk_create(lines)
        except DatabaseError:
            with self._guard:
                self._changed = changed | self._changed
                self._lines = lines + self._lines
            raise
