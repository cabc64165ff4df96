"""How sure a mean is: percentile bootstrap over users.

Follows Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13: users are drawn again with
replacement, and the interval lies between the quantiles of the means.
"""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
CONFIDENCE = 0.95
_DRAWS = 2_000_000
"""Users drawn at once: what bounds the memory."""


def resampled(values: NDArray[np.floating], *, seed: int = 0, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """[resamples, K]: means over the users of each resample of ``values`` [U, K]; NaN counts for no user.

    The same seed draws the same users, whatever the values are.
    """
    users, columns = values.shape
    found = np.full((resamples, columns), np.nan)
    if not users:
        return found
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0).astype(np.float64)
    weights = known.astype(np.float64)
    rng = np.random.default_rng(seed)
    block = max(1, _DRAWS // users)
    for begin in range(0, resamples, block):
        count = min(block, resamples - begin)
        drawn = rng.integers(0, users, (count, users)) + np.arange(count)[:, None] * users
        times = np.bincount(drawn.ravel(), minlength=count * users).reshape(count, users).astype(np.float64)
        size = np.full((count, columns), float(users)) if known.all() else times @ weights
        with np.errstate(invalid="ignore"):
            found[begin:begin + count] = times @ filled / size
    return found


def interval(means: NDArray[np.float64], confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """[K, 2]: between which values the middle ``confidence`` of resampled ``means`` [resamples, K] lies."""
    if not len(means) or np.isnan(means).all():
        return np.full((means.shape[1], 2), np.nan)
    tail = (1 - confidence) / 2
    return np.nanquantile(means, [tail, 1 - tail], axis=0).T
