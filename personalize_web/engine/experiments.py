"""Comparing variants: who gets which, how sure a difference is, and how many users it takes to see one.

Sources: Newcombe, "Interval estimation for the difference between independent proportions" (1998); Welch, "The
generalization of Student's problem" (1947); Holm, "A simple sequentially rejective multiple test procedure" (1979).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from scipy import stats

BUCKETS = 10_000
MISMATCH = 0.001
"""Below this probability the numbers of users do not fit the shares: something sorts users before they are counted."""


@dataclass(frozen=True)
class Sample:
    """What the users of one variant did: how many there are, the sum of their outcomes, and the sum of the squares."""

    users: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Of the users' outcomes; 0 without users."""
        return self.total / self.users if self.users else 0.0

    @property
    def variance(self) -> float:
        """Of the users' outcomes, unbiased; 0 for fewer than two."""
        if self.users < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.users) / (self.users - 1))


@dataclass(frozen=True)
class Difference:
    """A variant against the control."""

    absolute: float
    """Mean of the variant less mean of the control."""
    low: float
    """Ends of the confidence interval of ``absolute``; both NaN where there are too few users to say anything."""
    high: float
    p_value: float
    """Probability of a difference at least as large if there were none, two-sided; NaN likewise."""
    lift: float
    """``absolute`` as a share of the control's mean; NaN where that is 0."""

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return not math.isnan(self.low) and (self.low > 0 or self.high < 0)


def assigned(salt: str, user_id: str, shares: Sequence[int], audience: int = 100) -> int | None:
    """The place of the variant that a user gets, always the same one; None outside the audience.

    ``shares`` are in proportion to one another, ``audience`` is per cent of all users. Who is in the audience and who
    gets what are drawn apart, so that a larger audience keeps everybody's variant.
    """
    if _bucket(f"{salt}:audience", user_id) >= audience * BUCKETS // 100:
        return None
    place = _bucket(salt, user_id) * sum(shares) / BUCKETS
    for number, share in enumerate(shares):
        place -= share
        if place < 0:
            return number
    return len(shares) - 1


def _bucket(salt: str, user_id: str) -> int:
    digest = blake2b(f"{salt}:{user_id}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % BUCKETS


def compare_shares(control: Sample, variant: Sample, *, confidence: float = 0.95) -> Difference:
    """Two shares of users, each a total of zeros and ones: Newcombe's interval and the pooled z-test."""
    if not control.users or not variant.users:
        return _unknown(control, variant)
    (first, second), counts = (control.mean, variant.mean), (control.users, variant.users)
    (low1, high1), (low2, high2) = (
        stats.binomtest(round(each.total), each.users).proportion_ci(confidence, method="wilson")
        for each in (control, variant)
    )
    difference = second - first
    low = difference - math.hypot(second - low2, high1 - first)
    high = difference + math.hypot(high2 - second, first - low1)
    pooled = (control.total + variant.total) / sum(counts)
    spread = math.sqrt(pooled * (1 - pooled) * sum(1 / count for count in counts))
    p_value = 2 * float(stats.norm.sf(abs(difference) / spread)) if spread else 1.0
    return Difference(difference, low, high, p_value, _lift(difference, first))


def compare_means(control: Sample, variant: Sample, *, confidence: float = 0.95) -> Difference:
    """Two means over users: Welch's interval and test."""
    if control.users < 2 or variant.users < 2:
        return _unknown(control, variant)
    difference = variant.mean - control.mean
    parts = [each.variance / each.users for each in (control, variant)]
    error = math.sqrt(sum(parts))
    if not error:
        return Difference(difference, difference, difference, 0.0 if difference else 1.0,
                          _lift(difference, control.mean))
    freedom = sum(parts) ** 2 / sum(
        part**2 / (each.users - 1) for part, each in zip(parts, (control, variant), strict=True))
    half = error * float(stats.t.ppf((1 + confidence) / 2, freedom))
    p_value = 2 * float(stats.t.sf(abs(difference) / error, freedom))
    return Difference(difference, difference - half, difference + half, p_value, _lift(difference, control.mean))


def _unknown(control: Sample, variant: Sample) -> Difference:
    difference = variant.mean - control.mean
    return Difference(difference, math.nan, math.nan, math.nan, _lift(difference, control.mean))


def _lift(difference: float, base: float) -> float:
    return difference / base if base else math.nan


def corrected(p_values: Sequence[float]) -> list[float]:
    """Holm's correction of several tests of one control, in the same order; NaN stays."""
    known = [place for place, value in enumerate(p_values) if not math.isnan(value)]
    found, least = list(p_values), 0.0
    for rank, place in enumerate(sorted(known, key=lambda each: p_values[each])):
        least = max(least, min(1.0, (len(known) - rank) * p_values[place]))
        found[place] = least
    return found


def mismatch(users: Sequence[int], shares: Sequence[int]) -> float:
    """Probability of numbers of users as far from their shares as these (chi-square); 1 without users."""
    if not sum(users):
        return 1.0
    expected = np.array(shares, float) * sum(users) / sum(shares)
    return float(stats.chisquare(users, expected).pvalue)


def users_for_share(base: float, lift: float, *, power: float = 0.8, confidence: float = 0.95) -> int:
    """Users of each variant that it takes to see a share grow from ``base`` by ``lift`` (0.1: by a tenth of it)."""
    changed = base * (1 + lift)
    if not 0 < base < 1 or not 0 < changed < 1 or not lift:
        raise ValueError("the shares before and after must lie between 0 and 1, and differ")
    mean = (base + changed) / 2
    alpha, beta = _quantiles(power, confidence)
    both = math.sqrt(base * (1 - base) + changed * (1 - changed))
    return math.ceil(((alpha * math.sqrt(2 * mean * (1 - mean)) + beta * both) / (changed - base)) ** 2)


def users_for_mean(mean: float, deviation: float, lift: float, *, power: float = 0.8, confidence: float = 0.95) -> int:
    """Users of each variant that it takes to see a mean grow by ``lift``, where users differ by ``deviation``."""
    if deviation <= 0 or not mean or not lift:
        raise ValueError("the deviation must be above 0, and the mean and the lift not 0")
    return math.ceil(2 * (sum(_quantiles(power, confidence)) * deviation / (mean * lift)) ** 2)


def _quantiles(power: float, confidence: float) -> tuple[float, float]:
    return float(stats.norm.ppf((1 + confidence) / 2)), float(stats.norm.ppf(power))
