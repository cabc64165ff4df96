"""Hit rate: is anything relevant on the list at all?"""

from collections.abc import Collection, Sequence
from typing import TypeVar

T = TypeVar("T")


def hit_rate(recommended: Sequence[T], relevant: Collection[T], k: int) -> float:
    """1 where at least one of the first k places holds a relevant item, else 0."""
    return float(any(item in relevant for item in recommended[:k]))
