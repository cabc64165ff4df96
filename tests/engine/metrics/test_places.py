"""The ranking metrics of many users at once: one user's formulas, the worked numbers, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine import metrics
from personalize_web.engine.metrics import RANKING, of_places

COLUMN = {key: at for at, key in enumerate(RANKING)}
places = st.lists(st.booleans(), min_size=25, max_size=25)


def one(hits, truth):
    return of_places(np.array([hits]), np.array([truth]))[0]


def at(*ranks):
    return [place in ranks for place in range(1, 26)]


def test_relevant_items_at_places_two_and_five():
    found = one(at(2, 5), 2)
    assert found[COLUMN["mean_reciprocal_rank_at_25"]] == 0.5
    assert round(found[COLUMN["normalized_discounted_cumulative_gain_at_5"]], 4) == 0.6241
    assert found[COLUMN["precision_at_5"]] == 0.4


def test_first_hits_at_places_four_two_and_six():
    found = of_places(np.array([at(4), at(2), at(6)]), np.ones(3, int))
    assert round(found[:, COLUMN["mean_reciprocal_rank_at_25"]].mean(), 4) == 0.3056


def test_three_of_ten_recommended_were_used():
    assert one(at(3, 6, 9), 3)[COLUMN["precision_at_10"]] == pytest.approx(0.30)


def test_a_user_of_whom_nothing_is_relevant_counts_zero():
    assert one(at(), 0).tolist() == [0.0] * len(RANKING)


@given(places, st.integers(0, 20))
def test_they_are_the_formulas_of_one_user(hits, missed):
    ranked = list(range(25))
    truth = {place for place in ranked if hits[place]} | {100 + each for each in range(missed)}
    found = dict(zip(RANKING, one(hits, len(truth)), strict=True))
    assert found["mean_reciprocal_rank_at_25"] == pytest.approx(metrics.reciprocal_rank(ranked, truth, 25))
    for k in (5, 10, 25):
        gain = metrics.normalized_discounted_cumulative_gain(ranked, truth, k)
        assert found[f"normalized_discounted_cumulative_gain_at_{k}"] == pytest.approx(gain)
        assert found[f"precision_at_{k}"] == pytest.approx(metrics.precision(ranked, truth, k))


@given(places, st.integers(0, 20))
def test_they_lie_between_zero_and_one(hits, missed):
    found = one(hits, sum(hits) + missed)
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()


@given(places, st.integers(0, 20), st.integers(0, 23))
def test_a_hit_one_place_further_up_never_hurts(hits, missed, place):
    better = hits.copy()
    if hits[place + 1] and not hits[place]:
        better[place], better[place + 1] = True, False
    truth = sum(hits) + missed
    assert (one(better, truth) >= one(hits, truth) - 1e-12).all()


@given(st.lists(st.tuples(places, st.integers(0, 5)), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_users_does_not_matter(users, random):
    mixed = random.sample(users, len(users))
    means = [
        of_places(np.array([hits for hits, _ in each]), np.array([sum(hits) + more for hits, more in each])).mean(0)
        for each in (users, mixed)
    ]
    assert means[0] == pytest.approx(means[1])
