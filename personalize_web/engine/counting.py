"""What follows what, counted: the simple models beside the learned one, and how they are asked.

A counting model is a sparse matrix [items, items] in three arrays. A query is the user's newest items with weights
that fall with age; its scores are the weighted sum of their rows, shared out to sum 1 (or their weighted mean), and
enter a blend as ``log(1 + items * share)``, which is 0 for every item the model says nothing about.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Query:
    """How a counting model is asked."""

    depth: int
    """Newest events that ask."""
    decay: float
    """Weight of an event by its distance from the newest, to the power of that distance."""
    mixed: bool = False
    """Rows are shares of a whole that the model may know a part of: they are averaged, not shared out anew."""


QUERIES: Mapping[str, Query] = {
    "following": Query(10, 0.8),
    "next": Query(1, 1.0),
    "preceding": Query(10, 0.8),
    "together": Query(20, 0.8),
    "linear": Query(20, 0.9),
    "content": Query(20, 0.8, mixed=True),
    "kindred": Query(10, 0.8, mixed=True),
}
"""Counting model -> its query. following: what comes within ten events; next: what comes at once; preceding: the same
as following, read backwards; together: cosine of the users two items share; linear: what comes
next, by regression on what came before. Of items without interactions alone: content: likeness of metadata; kindred:
what follows, by their neighbours."""


@dataclass(frozen=True)
class Counted:
    """One counting model: row i is ``columns[starts[i]:starts[i+1]]`` with ``values`` alongside."""

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]

    def scores(self, newest: NDArray[np.int64], query: Query) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Items and their blend features for a history given newest first, in no order; items not listed
        have 0."""
        asked = newest[: query.depth]
        begins, ends = self.starts[asked], self.starts[asked + 1]
        if not (ends > begins).any():
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        spans = list(map(slice, begins.tolist(), ends.tolist()))
        weights = query.decay ** np.arange(len(asked))
        columns = np.concatenate([self.columns[span] for span in spans])
        values = np.concatenate([self.values[span] for span in spans]) * np.repeat(weights, ends - begins)
        items = len(self.starts) - 1
        found, summed = _summed(columns, values, items)
        whole = weights.sum() if query.mixed else summed.sum()
        return found, np.log1p(items * summed / whole).astype(np.float32)


def _summed(
    columns: NDArray[np.int32], values: NDArray[np.float64], items: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Each column once, and the sum of its values; takes as long as there are entries, however many items are."""
    order = np.arange(len(columns), dtype=np.int32)
    place = np.empty(items, np.int32)  # only what is written here is read
    place[columns] = order
    own = place[columns]  # one number for all entries of a column
    first = np.flatnonzero(own == order)
    summed = np.bincount(own, weights=values, minlength=len(columns)).astype(np.float64, copy=False)
    return columns[first], summed[first]


def seen_features(newest: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The items of a history given newest first, and what decides whether they come back.

    Features [items, 3]: 1; log of how often; log(1 + events since).
    """
    items, first, counts = np.unique(newest, return_index=True, return_counts=True)
    return items, np.stack([np.ones(len(items)), np.log(counts), np.log1p(first)], axis=1)
