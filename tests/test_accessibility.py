"""The rules that pages are held against do find what is wrong."""

import pytest

from tests.accessibility import breaches

pytestmark = pytest.mark.browser
PALE = '<html lang="en"><title>T</title><main><h1>T</h1><p style="color: #999; background: #aaa">pale</p>{}</main>'


@pytest.fixture
def shown(browser):
    page = browser.new_page()
    page.set_content(PALE.format("<input>"))
    yield page
    page.close()


def test_in_the_light_theme_every_rule_counts(shown):
    assert sorted(each.split(":")[0] for each in breaches(shown)) == ["color-contrast", "label"]


def test_in_the_dark_theme_rules_about_colours_count(shown):
    assert [each.split(":")[0] for each in breaches(shown, dark=True)] == ["color-contrast"]
