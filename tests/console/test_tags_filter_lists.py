"""F33: lists are filtered by tag:Key=Value."""

import pytest

from personalize_web import operations
from tests import factories
from tests.console.data_files import text_of


@pytest.fixture
def groups(ana):
    shop, films = factories.active_group(ana, "shop"), factories.active_group(ana, "films")
    operations.tag_resource(ana, resource_arn=shop.arn, tags=[{"tagKey": "Team", "tagValue": "blue"}])
    operations.tag_resource(ana, resource_arn=films.arn, tags=[{"tagKey": "Team", "tagValue": "bluebird"}])
    return shop, films


def test_a_list_shows_only_what_bears_the_tag(console, groups):
    words = text_of(console.get("/console/dataset-groups/?q=tag:Team=blue"))
    assert "shop" in words and "films" not in words and "1 match" in words


def test_a_key_alone_matches_every_value_and_goes_with_words(console, groups):
    both = text_of(console.get("/console/dataset-groups/?q=tag:Team"))
    assert "shop" in both and "films" in both
    one = text_of(console.get("/console/dataset-groups/?q=tag:Team+film"))
    assert "films" in one and "shop" not in one


def test_a_value_with_a_blank_stands_in_quotes(console, ana, groups):
    operations.tag_resource(ana, resource_arn=groups[0].arn, tags=[{"tagKey": "Cost center", "tagValue": "a b"}])
    words = text_of(console.get('/console/dataset-groups/?q=tag:"cost center=a b"'))
    assert "shop" in words and "films" not in words


def test_nothing_matches_an_unknown_tag(console, groups):
    assert "No matches" in text_of(console.get("/console/dataset-groups/?q=tag:Team=green"))


@pytest.mark.parametrize(("place", "kind"), [("solutions", "solution"), ("event-trackers", "event_tracker")])
def test_the_lists_of_a_group_as_well(console, ana, groups, place, kind):
    shop, _ = groups
    factories.dataset(ana, shop)
    mine, other = (getattr(factories, kind)(ana, shop, name) for name in ("mine", "other"))
    operations.tag_resource(ana, resource_arn=mine.arn, tags=[{"tagKey": "env", "tagValue": "prod"}])
    words = text_of(console.get(f"/console/dataset-groups/shop/{place}/?q=tag:env=prod"))
    assert "mine" in words and other.name not in words


def test_the_page_of_a_resource_that_is_being_deleted_still_opens(console, ana, groups):
    shop, _ = groups
    dataset = factories.dataset(ana, shop)
    shop.move("DELETE PENDING")
    dataset.move("DELETE IN_PROGRESS")
    for place in ("?tab=tags", "datasets/item-interactions/?tab=tags"):
        page = console.get(f"/console/dataset-groups/shop/{place}")
        assert page.status_code == 200 and "Delete" in text_of(page)
