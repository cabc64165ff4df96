"""Two people at one form: the second is told, and decides."""

import pytest
from playwright.sync_api import expect

from personalize_web import operations
from personalize_web.resources.models import Campaign
from tests import factories
from tests.accessibility import breaches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def campaign(ana):
    return factories.campaign(ana, factories.solution_version(ana, factories.active_solution(ana)), "home")


@pytest.fixture
def late(open_page, ana, campaign, run_jobs):
    """The page of somebody who asks for 3 requests a second, when another has asked for 7 since the form was opened."""
    page = open_page(f"/console/dataset-groups/{campaign.dataset_group.name}/campaigns/home/-update/")
    operations.update_campaign(ana, campaign_arn=campaign.arn, min_provisioned_tps=7)
    run_jobs()
    Campaign.objects.update(min_provisioned_tps=7)  # as an update does that finds its model
    page.get_by_label("Minimum provisioned transactions per second").fill("3")
    page.get_by_role("button", name="Update").click()
    expect(page.get_by_text("Changed meanwhile")).to_be_visible()
    return page


def test_who_was_late_can_begin_again(late):
    assert breaches(late) == []
    late.get_by_role("link", name="Reload").click()
    expect(late.get_by_text("Changed meanwhile")).to_have_count(0)
    expect(late.get_by_label("Minimum provisioned transactions per second")).to_have_value("7")


def test_who_was_late_can_overwrite(late):
    expect(late.get_by_label("Minimum provisioned transactions per second")).to_have_value("3")
    late.get_by_role("button", name="Overwrite").click()
    late.wait_for_url("**/campaigns/home/")
    assert Campaign.objects.get().latest_update["minProvisionedTPS"] == 3
