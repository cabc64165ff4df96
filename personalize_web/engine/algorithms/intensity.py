"""How much users will do within a month, learned from what they did after earlier moments."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.dataset import Dataset

DAY = 86400
MONTH = 30 * DAY
"""Seconds that an intensity speaks of."""
WINDOWS = (1, 7, 30, 90)
"""Days before a moment within which events are counted."""
EACH = 4000
"""Most users that are looked at for one choice of moments."""
BEHIND = (1.0, 1.5, 2.5)
"""How many horizons before the newest event lie the moments at which everybody is looked at together."""
OWN = 2
"""How often users are looked at right after an event of their own."""
LEAST = 50
"""Fewer examples teach nothing: then what was done so far is what is expected."""

States = Callable[[Dataset], NDArray[np.float32]]
"""Histories -> the network's state after each, [users, d]."""


def habits(dataset: Dataset, moments: NDArray[np.int64]) -> NDArray[np.float32]:
    """What is known at each user's moment, [users, 7]: logarithms of how many events there were, in all and of late,
    and of the days since the last and the first. Events after the moment are not looked at."""
    users = len(dataset.user_ids)
    since = moments[dataset.user] - dataset.timestamp
    past = since >= 0
    found = [np.bincount(dataset.user[past], minlength=users)]
    found += [np.bincount(dataset.user[past & (since < days * DAY)], minlength=users) for days in WINDOWS]
    last, first = np.full(users, np.inf), np.zeros(users)
    np.minimum.at(last, dataset.user[past], since[past] / DAY)
    np.maximum.at(first, dataset.user[past], since[past] / DAY)
    return np.log1p(np.stack([*found, np.where(np.isfinite(last), last, 0.0), first], axis=1)).astype(np.float32)


def last_moments(dataset: Dataset) -> NDArray[np.int64]:
    """User -> the time of the newest own event."""
    return dataset.timestamp[dataset.starts[1:] - 1]


def horizon_of(dataset: Dataset) -> int:
    """Seconds after a moment within which events are counted: a month, or a quarter of the data's time span."""
    return max(1, min(MONTH, (dataset.latest - int(dataset.timestamp.min())) // 4))


class Habits:
    """A fitted head with the scale of what it reads."""

    def __init__(self, dataset: Dataset, states: States, seed: int) -> None:
        self._head: Any = None
        horizon = horizon_of(dataset)
        looks = _moments(dataset, horizon, np.random.default_rng(seed))
        examples = [_example(dataset, moments, horizon, states) for moments in looks if (moments >= 0).any()]
        self._monthly = float(np.log(MONTH / horizon))
        if sum(len(counts) for *_, counts in examples) < LEAST:
            return
        import torch

        from personalize_web.engine.nets.intensity import fitted

        known, reached, counts = (np.concatenate(each) for each in zip(*examples, strict=True))
        self._middle, self._spread = known.mean(0), known.std(0) + 1e-3
        self._state_spread = float(reached.std()) + 1e-6
        self._head = fitted(*(torch.from_numpy(each) for each in (
            (known - self._middle) / self._spread, reached / self._state_spread, counts)), seed=seed)

    def __call__(self, known: NDArray[np.float32], states: NDArray[np.float32]) -> NDArray[np.float32]:
        """habits [users, 7] and states [users, d] -> the logarithm of the events expected within a month, [users]."""
        if self._head is None:
            return known[:, 0].copy()
        import torch

        with torch.no_grad():
            rates = self._head(torch.from_numpy((known - self._middle) / self._spread),
                               torch.from_numpy(states / self._state_spread))
        return rates.numpy() + np.float32(self._monthly)


def _moments(dataset: Dataset, horizon: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """For each look the moment of every user, -1 for those who are not looked at."""
    users, last = len(dataset.user_ids), dataset.latest - horizon
    first = dataset.timestamp[dataset.starts[:-1]]
    looks = []
    for _ in range(OWN):
        early = dataset.timestamp <= last
        possible = np.bincount(dataset.user[early], minlength=users)
        chosen = dataset.starts[:-1] + (rng.random(users) * possible).astype(np.int64)
        looks.append(np.where(possible > 0, dataset.timestamp[np.minimum(chosen, len(dataset.item) - 1)], -1))
    for behind in BEHIND:
        moment = dataset.latest - int(behind * horizon)
        looks.append(np.where(first <= moment, moment, -1))
    for look in looks:
        present = np.flatnonzero(look >= 0)
        if len(present) > EACH:
            look[rng.permutation(present)[EACH:]] = -1
    return looks


def _example(dataset: Dataset, moments: NDArray[np.int64], horizon: int, states: States
             ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Habits, states and what came within the horizon, of the users that are looked at."""
    users = np.flatnonzero(moments >= 0)
    since = dataset.timestamp - moments[dataset.user]
    looked = moments[dataset.user] >= 0
    came = np.bincount(dataset.user[looked & (since > 0) & (since <= horizon)], minlength=len(moments))
    before = dataset.of_events(np.flatnonzero(looked & (since <= 0))).of_users(users)
    return habits(dataset, moments)[users], states(before), came[users].astype(np.float32)
