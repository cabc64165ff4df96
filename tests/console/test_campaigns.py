"""Campaigns: list, details, create, update, delete."""

import pytest
from django.utils import timezone

from personalize_web.operations import statuses
from personalize_web.resources.models import Campaign
from tests import factories

LIST = "/console/dataset-groups/movies/campaigns/"


@pytest.fixture
def version(ana):
    return factories.active_solution_version(ana)


@pytest.fixture
def campaign(ana, version):
    return factories.campaign(ana, version, "home")


def create(client, version, **values):
    given = {
        "name": "shelf",
        "solution": version.solution.arn,
        "solution_version_arn": version.arn,
        "min_provisioned_tps": "1",
    }
    return client.post(f"{LIST}-new/", given | values)


def test_without_a_campaign_the_page_says_what_one_is_for(console, ana):
    factories.active_group(ana)
    page = console.get(LIST).content.decode()
    assert "No campaigns" in page
    assert "Deploy an Active solution version to answer requests." in page


def test_a_row_shows_solution_version_and_whether_it_follows(console, ana, version):
    factories.campaign(ana, version, "home", config={"syncWithLatestSolutionVersion": True})
    page = console.get(LIST).content.decode()
    assert version.version_id in page
    assert "picks" in page
    assert ">latest</span>" in page


def test_a_failed_update_is_a_second_line_under_an_active_campaign(console, campaign):
    now = timezone.now().timestamp()
    campaign.latest_update = {
        "status": statuses.CREATE_FAILED,
        "failureReason": "The version is gone.",
        "creationDateTime": now,
        "lastUpdatedDateTime": now,
    }
    campaign.save()
    page = console.get(LIST).content.decode()
    assert "Update: failed" in page
    assert "The version is gone." in console.get(f"{LIST}home/").content.decode()


def test_a_filter_without_a_hit_offers_to_clear_it(console, campaign):
    page = console.get(f"{LIST}?q=hompage").content.decode()
    assert "No matches" in page
    assert "Clear filter" in page


def test_a_campaign_of_one_version(console, version):
    answer = create(console, version)
    assert answer.headers["Location"] == f"{LIST}shelf/"
    made = Campaign.objects.get()
    assert made.solution_version == version
    assert made.config["syncWithLatestSolutionVersion"] is False


def test_a_campaign_that_follows_the_latest_version(console, version):
    create(console, version, latest="on", solution_version_arn="")
    assert Campaign.objects.get().config["syncWithLatestSolutionVersion"] is True


def test_the_form_begins_with_the_version_one_came_from(console, version):
    page = console.get(f"{LIST}-new/?version={version.arn}").content.decode()
    assert f'<option value="{version.arn}" selected' in page


def test_exploration_is_asked_of_recipes_that_take_it(console, ana):
    explored = factories.active_solution_version(ana, recipe="aws-user-personalization")
    create(console, explored, weight="0.5", age="10")
    assert Campaign.objects.get().config["itemExplorationConfig"] == {
        "explorationWeight": "0.5",
        "explorationItemAgeCutOff": "10",
    }


def test_ranking_influence_is_kept_changed_and_taken_back(console, version):
    create(console, version, popularity="0.4", weight="0.5")
    made = Campaign.objects.get()
    assert made.config["rankingInfluence"] == {"POPULARITY": 0.4}
    assert "itemExplorationConfig" not in made.config
    assert "Influence of popularity" in console.get(f"{LIST}shelf/").content.decode()
    form = console.get(f"{LIST}shelf/-update/").content.decode()
    assert 'value="0.4"' in form


def test_only_active_versions_are_offered(console, ana, version):
    failed = factories.solution_version(ana, version.solution, status=statuses.CREATE_FAILED)
    assert failed.arn not in console.get(f"{LIST}-new/").content.decode()


def test_a_version_of_another_solution_is_refused(console, ana, version):
    other = factories.solution(ana, version.solution.dataset_group, "other")
    answer = create(console, version, solution=other.arn)
    assert answer.status_code == 422
    assert "Choose a version of the chosen solution." in answer.content.decode()


@pytest.mark.parametrize("rate", ["0", "501", "many"])
def test_throughput_outside_its_bounds_is_refused(console, version, rate):
    assert create(console, version, min_provisioned_tps=rate).status_code == 422


def test_a_taken_name_is_told_beside_its_field(console, version, campaign):
    answer = create(console, version, name="home")
    assert answer.status_code == 422
    assert "already exists" in answer.content.decode()


def test_the_page_names_operation_and_arn(console, campaign):
    page = console.get(f"{LIST}home/").content.decode()
    assert "GetRecommendations" in page
    assert campaign.arn in page


def test_the_test_box_appears_only_when_the_campaign_is_active(console, campaign):
    assert "Test campaign results" in console.get(f"{LIST}home/").content.decode()
    campaign.status = statuses.CREATE_IN_PROGRESS
    campaign.save()
    assert "Test campaign results" not in console.get(f"{LIST}home/").content.decode()


def test_an_update_begins_with_the_present_values(console, ana, version):
    factories.campaign(ana, version, "home", min_provisioned_tps=7)
    page = console.get(f"{LIST}home/-update/").content.decode()
    assert 'value="7"' in page
    assert f'<option value="{version.arn}" selected' in page


def test_an_update_moves_to_another_version_in_the_background(console, ana, version, campaign):
    newer = factories.solution_version(ana, version.solution)
    answer = console.post(
        f"{LIST}home/-update/",
        {
            "solution": version.solution.arn,
            "solution_version_arn": newer.arn,
            "min_provisioned_tps": "2",
        },
    )
    assert answer.headers["Location"] == f"{LIST}home/"
    campaign.refresh_from_db()
    assert campaign.latest_update["solutionVersionArn"] == newer.arn
    assert "the previous configuration answers until it completes" in console.get(f"{LIST}home/").content.decode()


def test_deleting_needs_the_name_typed(console, campaign):
    assert console.post(f"{LIST}home/-delete/", {"confirmation": "hom"}).status_code == 422
    assert console.post(f"{LIST}home/-delete/", {"confirmation": "home"}).status_code == 303
    campaign.refresh_from_db()
    assert campaign.status == statuses.DELETE_PENDING


def test_several_are_deleted_with_one_word(console, ana, version, campaign):
    factories.campaign(ana, version, "shelf")
    console.post(f"{LIST}-delete/", {"selected": ["home", "shelf"], "confirmation": "delete"})
    assert set(Campaign.objects.values_list("status", flat=True)) == {statuses.DELETE_PENDING}


def test_a_viewer_sees_why_the_buttons_are_closed(as_viewer, campaign):
    page = as_viewer.get(f"{LIST}home/").content.decode()
    assert "Needs the Analyst role" in page
