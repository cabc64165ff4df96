"""Which places explore, and what is drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.exploration import DAY, Pool, draw, managed_weight, mixed, young_items

LOGITS = np.linspace(0, -5, 40)


def pool(rows=range(20, 40), **given):
    rows = np.array(list(rows))
    zeros = np.zeros(len(rows), np.int64)
    return Pool(rows, **{"logits": np.zeros(len(rows)), "interactions": zeros, "impressions": zeros, "ignored": zeros,
                         **given})


@given(st.integers(0, 2**32 - 1))
def test_without_weight_it_is_the_order_of_relevance(seed):
    found = mixed(range(20), LOGITS, pool(), 0.0, 10, np.random.default_rng(seed))
    assert [row for row, _, _ in found] == list(range(10))


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_the_list_stays_sorted_whole_and_without_repetition(seed, weight):
    found = mixed(range(20), LOGITS, pool(), weight, 15, np.random.default_rng(seed))
    logits = [logit for _, logit, _ in found]
    assert logits == sorted(logits, reverse=True)
    assert len({row for row, _, _ in found}) == len(found) == 15


def test_full_weight_explores_while_the_pool_lasts():
    found = mixed(range(20), LOGITS, pool(range(30, 34)), 1.0, 10, np.random.default_rng(0))
    assert [explored for _, _, explored in found] == [True] * 4 + [False] * 6


@pytest.mark.parametrize("shown", ["impressions", "ignored"])
def test_what_was_shown_often_is_drawn_less(shown):
    often = np.zeros(20, np.int64)
    often[:10] = 8
    drawn = [place for seed in range(300) for place in draw(pool(**{shown: often}), 1, np.random.default_rng(seed))]
    assert sum(place < 10 for place in drawn) < sum(place >= 10 for place in drawn) / 2


def test_little_known_items_are_drawn_more():
    counts = np.array([0] * 10 + [1000] * 10)
    drawn = [place for seed in range(300)
             for place in draw(pool(interactions=counts), 1, np.random.default_rng(seed))]
    assert sum(place < 10 for place in drawn) > 250


def test_age_is_counted_from_the_newest_event():
    created = np.array([0, 70 * DAY, 89 * DAY, 100 * DAY])
    assert young_items(created, 100 * DAY, 30.0).tolist() == [1, 2, 3]
    assert young_items(created, 100 * DAY, 10.0).tolist() == [3]


def test_the_managed_weight_follows_the_share_of_young_items_within_bounds():
    assert [managed_weight(young, 100) for young in (0, 1, 12, 80)] == [0.0, 0.05, 0.12, 0.2]
