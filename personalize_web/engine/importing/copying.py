"""Several queries at once, one a file, with common progress and a way to stop them all."""

import os
import threading
import time
from collections.abc import Sequence
from typing import Protocol

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.importing.outcome import SourceFile
from personalize_web.engine.reporting import Reporter

_LOOK_EVERY = 0.2
_LOGGED = 100
"""Files that have a line each in the log."""
_MEMORY = 1 << 30


class Counted(Protocol):
    """A file whose rows are counted while they are read."""

    @property
    def source(self) -> SourceFile:
        """The file as its owner knows it."""

    @property
    def lines(self) -> int:
        """At least as many as the rows."""


class Copying:
    """One run of a query for each file; every query answers how many rows it wrote."""

    def __init__(self, files: Sequence[Counted], queries: Sequence[str], reporter: Reporter) -> None:
        self._files = files
        self._queries = queries
        self._reporter = reporter
        self._expected = max(sum(file.lines for file in files), 1)
        self._cores = os.cpu_count() or 1
        self._at_once = min(self._cores, len(files))
        self._guard = threading.Lock()
        self._waiting = list(range(len(files)))[::-1]
        self._running: dict[int, duckdb.DuckDBPyConnection] = {}
        self._rows: dict[int, int] = {}
        self._failures: dict[int, BaseException] = {}
        self._finished: list[tuple[int, float]] = []

    def run(self) -> int:
        """Do all of them; answers the rows. Raises what the first file in order failed with, once all have ended."""
        workers = [threading.Thread(target=self._work, name=f"import-{at}") for at in range(self._at_once)]
        for worker in workers:
            worker.start()
        try:
            while any(worker.is_alive() for worker in workers):
                for worker in workers:
                    worker.join(_LOOK_EVERY / len(workers))
                self._tell()
        except BaseException:
            self._stop()
            for worker in workers:
                worker.join()
            raise
        if self._failures:
            raise self._failures[min(self._failures)]
        self._tell()
        if len(self._files) > _LOGGED:
            self._reporter.log(f"… and {len(self._files) - _LOGGED:,} more files.")
        return sum(self._rows.values())

    def _work(self) -> None:
        """Take one file after another until none is left or one has failed."""
        with duck.connect(memory=f"{_MEMORY // self._at_once >> 20}MB", threads=1) as connection:
            while True:
                with self._guard:
                    if not self._waiting or self._failures:
                        return
                    number = self._waiting.pop()
                    self._running[number] = connection
                began = time.monotonic()
                try:
                    large = self._files[number].lines * self._at_once > self._expected
                    connection.execute(f"SET threads = {self._cores if large else 1}")
                    row = connection.execute(self._queries[number]).fetchone()
                    self._rows[number] = int(row[0]) if row else 0
                    self._finished.append((number, time.monotonic() - began))
                except BaseException as failure:  # handed over to the waiting thread
                    if self._failures:
                        return
                    self._failures[number] = failure
                    self._stop(besides=number)
                finally:
                    with self._guard:
                        self._running.pop(number, None)

    def _stop(self, *, besides: int | None = None) -> None:
        """Begin no more queries and interrupt those that run."""
        with self._guard:
            self._waiting.clear()
            for number, connection in self._running.items():
                if number != besides:
                    connection.interrupt()

    def _tell(self) -> None:
        """Progress over all files, a line for each that has ended; and whether to go on."""
        while self._finished:
            number, seconds = self._finished.pop(0)
            if len(self._rows) <= _LOGGED:
                name, rows = self._files[number].source.name, self._rows[number]
                self._reporter.log(f"{name}: {rows:,} rows in {seconds:.1f} s.")
        with self._guard:
            shares = {number: connection.query_progress() for number, connection in self._running.items()}
        read = float(sum(self._files[number].lines for number in list(self._rows)))
        read += sum(min(max(share, 0.0), 100.0) / 100 * self._files[number].lines for number, share in shares.items())
        self._reporter.progress(min(read / self._expected, 1.0), rows=int(read), rows_total=self._expected)
        self._reporter.check()
