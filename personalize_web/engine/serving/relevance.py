"""How relevant items are to one request: of as many as are asked for, and no more is worked out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.coarse import FILE, Coarse
from personalize_web.engine.counting import QUERIES, Counted, seen_features
from personalize_web.engine.serving.best import largest_bound

DEEPEST = max(query.depth for query in QUERIES.values())
_ROUNDING = 2.0**-19
"""More than single precision rounds away in a sum of a few numbers, as a share of the largest of them."""


class Scorer:
    """What the requests of a sequence model share: its network's item vectors and what was counted."""

    def __init__(self, arrays: Mapping[str, NDArray], blend: Mapping[str, Any], coarse: Coarse | None) -> None:
        """``coarse`` is None for a model that was trained before there was one: it reads all vectors instead."""
        self.vectors, self.bias, self.trend = arrays["vectors"], arrays["bias"], arrays["trend"]
        self.coarse = coarse
        self.learned = np.float32(blend["learned"])
        self.of_seen = np.array(blend["seen"])
        self.counted = [
            (Counted(*(arrays[f"{name}_{part}"] for part in ("starts", "columns", "values"))), QUERIES[name], weight)
            for name, weight in blend["counted"].items()
            if weight
        ]
        # nothing is known but metadata and context: what users begin with, moved by what those two change
        self.at_first = arrays["starters"] - arrays["at_first"] + self.trend
        self.candidates: NDArray[np.bool_] = np.asarray(arrays["candidates"])
        self.number = int(self.candidates.sum())
        self.ceiling = np.where(self.candidates, np.float32(np.inf), np.float32(-np.inf))
        self.size = max(
            float(np.abs(self.at_first).max(initial=0)),
            float(np.abs(self.bias).max(initial=0)) + float(np.abs(self.trend).max(initial=0)),
        )

    def of_query(
        self, query: NDArray[np.float32], rows: NDArray[np.int64], products: NDArray[np.float32] | None = None
    ) -> "Relevance":
        """For what the network made of a history [d] of these item rows, oldest first.

        ``products`` [N] of the query and all vectors where they are known already; they are used up.
        """
        return Relevance(self, query, rows, products)


class Relevance:
    """What the network says, with what was counted, of one request's user, history and context."""

    def __init__(
        self, scorer: Scorer, query: NDArray[np.float32], rows: NDArray[np.int64], products: NDArray[np.float32] | None
    ) -> None:
        self._scorer = scorer
        self._query, self._products = (query * scorer.learned if len(rows) else query), products
        if products is not None and len(rows):
            products *= scorer.learned
        self._size = scorer.size
        self._added = self._counted(rows[::-1]) if len(rows) else scorer.at_first
        self._whole: NDArray[np.float32] | None = None
        self._first: dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}

    def of(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Of the items of these rows, [n]."""
        if self._whole is not None or self._products is not None:
            return self.all()[rows]
        # take is twice as fast as an index
        return self._scorer.vectors.take(rows, axis=0) @ self._query + self._added.take(rows)

    def all(self) -> NDArray[np.float32]:
        """Of every item by row, [N], also of those that only exploration may answer; not to be written to."""
        if self._whole is None:
            self._whole = self._scorer.vectors @ self._query if self._products is None else self._products
            self._whole += self._added
        return self._whole

    def first(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows of the ``most`` most relevant candidates, ascending, and how relevant each is."""
        if most not in self._first:
            self._first[most] = self._found(most)
        return self._first[most]

    def _found(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rows = self._possible(most)
        logits = self.of(rows)
        if len(rows) > most:
            kept = np.sort(np.argpartition(logits, len(rows) - most)[len(rows) - most :])
            rows, logits = rows[kept], logits[kept]
        return rows, logits

    def _possible(self, most: int) -> NDArray[np.int64]:
        """Rows of candidates, ascending, that hold the ``most`` most relevant ones."""
        scorer = self._scorer
        if scorer.number <= 2 * most:
            return np.flatnonzero(scorer.candidates)
        if scorer.coarse is None or self._whole is not None or self._products is not None:
            largest = np.minimum(self.all(), scorer.ceiling)
            bound = largest_bound(largest, most)
        else:
            products = scorer.coarse.products(self._query)
            least = products.least
            least += self._added
            np.minimum(least, scorer.ceiling, out=least)
            bound = largest_bound(least, most) - _ROUNDING * (products.size + self._size)
            largest = np.multiply(scorer.coarse.scale, np.float32(products.width))
            largest += least
        return np.flatnonzero(scorer.candidates if bound == -np.inf else largest >= bound)

    def _counted(self, newest: NDArray[np.int64]) -> NDArray[np.float32]:
        """What stands beside the network's word, [N], for a history of these rows, newest first."""
        scorer = self._scorer
        added = scorer.trend * np.float32(1 / (1 + len(newest)))
        added += scorer.bias
        for model, query, weight in scorer.counted:
            items, features = model.scores(newest[:DEEPEST], query)
            added[items] += np.float32(weight) * features
            self._size += abs(weight) * float(features.max(initial=0))
        seen, facts = seen_features(newest)
        more = (facts @ scorer.of_seen).astype(np.float32)
        added[seen] += more
        self._size += float(np.abs(more).max())
        return added


def coarse_of(artifact: Any, arrays: Mapping[str, NDArray]) -> Coarse | None:
    """The coarse vectors of a model; None for one that was trained before there were any."""
    return Coarse(arrays, artifact.path(FILE)) if "coarse" in arrays else None
