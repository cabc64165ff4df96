"""Reciprocal rank: how far down is the first relevant item?"""

from collections.abc import Collection, Sequence
from typing import TypeVar

T = TypeVar("T")


def reciprocal_rank(recommended: Sequence[T], relevant: Collection[T], k: int) -> float:
    """``1 / place of the first relevant item`` within the first k places (from 1), 0 where there is none."""
    for place, item in enumerate(recommended[:k], start=1):
        if item in relevant:
            return 1 / place
    return 0.0
