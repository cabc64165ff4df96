"""A whole instance, started as `make run` starts it, and the files its users bring."""

import configparser
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from personalize_web.engine import sample
from tests.services import PATIENCE, free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Instance:
    """A running service: where it answers, where its data lie, who may sign in."""

    url: str
    data_dir: Path
    user: str
    password: str
    access_key: str
    secret_key: str

    def client(self, service: str):
        """An unmodified boto3 client with nothing but endpoint, keys and region."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def bucket(self, name: str) -> Path:
        """The folder that serves as ``s3://name/``."""
        folder = self.data_dir / "buckets" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for the whole run, without the sample data."""
    data_dir = tmp_path_factory.mktemp("instance")
    port = free_port()
    ours = {"DATA_DIR", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTEST_")) and key not in ours
    } | {"DATA_DIR": str(data_dir), "PORT": str(port), "SAMPLE": "0", "TRAINING_TIME_BUDGET": "8"}
    output = data_dir / "output.txt"
    with output.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "launch"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_ready(url, process, output)
        text = output.read_text()
        credentials = configparser.ConfigParser()
        credentials.read(data_dir / "aws" / "credentials")
        profile = credentials["personalize-web"]
        yield Instance(
            url=url,
            data_dir=data_dir,
            user=re.search(r"(?im)administrator:\s*(\S+)", text).group(1),
            password=re.search(r"(?im)password:\s*(\S+)", text).group(1),
            access_key=profile["aws_access_key_id"],
            secret_key=profile["aws_secret_access_key"],
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)


def _wait_ready(url: str, process: subprocess.Popen, output: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the instance ended:\n{output.read_text()}"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
                if answer.status == 200 and "Ready:" in output.read_text():
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the instance did not get ready:\n{output.read_text()}")


@pytest.fixture(scope="session")
def movies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """interactions.csv and items.csv of a made-up catalogue, whose users and titles bear numbers as ids."""
    folder = tmp_path_factory.mktemp("movies")
    written = sample.write(folder / "sample", users=610, items=1500, events=40_000)
    with written.files["INTERACTIONS"].open() as events, (folder / "interactions.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["USER_ID", "ITEM_ID", "EVENT_TYPE", "EVENT_VALUE", "TIMESTAMP"])
        for row in csv.DictReader(events):
            kind = row["EVENT_TYPE"].lower()
            writer.writerow([_number(row["USER_ID"]), _number(row["ITEM_ID"]), kind, 1.0, row["TIMESTAMP"]])
    with written.files["ITEMS"].open() as titles, (folder / "items.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["ITEM_ID", "TITLE", "GENRES", "YEAR"])
        for row in csv.DictReader(titles):
            writer.writerow([_number(row["ITEM_ID"]), row["TITLE"], row["GENRES"], row["YEAR"]])
    shutil.rmtree(folder / "sample")
    return folder


def _number(id: str) -> int:
    return int(id.rpartition("-")[2])


@pytest.fixture
def until():
    """Wait until a description reaches a final status, as boto3 users do."""

    def wait(describe, *, timeout: float = 240) -> dict:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = describe()
            if found["status"] in {"ACTIVE", "CREATE FAILED", "CREATE STOPPED"}:
                return found
            time.sleep(0.3)
        raise AssertionError(f"still {found['status']} after {timeout} s")

    return wait


@pytest.fixture(scope="module")
def visitor(instance: Instance, browser):
    """The administrator at a browser; at the end nothing may stand in its error log."""
    from tests.end_to_end.browser import Person

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    person = Person(context.new_page(), instance.url)
    person.sign_in(instance.user, instance.password)
    yield person
    context.close()
    assert not person.complaints, "\n".join(person.complaints)
