"""Popularity and freshness as part of the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_web.engine.influence import Influence

LOGITS = np.array([3.0, 2.0, 1.0])
COUNTS = np.array([0, 0, 99])
CREATED = np.array([0, 100, 0])


def test_without_weights_nothing_changes():
    assert Influence().moved(LOGITS, COUNTS, CREATED) is LOGITS
    assert Influence(0.0, 0.0).moved(LOGITS, COUNTS, CREATED) is LOGITS


def test_half_and_half_worked_by_hand():
    # z(logits) = (1.2247, 0, -1.2247); z(log popularity) = (-0.7071, -0.7071, 1.4142); standard deviation 0.8165
    found = Influence(popularity=1.0).moved(LOGITS, COUNTS, CREATED)
    assert found == pytest.approx(0.8165 * 0.5 * np.array([0.5176, -0.7071, 0.1895]), abs=1e-3)


def test_freshness_worked_by_hand():
    found = Influence(freshness=1.0).moved(LOGITS, COUNTS, CREATED)
    assert found == pytest.approx(0.8165 * 0.5 * np.array([0.5176, 1.4142, -1.9319]), abs=1e-3)


def test_what_is_impossible_stays_impossible():
    found = Influence(0.5, 0.5).moved(np.array([1.0, -np.inf, 0.0]), COUNTS, CREATED)
    assert np.isneginf(found[1])
    assert np.isfinite(found[[0, 2]]).all()


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9), st.floats(0.05, 0.1))
def test_the_first_places_get_no_less_popular_with_more_weight(seed, weight, more):
    rng = np.random.default_rng(seed)
    logits, counts, created = rng.normal(size=40), rng.integers(0, 1000, 40), rng.integers(0, 10**6, 40)

    def agreement(share):
        # how far the order agrees with popularity as a whole, which is what the weight is about
        return np.corrcoef(Influence(share).moved(logits, counts, created), np.log1p(counts))[0, 1]

    assert agreement(weight + more) >= agreement(weight) - 1e-9
