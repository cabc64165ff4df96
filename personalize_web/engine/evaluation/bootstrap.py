"""How sure a figure is: percentile bootstrap over users, or over whatever else was asked one by one.

Follows Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13: users are drawn again with
replacement, and the interval lies between the quantiles of the figures of the draws.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
CONFIDENCE = 0.95
_DRAWS = 2_000_000
"""Users drawn at once: what bounds the memory."""

Figures = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""How often each of U users counts, in each of B draws [B, U] -> K figures of each draw [B, K]; NaN says nothing."""


def means_of(values: NDArray[np.floating]) -> Figures:
    """The means over users of ``values`` [U, K]; NaN counts for no user."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0).astype(np.float64)
    weights = known.astype(np.float64)

    def figures(times: NDArray[np.float64]) -> NDArray[np.float64]:
        size = times.sum(axis=1, keepdims=True) if known.all() else times @ weights
        with np.errstate(invalid="ignore"):
            return times @ filled / size

    return figures


def once(figures: Figures, users: int) -> NDArray[np.float64]:
    """[K]: the figures of the users as they are; NaN without any."""
    return figures(np.ones((1, users)))[0]


def drawn(
    figures: Figures, users: int, *, seed: int = 0, resamples: int = RESAMPLES, width: int = 0
) -> NDArray[np.float64]:
    """[resamples, K]: the figures of each resample of the users; NaN without any.

    The same seed draws the same users, whatever the figures are. ``width`` is how many numbers the figures hold for
    each draw, where that is more than the users.
    """
    if not users:
        return np.full((resamples, len(once(figures, 0))), np.nan)
    found = []
    rng = np.random.default_rng(seed)
    block = max(1, _DRAWS // max(users, width))
    for begin in range(0, resamples, block):
        count = min(block, resamples - begin)
        chosen = rng.integers(0, users, (count, users)) + np.arange(count)[:, None] * users
        times = np.bincount(chosen.ravel(), minlength=count * users).reshape(count, users).astype(np.float64)
        found.append(figures(times))
    return np.concatenate(found)


def resampled(values: NDArray[np.floating], *, seed: int = 0, resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """[resamples, K]: means over the users of each resample of ``values`` [U, K]; NaN counts for no user."""
    return drawn(means_of(values), len(values), seed=seed, resamples=resamples)


def interval(means: NDArray[np.float64], confidence: float = CONFIDENCE) -> NDArray[np.float64]:
    """[K, 2]: between which values the middle ``confidence`` of resampled ``means`` [resamples, K] lies.

    NaN where no resample says anything.
    """
    found = np.full((means.shape[1], 2), np.nan)
    told = np.isfinite(means).any(axis=0)
    tail = (1 - confidence) / 2
    if told.any():
        found[told] = np.nanquantile(means[:, told], [tail, 1 - tail], axis=0).T
    return found
