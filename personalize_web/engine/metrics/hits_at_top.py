"""Hits at the top: how many of the first users of a segment really did interact?"""

from collections.abc import Collection, Sequence
from typing import TypeVar

T = TypeVar("T")


def hits_at_top(segment: Sequence[T], actual: Collection[T], k: int) -> int:
    """``number of users among the first k of the segment that are among the actual ones``; not bounded by 1.

    The guide's hit at K takes one per cent of all users for k (:func:`one_percent`).
    """
    return sum(user in actual for user in segment[:k])


def one_percent(users: int) -> int:
    """One per cent of so many users, rounded up; at least 1."""
    return max(1, -(-users // 100))
