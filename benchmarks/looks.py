"""Looks at a validation figure while a model learns: accuracy over processor seconds, and when to stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Histories:
    """Users' items, oldest first; arrays alone, so that they travel to another process."""

    starts: NDArray[np.int64]
    """[U + 1]: where each user's items begin."""
    item: NDArray[np.int64]
    """[events]: item rows."""
    items: int
    """Items of the catalogue, N."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, user: int) -> NDArray[np.int64]:
        return self.item[self.starts[user]:self.starts[user + 1]]


def ndcg(scores: NDArray, histories: Histories, users: NDArray, targets: NDArray) -> float:
    """Mean NDCG@10 of the users' targets among the items they do not have yet, scores [U, N]."""
    gains = []
    for user, target in zip(users, targets, strict=True):
        own = histories[user]
        if target in own:
            continue
        row = np.array(scores[user], np.float64)
        row[own] = -np.inf
        rank = int((row > row[target]).sum())
        gains.append(1 / np.log2(rank + 2) if rank < 10 else 0.0)
    return float(np.mean(gains))


@dataclass
class Looks:
    """What was seen; the clock stands still while one looks."""

    budget: float
    """Processor seconds, all threads together."""
    patience: int
    """Looks without a better figure before learning ends."""
    curve: list[tuple[float, float]] = field(default_factory=list)
    """(processor seconds of learning, NDCG@10 on validation) of each look."""
    looked: float = 0.0
    began: float = field(default_factory=time.process_time)

    @property
    def seconds(self) -> float:
        """Processor seconds spent on learning."""
        return time.process_time() - self.began - self.looked

    def look(self, figure: Callable[[], float]) -> bool:
        """Take a look; whether it is the best so far."""
        seconds, began = self.seconds, time.process_time()
        best = max((value for _, value in self.curve), default=-1.0)
        self.curve.append((seconds, figure()))
        self.looked += time.process_time() - began
        return self.curve[-1][1] > best

    @property
    def best(self) -> int:
        """Place of the best look."""
        return int(np.argmax([value for _, value in self.curve]))

    @property
    def over(self) -> bool:
        """Whether time or patience is at its end."""
        return self.seconds >= self.budget or (bool(self.curve) and len(self.curve) - 1 - self.best >= self.patience)


def reaches(curve: list[tuple[float, float]], figure: float) -> float:
    """Processor seconds until a curve first reaches a figure; infinite where it never does."""
    return min((seconds for seconds, value in curve if value >= figure), default=float("inf"))
