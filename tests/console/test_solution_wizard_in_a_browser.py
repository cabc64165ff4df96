"""The second step of the solution wizard in a real browser: what shows when, rows added and removed, accessibility."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.accessibility import breaches
from tests.console.test_training_configuration import START
from tests.console.test_training_configuration import group as group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def at_training(open_page, **how):
    page = open_page(f"{START}details/", **how)
    page.get_by_label("Solution name").fill("mine")
    page.locator("#id_recipe-aws-user-personalization").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Training configuration")).to_be_visible()
    return page


def test_a_search_several_event_types_and_an_objective_are_asked_for_and_seen_as_code(open_page, group):
    page = at_training(open_page)
    expect(page.locator("[name=low-hidden_dimension]")).to_be_hidden()
    page.get_by_label("Hyperparameter optimization").check()
    expect(page.locator("[name=low-hidden_dimension]")).to_be_visible()
    expect(page.locator("[name=parameter-hidden_dimension]")).to_be_hidden()
    page.get_by_label("bptt: in the search").select_option("fixed")
    expect(page.locator("[name=parameter-bptt]")).to_be_visible()
    page.get_by_label("Several types with weights").check()
    page.get_by_role("combobox", name="Event type 1").fill("Watch")
    page.get_by_role("button", name="Add event type").click()
    page.get_by_role("combobox", name="Event type new").fill("Click")
    page.get_by_label("Weight new, from 0 to 1").fill("0.5")
    expect(page.get_by_label("Low")).to_be_hidden()
    page.locator("#id_objective").select_option("MARGIN")
    page.get_by_label("Low").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Watch, Click at weight 0.5")).to_be_visible()
    page.get_by_role("button", name="View as code").click()
    expect(page.get_by_role("dialog")).to_contain_text("create_solution")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_wizard_and_the_update_break_no_accessibility_rule(open_page, ana, group, dark):
    factories.solution(
        ana,
        group,
        "old",
        recipe="aws-user-personalization",
        config={"eventsConfig": {"eventParametersList": [{"eventType": "Watch"}]}},
    )
    page = at_training(open_page, dark=dark)
    page.get_by_label("Hyperparameter optimization").check()
    page.get_by_label("Several types with weights").check()
    page.locator("#id_objective").select_option("MARGIN")
    found = [page, open_page("/console/dataset-groups/movies/solutions/old/-update/", dark=dark)]
    assert [each for one in found for each in breaches(one, dark=dark)] == []
