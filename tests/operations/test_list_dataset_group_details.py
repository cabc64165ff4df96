"""The groups of the list page, with what they hold."""

import pytest

from personalize_web import operations
from tests import factories

pytestmark = pytest.mark.django_db


def test_each_group_tells_its_datasets_and_recommenders(ana):
    cinema = factories.active_group(ana, "cinema", domain="VIDEO_ON_DEMAND")
    factories.active_group(ana, "empty")
    factories.dataset(ana, cinema)
    factories.dataset(ana, cinema, "ITEMS")
    factories.recommender(ana, cinema, "one")
    factories.recommender(ana, cinema, "two")
    rows = {row["name"]: row for row in operations.list_dataset_group_details(ana)["datasetGroups"]}
    assert rows["cinema"]["datasets"] == ["INTERACTIONS", "ITEMS"]
    assert rows["cinema"]["recommenders"] == 2
    assert (rows["empty"]["datasets"], rows["empty"]["recommenders"]) == ([], 0)


def test_nobody_sees_the_groups_of_another_account(ana, eve):
    factories.active_group(ana, "movies")
    assert operations.list_dataset_group_details(eve) == {"datasetGroups": []}


def test_a_thousand_groups_take_as_many_queries_as_one(ana, django_assert_max_num_queries):
    for number in range(50):
        factories.active_group(ana, f"group-{number}")
    with django_assert_max_num_queries(3):
        assert len(operations.list_dataset_group_details(ana)["datasetGroups"]) == 50
