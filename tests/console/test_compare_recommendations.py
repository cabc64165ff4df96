"""Two campaigns answer one request: both lists, what they share, and where each item stands in the other."""

import pytest

from apps.compare.lists import likeness, moves
from tests import deployments, factories
from tests.console.data_files import text_of


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    recipes = ("aws-popularity-count", "aws-sims")
    return {recipe: deployments.train(recipe, tmp_path_factory.mktemp(recipe)) for recipe in recipes}


@pytest.fixture
def group(ana, db, models):
    """A group whose campaigns ``popular`` and ``related`` are Active."""
    made = deployments.deploy(ana, "aws-popularity-count", models["aws-popularity-count"])
    type(made.row).objects.update(name="popular", arn=made.row.arn.replace(made.row.name, "popular"))
    solution = factories.solution(ana, made.group, "related", recipe="aws-sims")
    factories.campaign(ana, factories.solution_version(ana, solution, storage_key=models["aws-sims"]), "related")
    return made.group


def compared(console, group, **query):
    return console.get(f"/console/dataset-groups/{group.name}/compare/recommendations/", query)


def test_lists_are_alike_where_they_share_items_in_one_order():
    assert likeness("abcd", "abcd").correlation == 1 and likeness("abcd", "dcba").correlation == -1
    found = likeness("abcde", "badcz")
    assert (found.both, found.longest) == (4, 5) and found.correlation == pytest.approx(0.6)
    assert likeness("ab", "ba").correlation is None
    assert likeness("", "ab").both == 0


def test_each_item_says_how_much_higher_it_stands():
    assert moves("abc", "bax") == [1, -1, None]


def test_both_answers_stand_side_by_side(console, group):
    page = text_of(compared(console, group, a="campaign/popular", b="campaign/related", user_id="u1", item_id="0-3"))
    assert "A: popular" in page and "B: related" in page and "In both lists" in page and "Order alike" in page
    assert "Title 0-" in page


def test_what_one_side_refuses_is_told_in_its_column(console, group):
    page = text_of(compared(console, group, a="campaign/popular", b="campaign/related", user_id="u1"))
    assert "The request was refused" in page and "A: popular" in page and "Title 0-" in page


def test_who_is_gone_is_named_and_nothing_is_asked(console, group):
    page = text_of(compared(console, group, a="campaign/popular", b="campaign/gone", user_id="u1"))
    assert "campaign/gone is not there" in page and "A: popular" not in page


def test_a_random_user_is_put_into_the_address(console, group):
    answer = compared(console, group, a="campaign/popular", b="campaign/related", random="1")
    assert answer.status_code == 303 and "a=campaign/popular" in answer.headers["Location"]
    assert "user_id=u" in answer.headers["Location"] and "random" not in answer.headers["Location"]


def test_a_group_without_two_that_answer_says_what_is_needed(console, ana):
    group = factories.active_group(ana)
    assert "Two Active campaigns or recommenders" in text_of(compared(console, group))
