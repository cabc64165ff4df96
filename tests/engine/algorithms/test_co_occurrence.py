"""Items that the same users interacted with."""

import pytest

from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.co_occurrence import CoOccurrence, within_percentiles
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.selection import EventChoice, Selection
from personalize_web.engine.serving import Request
from tests.engine.algorithms.contract import Contract
from tests.engine.worlds import dataset_of

ALL = {
    "min_user_history_length_percentile": 0.0,
    "max_user_history_length_percentile": 1.0,
    "min_item_interaction_count_percentile": 0.0,
    "max_item_interaction_count_percentile": 1.0,
}


class TestSims(Contract):
    recipe = "aws-sims"

    def test_the_item_asked_about_is_never_in_the_answer(self, model):
        for item in model.items.all():
            assert item not in {each.item_id for each in model.recommend(Request(item_id=item, num_results=200))}

    def test_an_unknown_item_is_answered_with_the_popular_list(self, model):
        answer = [each.item_id for each in model.recommend(Request(item_id="nothing", num_results=9))]
        assert answer == model.items.ids(model.popular[:9])

    def test_neighbours_share_the_genre(self, model):
        answer = [each.item_id for each in model.recommend(Request(item_id="g2t5", num_results=5))]
        assert sum(each.startswith("g2") for each in answer) >= 4


class TestBecauseYouWatchedX(Contract):
    recipe = "aws-vod-because-you-watched-x"


def baskets(*each):
    return dataset_of(
        *[(f"u{user}", item, place) for user, basket in enumerate(each) for place, item in enumerate(basket)]
    )


@pytest.fixture
def ask(tmp_path):
    def asked(dataset, item, many=3, **config):
        CoOccurrence().train(dataset, {**typed(RECIPES["aws-sims"], None), **ALL, **config}, Options(), Silent()).write(
            tmp_path / "sims"
        )
        model = serving.load(tmp_path / "sims")
        starts = model.arrays["neighbour_starts"]
        row = model.items.row(item)
        return model.items.ids(model.arrays["neighbours"][starts[row] : starts[row + 1]][:many])

    return asked


@pytest.mark.shows("min_cointeraction_count", "aws-sims")
def test_a_pair_of_two_users_is_absent_below_a_least_count_of_three(ask):
    data = baskets("ab", "ab", "ac", "ac", "ac")
    assert ask(data, "a", min_cointeraction_count=3) == ["c"]
    assert ask(data, "a", min_cointeraction_count=2) == ["c", "b"]


@pytest.mark.parametrize("least", [0, 1])
def test_least_counts_of_zero_and_one_pair_everything_seen_together_once(ask, least):
    assert ask(baskets("ab", "cd"), "a", min_cointeraction_count=least) == ["b"]


@pytest.mark.shows("popularity_discount_factor", "aws-sims")
def test_the_discount_reverses_popular_and_niche(ask):
    # a with p: 3 users of p's 7; a with n: 2 users of n's 2
    data = baskets("ap", "ap", "ap", "p", "p", "p", "p", "an", "an")
    assert ask(data, "a", min_cointeraction_count=1, popularity_discount_factor=0.0) == ["p", "n"]
    assert ask(data, "a", min_cointeraction_count=1, popularity_discount_factor=1.0) == ["n", "p"]


def test_pairs_count_as_much_as_their_events_weigh_but_the_least_count_is_of_users(ask):
    weights = Selection(events=(EventChoice("Buy"), EventChoice("View", None, 0.25)))
    rows = [
        (f"u{user}", item, place, kind)
        for user, (pair, kind) in enumerate([("av", "View")] * 3 + [("ab", "Buy")] * 2)
        for place, item in enumerate(pair)
    ]
    sure = {"min_cointeraction_count": 2, "popularity_discount_factor": 0.0}
    assert ask(dataset_of(*rows), "a", **sure) == ["v", "b"]
    assert ask(dataset_of(*rows, selection=weights), "a", **sure) == ["b", "v"]
    assert ask(dataset_of(*rows, selection=weights), "a", **sure | {"min_cointeraction_count": 3}) == ["v"]


def test_ties_go_by_users_in_common_then_by_id(ask):
    assert ask(baskets("acb", "acb"), "a", min_cointeraction_count=1) == ["b", "c"]


@pytest.mark.shows("min_item_interaction_count_percentile", "aws-sims")
def test_items_with_few_interactions_are_left_out(ask):
    data = baskets("abr", "ab", "ab")
    assert ask(data, "a", min_cointeraction_count=1, min_item_interaction_count_percentile=0.0) == ["b", "r"]
    assert ask(data, "a", min_cointeraction_count=1, min_item_interaction_count_percentile=0.6) == ["b"]


@pytest.mark.shows("min_user_history_length_percentile", "aws-sims")
@pytest.mark.shows("max_user_history_length_percentile", "aws-sims")
def test_users_with_short_and_with_long_histories_are_left_out(ask):
    data = baskets("as", *["abc"] * 8, "abcdefghl")
    plain = ask(data, "a", 9, min_cointeraction_count=1)
    assert {"s", "l"} <= set(plain)
    assert "s" not in ask(data, "a", 9, min_cointeraction_count=1, min_user_history_length_percentile=0.2)
    assert "l" not in ask(data, "a", 9, min_cointeraction_count=1, max_user_history_length_percentile=0.8)


@pytest.mark.shows("max_item_interaction_count_percentile", "aws-sims")
def test_the_most_popular_tenth_is_left_out_by_default(ask):
    # twenty-one items: h has 60 events, everything else 6 at most, so that the 0.9 quantile lies below h
    data = baskets(*["h" + "abcdefghij"[user % 10] + "klmnopqrst"[user % 10] for user in range(60)])
    config = {"min_cointeraction_count": 1, "min_item_interaction_count_percentile": 0.01}
    assert "h" in ask(data, "a", 50, max_item_interaction_count_percentile=1.0, **config)
    assert ask(data, "a", 50, max_item_interaction_count_percentile=0.9, **config) == ["k"]
    assert ask(data, "h", 50, max_item_interaction_count_percentile=0.9, **config) == []


def test_percentiles_keep_both_ends_and_uniform_counts():
    import numpy as np

    assert within_percentiles(np.array([0, 5, 5, 5]), 0.01, 0.9).tolist() == [False, True, True, True]
    assert within_percentiles(np.array([1, 2, 3, 100]), 0.0, 0.67).tolist() == [True, True, True, True]
    assert within_percentiles(np.array([1, 2, 3, 100]), 0.0, 0.66).tolist() == [True, True, True, False]


def test_only_the_latest_500_items_of_a_user_are_paired(ask):
    data = dataset_of(*[("u", f"i{place:03}", place) for place in range(501)], ("v", "i000", 1), ("v", "i500", 2))
    assert ask(data, "i000", 600, min_cointeraction_count=1) == ["i500"]
