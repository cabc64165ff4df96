"""The custom path as a newcomer clicks it: from a file to recommendations, and what the pages say on the way."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.end_to_end.test_custom_path_with_boto3 import INTERACTIONS, ITEMS

pytestmark = pytest.mark.browser

GROUP = "dataset-groups/browser-movies/"


def import_dataset(visitor, slug: str, schema: dict, file) -> None:
    """The wizard from its first step to the overview, with a file from the visitor's own disk."""
    page = visitor.page
    visitor.go(f"{GROUP}datasets/-import/{slug}/method/")
    visitor.press("Next")
    page.locator("textarea[name=definition]").fill(json.dumps(schema, indent=2))
    expect(page.get_by_role("main").get_by_text("Errors: 0")).to_be_visible()
    visitor.press("Next")
    visitor.press("Upload")
    page.locator("input[type=file]").first.set_input_files(file)
    page.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('.csv')")
    visitor.press("Start import")


def test_a_dataset_group_is_made(visitor):
    page = visitor.page
    visitor.go("dataset-groups/")
    visitor.press("Create dataset group")
    page.get_by_label("Dataset group name").fill("browser-movies")
    page.get_by_text("Your own solutions and campaigns").click()
    visitor.finds_it_accessible()
    visitor.press("Create dataset group")
    visitor.until_status("Active")
    expect(page.get_by_role("heading", level=1)).to_contain_text("browser-movies")


def test_the_name_that_is_taken_is_refused_beside_its_field(visitor):
    page = visitor.page
    visitor.go("dataset-groups/-new/")
    page.get_by_label("Dataset group name").fill("browser-movies")
    page.get_by_text("Your own solutions and campaigns").click()
    visitor.press("Create dataset group")
    expect(page.get_by_label("Dataset group name")).to_have_attribute("aria-invalid", "true")
    visitor.sees("already exists")
    visitor.complaints = [line for line in visitor.complaints if "status of 422" not in line]


def test_interactions_and_items_are_imported_from_the_visitors_disk(visitor, movies):
    import_dataset(visitor, "item-interactions", INTERACTIONS, movies / "interactions.csv")
    visitor.until_status("Interaction data active")
    rows = len((movies / "interactions.csv").read_text().splitlines()) - 1
    visitor.sees(f"{rows:,} rows")
    import_dataset(visitor, "items", ITEMS, movies / "items.csv")
    visitor.until_status("Item data active")
    visitor.finds_it_accessible()


def test_the_data_are_analysed_and_drawn(visitor):
    visitor.go(f"{GROUP}data-analysis/")
    visitor.press("Run analysis")
    visitor.sees("Interactions over time", timeout=120_000)
    expect(visitor.page.locator(".js-plotly-plot").first).to_be_visible()
    visitor.sees("have no interactions in the Interactions dataset")
    visitor.finds_it_accessible()


def test_a_solution_is_trained_and_its_metrics_are_read(visitor):
    page = visitor.page
    visitor.go(f"{GROUP}solutions/-new/details/")
    page.get_by_label("Solution name").fill("browser-for-you")
    page.locator("input[name=recipe_arn][value$='aws-user-personalization-v2']").check(force=True)
    visitor.finds_it_accessible()
    visitor.press("Next")
    page.locator("input[name=perform_auto_training]").uncheck(force=True)
    visitor.press("Next")
    visitor.press("Create solution")
    expect(page.get_by_role("heading", level=1)).to_contain_text("browser-for-you")
    visitor.until_status("Active")
    visitor.press("Create solution version")
    page.wait_for_url("**/versions/-new/")
    visitor.press("Create solution version")
    page.wait_for_url(re.compile(r"/versions/[0-9a-f]{8}/$"))
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=120_000)  # the curves, while it learns
    visitor.until_status("Active")
    visitor.sees("NDCG")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    visitor.finds_it_accessible()


def test_a_campaign_answers_with_titles_beside_the_ids(visitor, movies):
    page = visitor.page
    visitor.press("Create campaign with this version")
    page.get_by_label("Campaign name").fill("browser-home")
    visitor.press("Create campaign")
    page.wait_for_url("**/campaigns/browser-home/")
    page.get_by_label("User ID").wait_for()
    page.get_by_label("User ID").fill("83")
    visitor.press("Get recommendations")
    page.locator("tr[data-row]").first.wait_for()
    expect(page.locator("tr[data-row]")).to_have_count(25)
    expect(page.get_by_role("main").get_by_text("RID-").first).to_be_visible()
    titles = {row.split(",", 2)[1] for row in (movies / "items.csv").read_text().splitlines()[1:] if '"' not in row}
    shown = page.locator("tr[data-row]").all_inner_texts()
    assert any(title in row for row in shown for title in titles), "no title stands beside the ids"
    visitor.finds_it_accessible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page is wider than a phone"
    page.set_viewport_size({"width": 1440, "height": 900})
