"""Menus, dialogs, theme and help, as a keyboard and a mouse use them."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADDRESS = "/console/admin/components/"


def test_a_menu_opens_with_the_arrow_key_and_gives_the_focus_back_on_escape(open_page):
    page = open_page(ADDRESS)
    trigger = page.locator("summary", has_text="Actions").first
    trigger.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent").strip() == "Test"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent").strip() == "Update"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").strip() == "Actions"


def test_the_theme_chosen_is_there_on_the_next_page_before_any_script_runs(open_page):
    page = open_page(ADDRESS)
    page.get_by_label("Switch between light and dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert re.search(r'<html[^>]+data-theme="dark"', page.content())


def test_a_chart_takes_the_colours_of_the_theme(open_page):
    page = open_page(ADDRESS)
    page.wait_for_selector("#gallery-chart .js-plotly-plot, #gallery-chart.js-plotly-plot")
    colour = "document.getElementById('gallery-chart').layout.font.color"
    light = page.evaluate(colour)
    page.get_by_label("Switch between light and dark").click()
    page.wait_for_function(f"{colour} !== '{light}'")


def test_delete_stays_closed_until_the_name_is_typed(open_page):
    page = open_page(ADDRESS)
    page.get_by_role("button", name="Delete", exact=True).first.click()
    dialog = page.locator("dialog.modal[open]:not(.static)")
    dialog.wait_for()
    button = dialog.get_by_role("button", name="Delete", exact=True)
    assert button.get_attribute("aria-disabled") == "true"
    dialog.get_by_label("To confirm, type home-page").fill("home-pag")
    assert button.get_attribute("aria-disabled") == "true"
    dialog.get_by_label("To confirm, type home-page").fill("home-page")
    assert button.get_attribute("aria-disabled") is None
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.modal") == "/console/admin/components/-delete/"


def test_a_failure_reason_opens_from_its_pill(open_page):
    page = open_page(ADDRESS)
    page.get_by_role("button", name="Create failed").first.click()
    popover = page.locator(".popover:not(.static)")
    expect(popover).to_contain_text("Fewer than 1,000 interactions")
    page.keyboard.press("Escape")
    expect(popover).to_have_count(0)


def test_info_opens_the_help_panel(open_page):
    page = open_page(ADDRESS)
    page.get_by_label("Info: scores").click()
    page.get_by_role("heading", name="Scores").wait_for()
    page.get_by_label("Close help").click()
    expect(page.locator("#help")).to_be_hidden()


def test_tags_are_added_and_removed(open_page):
    page = open_page(ADDRESS)
    page.get_by_role("button", name="Add new tag").click()
    expect(page.locator("[data-attribute]")).to_have_count(2)
    assert page.evaluate("document.activeElement.name") == "tags-key"
    page.get_by_role("button", name="Remove", exact=True).last.click()
    expect(page.locator("[data-attribute]")).to_have_count(1)


def test_on_a_narrow_window_the_navigation_is_a_drawer(open_page):
    page = open_page(ADDRESS, width=390)
    assert page.locator("#navigation").is_hidden()
    page.get_by_label("Open navigation").click()
    expect(page.locator("#navigation")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#navigation")).to_be_hidden()


def test_a_page_that_deletes_waits_for_the_word(open_page, ana):
    factories.filter(ana, factories.active_group(ana), "quiet")
    page = open_page("/console/dataset-groups/movies/filters/quiet/-delete/")
    button = page.get_by_role("button", name="Delete", exact=True)
    assert button.get_attribute("aria-disabled") == "true"
    page.locator("[data-confirm]").fill("quiet")
    assert button.get_attribute("aria-disabled") is None


def test_what_was_announced_goes_when_it_has_ended(open_page):
    page = open_page(ADDRESS)
    page.evaluate("""() => {
      const flashes = document.getElementById("flashes");
      flashes.innerHTML = '<div class="flash in-progress">Creating</div><div class="flash error">No</div>';
      document.body.dispatchEvent(new CustomEvent("settled", { bubbles: true, detail: { ok: true, text: "done" } }));
    }""")
    assert page.locator("#flashes .flash").all_inner_texts() == ["No"]
