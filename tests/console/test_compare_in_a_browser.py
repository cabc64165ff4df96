"""Comparing versions in a real browser: ticking, adding, both themes by the accessibility rules, a phone."""

import pytest
from playwright.sync_api import expect

from tests import deployments, factories
from tests.accessibility import breaches
from tests.console import evaluated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return [deployments.train(name, tmp_path_factory.mktemp("model")) for name in ("aws-popularity-count", "aws-sims")]


@pytest.fixture
def versions(ana, models):
    solution = factories.active_solution(ana)
    made = [
        evaluated.version(ana, solution, scale, key=key, snapshot={"INTERACTIONS": at})
        for at, (key, scale) in enumerate([(models[0], 0.9), (models[1], 1.1), (models[1], 1.0)])
    ]
    made[2].config = made[2].config | {"algorithmHyperParameters": {"apply_recency_bias": "false"}}
    made[2].details["evaluation"] = evaluated.evaluation(models=("version", "aws-popularity-count", "previous"))
    made[2].details["baselines"]["previous"] = evaluated.METRICS
    made[2].save()
    return made


def test_ticked_versions_are_compared_and_one_more_is_added(open_page, versions):
    page = open_page("/console/dataset-groups/movies/solutions/picks/")
    for version in versions[:2]:
        page.locator(f"#compare-{version.version_id}").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare/versions/?v=*")
    page.wait_for_selector("#metrics-side-by-side .main-svg")
    page.get_by_label("Add version").select_option(versions[2].name)
    page.get_by_text("3 of up to 5 versions").wait_for()
    page.reload()
    expect(page.locator(".compared h2")).to_have_count(3)
    page.get_by_label("Take A away").click()
    page.get_by_text("2 of up to 5 versions").wait_for()


@pytest.mark.parametrize(("dark", "width"), [(False, 1440), (True, 390)], ids=["light", "dark phone"])
def test_no_page_breaks_an_accessibility_rule_or_is_too_wide(open_page, versions, dark, width):
    group, names = "/console/dataset-groups/movies", "&".join(f"v={each.name}" for each in versions)
    page, found = open_page("/console/", dark=dark, width=width), []
    for path in (
        f"{group}/compare/versions/",
        f"{group}/compare/versions/?{names}&all=1",
        f"{group}/solutions/picks/",
        f"{group}/solutions/picks/versions/{versions[2].version_id}/",
    ):
        page.goto(path, wait_until="networkidle")
        found += [f"{path} {one}" for one in breaches(page)]  # all rules: a phone shows other elements
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{path} is too wide")
    assert found == []
