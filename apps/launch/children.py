"""One child process of the launcher: its command, its log, its restarts, its end."""

import ctypes
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_BYTES = 10 * 2**20
LOGS_KEPT = 3
PATIENCE = 10.0
"""Seconds a child has to end by itself."""
RESTARTS = 5
"""Deaths within ``RESTART_WINDOW`` seconds after which the launcher gives up."""
RESTART_WINDOW = 60.0

_RECORD = re.compile(r"^\S*\d{4}-\d\d-\d\d[ T]|^\[")
_ALARM = re.compile(r"\b(ERROR|CRITICAL)\b|^Traceback ")
_PARENT_DEATH_SIGNAL = 1


class GaveUp(Exception):
    """A child died again and again."""


@dataclass
class Child:
    """A process that runs as long as the launcher does, or, with ``once``, until its work is done."""

    name: str
    command: list[str]
    logs: Path
    environment: dict[str, str] = field(default_factory=dict)
    once: bool = False
    orphaned: signal.Signals = signal.SIGTERM
    """What the process gets, on Linux, when the launcher is killed."""
    process: subprocess.Popen[str] | None = None
    _deaths: list[float] = field(default_factory=list)
    _reader: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what the process says goes to its log, and its errors to our standard error too."""
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_end_with_parent(self.orphaned),
        )
        self._reader = threading.Thread(target=self._read, name=f"log-{self.name}", daemon=True)
        self._reader.start()

    def look(self) -> None:
        """Start the process again if it died; GaveUp when that happens too often."""
        if self.process is None or (code := self.process.poll()) is None:
            return
        if self.once and code == 0:
            self.process = None
            return
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < RESTART_WINDOW] + [now]
        if len(self._deaths) > RESTARTS:
            raise GaveUp(f"{self.name} died {len(self._deaths)} times in a minute. Its log: {self.log_path}")
        print(f"{self.name} ended with code {code}; starting it again.", file=sys.stderr, flush=True)
        self._wait_for_reader()
        time.sleep(min(2 ** len(self._deaths) / 4, 5))
        self.start()

    def ask_to_end(self) -> None:
        """Let the process finish what is at hand."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait until ``deadline`` (monotonic seconds), then end the process and everything it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            text = f"{self.name} did not end in time and was killed; its work goes on at the next start."
            print(text, file=sys.stderr, flush=True)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._wait_for_reader()

    @property
    def log_path(self) -> Path:
        return self.logs / f"{self.name}.log"

    def _wait_for_reader(self) -> None:
        if self._reader is not None:
            self._reader.join(2)

    def _read(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        handler = RotatingFileHandler(self.log_path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
        alarm = False
        for line in self.process.stdout:
            handler.emit(logging.makeLogRecord({"msg": line.rstrip("\n")}))
            alarm = bool(_ALARM.search(line)) or (alarm and not _RECORD.match(line))
            if alarm:
                print(f"{self.name}: {line}", end="", file=sys.stderr, flush=True)
        handler.close()


def _end_with_parent(orphaned: signal.Signals) -> Callable[[], None] | None:
    """On Linux, what makes a child receive a signal when the launcher is killed."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(_PARENT_DEATH_SIGNAL, orphaned)

    return ask_the_kernel
