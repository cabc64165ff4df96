"""How much one version differs from another, and whether that may be chance."""

from dataclasses import dataclass

import numpy as np

from personalize_web.engine.evaluation.bootstrap import interval, resampled
from personalize_web.engine.evaluation.keeping import Kept


@dataclass(frozen=True)
class Difference:
    """Of one metric: second minus first."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Comparison:
    """Differences of the metrics that both versions have."""

    paired: bool
    """Both were asked by the same test users: each user's difference counts, which says more with as few users."""
    users: tuple[int, int]
    """Test users of the first and of the second."""
    differences: dict[str, Difference]


def compare(first: Kept, second: Kept, *, seed: int = 0) -> Comparison:
    """``second`` minus ``first``, with percentile-bootstrap intervals over users.

    Paired where the test users are the same; otherwise each side is resampled on its own.
    """
    keys = [key for key in first.keys if key in second.keys]
    one, two = (each.values[:, [each.keys.index(key) for key in keys]] for each in (first, second))
    paired = np.array_equal(first.users, second.users)
    if paired:
        means = resampled(two - one, seed=seed)
        values = _means(two - one)
    else:
        means = resampled(two, seed=seed) - resampled(one, seed=seed + 1)
        values = _means(two) - _means(one)
    bounds = interval(means)
    return Comparison(paired, (len(first.users), len(second.users)), {
        key: Difference(float(value), float(low), float(high))
        for key, value, (low, high) in zip(keys, values, bounds, strict=True) if np.isfinite([value, low, high]).all()
    })


def _means(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    counts = known.sum(axis=0)
    return np.divide(np.where(known, values, 0).sum(axis=0), counts, out=np.full(values.shape[1], np.nan),
                     where=counts > 0)
