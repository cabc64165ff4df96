"""Given items in the order of their relevance to a user."""

from datetime import UTC, datetime

import pytest

from personalize_web.engine.algorithms.base import Options
from personalize_web.operations import serving_models
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException
from personalize_web.operations.events import put_events
from personalize_web.operations.recommendations import (
    get_personalized_ranking,
    get_recommendations,
    try_recommendations,
)
from personalize_web.resources.models import ServedList
from tests import factories
from tests.deployments import deploy, train

RECIPE = "aws-personalized-ranking-v2"
GIVEN = ["0-1", "1-1", "2-1", "3-1", "0-2", "1-2", "2-2", "3-2"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return {
        RECIPE: train(RECIPE, tmp_path_factory.mktemp("ranking"), options=Options(threads=1, effort=0.2, refit="none")),
        "aws-sims": train("aws-sims", tmp_path_factory.mktemp("sims")),
    }


@pytest.fixture
def ranking(ana, db, models):
    return deploy(ana, RECIPE, models[RECIPE])


def rank(caller, deployed, given=tuple(GIVEN), **more):
    arguments = {"user_id": "u0", "input_list": list(given), **deployed.target} | more
    return get_personalized_ranking(caller, **arguments)["personalizedRanking"]


def test_every_given_item_comes_back_once(ana, ranking):
    assert sorted(each["itemId"] for each in rank(ana, ranking)) == sorted(GIVEN)


def test_scores_fall_and_sum_to_one(ana, ranking):
    scores = [each["score"] for each in rank(ana, ranking)]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1.0, abs=1e-6)


def test_unknown_items_come_last_in_the_order_given_and_without_a_score(ana, ranking):
    found = rank(ana, ranking, ["nowhere", "1-1", "lost", "2-1"])
    assert [each["itemId"] for each in found[2:]] == ["nowhere", "lost"]
    assert ["score" in each for each in found] == [True, True, False, False]


def test_only_unknown_items_are_answered_as_they_were_given(ana, ranking):
    assert rank(ana, ranking, ["b", "a"]) == [{"itemId": "b"}, {"itemId": "a"}]


def test_an_item_given_twice_comes_once(ana, ranking):
    assert [each["itemId"] for each in rank(ana, ranking, ["1-1", "1-1"])] == ["1-1"]


def test_an_unknown_user_gets_the_items_by_popularity(ana, ranking, models):
    from personalize_web.operations import serving_models

    model = serving_models.get(models[RECIPE])
    counts = dict(zip(model.items.all(), model.arrays["interactions"].tolist(), strict=True))
    found = [each["itemId"] for each in rank(ana, ranking, user_id="nobody")]
    assert [counts[each] for each in found] == sorted((counts[each] for each in GIVEN), reverse=True)


def test_unknown_context_does_not_make_somebody_unknown_known(ana, ranking):
    plain = rank(ana, ranking, user_id="nobody")
    assert rank(ana, ranking, user_id="nobody", context={"DEVICE": "phone"}) == plain


def test_a_filter_takes_items_out_and_the_others_share_all_probability(ana, ranking):
    only = factories.filter(ana, ranking.group, expression="INCLUDE ItemID WHERE Items.GENRES IN ($GENRES)")
    found = rank(ana, ranking, filter_arn=only.arn, filter_values={"GENRES": '"genre 1","genre 2"'})
    assert sorted(each["itemId"] for each in found) == ["1-1", "1-2", "2-1", "2-2"]
    assert sum(each["score"] for each in found) == pytest.approx(1.0, abs=1e-6)


def test_what_a_user_does_changes_the_next_ranking(ana, ranking):
    before = rank(ana, ranking, user_id="newcomer")
    put_events(
        ana,
        tracking_id=ranking.tracker.tracking_id,
        session_id="s",
        user_id="newcomer",
        event_list=[{"eventType": "Watch", "itemId": f"2-{title}", "sentAt": datetime.now(UTC)} for title in (5, 6, 7)],
    )
    after = rank(ana, ranking, user_id="newcomer")
    place = [each["itemId"] for each in after].index
    assert after != before
    assert place("2-1") + place("2-2") < place("0-1") + place("0-2")


def test_the_list_is_remembered_under_its_id(ana, ranking):
    from personalize_web.operations import runtime_served_lists

    answer = get_personalized_ranking(ana, user_id="u0", input_list=GIVEN, **ranking.target)
    runtime_served_lists.flush()
    kept = ServedList.objects.get(recommendation_id=answer["recommendationId"])
    assert kept.item_ids == [each["itemId"] for each in answer["personalizedRanking"]]


def test_metadata_come_with_the_items(ana, ranking):
    found = rank(ana, ranking, ["1-1", "lost"], metadata_columns={"ITEMS": ["TITLE"]})
    assert found[0]["metadata"] == {"TITLE": "Title 1-1"}


@pytest.mark.parametrize(
    ("given", "more", "says"),
    [
        ([], {}, "inputList must name at least one item"),
        ([f"i{each}" for each in range(501)], {}, "inputList can name at most 500 items; it names 501"),
        ([f"i{each}" for each in range(51)], {"metadata_columns": {"ITEMS": ["TITLE"]}}, "at most 50 items with metad"),
    ],
)
def test_a_list_of_the_wrong_length_is_refused(ana, ranking, given, more, says):
    with pytest.raises(InvalidInputException, match=says):
        rank(ana, ranking, given, **more)


def test_a_campaign_of_another_kind_ranks_nothing(ana, db, models):
    similar = deploy(ana, "aws-sims", models["aws-sims"])
    with pytest.raises(InvalidInputException, match="GetPersonalizedRanking does not fit aws-sims"):
        rank(ana, similar)


def test_a_ranking_campaign_recommends_nothing(ana, ranking):
    with pytest.raises(InvalidInputException, match="GetRecommendations does not fit"):
        get_recommendations(ana, user_id="u0", **ranking.target)


def test_another_account_does_not_find_the_campaign(eve, ranking):
    with pytest.raises(ResourceNotFoundException):
        rank(eve, ranking)


def test_the_page_gets_the_same_answer_and_how_long_it_took(ana, ranking):
    tried = try_recommendations(ana, user_id="u0", input_list=GIVEN, **ranking.target)
    assert tried["personalizedRanking"] == rank(ana, ranking)
    assert tried["milliseconds"] > 0
    assert tried["historyLength"] == 20


@pytest.mark.parametrize("kind", ["POPULARITY", "FRESHNESS"])
def test_ranking_influence_moves_the_order_towards_what_it_names(ana, db, models, kind):
    plain = rank(ana, deploy(ana, RECIPE, models[RECIPE]))
    moved = rank(ana, deploy(ana, RECIPE, models[RECIPE], config={"rankingInfluence": {kind: 1.0}}))
    model = serving_models.get(models[RECIPE])
    worth = model.arrays["interactions" if kind == "POPULARITY" else "created"].astype(float)

    def ahead(found):
        places = [float(worth[model.items.row(each["itemId"])]) for each in found]
        return sum(value / (place + 1) for place, value in enumerate(places))

    assert ahead(moved) > ahead(plain)
    assert sum(each["score"] for each in moved) == pytest.approx(1.0, abs=1e-6)


def test_related_items_follow_the_influence_too(ana, db, models):
    model = serving_models.get(models["aws-sims"])
    asked = {"item_id": "1-1", "num_results": 10}

    def mean_age(config):
        found = get_recommendations(ana, **deploy(ana, "aws-sims", models["aws-sims"], config=config).target, **asked)
        return sum(float(model.arrays["created"][model.items.row(each["itemId"])]) for each in found["itemList"])

    assert mean_age({"rankingInfluence": {"FRESHNESS": 1.0}}) > mean_age({})
