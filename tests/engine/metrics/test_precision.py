"""Precision by hand and by property."""

from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.metrics import precision


def test_three_of_ten_recommended_were_used():
    assert precision(list(range(10)), {2, 5, 9}, 10) == 0.30


def test_two_of_five_places():
    assert precision(["a", "B", "c", "d", "E"], {"B", "E"}, 5) == 0.4


def test_a_short_list_is_still_divided_by_k():
    assert precision(["a"], {"a"}, 25) == 1 / 25


@given(st.lists(st.integers(0, 50), unique=True), st.sets(st.integers(0, 50)), st.integers(1, 50))
def test_hits_never_fall_as_the_list_grows(ranked, relevant, k):
    assert precision(ranked, relevant, k + 1) * (k + 1) >= precision(ranked, relevant, k) * k - 1e-9
