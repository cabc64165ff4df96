"""Normalised discounted cumulative gain by hand and by property."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.metrics import normalized_discounted_cumulative_gain as ndcg


def test_relevant_items_at_places_two_and_five():
    assert ndcg(["a", "B", "c", "d", "E"], {"B", "E"}, 5) == pytest.approx(
        (1 / log(3) + 1 / log(6)) / (1 / log(2) + 1 / log(3)))
    assert round(ndcg(["a", "B", "c", "d", "E"], {"B", "E"}, 5), 4) == 0.6241


def test_nothing_relevant_is_nothing_gained():
    assert ndcg(["a"], set(), 5) == 0.0


def test_more_relevant_items_than_places_can_still_be_perfect():
    assert ndcg(["a", "b"], {"a", "b", "c"}, 2) == 1.0


lists = st.lists(st.integers(0, 30), unique=True, max_size=30)


@given(lists, st.sets(st.integers(0, 30)), st.integers(1, 30))
def test_it_lies_between_zero_and_one(ranked, relevant, k):
    assert 0.0 <= ndcg(ranked, relevant, k) <= 1.0 + 1e-12


@given(lists, st.sets(st.integers(0, 30), min_size=1), st.integers(1, 30))
def test_moving_relevant_items_to_the_front_never_hurts(ranked, relevant, k):
    better = sorted(ranked, key=lambda item: item not in relevant)
    assert ndcg(better, relevant, k) >= ndcg(ranked, relevant, k) - 1e-12
