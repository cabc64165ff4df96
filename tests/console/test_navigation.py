"""The side navigation: the whole map, without a dead link."""

import re

import pytest

from apps.ui import navigation
from personalize_web import operations
from tests import factories

GROUP = {"name": "movies", "domain": "VIDEO_ON_DEMAND"}


def places(found: navigation.Navigation) -> dict[str, navigation.Place]:
    return {place.key: place for section in found.sections for place in section.places}


def test_recommenders_are_there_only_in_a_domain_group():
    assert "recommenders" in places(navigation.inside(GROUP, "overview"))
    assert "recommenders" not in places(navigation.inside({"name": "lab"}, "overview"))


def test_administration_is_there_only_for_administrators():
    assert "users" in places(navigation.outside("", administrator=True))
    assert "users" not in places(navigation.outside("", administrator=False))


def test_a_folded_group_opens_when_one_is_in_it():
    closed = frozenset({"datasets"})
    folded = {section.key: section.open for section in navigation.inside(GROUP, "campaigns", closed=closed).sections}
    inside = {section.key: section.open for section in navigation.inside(GROUP, "datasets", closed=closed).sections}
    assert (folded["datasets"], inside["datasets"]) == (False, True)


def test_what_is_not_there_yet_is_shown_and_not_linked():
    place = places(navigation.inside(GROUP, "overview"))["monitoring"]
    assert (place.text, place.href) == ("Monitoring", "")


def test_the_current_page_is_marked(console):
    page = console.get("/console/dataset-groups/").content.decode()
    marked = re.search(r'<a href="/console/dataset-groups/"[^>]*aria-current="page"', page)
    assert marked


def test_no_link_of_the_map_is_dead(console, ana, run_jobs):
    operations.create_dataset_group(ana, name="movies", domain="VIDEO_ON_DEMAND")
    run_jobs()
    every = [
        *places(navigation.inside(GROUP, "")).values(),
        *places(navigation.outside("", administrator=True)).values(),
    ]
    linked = [place.href for place in every if place.href]
    assert len(linked) > 8
    assert {href: console.get(href).status_code for href in linked} == dict.fromkeys(linked, 200)


def test_the_counts_stand_after_the_labels(console, ana, run_jobs):
    operations.create_dataset_group(ana, name="movies", domain="VIDEO_ON_DEMAND")
    run_jobs()
    page = console.get("/console/dataset-groups/movies/").content.decode()
    assert re.search(r'<span class="label">Campaigns</span><span class="count">0</span>', page)


@pytest.mark.parametrize("text", ["movies", "ovi"])
def test_search_finds_by_name(console, ana, text):
    operations.create_dataset_group(ana, name="movies")
    assert "dataset-group/movies" in console.get(f"/console/search/?q={text}").content.decode()


def test_a_whole_arn_leads_to_its_page(console, ana):
    arn = operations.create_dataset_group(ana, name="movies")["datasetGroupArn"]
    assert console.get("/console/search/", {"q": arn}).headers["Location"] == "/console/dataset-groups/movies/"
    assert console.get("/console/go/", {"arn": arn}).headers["Location"] == "/console/dataset-groups/movies/"


def test_the_switcher_lists_the_other_groups(console, ana):
    operations.create_dataset_group(ana, name="movies")
    assert 'href="/console/dataset-groups/movies/"' in console.get("/console/-groups/").content.decode()


def test_a_tab_of_the_browser_names_the_page_and_its_group(console, ana):
    factories.group(ana, "movies")
    inside = console.get("/console/dataset-groups/movies/campaigns/").content.decode()
    assert "<title>Campaigns | movies | Personalize Web</title>" in inside
    assert "<title>movies | Personalize Web</title>" in console.get("/console/dataset-groups/movies/").content.decode()
    assert "<title>Recipes | Personalize Web</title>" in console.get("/console/recipes/").content.decode()
