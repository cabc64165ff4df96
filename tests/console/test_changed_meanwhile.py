"""An edit form that was opened before somebody else's change asks before it overwrites that."""

import re

import pytest

from personalize_web import operations
from personalize_web.resources.models import Campaign
from tests import factories
from tests.console.data_files import text_of


@pytest.fixture
def campaign(ana, db):
    solution = factories.active_solution(ana)
    return factories.campaign(ana, factories.solution_version(ana, solution), "home")


@pytest.fixture
def address(campaign):
    return f"/console/dataset-groups/{campaign.dataset_group.name}/campaigns/home/-update/"


def opened(page):
    """What the form holds that was just opened, or came back."""
    return re.search(r'name="_standing" value="(\w+)"', page.content.decode())[1]


def given(campaign, standing, tps):
    version = campaign.solution_version
    return {
        "_standing": standing,
        "solution": version.solution.arn,
        "solution_version_arn": version.arn,
        "min_provisioned_tps": tps,
    }


def tps_asked():
    return Campaign.objects.get().latest_update["minProvisionedTPS"]


def test_what_somebody_changed_meanwhile_is_overwritten_only_when_one_says_so(
    console, ana, campaign, address, run_jobs
):
    standing = opened(console.get(address))
    operations.update_campaign(ana, campaign_arn=campaign.arn, min_provisioned_tps=7)
    run_jobs()
    page = console.post(address, given(campaign, standing, 3))
    assert page.status_code == 409 and tps_asked() == 7
    text = text_of(page)
    assert "Changed meanwhile" in text and f"{ana.arn.rpartition('/')[2]} changed this at" in text
    assert 'value="3"' in page.content.decode(), "what was typed stays"
    assert console.post(address, given(campaign, opened(page), 3)).status_code == 303
    assert tps_asked() == 3


def test_a_form_that_nobody_came_before_is_saved(console, campaign, address):
    assert console.post(address, given(campaign, opened(console.get(address)), 4)).status_code == 303
    assert tps_asked() == 4


def test_a_form_with_a_mistake_still_knows_when_it_was_opened(console, ana, campaign, address, run_jobs):
    standing = opened(console.get(address))
    operations.update_campaign(ana, campaign_arn=campaign.arn, min_provisioned_tps=7)
    run_jobs()
    page = console.post(address, given(campaign, standing, "none"))
    assert page.status_code == 422 and opened(page) == standing


def test_a_form_for_something_new_has_no_mark(console, campaign, address):
    assert "_standing" not in console.get(address.replace("home/-update", "-new")).content.decode()
