"""Given lists put in order: what is known of every item of a list, and the small network that weighs it up.

Relevance alone does not know how a list came about. Where its items were drawn as they are popular, popularity says
nothing more; where they were drawn at random, it says much. So the network sees each item beside the mean of its list
(in the manner of Ai et al., "Learning a Deep Listwise Context Model for Ranking Refinement", 2018), and what it finds
is added to relevance. Learning is in :mod:`personalize_web.engine.algorithms.list_ranking`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.counting import QUERIES, Counted, seen_features

LONGEST = 500
"""Items that are put in order together, those of the greatest relevance: the most that a request may give."""
COUNTED = ("following", "next", "preceding", "together", "linear")
"""Counting models that are read."""
NEWEST = 10
"""Newest items of a history that an item is compared with."""
NAMES = (
    "relevance",
    "network",
    "base",
    *COUNTED,
    "popularity",
    "trend",
    "unused for",
    "age",
    "likeness",
    "numbers",
    "near the newest",
    "seen",
    "seen often",
    "seen before",
    "history",
    "popularity beside the newest",
    "age beside the newest",
)
"""What is known of an item, in the order of the features."""
FARTHEST = 5.0
"""Standard deviations at which a feature is cut."""
_DAY = 86400.0

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Catalogue:
    """What every item has before anybody asks; N items."""

    vectors: NDArray[np.float32]
    """[N, d]."""
    base: NDArray[np.float32]
    """[N]: the blend's bias."""
    popularity: NDArray[np.float32]
    """[N]: log(1 + interactions)."""
    trend: NDArray[np.float32]
    """[N]."""
    unused: NDArray[np.float32]
    """[N]: log(1 + days from the last interaction to the newest of all)."""
    age: NDArray[np.float32]
    """[N]: log(1 + days from the creation to the newest interaction of all)."""
    numbers: NDArray[np.float32]
    """[N, m]: numeric metadata, bent to a normal distribution, 0 where missing."""
    terms: Counted
    """Item -> its categories and words, weighted by rarity, rows of length 1."""

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray], latest: int) -> "Catalogue":
        """The catalogue in a model's arrays; ``latest`` is the time of the newest interaction."""
        terms = Counted(*(arrays[f"list_terms_{part}"] for part in ("starts", "columns", "values")))
        return cls(
            arrays["vectors"],
            arrays["bias"],
            np.log1p(np.asarray(arrays["interactions"]).astype(np.float32)),
            arrays["trend"],
            _days(latest, arrays["list_last"]),
            _days(latest, arrays["created"]),
            arrays["list_numbers"],
            terms,
        )

    def features(
        self,
        newest: NDArray[np.int64],
        query: NDArray[np.float32],
        items: NDArray[np.int64],
        relevance: NDArray,
        counted: Mapping[str, NDArray[np.float32]],
    ) -> Features:
        """[C, len(NAMES)] of ``items`` for one history given newest first.

        ``query`` [d] is what the network makes of the history, ``relevance`` [C] what the blend says, ``counted`` what
        each counting model says [C].
        """
        few = newest[:NEWEST]
        weights = (0.8 ** np.arange(len(few))).astype(np.float32)
        weights /= weights.sum()
        numbers = self.numbers[items] - weights @ self.numbers[few]
        last = self.vectors[newest[0]]
        found = [
            relevance,
            self.vectors[items] @ query,
            self.base[items],
            *(counted[name] for name in COUNTED),
            self.popularity[items],
            self.trend[items],
            self.unused[items],
            self.age[items],
            self._likeness(few, weights, items),
            np.abs(numbers).sum(axis=1),
            self.vectors[items] @ last,
            *_seen(newest, items).T,
            np.full(len(items), np.log1p(len(newest))),
            self.popularity[items] - weights @ self.popularity[few],
            self.age[items] - weights @ self.age[few],
        ]
        return np.stack(found, axis=1).astype(np.float32)

    def _likeness(
        self, few: NDArray[np.int64], weights: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """[C]: how alike the metadata of items are to those of a few, these weighted."""
        place, columns, values = _rows(self.terms, few)
        terms, own = np.unique(columns, return_inverse=True)
        profile = np.bincount(own, weights=values * weights[place], minlength=len(terms))
        place, columns, values = _rows(self.terms, items)
        if not len(terms) or not len(columns):
            return np.zeros(len(items))
        at = np.minimum(np.searchsorted(terms, columns), len(terms) - 1)
        shared = np.where(terms[at] == columns, values * profile[at], 0.0)
        return np.bincount(place, weights=shared, minlength=len(items)).astype(np.float64)


def blended(
    blend: Mapping[str, Any],
    network: NDArray[np.float32],
    base: NDArray[np.float32],
    counted: Mapping[str, NDArray[np.float32]],
    newest: NDArray[np.int64],
    items: NDArray[np.int64],
) -> NDArray[np.float32]:
    """[C]: what the blend says of some items, for a history given newest first that is not empty.

    ``network`` [C] is what the network says of them, ``base`` [C] their bias, ``counted`` what counting models say [C].
    """
    found = np.float32(blend["learned"]) * network + base
    for name, weight in blend["counted"].items():
        if weight:
            found += np.float32(weight) * counted[name]
    return found + (_seen(newest, items) @ np.array(blend["seen"])).astype(np.float32)


def _seen(newest: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float64]:
    """[C, 3]: :func:`~personalize_web.engine.counting.seen_features` of some items, 0 for those not in the history."""
    seen, facts = seen_features(newest)
    place = np.minimum(np.searchsorted(seen, items), len(seen) - 1)
    return np.where((seen[place] == items)[:, None], facts[place], 0.0)


def counted_of(model: Counted, name: str, newest: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
    """What a counting model says of some items, [C], for a history given newest first."""
    listed, values = model.scores(newest, QUERIES[name])
    whole = np.zeros(max(len(model.starts) - 1, int(items.max(initial=-1)) + 1), np.float32)
    whole[listed] = values
    return whole[items]


@dataclass(frozen=True)
class ListRanker:
    """Several small networks, each an opinion; their mean moves relevance."""

    mean: Features
    """[K]: of each feature, over what was learned from."""
    scale: Features
    """[K]: standard deviations."""
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]
    """Weights [F, in, out] and offsets [F, 1, out] of each layer of F networks; all but the last are rectified."""

    def scores(self, features: Features) -> NDArray[np.float64]:
        """[C]: what the items of one list are put in order by, the largest first."""
        state = beside_list((features - self.mean) / self.scale)[None]
        for place, (weights, offset) in enumerate(self.layers):
            state = state @ weights + offset  # [F, C, out]
            if place < len(self.layers) - 1:
                np.maximum(state, 0, out=state)
        return features[:, 0].astype(np.float64) + state[:, :, 0].mean(axis=0)

    def arrays(self) -> dict[str, NDArray]:
        """All it takes to make it again."""
        found: dict[str, NDArray] = {"list_mean": self.mean, "list_scale": self.scale}
        for place, (weights, offset) in enumerate(self.layers):
            found |= {f"list_weights{place}": weights, f"list_offset{place}": offset}
        return found

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray]) -> "ListRanker":
        """The ranker kept by :meth:`arrays`."""
        count = sum(name.startswith("list_weights") for name in arrays)
        return cls(
            arrays["list_mean"],
            arrays["list_scale"],
            tuple(
                (np.asarray(arrays[f"list_weights{place}"]), np.asarray(arrays[f"list_offset{place}"]))
                for place in range(count)
            ),
        )


def beside_list(standard: Any) -> Any:
    """[..., C, 2K]: standardised features [..., C, K], cut, and beside them the mean of their list."""
    cut = standard.clip(-FARTHEST, FARTHEST)
    together = np.broadcast_to(cut.mean(axis=-2, keepdims=True), cut.shape)
    return np.concatenate([cut, together], axis=-1).astype(np.float32)


def _days(latest: int, moments: NDArray) -> NDArray[np.float32]:
    return np.log1p(np.maximum(latest - np.asarray(moments).astype(np.float64), 0) / _DAY).astype(np.float32)


def _rows(model: Counted, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Of the entries of some rows: the place of the row among them, column and value."""
    begins, ends = np.asarray(model.starts)[items], np.asarray(model.starts)[items + 1]
    sizes = ends - begins
    place = np.repeat(np.arange(len(items)), sizes)
    entries = np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
    return place, model.columns[entries], model.values[entries]
