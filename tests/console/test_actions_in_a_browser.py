"""The pages of a model of actions in a real browser, by the accessibility rules."""

import pytest
from playwright.sync_api import expect

from tests import action_deployments
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
METRICS = {
    "coverage": 0.8571,
    "normalized_discounted_cumulative_gain_at_5": 0.41,
    "normalized_discounted_cumulative_gain_at_10": 0.44,
    "normalized_discounted_cumulative_gain_at_25": 0.44,
    "precision": 0.09,
    "recall": 0.82,
    "auc": 0.77,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return action_deployments.train(tmp_path_factory.mktemp("model"), options=action_deployments.QUICKEST)


@pytest.fixture
def pages(ana, model):
    """Addresses of the test page, the version and the campaign."""
    made = action_deployments.deploy(ana, model, config={"itemExplorationConfig": {"explorationWeight": "0.3"}})
    made.version.metrics = METRICS
    floor = {key: value / 2 for key, value in METRICS.items()}
    facts = {"actions": 7, "test users": 24}
    made.version.details = {"baselines": {"most-taken-actions": floor}, "facts": facts}
    made.version.save()
    group = f"/console/dataset-groups/{made.group.name}"
    return {
        "test": f"{group}/campaigns/{made.row.name}/-test/?user_id=u0&num_results=5",
        "version": f"{group}/solutions/{made.version.solution.name}/versions/{made.version.version_id}/",
        "campaign": f"{group}/campaigns/{made.row.name}/",
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_page, pages, dark):
    page, found = open_page("/console/", dark=dark), []
    for path in pages.values():
        page.goto(path, wait_until="networkidle")
        found += [f"{path} {one}" for one in breaches(page, dark=dark)]
    assert found == []


def test_a_person_sends_an_event_and_sees_the_answer_change(open_page, pages):
    page = open_page(pages["test"])
    before = page.locator("tr[data-row] .cell-score").all_inner_texts()
    page.get_by_role("button", name="Send event for Please buy1").click()
    page.get_by_text("recorded for user u0").wait_for()
    expect(page.locator("tr[data-row] .cell-score")).not_to_have_text(before)
