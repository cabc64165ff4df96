"""Which places of an answer go to young items, and which young items take them.

Follows contextual bandits with randomised scores (Chapelle and Li, "An Empirical Evaluation of Thompson Sampling",
2011): what is little known and was rarely shown is drawn more often.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MANAGED_LEAST, MANAGED_MOST = 0.05, 0.2
"""Bounds of the weight where it is managed: as large as the share of young items, within these."""
DAY = 86400


@dataclass(frozen=True)
class Pool:
    """Young items that may be explored, with what the draw depends on; all arrays alike long."""

    rows: NDArray[np.int64]
    logits: NDArray[np.floating]
    """Relevance."""
    interactions: NDArray[np.int64]
    impressions: NDArray[np.int64]
    """How often shown to anybody."""
    ignored: NDArray[np.int64]
    """How often shown to this user without being chosen."""


def managed_weight(young: int, items: int) -> float:
    """The weight of a recipe that manages exploration itself."""
    return min(MANAGED_MOST, max(MANAGED_LEAST, young / items)) if young and items else 0.0


def young_items(created: NDArray[np.int64], latest: int, cut_off_days: float) -> NDArray[np.int64]:
    """Rows of items created at most ``cut_off_days`` before the newest training event."""
    return np.flatnonzero(np.asarray(created) >= latest - cut_off_days * DAY)


@dataclass(frozen=True)
class Young:
    """The young items of a model, which change with the model alone."""

    number: int
    """Of all young items."""
    rows: NDArray[np.int64]
    """Those that may be explored, ascending."""
    interactions: NDArray[np.int64]
    """Theirs."""

    @classmethod
    def of(cls, rows: NDArray[np.int64], explorable: NDArray[np.bool_], interactions: NDArray) -> "Young":
        """Of the rows of all young items, and what is known of every item by row."""
        may = rows[explorable[rows]]
        return cls(len(rows), may, np.asarray(interactions)[may])

    def without(
        self, blocked: NDArray[np.bool_] | None, taken: Sequence[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and interactions of those that are neither blocked, by item row, nor taken."""
        may = np.ones(len(self.rows), bool) if blocked is None else ~blocked[self.rows]
        may[places_of(self.rows, np.asarray(taken, np.int64))[0]] = False
        return (self.rows, self.interactions) if may.all() else (self.rows[may], self.interactions[may])


def places_of(rows: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the wanted stand among the rows, which ascend, and which of them do."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(len(wanted), bool)
    places = np.minimum(np.searchsorted(rows, wanted), len(rows) - 1)
    found = rows[places] == wanted
    return places[found], found


def draw(pool: Pool, most: int, rng: np.random.Generator) -> list[int]:
    """Up to ``most`` places of the pool, without replacement, the likeliest drawn first."""
    count = len(pool.rows)
    if not count or most <= 0:
        return []
    # in single precision: of a million young items a draw would else take longer than their relevance
    interactions = pool.interactions.astype(np.float32)
    drawn = rng.standard_normal(count, dtype=np.float32)
    drawn /= np.sqrt(1 + interactions)
    drawn += pool.logits
    drawn -= np.float32(0.5) * (np.log1p(interactions) + np.log1p(pool.impressions.astype(np.float32)))
    drawn += np.float32(np.log(0.5)) * pool.ignored
    # the logarithm of an exponential draw, taken away, is a Gumbel draw; single precision can draw 0
    drawn -= np.log(np.maximum(rng.standard_exponential(count, dtype=np.float32), np.finfo(np.float32).tiny))
    best = np.argpartition(drawn, count - most)[count - most :] if most < count else np.arange(count)
    return [int(each) for each in best[np.argsort(-drawn[best], kind="stable")]]


def mixed(
    ranked: Sequence[int],
    logits: Mapping[int, float] | NDArray,
    pool: Pool,
    weight: float,
    places: int,
    rng: np.random.Generator,
) -> list[tuple[int, float, bool]]:
    """The answer's (row, logit, explored), at most ``places``.

    Each place explores with probability ``weight``; the others keep the order of ``ranked``, whose ``logits`` are
    given by row. An explored item takes the mean logit of the relevant items around it, so that the list stays sorted.
    """
    explores = rng.random(places) < weight
    explored = [int(pool.rows[each]) for each in draw(pool, int(explores.sum()), rng)]
    taken = set(explored)
    relevant = [row for row in ranked if row not in taken]
    answer: list[tuple[int, float, bool]] = []
    for place in range(places):
        if explores[place] and explored:
            around = [float(logits[row]) for row in relevant[:1]]
            if answer:
                around.append(answer[-1][1])
            answer.append((explored.pop(0), sum(around) / len(around) if around else 0.0, True))
        elif relevant:
            row = relevant.pop(0)
            answer.append((row, float(logits[row]), False))
        elif explored:
            answer.append((explored.pop(0), answer[-1][1] if answer else 0.0, True))
    return answer
