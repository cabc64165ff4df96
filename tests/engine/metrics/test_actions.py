"""Precision, recall and the area under the curve, of actions: numbers worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.metrics import action_precision, action_recall, area_under_curve


def users(shown, taken, count):
    return [([*shown], {*taken})] * count


def test_an_action_recommended_to_a_hundred_users_and_taken_by_sixty_has_precision_060():
    assert action_precision([*users("a", "a", 60), *users("a", "", 40)]) == pytest.approx(0.60)


def test_an_action_taken_by_a_hundred_users_and_recommended_to_fifty_has_recall_050():
    assert action_recall([*users("a", "a", 50), *users("b", "a", 50)]) == pytest.approx(0.50)


def test_precision_is_the_mean_over_recommended_actions():
    pairs = [*users("ab", "a", 1), *users("a", "", 1), *users("c", "c", 1), *users("", "d", 1)]
    assert action_precision(pairs) == pytest.approx((1 / 2 + 0 + 1) / 3)


def test_recall_is_the_mean_over_taken_actions():
    pairs = [*users("ab", "a", 1), *users("c", "a", 1), *users("", "b", 1), *users("c", "", 9)]
    assert action_recall(pairs) == pytest.approx((1 / 2 + 0) / 2)


def test_nothing_recommended_and_nothing_taken_is_nothing():
    assert action_precision([]) == action_recall([]) == 0
    assert action_precision(users("", "a", 2)) == action_recall(users("a", "", 2)) == 0


@pytest.mark.parametrize(
    ("scores", "labels", "area"),
    [
        ([0.9, 0.8, 0.2], [1, 1, 0], 1.0),
        ([0.1, 0.9], [1, 0], 0.0),
        ([0.9, 0.5, 0.4, 0.1], [1, 0, 1, 0], 3 / 4),
        ([0.5, 0.5], [1, 0], 0.5),
        ([0.5, 0.5, 0.1], [1, 0, 0], 3 / 4),
        ([0.3, 0.4], [1, 1], 0.5),
        ([], [], 0.5),
    ],
)
def test_the_area_is_the_share_of_pairs_in_the_right_order(scores, labels, area):
    assert area_under_curve(np.array(scores), np.array(labels, bool)) == pytest.approx(area)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_the_area_is_what_counting_pairs_gives_and_turns_with_the_labels(rows):
    scores, labels = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    pairs = [(a > b) + (a == b) / 2 for a in scores[labels] for b in scores[~labels]]
    assert area_under_curve(scores, labels) == pytest.approx(np.mean(pairs) if pairs else 0.5)
    assert area_under_curve(scores, ~labels) == pytest.approx(1 - area_under_curve(scores, labels))
