"""``manage.py launch`` as ``make run`` calls it: without a terminal, in a data directory of its own."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.services import free_port

ROOT = Path(__file__).parents[2]


class Launch:
    """One start of the service."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        self.lines: list[str] = []
        hidden = ("COV_", "PYTEST_", "AWS_", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        environment |= {"DATA_DIR": str(directory), "PORT": str(port), "SAMPLE": "0", "WEB_WORKERS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "launch"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until_ready(self) -> "Launch":
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("Ready:"):
                return self
        raise AssertionError("\n".join(self.lines))

    def client(self, service: str = "personalize"):
        session = boto3.Session(profile_name="personalize-web")
        address = f"http://127.0.0.1:{self.port}"
        return session.client(service, endpoint_url=address, config=Config(retries={"total_max_attempts": 1}))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=120)
        self.lines += out.splitlines()
        return self.process.returncode


def those_that_remain(directory: Path) -> list[str]:
    """Command lines of processes that were started for ``directory``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"DATA_DIR={directory}".encode() in environment and command.strip():
            found.append(command)
    return found


def until_active(client, arn: str) -> str:
    end = time.monotonic() + 120
    while (status := client.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"]["status"]) != "ACTIVE":
        assert time.monotonic() < end, status
        time.sleep(0.1)
    return status


def test_two_starts_one_after_the_other(tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws" / "credentials"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    first = Launch(tmp_path, port).until_ready()
    try:
        assert first.lines[-1] == f"Ready: http://127.0.0.1:{port}/console/"
        assert any(line.startswith("Password: ") for line in first.lines)
        assert stat.S_IMODE((tmp_path / "aws" / "credentials").stat().st_mode) == 0o600
        client = first.client()
        assert len(client.list_recipes()["recipes"]) >= 20
        arn = client.create_dataset_group(name="kept")["datasetGroupArn"]
        assert until_active(client, arn) == "ACTIVE", "the worker did it"
        other = Launch(tmp_path, free_port())
        out, _ = other.process.communicate(timeout=120)
        assert other.process.returncode == 1
        assert "Another start is running" in out
    finally:
        code = first.end()
    assert code == 0, first.lines
    assert those_that_remain(tmp_path) == []
    secret = next(line for line in first.lines if line.startswith("Password: ")).split()[1]
    assert not any(secret in path.read_text() for path in (tmp_path / "logs").iterdir())

    second = Launch(tmp_path, port).until_ready()
    try:
        assert second.lines == [f"Ready: http://127.0.0.1:{port}/console/"]
        assert until_active(second.client(), arn) == "ACTIVE"
    finally:
        code = second.end(signal.SIGINT)
    assert code == 0, second.lines


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        started = Launch(tmp_path, port)
        out, _ = started.process.communicate(timeout=120)
    assert started.process.returncode == 1
    assert f"Port {port} is in use" in out


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of their parent's death")
def test_a_killed_launcher_leaves_nothing_running(tmp_path):
    started = Launch(tmp_path, free_port()).until_ready()
    started.process.kill()
    end = time.monotonic() + 120
    while (left := those_that_remain(tmp_path)) and time.monotonic() < end:
        time.sleep(0.2)
    assert left == []
