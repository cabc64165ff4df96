"""Two answers side by side in a real browser: from the test page, both themes, a phone; recent requests."""

import pytest

from tests import deployments, factories
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    recipes = ("aws-popularity-count", "aws-sims")
    return {recipe: deployments.train(recipe, tmp_path_factory.mktemp(recipe)) for recipe in recipes}


def accessible(page):
    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_from_a_test_page_to_two_lists(open_page, ana, models):
    made = deployments.deploy(ana, "aws-popularity-count", models["aws-popularity-count"])
    solution = factories.solution(ana, made.group, "related", recipe="aws-sims")
    factories.campaign(ana, factories.solution_version(ana, solution, storage_key=models["aws-sims"]), "related")
    path = f"/console/dataset-groups/{made.group.name}/campaigns/{made.row.name}/-test/?user_id=u1&num_results=5"
    page = open_page(path)
    page.get_by_text("Recent", exact=True).click()
    assert page.get_by_role("menuitem", name="User u1").is_visible()
    accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Compare with…").click()
    page.get_by_label("B", exact=True).select_option("campaign/related")
    page.get_by_label("Item ID").fill("0-3")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("In both lists").wait_for()
    assert page.locator(".compared table tbody tr").count() > 10
    accessible(page)
    address = page.url.partition("/console")[2]
    page = open_page(f"/console{address}", dark=True, width=390)
    accessible(page)
