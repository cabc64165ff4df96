"""Precision of actions: how often is a recommended action taken?"""

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean
from typing import TypeVar

T = TypeVar("T")


def action_precision(pairs: Iterable[tuple[Sequence[T], Collection[T]]]) -> float:
    """Mean over actions of ``users who were recommended the action and took it / users who were recommended it``.

    ``pairs`` are (recommended, taken) of each test user. Actions that nobody was recommended are left out; 0 where
    nothing was recommended. Source: guide, evaluating a solution version; an action recommended to 100 users of whom
    60 took it has 0.60.
    """
    recommended: dict[T, int] = {}
    right: dict[T, int] = {}
    for shown, taken in pairs:
        for action in set(shown):
            recommended[action] = recommended.get(action, 0) + 1
            right[action] = right.get(action, 0) + (action in taken)
    return fmean(right[action] / count for action, count in recommended.items()) if recommended else 0.0
