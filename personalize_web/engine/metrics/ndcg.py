"""Normalised discounted cumulative gain: are the relevant items near the top?"""

from collections.abc import Collection, Sequence
from math import log2
from typing import TypeVar

T = TypeVar("T")


def normalized_discounted_cumulative_gain(recommended: Sequence[T], relevant: Collection[T], k: int) -> float:
    """``sum over places p <= k holding a relevant item of 1 / log(1 + p)``, over its best possible value.

    The best has relevant items in the first ``min(k, |relevant|)`` places. 0 where nothing is relevant.
    """
    gain = sum(1 / log2(place + 1) for place, item in enumerate(recommended[:k], start=1) if item in relevant)
    best = sum(1 / log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))
    return gain / best if best else 0.0
