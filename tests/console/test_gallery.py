"""The page that shows every component."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.accessibility import breaches

ADDRESS = "/console/admin/components/"
SEEN_ELSEWHERE = {
    "code_dialog",  # the dialog around code_panel, opened from forms
    "confirm_modal",  # the dialog of ConfirmPage
    "copy_snippet",  # the button of the new key's page
    "error_summary",  # above a refused form
    "field_message",  # inside form_field
    "form_footer",
    "group_menu",  # inside the switcher
    "help_panel",
    "header",
    "modal",
    "poll",
    "split_panel",
    "table_panel",
}


def test_shows_every_component_or_says_where_else_it_is_seen(console):
    rendered = {template.name for template in console.get(ADDRESS).templates}
    every = {path.stem for path in Path(settings.BASE_DIR, "templates/components").glob("*.html")}
    missing = {name for name in every if f"components/{name}.html" not in rendered}
    assert missing - SEEN_ELSEWHERE == set()


def test_is_for_administrators(as_viewer):
    answer = as_viewer.get(ADDRESS)
    assert answer.status_code == 403
    assert "administrators" in answer.content.decode()


def test_needs_signing_in(client, db):
    answer = client.get(ADDRESS)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/console/signin/?next={ADDRESS}"


def test_has_no_inline_script_or_style_and_says_so_in_its_policy(console):
    answer = console.get(ADDRESS)
    page = answer.content.decode()
    assert re.findall(r"<[^>]+\sstyle=", page) == []
    assert re.findall(r"<[^>]+\son[a-z]+=", page) == []
    assert re.findall(r"<style", page) == []
    scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", page)
    assert scripts == []
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_every_component_says_what_it_takes():
    for path in Path(settings.BASE_DIR, "templates/components").glob("*.html"):
        assert "{% comment %}" in path.read_text()[:120], path.name


def test_every_icon_that_is_used_is_drawn(console):
    page = console.get(ADDRESS).content.decode()
    used, drawn = set(re.findall(r'href="#i-([a-z]+)"', page)), set(re.findall(r'id="i-([a-z]+)"', page))
    assert used <= drawn


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("dark", "width"), [(False, 1440), (True, 1440), (False, 390)])
def test_axe_finds_nothing(open_page, dark, width):
    page = open_page(ADDRESS, dark=dark, width=width)
    page.wait_for_selector(".js-plotly-plot")
    assert breaches(page, dark=dark) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 688, 1024, 1440, 1920])
def test_is_never_wider_than_the_window(open_page, width):
    page = open_page(ADDRESS, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
