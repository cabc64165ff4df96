"""The page to try a ranking in a real browser: items to rank are suggested and counted, the answer is read."""

import pytest

from personalize_web.engine.training import Options
from tests import deployments
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RECIPE = "aws-personalized-ranking-v2"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    options = Options(threads=1, effort=0.02, refit="none")
    return deployments.train(RECIPE, tmp_path_factory.mktemp("ranking"), options=options)


def accessible(page):
    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_suggested_items_are_counted_and_ranked(open_page, ana, model):
    deployed = deployments.deploy(ana, RECIPE, model)
    path = f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/"
    page = open_page(path, dark=True)
    page.get_by_role("link", name="Top 50 popular").click()
    page.get_by_text("50 items", exact=True).wait_for()
    page.get_by_label("Item IDs").fill("0-1, 1-1\n2-1")
    page.get_by_text("3 items", exact=True).wait_for()
    page.get_by_label("User ID").fill("u0")
    page.get_by_role("button", name="Get personalized item rankings").click()
    page.get_by_text("Known user").wait_for()
    assert page.locator("table.results [data-row]").count() == 3
    accessible(page)
    page = open_page(f"{path}?user_id=u0&input_list=0-1%0A1-1", width=390)
    assert page.locator("table.results [data-row]").count() == 2
    accessible(page)
