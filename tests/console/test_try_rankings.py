"""The page to try a ranking: item IDs in, the same items in the user's order out."""

import re

import pytest

from personalize_web.engine.algorithms.base import Options
from tests import deployments

RECIPE = "aws-personalized-ranking-v2"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return deployments.train(
        RECIPE, tmp_path_factory.mktemp("ranking"), options=Options(threads=1, effort=0.02, refit="none")
    )


@pytest.fixture
def address(ana, db, model):
    deployed = deployments.deploy(ana, RECIPE, model)
    return f"/console/dataset-groups/{deployed.group.name}/campaigns/{deployed.row.name}/-test/"


def shown(page):
    return re.findall(r'data-row>.*?<td class="mono-small secondary[^"]*">([^<]+)</td>', page)


def test_items_separated_by_commas_and_lines_are_ranked(console, address):
    page = console.get(address, {"user_id": "u0", "input_list": "1-1, 2-1\n0-1\nlost"}).content.decode()
    assert sorted(shown(page)) == ["0-1", "1-1", "2-1", "lost"]
    assert shown(page)[-1] == "lost"
    assert "Title 1-1" in page


def test_the_page_asks_for_items_and_for_no_number_of_results(console, address):
    page = console.get(address).content.decode()
    assert "Get personalized item rankings" in page and "Scores sum to 1 over the given items" in page
    assert 'name="num_results"' not in page


def test_a_missing_list_is_told_beside_its_field(console, address):
    answer = console.get(address, {"user_id": "u0", "input_list": ""})
    assert answer.status_code == 422
    assert "Enter at least one item ID." in answer.content.decode()


def test_the_request_is_shown_as_code(console, address):
    page = console.get(address, {"user_id": "u0", "input_list": "1-1"}).content.decode()
    assert "runtime.get_personalized_ranking(" in page
    assert "POST /personalize-ranking" in page
