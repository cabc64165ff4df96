"""Hits and recall of segments, by hand and by property."""

from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.metrics import hits_at_top, one_percent, recall_at_top


def test_two_of_the_first_three_users_did_interact():
    assert hits_at_top(["a", "b", "c", "d"], {"a", "c", "d"}, 3) == 2


def test_two_of_five_who_interacted_are_among_the_first_three():
    assert recall_at_top(["a", "b", "c"], {"a", "c", "x", "y", "z"}, 3) == 0.4


def test_where_nobody_interacted_nobody_was_caught():
    assert recall_at_top(["a"], set(), 1) == 0


def test_one_per_cent_is_rounded_up_and_never_nobody():
    assert [one_percent(users) for users in (1, 100, 101, 250, 5_000_000)] == [1, 1, 2, 3, 50_000]


@given(st.lists(st.integers(0, 50), unique=True), st.sets(st.integers(0, 50), min_size=1), st.integers(1, 50))
def test_recall_is_hits_of_all_who_interacted(segment, actual, k):
    assert recall_at_top(segment, actual, k) == hits_at_top(segment, actual, k) / len(actual) <= 1
