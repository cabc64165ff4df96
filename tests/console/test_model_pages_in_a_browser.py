"""The way from a solution to recommendations in a real browser, and every page of it by the accessibility rules."""

import re

import pytest
from playwright.sync_api import expect

from personalize_web.operations import statuses
from tests import deployments, factories
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
METRICS = {
    "coverage": 0.28,
    "normalized_discounted_cumulative_gain_at_5": 0.08,
    "normalized_discounted_cumulative_gain_at_10": 0.09,
    "normalized_discounted_cumulative_gain_at_25": 0.11,
    "precision_at_5": 0.07,
    "precision_at_10": 0.06,
    "precision_at_25": 0.04,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return deployments.train("aws-sims", tmp_path_factory.mktemp("model"))


@pytest.fixture
def deployed(ana, model):
    made = deployments.deploy(ana, "aws-sims", model, config={"enableMetadataWithRecommendations": True})
    made.version.metrics = METRICS
    made.version.details = {"baselines": {"aws-popularity-count": {key: value / 2 for key, value in METRICS.items()}}}
    made.version.save()
    return made


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_page, ana, deployed, dark):
    group, version = f"/console/dataset-groups/{deployed.group.name}", deployed.version
    solution = version.solution.name
    failed = factories.solution_version(
        ana, version.solution, status=statuses.CREATE_FAILED, failure_reason="Dataset has fewer than 1000 interactions."
    )
    page, found = open_page("/console/", dark=dark), []
    for path in (
        "/console/recipes/aws-sims/",
        f"{group}/solutions/",
        f"{group}/solutions/-new/details/",
        f"{group}/solutions/{solution}/",
        f"{group}/solutions/{solution}/versions/{version.version_id}/",
        f"{group}/solutions/{solution}/versions/{failed.version_id}/",
        f"{group}/campaigns/",
        f"{group}/campaigns/-new/",
        f"{group}/campaigns/{deployed.row.name}/",
        f"{group}/campaigns/{deployed.row.name}/-test/?user_id=u0&item_id=0-3&num_results=5&columns=GENRES",
    ):
        page.goto(path, wait_until="networkidle")
        found += [f"{path} {one}" for one in breaches(page, dark=dark)]
    assert found == []


def test_from_a_version_to_recommendations(open_page, deployed, run_jobs):
    group, version = f"/console/dataset-groups/{deployed.group.name}", deployed.version
    page = open_page(f"{group}/solutions/{version.solution.name}/versions/{version.version_id}/")
    page.wait_for_selector("#ranking-quality .main-svg")
    page.get_by_role("link", name="Create campaign with this version").click()
    page.get_by_label("Campaign name").fill("shelf")
    page.get_by_role("button", name="Create campaign").click()
    page.wait_for_url("**/campaigns/shelf/")
    run_jobs()
    page.get_by_label("Item ID").wait_for()
    page.get_by_label("Item ID").fill("1-3")
    page.get_by_role("button", name="Get recommendations").click()
    expect(page.locator("tr[data-row]")).to_have_count(25)
    page.get_by_role("link", name="Cards").click()
    expect(page.locator(".cards > li").first).to_be_visible()
    assert "view=cards" in page.url


def test_a_changed_form_asks_anew_without_leaving_the_page(open_page, deployed):
    page = open_page(f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/?item_id=1-3")
    page.evaluate("window.stayed = true")
    page.locator("#id_num_results").fill("4")
    page.locator("#request-code", has_text="numResults=4").wait_for()
    page.get_by_role("button", name="Get recommendations").click()
    page.locator("h2 .counter", has_text="(4)").wait_for()
    assert page.evaluate("window.stayed") is True
    expect(page).to_have_url(re.compile("num_results=4"))


def test_an_item_is_chosen_from_what_its_title_finds(open_page, deployed):
    page = open_page(f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/")
    page.get_by_label("Item ID").press_sequentially("Title 2-1")
    page.locator('[data-item="2-1"]').click()
    expect(page.get_by_label("Item ID")).to_have_value("2-1")


def test_results_fit_a_phone(open_page, deployed):
    path = f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/"
    page = open_page(f"{path}?item_id=1-3&user_id=u1&num_results=5&columns=GENRES", width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
