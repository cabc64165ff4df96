"""Recall at the top: which part of those who really interacted did the first users of a segment catch?"""

from collections.abc import Collection, Sequence
from typing import TypeVar

T = TypeVar("T")


def recall_at_top(segment: Sequence[T], actual: Collection[T], k: int) -> float:
    """``number of actual users among the first k of the segment / number of actual users``; 0 where there are none."""
    return sum(user in actual for user in segment[:k]) / len(actual) if actual else 0.0
