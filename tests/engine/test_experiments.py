"""Who gets which variant, and how sure a difference is."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personalize_web.engine.experiments import (
    Sample,
    assigned,
    compare_means,
    compare_shares,
    corrected,
    mismatch,
    users_for_mean,
    users_for_share,
)


def of(values):
    return Sample(len(values), float(np.sum(values)), float(np.square(values).sum()))


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_user_always_gets_the_same_variant(salt, user):
    assert assigned(salt, user, [50, 50]) == assigned(salt, user, [50, 50])


def test_shares_are_kept_to():
    counts = Counter(assigned("s", f"u{number}", [70, 20, 10]) for number in range(20_000))
    assert [counts[place] / 20_000 for place in range(3)] == pytest.approx([0.7, 0.2, 0.1], abs=0.01)


def test_a_larger_audience_keeps_everybodys_variant():
    small = {user: found for user in map(str, range(2000)) if (found := assigned("s", user, [1, 1], 30)) is not None}
    assert 500 < len(small) < 700
    assert all(assigned("s", user, [1, 1], 80) == found for user, found in small.items())


def test_another_experiment_sorts_users_anew():
    same = sum(assigned("a", str(user), [1, 1]) == assigned("b", str(user), [1, 1]) for user in range(4000))
    assert 1850 < same < 2150


def test_newcombes_own_example():
    # 56/70 against 48/80: difference 0.2, 95 % interval 0.0524 to 0.3339 (method 10 of his paper)
    found = compare_shares(Sample(80, 48, 48), Sample(70, 56, 56))
    assert (found.absolute, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert found.significant
    assert found.lift == pytest.approx(1 / 3)


def test_means_agree_with_scipys_welch():
    rng = np.random.default_rng(0)
    first, second = rng.normal(3, 1, 60), rng.normal(3.4, 2, 45)
    found, peer = compare_means(of(first), of(second)), stats.ttest_ind(second, first, equal_var=False)
    interval = peer.confidence_interval(0.95)
    assert found.p_value == pytest.approx(peer.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("compare", [compare_shares, compare_means])
def test_without_users_nothing_is_claimed(compare):
    found = compare(Sample(0, 0, 0), Sample(10, 5, 5))
    assert math.isnan(found.p_value)
    assert not found.significant


@pytest.mark.parametrize("compare", [compare_shares, compare_means])
def test_without_a_difference_one_in_twenty_is_found(compare):
    rng = np.random.default_rng(1)
    found = [compare(of(rng.random(400) < 0.3), of(rng.random(400) < 0.3)).significant for _ in range(600)]
    assert 0.02 < np.mean(found) < 0.08


def test_holm_worked_by_hand():
    assert corrected([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert math.isnan(corrected([math.nan, 0.02])[0])
    assert corrected([math.nan, 0.02])[1] == pytest.approx(0.02)


def test_numbers_that_do_not_fit_the_shares_are_told():
    assert mismatch([5000, 5010], [50, 50]) > 0.5
    assert mismatch([5000, 5500], [50, 50]) < 0.001
    assert mismatch([0, 0], [50, 50]) == 1.0


def test_the_usual_number_for_a_tenth_more_of_ten_per_cent():
    assert users_for_share(0.10, 0.10) == 14751
    assert users_for_mean(10, 20, 0.1) == 6280


def test_so_many_users_find_the_difference_as_often_as_promised():
    count = users_for_share(0.2, 0.3)
    rng = np.random.default_rng(2)
    found = [compare_shares(of(rng.random(count) < 0.2), of(rng.random(count) < 0.26)).significant for _ in range(400)]
    assert 0.74 < np.mean(found) < 0.87


@pytest.mark.parametrize("base, lift", [(0, 0.1), (0.9, 0.2), (0.1, 0)])
def test_a_share_that_cannot_be_is_refused(base, lift):
    with pytest.raises(ValueError, match="between 0 and 1"):
        users_for_share(base, lift)
