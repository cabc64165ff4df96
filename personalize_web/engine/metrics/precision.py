"""Precision: which part of the places holds relevant items?"""

from collections.abc import Collection, Sequence
from typing import TypeVar

T = TypeVar("T")


def precision(recommended: Sequence[T], relevant: Collection[T], k: int) -> float:
    """``number of relevant items among the first k places / k``; a shorter list is still divided by k."""
    return sum(item in relevant for item in recommended[:k]) / k
