"""Average rewards at k by hand and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.metrics import rewards

PRICES = {"a": 4.0, "b": 1.0, "c": 3.0, "d": 2.0}


def test_the_value_of_hits_among_the_dearest_is_shared_by_the_value_of_all_hits():
    assert rewards(["a", "b", "c", "d"], {"a", "b"}, PRICES, k=2) == pytest.approx(4 / 5)


def test_where_every_hit_is_among_the_dearest_nothing_is_lost():
    assert rewards(["a", "b", "c", "d"], {"a", "c"}, PRICES, k=2) == 1.0


def test_without_a_hit_of_any_value_it_says_nothing():
    assert rewards(["a", "b"], {"z"}, PRICES) is None
    assert rewards(["a", "z"], {"z"}, PRICES) is None


items = st.sampled_from("abcdefgh")
values = st.dictionaries(items, st.floats(0, 100), min_size=1)


@given(st.lists(items, unique=True), st.sets(items), values, st.integers(1, 8))
def test_it_lies_between_zero_and_one_and_grows_with_k(ranked, relevant, values, k):
    found, more = rewards(ranked, relevant, values, k), rewards(ranked, relevant, values, k + 1)
    if found is not None and more is not None:
        assert 0 <= found <= more + 1e-9 <= 1 + 2e-9
