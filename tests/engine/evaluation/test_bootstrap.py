"""Intervals by hand, beside SciPy's, and by property."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from personalize_web.engine.evaluation.bootstrap import interval, resampled

values = st.lists(st.floats(0, 1), min_size=2, max_size=30)


def test_two_users_by_hand():
    """Of users with 0 and 1 the means are 0, 0.5 and 1, with chances of 1/4, 1/2 and 1/4."""
    means = resampled(np.array([[0.0], [1.0]]), resamples=4000)
    found, counts = np.unique(means, return_counts=True)
    assert found.tolist() == [0.0, 0.5, 1.0]
    assert counts / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)
    assert interval(means).tolist() == [[0.0, 1.0]]
    assert interval(means, confidence=0.4).tolist() == [[0.5, 0.5]]


def test_intervals_are_those_of_scipy():
    sample = np.random.default_rng(5).beta(1, 6, 400)
    expected = stats.bootstrap((sample,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    found = interval(resampled(sample[:, None], resamples=4000))[0]
    assert found == pytest.approx([expected.low, expected.high], abs=0.0015)


def test_the_same_seed_draws_the_same_users_for_every_metric():
    sample = np.random.default_rng(5).random(50)
    means = resampled(np.stack([sample, 2 * sample], axis=1), seed=3)
    assert means[:, 1] == pytest.approx(2 * means[:, 0])
    assert resampled(sample[:, None], seed=3)[:, 0] == pytest.approx(means[:, 0])
    assert not np.array_equal(resampled(sample[:, None], seed=4)[:, 0], means[:, 0])


def test_blocks_change_nothing(monkeypatch):
    sample = np.random.default_rng(5).random((50, 2))
    whole = resampled(sample, resamples=40)
    monkeypatch.setattr("personalize_web.engine.evaluation.bootstrap._DRAWS", 150)
    assert resampled(sample, resamples=40) == pytest.approx(whole)


def test_what_says_nothing_counts_for_nobody():
    sample = np.array([[0.5, 1.0], [np.nan, 0.0], [0.5, 1.0]])
    found = interval(resampled(sample))
    assert found[0].tolist() == [0.5, 0.5]
    assert found[1].tolist() == [0.0, 1.0]


def test_without_users_there_is_no_interval():
    assert np.isnan(interval(resampled(np.zeros((0, 2))))).all()


@given(values)
@settings(max_examples=30)
def test_an_interval_lies_within_the_values(found):
    sample = np.array(found)[:, None]
    low, high = interval(resampled(sample, resamples=200))[0]
    assert min(found) - 1e-12 <= low <= high <= max(found) + 1e-12
