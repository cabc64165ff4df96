"""Rows that no answer waits for: they gather in memory, and a thread writes them together a moment later.

A process that is killed loses those of its last moment. Inside a transaction a row is written at once, with it.
"""

import atexit
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import DatabaseError, IntegrityError, connection, transaction

logger = logging.getLogger(__name__)

T = TypeVar("T")

AFTER_FAILURE = 5.0
"""Seconds until rows are tried again that the database did not take."""


class Backlog(Generic[T]):
    """What waits of one kind, and its thread."""

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[T]], None],
        *,
        pause: float = 0.25,
        most: int = 20_000,
        batch: int = 500,
    ) -> None:
        """``pause``: seconds that rows gather; ``most`` wait when the database does not take them, and then the oldest
        are given up; ``batch`` are written in one transaction, by ``write``."""
        self.name, self.pause, self.most, self.batch = name, pause, most, batch
        self._write = write
        self._begin_empty()
        os.register_at_fork(after_in_child=self._begin_empty)

    def _begin_empty(self) -> None:
        """Also in a process that was forked: what waits is its parent's to write."""
        self._waiting: list[T] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._came = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, row: T) -> None:
        """Write ``row`` soon."""
        if connection.in_atomic_block:
            self._write([row])
            return
        with self._lock:
            self._waiting.append(row)
            if len(self._waiting) > self.most:
                del self._waiting[: len(self._waiting) - self.most]
                logger.warning("%s are given up: the database does not take them", self.name)
            self._start()
            self._came.set()

    def flush(self) -> bool:
        """Write what waits, and wait for what another thread is writing; False when the database does not take it now,
        and it waits on."""
        with self._writing:
            return self._flush()

    def close(self) -> None:
        """Write what waits, and end the thread; what comes later begins another one."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._closing.set()
            self._came.set()
        if thread is not None:
            thread.join()
        self.flush()

    def _flush(self) -> bool:
        while True:
            with self._lock:
                batch = self._waiting[: self.batch]
                del self._waiting[: self.batch]
            if not batch:
                return True
            try:
                with transaction.atomic():
                    self._write(batch)
            except IntegrityError:
                logger.warning("%s are given up: what they belong to is gone", self.name)
            except DatabaseError as error:
                logger.error("%s could not be written: %s", self.name, type(error).__name__)
                with self._lock:
                    self._waiting[:0] = batch
                return False
            except Exception:
                logger.exception("%s are given up: they cannot be written", self.name)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._came, self._closing = threading.Event(), threading.Event()
            run = threading.Thread(target=self._run, args=(self._came, self._closing), daemon=True)
            run.name = self.name.replace(" ", "-")
            self._thread = run
            run.start()
            atexit.unregister(self._at_exit)
            atexit.register(self._at_exit)

    def _run(self, came: threading.Event, closing: threading.Event) -> None:
        while not closing.is_set():
            came.wait()
            came.clear()
            closing.wait(self.pause)
            while not self.flush() and not closing.wait(AFTER_FAILURE):
                pass
            connection.close()

    def _at_exit(self) -> None:
        self.close()
        connection.close()
