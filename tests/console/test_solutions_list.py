"""The list of solutions, and deleting from it."""

import re

import pytest

from personalize_web.operations import statuses
from personalize_web.resources.models import Solution
from tests import factories

LIST = "/console/dataset-groups/movies/solutions/"


@pytest.fixture
def solution(ana):
    return factories.active_solution(ana, recipe="aws-sims")


def test_without_a_solution_the_page_says_how_to_begin(console, ana):
    factories.active_group(ana)
    page = console.get(LIST).content.decode()
    assert "No solutions" in page
    assert "/solutions/-new/details/" in page


def test_more_than_three_actions_share_a_menu(console, solution):
    page = console.get(LIST).content.decode()
    menu = re.search(r'<div class="menu" role="menu">(.*?)</div>', page[page.index("Refresh") :], re.S)[1]
    shown = re.findall(r"<span>([^<]+)</span>", menu)
    assert shown == ["Create solution version", "Clone solution", "Edit automatic training", "Delete"]


def test_a_row_shows_recipe_schedule_and_latest_version(console, ana, solution):
    version = factories.solution_version(ana, solution)
    page = console.get(LIST).content.decode()
    assert "aws-sims" in page
    assert "Every 7 days" in page
    assert version.version_id in page


def test_a_version_that_trains_keeps_the_list_asking(console, ana, solution):
    version = factories.solution_version(ana, solution, status=statuses.CREATE_IN_PROGRESS)
    page = console.get(LIST).content.decode()
    address = re.search(r'id="poll" hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    answer = console.get(address, headers={"HX-Request": "true"})
    assert 'id="version-picks"' in answer.content.decode()
    version.status = statuses.ACTIVE
    version.save()
    assert console.get(address, headers={"HX-Request": "true"}).status_code == 286


def test_a_solution_without_versions_waits_for_its_first(console, solution):
    page = console.get(f"{LIST}picks/").content.decode()
    assert "No versions yet" in page
    assert "The first version starts by itself" in page


def test_deleting_names_the_campaign_that_forbids_it(console, ana, solution):
    factories.campaign(ana, factories.solution_version(ana, solution), "home")
    page = console.get(f"{LIST}picks/-delete/").content.decode()
    assert "Campaign home serves one of its versions." in page
    assert 'data-confirm="picks"' not in page


def test_deleting_counts_the_versions_that_go_with_it(console, ana, solution):
    factories.solution_version(ana, solution)
    factories.solution_version(ana, solution)
    assert "2 versions and their trained models" in console.get(f"{LIST}picks/-delete/").content.decode()


def test_deleting_needs_the_name_typed(console, solution):
    assert console.post(f"{LIST}picks/-delete/", {"confirmation": "pick"}).status_code == 422
    assert console.post(f"{LIST}picks/-delete/", {"confirmation": "picks"}).status_code == 303
    assert Solution.objects.get().status == statuses.DELETE_PENDING


def test_the_configuration_is_told_in_words(console, ana, solution):
    solution.config |= {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["PRICE"]}}}
    solution.save()
    page = console.get(f"{LIST}picks/?tab=configuration").content.decode()
    assert "Columns left out: Items" in page
    assert "PRICE" in page
    assert "popularity_discount_factor" in page
