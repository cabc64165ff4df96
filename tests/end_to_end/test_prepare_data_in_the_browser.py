"""From a messy export to an Active dataset, as an analyst clicks it: infer, prepare, check, import."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

GROUP = "dataset-groups/messy-shop/"
GOOD = 1_500


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """An export with semicolons, dates with the day first, decimal commas, gaps in ids and repeated rows."""
    lines = ["Customer No;Article;Bought on;Amount;Shop"]
    lines += [
        f"C{at % 90};A{at % 71};{at % 28 + 1}.{at % 12 + 1}.2024 1{at % 10}:{at % 60:02d};{at % 50},95;{'NSEW'[at % 4]}"
        for at in range(GOOD)
    ]
    lines += [lines[1], lines[2], ";A1;1.1.2024 10:00;1,00;N", "C1;;1.1.2024 10:00;1,00;N", "C1;A1;unknown;1,00;N"]
    path = tmp_path_factory.mktemp("export") / "orders.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_schema_is_inferred_from_the_file(visitor, export):
    page = visitor.page
    visitor.go("dataset-groups/-new/")
    page.get_by_label("Dataset group name").fill("messy-shop")
    page.get_by_text("Your own solutions and campaigns").click()
    visitor.press("Create dataset group")
    visitor.until_status("Active")
    visitor.go(f"{GROUP}datasets/-import/item-interactions/method/")
    visitor.press("Next")
    visitor.press("Infer from file")
    visitor.press("Upload")
    page.locator("input[type=file]").first.set_input_files(export)
    page.wait_for_function("() => document.querySelector('input[name=data_location]').value.endsWith('orders.csv')")
    visitor.press("Look at the file")
    visitor.sees("Named like USER_ID")
    visitor.sees("USER_ID has no value in 1 of 1,505 rows")
    visitor.finds_it_accessible()
    visitor.press("Use this schema")
    visitor.sees("Bought on → TIMESTAMP")
    expect(page.locator("textarea[name=definition]")).to_have_value(re.compile("SHOP"))
    visitor.finds_it_accessible()


def test_the_file_is_prepared_step_by_step(visitor):
    page = visitor.page
    visitor.press("Rename headers on import")
    visitor.press("Next")
    expect(page.locator("select[name=column_USER_ID]")).to_have_value("Customer No")
    expect(page.locator("select[name=convert_TIMESTAMP]")).to_have_value("date-day-first")
    page.locator("select[name=column_EVENT_TYPE]").select_option(":value:")
    page.locator("input[name=value_EVENT_TYPE]").fill("purchase")
    visitor.finds_it_accessible()
    visitor.press("Next")
    visitor.sees("Feature summary")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("link", name="EVENT_TYPE").click()
    visitor.sees("Values of EVENT_TYPE")
    visitor.finds_it_accessible()
    visitor.press("Next")
    page.locator("input[name=duplicates]").check()
    visitor.press("Update preview")
    visitor.sees("1,500 after")
    visitor.finds_it_accessible()
    visitor.press("Next")
    visitor.press("Write prepared file")
    visitor.until_status("Active")
    visitor.sees("1,500 of 1,505 rows")
    visitor.finds_it_accessible()


def test_the_prepared_file_is_checked_and_imported(visitor):
    page = visitor.page
    visitor.press("Continue to import")
    expect(page.get_by_role("main").get_by_text("Errors: 0")).to_be_visible()
    visitor.press("Next")
    page.get_by_role("main").get_by_text("columns match").wait_for()
    visitor.press("Check the files first")
    visitor.sees("These files can be imported")
    visitor.finds_it_accessible()
    visitor.press("Import these files")
    visitor.press("Start import")
    visitor.until_status("Interaction data active")
    visitor.sees("1,500 rows")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("datasets/-import/items/prepare/source/", "datasets/"):
        visitor.go(f"{GROUP}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} is too wide"
    page.set_viewport_size({"width": 1440, "height": 900})
