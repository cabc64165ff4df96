"""Why an item was recommended."""

import pytest

from personalize_web.operations import explain_recommendation, get_recommendations
from personalize_web.operations.errors import AccessDeniedException, ResourceNotFoundException
from tests.deployments import deploy, train


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    recipes = ("aws-sims", "aws-popularity-count", "aws-trending-now")
    return {recipe: train(recipe, tmp_path_factory.mktemp(recipe)) for recipe in recipes}


def why(caller, deployed, **asked):
    item = get_recommendations(caller, **deployed.target, **asked)["itemList"][0]["itemId"]
    return explain_recommendation(caller, recommended_item_id=item, **deployed.target, **asked)


def test_a_related_item_is_the_first_neighbour(ana, db, models):
    (cause,) = why(ana, deploy(ana, "aws-sims", models["aws-sims"]), item_id="1-1")["causes"]
    assert (cause["kind"], cause["name"], cause["value"], cause["title"]) == ("related", "1-1", 1, "Title 1-1")


def test_the_answer_to_an_unknown_item_is_popular(ana, db, models):
    (cause,) = why(ana, deploy(ana, "aws-sims", models["aws-sims"]), item_id="nowhere")["causes"]
    assert cause["kind"] == "popular"
    assert cause["value"] > 10


def test_a_popular_item_says_how_often_it_was_taken(ana, db, models):
    found = why(ana, deploy(ana, "aws-popularity-count", models["aws-popularity-count"]))
    assert found["known"]
    assert found["causes"][0]["value"] > 10


def test_an_item_that_the_model_does_not_know(ana, db, models):
    deployed = deploy(ana, "aws-popularity-count", models["aws-popularity-count"])
    answer = explain_recommendation(ana, recommended_item_id="nowhere", **deployed.target)
    assert answer == {"itemId": "nowhere", "known": False, "causes": []}


def test_another_account_learns_nothing(ana, eve, db, models):
    deployed = deploy(ana, "aws-popularity-count", models["aws-popularity-count"])
    with pytest.raises((ResourceNotFoundException, AccessDeniedException)):
        explain_recommendation(eve, recommended_item_id="1-1", **deployed.target)


def test_who_may_not_ask_for_recommendations_is_told_no_reasons(ben, ana, db, models, settings):
    deployed = deploy(ana, "aws-popularity-count", models["aws-popularity-count"])
    assert explain_recommendation(ben, recommended_item_id="1-1", **deployed.target)["known"]
    settings.VIEWERS_CAN_TEST = False
    with pytest.raises(AccessDeniedException):
        explain_recommendation(ben, recommended_item_id="1-1", **deployed.target)
