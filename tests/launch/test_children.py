"""The launcher's children: restarted, given up, logged."""

import sys
import time
from pathlib import Path

import pytest

from apps.launch import children
from apps.launch.children import Child, GaveUp


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def is_running(process: int) -> bool:
    """Whether there is such a process that has not ended, be it that nobody took note of its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def finished(child: Child) -> None:
    assert child.process is not None
    child.process.wait(10)
    child._wait_for_reader()


def test_what_a_child_says_is_logged_and_only_its_errors_are_shown(tmp_path, capfd):
    script = (
        "print('2026-01-01 INFO quiet'); print('2026-01-01 ERROR loud'); print('  and why'); print('2026-01-02 INFO x')"
    )
    child = Child("web", python(script), tmp_path)
    child.start()
    finished(child)
    assert child.log_path.read_text().count("\n") == 4
    assert capfd.readouterr().err == "web: 2026-01-01 ERROR loud\nweb:   and why\n"


def test_a_child_that_died_is_started_again(tmp_path):
    marker = tmp_path / "second"
    script = (
        f"import pathlib, sys, time; p = pathlib.Path({str(marker)!r})\n"
        "if not p.exists(): p.touch(); sys.exit(3)\ntime.sleep(60)"
    )
    child = Child("web", python(script), tmp_path)
    child.start()
    finished(child)
    child.look()
    assert child.process is not None
    assert child.process.poll() is None
    child.ask_to_end()
    child.end(time.monotonic() + 5)
    assert child.process.returncode is not None


def test_a_child_that_dies_again_and_again_ends_the_launch(tmp_path, monkeypatch):
    monkeypatch.setattr(children.time, "sleep", lambda seconds: None)
    child = Child("web", python("raise SystemExit(3)"), tmp_path)
    child.start()
    with pytest.raises(GaveUp, match=r"web died 6 times.*web\.log"):
        for _ in range(10):
            finished(child)
            child.look()


def test_a_child_whose_work_is_done_is_not_started_again(tmp_path):
    child = Child("sample", python("pass"), tmp_path, once=True)
    child.start()
    finished(child)
    child.look()
    child.look()
    assert child.process is None


def test_a_child_that_does_not_listen_is_killed_with_all_it_started(tmp_path):
    script = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True); time.sleep(60)"
    )
    child = Child("stubborn", python(script), tmp_path)
    child.start()
    while not child.log_path.exists() or not child.log_path.read_text().strip():
        time.sleep(0.05)
    grandchild = int(child.log_path.read_text())
    child.ask_to_end()
    child.end(time.monotonic() + 0.2)
    end = time.monotonic() + 10
    while is_running(grandchild) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_running(grandchild)
