"""A person at the browser: clicks what is written on the page, and complains about what nobody should see."""

import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.accessibility import breaches

PATIENCE = 240_000
"""Milliseconds that imports and trainings may take on a busy machine."""


class Person:
    """Somebody signed in to the console of an instance."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{self.page.url}: {message.text}")

    def sign_in(self, name: str, password: str) -> None:
        self.page.goto(f"{self.url}/console/signin/")
        self.page.locator("input[name=username]").fill(name)
        self.page.locator("input[name=password]").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation").first).to_be_visible()

    def go(self, path: str) -> None:
        answer = self.page.goto(f"{self.url}/console/{path}")
        assert answer and answer.status == 200, f"{path}: {answer and answer.status}"

    def press(self, name: str) -> None:
        """Click the button or link called ``name`` once it can be clicked."""
        button = self.page.get_by_role("main").get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("main").get_by_role("link", name=name, exact=True)
        target = button.or_(link).first
        expect(target).to_be_enabled()
        target.click()

    def sees(self, text: str, *, timeout: int = 120_000) -> None:
        """Wait until the page shows ``text``."""
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible(timeout=timeout)

    def sees_in_a_moment(self, text: str) -> None:
        """Reload the page until it shows ``text``, which is written behind an answer."""
        shown = self.page.get_by_role("main").get_by_text(text).first
        end = time.monotonic() + 60
        while not shown.is_visible() and time.monotonic() < end:
            self.page.reload()
        expect(shown).to_be_visible()

    def until_status(self, text: str) -> None:
        """Wait, without reloading, until a status of the page reads ``text``; a failure ends the wait."""
        wanted = self.page.get_by_role("main").get_by_text(text, exact=True).first
        failed = self.page.get_by_role("main").get_by_text("Create failed").first
        expect(wanted.or_(failed)).to_be_visible(timeout=PATIENCE)
        expect(wanted).to_be_visible(timeout=1_000)

    def finds_it_accessible(self) -> None:
        """No rule of axe-core is broken, in light and in dark."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert breaches(self.page, dark=scheme == "dark") == [], f"{self.page.url} ({scheme})"
