"""Starts everything, watches over it, and ends it."""

import fcntl
import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

from django.conf import settings

from apps.launch.children import PATIENCE, Child, GaveUp
from personalize_web.operations import environment

HOST = "127.0.0.1"
READY_WITHIN = 120.0
LOOK_EVERY = 0.25


class CannotStart(Exception):
    """Something on this machine is in the way; the text says what."""


def lock(data_dir: Path) -> IO[str]:
    """Hold ``data_dir`` as long as the answer stays open. CannotStart when another launcher has it."""
    file = (data_dir / "launch.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CannotStart(f"Another start is running in {data_dir}. End it, or set DATA_DIR to another one.") from error
    return file


def check_port(port: int) -> None:
    """CannotStart when somebody listens on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotStart(f"Port {port} is in use. Choose another one: PORT={port + 1} make run") from error


def children(port: int, *, sample: bool) -> list[Child]:
    """Console and API, a worker for short work, one for training, the clock, and the maker of the sample."""
    logs = settings.DATA_DIR / "logs"
    for folder in (logs, settings.STATIC_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    web += ["--workers", str(settings.WEB_WORKERS), "--blocking-threads", str(settings.WEB_THREADS)]
    web += ["--log-level", "warning", "--respawn-failed-workers", "--workers-kill-timeout", "5"]
    # its own process can hang on a signal that comes at the wrong instant, with nobody left to kill it
    serving = dict(environment.SERVING) | {"END_WITH_PARENT": "1"}
    made = [
        Child("web", [*web, "personalize_web.wsgi:application"], logs, serving, orphaned=signal.SIGKILL),
        _worker("worker", logs, "default", "-c", "2", "--max-tasks-per-child", "100"),
        _worker("training", logs, "training", "-c", "1", "--max-tasks-per-child", "1", finds=environment.TRAINING),
        _worker("timetable", logs, "timetable", "-P", "solo", "-B", "-s", str(settings.DATA_DIR / "timetable")),
    ]
    if sample:
        made.append(Child("sample", [sys.executable, "manage.py", "make_sample"], logs, once=True))
    return made


def _worker(name: str, logs: Path, queue: str, *options: str, finds: Mapping[str, str] | None = None) -> Child:
    command = [sys.executable, "-m", "celery", "-A", "personalize_web", "worker", "-Q", queue, "-n", f"{name}@%h"]
    quiet = ["-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Child(name, [*command, *quiet, *options], logs, {"CELERY_SKIP_CHECKS": "1", **(finds or {})})


def run(port: int, processes: list[Child]) -> int:
    """Start ``processes``, say when they are ready, and stay until a signal or a failure; answers an exit code."""
    ending = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        for child in processes:
            if not child.once:
                child.start()
        if _wait_until_ready(port, processes, ending):
            print(f"Ready: http://{HOST}:{port}/console/", flush=True)
            for child in processes:
                if child.once:
                    child.start()
        while not ending.wait(LOOK_EVERY):
            for child in processes:
                child.look()
    except (GaveUp, CannotStart) as failure:
        print(failure, file=sys.stderr, flush=True)
        return 1
    finally:
        _end(processes)
    return 0


def _wait_until_ready(port: int, processes: list[Child], ending: threading.Event) -> bool:
    """True once /readyz answers; False when the end was asked for before."""
    deadline = time.monotonic() + READY_WITHIN
    while not ending.wait(LOOK_EVERY):
        if is_ready(port):
            return True
        for child in processes:
            child.look()
        if time.monotonic() > deadline:
            raise CannotStart(f"The service did not become ready in {READY_WITHIN:.0f} s. See {processes[0].log_path}")
    return False


def is_ready(port: int) -> bool:
    """Whether the web processes answer and find their database."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def _end(processes: list[Child]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in processes:
        child.ask_to_end()
    deadline = time.monotonic() + PATIENCE
    for child in processes:
        child.end(deadline)


def working_directory() -> None:
    """Children find the project wherever the launcher was called from."""
    os.chdir(settings.BASE_DIR)
