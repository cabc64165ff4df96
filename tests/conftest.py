"""The people of the tests, and the service they use."""

import pytest

from personalize_web.operations import ADMINISTRATOR, ANALYST, VIEWER, Caller

pytest_plugins = ["tests.services"]


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
