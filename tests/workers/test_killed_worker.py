"""Real workers on a real broker: killed, asked to stop, woken twice, never woken."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGIN = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.conftest import person
from personalize_web import operations
from personalize_web.operations.dataset_groups import create_dataset_group
create_dataset_group(person("ana", operations.ADMINISTRATOR), name="movies")
"""


class Service:
    """A service of its own in a directory of its own."""

    def __init__(self, directory: Path, redis: str | None, *, app: str = "tests.workers.slow_service") -> None:
        self.directory = directory
        self.app = app
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_"))},
            "CELERY_SKIP_CHECKS": "1",
            "DATA_DIR": str(directory),
            "DJANGO_SETTINGS_MODULE": "personalize_web.settings",
            "JOB_LEASE_SECONDS": "4",
            "JOB_HEARTBEAT_SECONDS": "1",
            "JOB_SWEEP_SECONDS": "1",
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": redis or "",
            "DATABASE_URL": f"sqlite:///{directory}/db.sqlite3",
        }
        self.processes: list[subprocess.Popen] = []

    def python(self, script: str, **environment: str) -> None:
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=self.environment | environment, check=True, timeout=180
        )

    def worker(self, queues: str = "default", *options: str) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            self.app,
            "worker",
            "-Q",
            queues,
            "-c",
            "1",
        ]
        with (self.directory / "worker.log").open("a") as log:
            started = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(started)
        return started

    def worker_with_clock(self) -> subprocess.Popen:
        return self.worker("default,timetable", "-B", "-s", str(self.directory / "clock"))

    def ask(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.directory / "db.sqlite3", timeout=60) as database:
            return database.execute(query).fetchall()

    def attempts(self) -> list[str]:
        path = self.directory / "attempts"
        return path.read_text().split() if path.exists() else []

    def job(self) -> tuple[str, int]:
        return self.ask("SELECT state, attempt FROM resources_job")[0]

    def until(self, condition, *, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{self.job()} {(self.directory / 'worker.log').read_text()[-3000:]}"
            time.sleep(0.1)

    def end(self) -> None:
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self.processes:
            process.wait(10)


@pytest.fixture(params=["filesystem", pytest.param("redis", marks=pytest.mark.redis)])
def service(request, tmp_path):
    url = None
    if request.param == "redis":
        import redis

        url = request.getfixturevalue("redis")
        redis.Redis.from_url(url).flushdb()
    made = Service(tmp_path, url)
    yield made
    made.end()


def test_work_of_a_killed_worker_is_done_by_another_and_only_once(service):
    service.python(BEGIN)
    first = service.worker()
    service.until(lambda: service.attempts() == ["1"])
    os.killpg(first.pid, signal.SIGKILL)
    service.worker_with_clock()
    service.until(lambda: service.job() == ("DONE", 2))
    assert service.attempts() == ["1", "2"]
    assert service.ask("SELECT status FROM resources_datasetgroup") == [("ACTIVE",)]


def test_a_worker_that_is_asked_to_end_gives_its_job_back_and_a_lost_wake_up_is_made_good(service):
    service.python(BEGIN)
    first = service.worker()
    service.until(lambda: service.attempts() == ["1"])
    first.terminate()
    assert first.wait(60) == 0
    assert service.job() == ("PENDING", 0)
    (service.directory / "let-go").touch()
    service.worker_with_clock()
    service.until(lambda: service.job() == ("DONE", 1))
    assert service.attempts() == ["1", "1"]


def test_a_job_that_was_woken_twice_runs_once(service):
    service.python(BEGIN)
    service.python(
        "import django; django.setup()\n"
        "from personalize_web.resources.models import Job\nfrom personalize_web.workers import job\n"
        "row = Job.objects.get(); job.wake(row); job.wake(row)"
    )
    service.worker()
    service.worker()
    service.until(lambda: service.attempts() == ["1"])
    time.sleep(2)
    (service.directory / "let-go").touch()
    service.until(lambda: service.job() == ("DONE", 1))
    assert service.attempts() == ["1"]
