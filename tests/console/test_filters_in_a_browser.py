"""Filters as a browser shows them: rows that change under the hand, the check while one types, the accessibility."""

import pytest
from playwright.sync_api import expect

from personalize_web import operations
from personalize_web.resources.models import Filter
from tests import deployments
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RECIPE = "aws-popularity-count"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return deployments.train(RECIPE, tmp_path_factory.mktemp("popular"))


@pytest.fixture
def deployed(ana, model):
    return deployments.deploy(ana, RECIPE, model)


@pytest.fixture
def asked(ana, deployed, run_jobs):
    """A filter with placeholders."""
    text = "INCLUDE ItemID WHERE Items.GENRES IN ($GENRES) | EXCLUDE ItemID WHERE Items.DURATION > $LONG"
    operations.create_filter(ana, name="asked", dataset_group_arn=deployed.group.arn, filter_expression=text)
    run_jobs()


def choose(page, label, option):
    """Choose an option that brings the rows anew, and wait until they are there."""
    from playwright.sync_api import expect

    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_label(label).select_option(option)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def base(deployed):
    return f"/console/dataset-groups/{deployed.group.name}/"


def pages(deployed):
    test = f"{base(deployed)}campaigns/{deployed.row.name}/-test/"
    return (
        f"{base(deployed)}filters/",
        f"{base(deployed)}filters/-new/",
        f"{base(deployed)}filters/-new/?copy=asked",
        f"{base(deployed)}filters/asked/?try=1&value-GENRES=genre+1&value-LONG=10",
        f"{test}?user_id=u1&num_results=10&filter=asked&filter-GENRES=genre+1&promotion=asked&promotion_percent=30"
        "&promotion-GENRES=genre+2",
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_page, deployed, asked, dark):
    page, found = open_page("/console/", dark=dark), []
    for path in pages(deployed):
        page.goto(path, wait_until="networkidle")
        found += [f"{path} {one}" for one in breaches(page, dark=dark)]
    assert found == []


def test_a_phone_is_wide_enough(open_page, deployed, asked):
    for path in pages(deployed):
        page = open_page(path, width=390)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
        page.context.close()


def test_from_rows_to_text_to_a_filter(open_page, deployed, run_jobs):
    page = open_page(f"{base(deployed)}filters/-new/")
    page.get_by_label("Filter name").fill("quiet")
    choose(page, "Property 1.1", "Items.GENRES")
    page.get_by_label("Value 1.1").press_sequentially("genre 1, genre 2")
    page.get_by_text("Valid · Items · 1 of 5 fields").wait_for()
    page.get_by_role("button", name="Add condition").click()
    choose(page, "Property 1.2", "Items.DURATION")
    choose(page, "Operator 1.2", ">")
    page.get_by_label("Value 1.2").press_sequentially("$LONG")
    page.get_by_text("$LONG (optional)").wait_for()
    page.get_by_role("button", name="Input expression").click()
    text = page.locator("textarea[name=filter_expression]")
    expect(text).to_have_value('EXCLUDE ItemID WHERE Items.GENRES IN ("genre 1", "genre 2") AND Items.DURATION > $LONG')
    text.press("End")
    text.press_sequentially(" AND Items.COLOUR")
    page.locator("mark").wait_for()
    text.fill('EXCLUDE ItemID WHERE Items.GENRES IN ("genre 3")')
    page.get_by_text("Valid · Items").wait_for()
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/filters/quiet/")
    run_jobs()
    assert Filter.objects.get().expression == 'EXCLUDE ItemID WHERE Items.GENRES IN ("genre 3")'


def test_a_filter_is_tried_on_the_catalogue(open_page, deployed, asked):
    from playwright.sync_api import expect

    page = open_page(f"{base(deployed)}filters/asked/")
    page.get_by_label("GENRES").fill("genre 1, genre 2")
    page.get_by_role("button", name="Try filter").click()
    expect(page.locator(".statistic", has_text="Kept")).to_contain_text("60")
    assert "value-GENRES=genre" in page.url


def test_choosing_a_filter_asks_for_its_values(open_page, deployed, asked):
    page = open_page(f"{base(deployed)}campaigns/{deployed.row.name}/-test/")
    page.get_by_label("Filter name").select_option("asked")
    page.get_by_label("GENRES").fill("genre 3")
    page.get_by_label("User ID").fill("u0")
    page.get_by_role("button", name="Get recommendations").click()
    page.get_by_text("3-", exact=False).first.wait_for()
    assert "filter-GENRES=genre+3" in page.url or "filter-GENRES=genre%203" in page.url
