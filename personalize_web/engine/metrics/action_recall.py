"""Recall of actions: how many of those who take an action were recommended it?"""

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean
from typing import TypeVar

T = TypeVar("T")


def action_recall(pairs: Iterable[tuple[Sequence[T], Collection[T]]]) -> float:
    """Mean over actions of ``users who were recommended the action and took it / users who took it``.

    ``pairs`` are (recommended, taken) of each test user. Actions that nobody took are left out; 0 where nothing was
    taken. Source: guide, evaluating a solution version; an action that 100 users took and 50 of them were recommended
    has 0.50.
    """
    took: dict[T, int] = {}
    right: dict[T, int] = {}
    for shown, taken in pairs:
        for action in set(taken):
            took[action] = took.get(action, 0) + 1
            right[action] = right.get(action, 0) + (action in shown)
    return fmean(right[action] / count for action, count in took.items()) if took else 0.0
