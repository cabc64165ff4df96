"""The people of the tests, and what no test leaves to the next one."""

import shutil
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

from personalize_web.operations import (
    ADMINISTRATOR,
    ANALYST,
    VIEWER,
    Caller,
    rejections,
    runtime_experiments,
    runtime_rows,
    runtime_served_lists,
)
from personalize_web.operations.runtime_backlog import Backlog

pytest_plugins = ["tests.services"]

SLOW = (
    "end_to_end/", "test_postgresql", "launch/", "killed", "in_a_browser", "_last_place", "algorithms/", "columns/",
    "distributed", "matrix_of", "/test_train", "/test_batch", "for_a_user",
)  # fmt: skip
"""Parts of the names of files whose tests take long: begun first, they leave no processor idle at the end."""


# How long an example takes says more about the machine's other work than about the code.
hypothesis.settings.register_profile(
    "suite", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow files first, all else in the order it was found; on PostgreSQL only what reads or writes it."""
    if connection.vendor == "postgresql":
        config.hook.pytest_deselected(items=[item for item in items if not _uses_database(item)])
        items[:] = filter(_uses_database, items)
    items.sort(key=lambda item: next((place for place, part in enumerate(SLOW) if part in _file(item)), len(SLOW)))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _uses_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or "db" in getattr(item, "fixturenames", ())


BACKLOGS = [
    each
    for module in (rejections, runtime_experiments, runtime_served_lists)
    for each in vars(module).values()
    if isinstance(each, Backlog)
]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """No thread of a test goes on writing in the next one, and no row of its database is remembered there."""
    for backlog in BACKLOGS:
        if backlog._waiting or backlog._thread is not None:
            backlog.close()
            backlog._begin_empty()
    runtime_rows.forget()


def person(name: str, role: str, account: str = "123456789012", **about) -> Caller:
    return Caller(
        account=account,
        region="us-east-1",
        role=role,
        name=name,
        arn=f"arn:aws:iam::{account}:user/{name}",
        source="api",
        **about,
    )


@pytest.fixture
def scratch() -> Path:
    """The folder for files that last no longer than their job, without those that other tests' dead jobs left."""
    folder = Path(settings.DATA_DIR) / "scratch"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@pytest.fixture
def ana() -> Caller:
    """An administrator."""
    return person("ana", ADMINISTRATOR)


@pytest.fixture
def cleo() -> Caller:
    """An analyst."""
    return person("cleo", ANALYST)


@pytest.fixture
def ben() -> Caller:
    """A viewer."""
    return person("ben", VIEWER)


@pytest.fixture
def eve() -> Caller:
    """An administrator of another account."""
    return person("eve", ADMINISTRATOR, account="999999999999")


@pytest.fixture
def run_jobs(db):
    """Does everything that waits in the background, and everything that this makes wait, in this process."""
    from personalize_web.workers import job

    return job.run_pending
