"""Services that some tests need beside Python: found, or the test says by name what it misses.

With ``REQUIRE_SERVICES=1`` a missing service is a failure, so that a run that promises everything cannot skip silently.
"""

import os
import random
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

import pytest

PATIENCE = 120_000
"""Milliseconds that a page may take on a busy machine to show what it should: only a failure waits for so long."""
OUTSIDE = range(20_000, 32_000)
"""Ports that no system gives away by itself."""


def free_port() -> int:
    """A port to be listened at in a moment, which nobody gets in the meantime without asking for it."""
    while True:
        port = random.SystemRandom().choice(OUTSIDE)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def unavailable(service: str, remedy: str) -> NoReturn:
    """Skip the test, or fail it where services are promised."""
    text = f"{service} is not reachable. {remedy}"
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


@pytest.fixture(scope="session")
def redis() -> str:
    """The URL of a Redis database that tests may empty."""
    import redis as client

    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
    try:
        client.Redis.from_url(url, socket_connect_timeout=2).ping()
    except client.RedisError:
        unavailable("Redis", "Start one, or name it in TEST_REDIS_URL.")
    return url


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The URL of a PostgreSQL database beside which tests may create others."""
    import psycopg

    url = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.Error:
        unavailable("PostgreSQL", "Start one, or name it in TEST_DATABASE_URL.")
    return url


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 endpoint: the one of TEST_S3_ENDPOINT, else one inside this process."""
    if given := os.environ.get("TEST_S3_ENDPOINT"):
        yield given
        return
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        unavailable("An S3 endpoint", "Install moto[server], or name an endpoint in TEST_S3_ENDPOINT.")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        unavailable("Chromium", "Install it, or name its path in CHROMIUM.")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator:
    """A Chromium without a window; one for all tests of a process, as Playwright runs one loop in a thread."""
    from playwright.sync_api import expect, sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright's loop and Django's queries share this thread
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-quic", "--disable-background-networking"]
        )
        yield started
        started.close()
