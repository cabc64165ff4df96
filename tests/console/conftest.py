"""People who sign in to the console, and a browser for what only a browser shows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Person
from tests.services import PATIENCE

PASSWORD = "a long enough password"


@pytest.fixture
def make_person(db, settings) -> Callable[..., Person]:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # a slow one would be all the test does

    def make(name: str, role: str, **about) -> Person:
        return Person.objects.create_user(name, f"{name}@example.com", PASSWORD, role=role, **about)

    return make


@pytest.fixture
def administrator(make_person) -> Person:
    return make_person("ada", "administrator", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def viewer(make_person) -> Person:
    return make_person("vera", "viewer")


@pytest.fixture
def console(administrator) -> Client:
    """The console as an administrator sees it."""
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def as_viewer(viewer) -> Client:
    """The console as a viewer sees it."""
    client = Client()
    client.force_login(viewer)
    return client


def _complains(line: Any) -> bool:
    """Whether a line of the log is an error; a form that is shown again because somebody came before is none."""
    return line.type == "error" and "status of 409" not in line.text


@pytest.fixture
def open_page(browser, live_server, console) -> Iterator[Callable]:
    """Opens an address of the console as an administrator; at the end nothing may stand in the browser's error log."""
    contexts, complaints = [], []

    def open_address(path: str, *, dark: bool = False, width: int = 1440):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        cookie = console.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if _complains(line) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert complaints == []
