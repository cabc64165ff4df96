"""How much to believe each model: weights that make held-out events most likely, and what it takes to come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from personalize_web.engine.algorithms.transitions import as_matrix
from personalize_web.engine.counting import QUERIES, Counted, seen_features

BEST, BEST_OF_EACH, DRAWN = 300, 60, 200
"""Items that weights are fitted on: the best of a first blend, the best of each model, and some at random."""
RETURN_BOUND = 12.0
"""Largest weight of a fact about a seen item."""


@dataclass(frozen=True)
class Blend:
    """Weights of the learned logits, of popularity, of each counting model, and of coming back to seen items."""

    learned: float
    popularity: float
    counted: Mapping[str, float]
    seen: tuple[float, float, float]
    """Weights of :func:`~personalize_web.engine.counting.seen_features`."""

    def relevance(self, held: "Slice", models: Mapping[str, Counted], items: NDArray[np.int64]) -> NDArray[np.float32]:
        """[V, items]: what the blend says of new items on held-out events."""
        found = self.learned * held.logits[:, items] + self.popularity * held.popularity[items]
        believed = {name: models[name] for name, weight in self.counted.items() if weight}
        for name, features in counted_features(believed, held.histories).items():
            found += self.counted[name] * features[:, items].toarray()
        return found

    def as_json(self) -> dict[str, Any]:
        """What serving reads."""
        return {
            "learned": self.learned,
            "popularity": self.popularity,
            "counted": dict(self.counted),
            "seen": list(self.seen),
        }


ALONE = Blend(1.0, 0.0, {}, (0.0, 0.0, 0.0))
"""What was learned, and nothing beside it."""


@dataclass(frozen=True)
class Slice:
    """Held-out events with all that is said about them."""

    logits: NDArray[np.float32]
    """Learned logits [V, N]; below -1e8 where an item cannot be answered."""
    popularity: NDArray[np.float32]
    """log(1 + interactions) [N]."""
    histories: Sequence[NDArray[np.int64]]
    """Items of each user, newest first."""
    targets: NDArray[np.int64]
    """[V]: what came next."""

    def first(self, count: int) -> "Slice":
        """The first events alone."""
        return Slice(self.logits[:count], self.popularity, self.histories[:count], self.targets[:count])


def counted_features(
    models: Mapping[str, Counted], histories: Sequence[NDArray[np.int64]]
) -> dict[str, sparse.csr_matrix]:
    """Model -> blend features [V, N]; row by row the same as :meth:`Counted.scores`."""
    found = {}
    for name, model in models.items():
        items, query = len(model.starts) - 1, QUERIES[name]
        rows = np.concatenate([np.full(min(len(each), query.depth), row) for row, each in enumerate(histories)])
        asked = np.concatenate([each[: query.depth] for each in histories])
        ages = np.concatenate([np.arange(min(len(each), query.depth)) for each in histories])
        weights = sparse.csr_matrix(
            (query.decay ** ages.astype(np.float32), (rows, asked)), shape=(len(histories), items)
        )
        scores = (weights @ as_matrix(model)).tocsr()
        sums = np.asarray((weights if query.mixed else scores).sum(axis=1)).ravel()
        scores = (sparse.diags(items / np.maximum(sums, 1e-12)) @ scores).tocsr()
        scores.data = np.log1p(scores.data).astype(np.float32)
        found[name] = scores
    return found


def choose(held: Slice, models: Mapping[str, Counted], seed: int) -> tuple[Blend, dict[str, Any]]:
    """The blend, and how every model and the blend did on the held-out events (NDCG@10).

    Weights of relevance are found on events whose item is new to the user, among new items; then what a seen item
    must overcome is found on all events. Each half is judged by weights fitted on the other; where a single model
    beats the blend, it is taken alone.
    """
    features = counted_features(models, held.histories)
    names = ["learned", "popularity", *features]
    gathered = [
        _gather(held, features, row, rng) for rng in [np.random.default_rng(seed)] for row in range(len(held.targets))
    ]
    fresh = [each for each in gathered if each.target >= 0]
    weights, scores = np.array([1.0, *[0.0] * (len(names) - 1)]), {}
    if len(fresh) >= 20:
        halves = Stacked.of(fresh[::2]), Stacked.of(fresh[1::2])
        for place, name in enumerate(names):
            scores[name] = _mean_ndcg(halves, [np.eye(len(names))[place]] * 2)
        scores["blend"] = _mean_ndcg(halves, [halves[1].fitted(), halves[0].fitted()])
        best = max(scores, key=lambda name: (scores[name], name == "blend"))
        weights = Stacked.of(fresh).fitted() if best == "blend" else np.eye(len(names))[names.index(best)]
    seen = _returning(gathered, weights)
    blend = Blend(
        float(weights[0]),
        float(weights[1]),
        {name: float(weight) for name, weight in zip(names[2:], weights[2:], strict=True)},
        seen,
    )
    return blend, {
        "validation events": len(held.targets),
        "of items new to the user": len(fresh),
        "validation ndcg_at_10": {name: round(score, 4) for name, score in scores.items()},
        "weights": {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)},
        "weights of seen items": [round(each, 3) for each in seen],
    }


@dataclass(frozen=True)
class _Gathered:
    """One held-out event with the items that matter to it."""

    features: NDArray[np.float32]
    """[C, K] of new items: the best of every model, and some drawn at random."""
    importance: NDArray[np.float32]
    """[C]: log of how many items each stands for."""
    target: int
    """Place of the event's item among them, -1 where the user has seen it."""
    seen_features: NDArray[np.float32]
    """[S, K] of the items of the history."""
    seen_facts: NDArray[np.float64]
    """[S, 3]."""
    seen_target: int
    """Place of the event's item among the seen ones, -1 where it is new."""


def _gather(held: Slice, features: Mapping[str, sparse.csr_matrix], row: int, rng: np.random.Generator) -> _Gathered:
    logits = held.logits[row]
    possible = logits > -1e8
    table = np.zeros((2 + len(features), len(logits)), np.float32)  # [K, N]
    table[0] = np.where(possible, logits, 0.0)
    table[1] = held.popularity
    seen, facts = seen_features(held.histories[row])
    new = possible.copy()
    new[seen] = False
    leading = []
    for place, each in enumerate(features.values(), start=2):
        items, values = (part[each.indptr[row] : each.indptr[row + 1]] for part in (each.indices, each.data))
        table[place, items] = values
        leading.append(items[_leaders(np.where(new[items], values, -np.inf), BEST_OF_EACH)])
    for score, count in (
        (_first_weights(len(table)) @ table, BEST),
        (logits, BEST_OF_EACH),
        (held.popularity, BEST_OF_EACH),
    ):
        leading.append(_leaders(np.where(new, score, -np.inf), count))
    target = held.targets[row]
    chosen = np.unique(np.concatenate([*leading, [target]] if new[target] else leading))
    chosen = chosen[new[chosen]]
    others = np.setdiff1d(rng.choice(len(logits), min(DRAWN, len(logits)), replace=False), chosen)
    others = others[new[others]]
    rest = max(0, int(new.sum()) - len(chosen))
    items = np.concatenate([chosen, others])
    importance = np.zeros(len(items), np.float32)
    if len(others):
        importance[len(chosen) :] = np.log(rest / len(others))
    own, again = np.flatnonzero(chosen == target), np.flatnonzero(seen == target)
    return _Gathered(
        table[:, items].T,
        importance,
        int(own[0]) if len(own) else -1,
        table[:, seen].T,
        facts,
        int(again[0]) if len(again) else -1,
    )


def _leaders(scores: NDArray, count: int) -> NDArray[np.int64]:
    return np.argpartition(-scores, count)[:count] if count < len(scores) else np.arange(len(scores))


def _first_weights(count: int) -> NDArray[np.float32]:
    return np.array([0.6, -0.2, *[0.3] * (count - 2)], np.float32)


@dataclass(frozen=True)
class Stacked:
    """Held-out events of new items as one table, padded."""

    features: NDArray[np.float32]
    """[V, C, K]."""
    importance: NDArray[np.float32]
    """[V, C], -inf where padded."""
    targets: NDArray[np.int64]

    @classmethod
    def of(cls, events: Sequence[_Gathered]) -> "Stacked":
        longest = max(len(each.importance) for each in events)
        features = np.zeros((len(events), longest, events[0].features.shape[1]), np.float32)
        importance = np.full((len(events), longest), -np.inf, np.float32)
        for place, each in enumerate(events):
            features[place, : len(each.features)] = each.features
            importance[place, : len(each.importance)] = each.importance
        return cls(features, importance, np.array([each.target for each in events]))

    def fitted(self, least: Sequence[float] | None = None) -> NDArray[np.float64]:
        """Weights of the greatest likelihood, none below ``least`` (0 by default); popularity's is free."""
        count, width = self.features.shape[0], self.features.shape[2]
        own = self.features[np.arange(count), self.targets].astype(np.float64)  # [V, K]

        def loss(weights: NDArray) -> tuple[float, NDArray]:
            logits = self.features @ weights.astype(np.float32) + self.importance
            top = logits.max(axis=1, keepdims=True)
            chances = np.exp(logits - top)
            sums = chances.sum(axis=1, keepdims=True)
            expected = np.einsum("vc,vck->k", chances / sums, self.features, optimize=True)
            value = float((top + np.log(sums)).sum() - (own @ weights).sum())
            return value / count + 5e-4 * float(weights @ weights), (expected - own.sum(0)) / count + 1e-3 * weights

        bounds: list[tuple[float | None, None]] = [(each, None) for each in (least or [0.0] * width)]
        bounds[1] = (None, None)
        return minimize(
            loss,
            _first_weights(width).astype(np.float64),
            jac=True,
            bounds=bounds,
            method="L-BFGS-B",
            options={"maxiter": 50},
        ).x

    def gains(self, weights: NDArray) -> NDArray[np.float64]:
        """NDCG@10 of each event; items drawn at random count as themselves."""
        logits = np.where(np.isfinite(self.importance), self.features @ weights.astype(np.float32), -np.inf)
        own = logits[np.arange(len(logits)), self.targets][:, None]
        rank = (logits > own).sum(axis=1) + ((logits == own).sum(axis=1) - 1) / 2
        return np.where(rank < 10, 1 / np.log2(rank + 2), 0.0)


def _mean_ndcg(halves: Sequence[Stacked], weights: Sequence[NDArray]) -> float:
    return float(np.concatenate([half.gains(each) for half, each in zip(halves, weights, strict=True)]).mean())


def _returning(events: Sequence[_Gathered], weights: NDArray) -> tuple[float, float, float]:
    """What is added to seen items, by the greatest likelihood of all held-out events."""
    known = [each for each in events if len(each.seen_facts) and max(each.target, each.seen_target) >= 0]
    others = [float(np.logaddexp.reduce(each.features @ weights + each.importance)) for each in known]
    base = [each.seen_features @ weights for each in known]
    fresh = [float(each.features[each.target] @ weights) if each.target >= 0 else 0.0 for each in known]

    def loss(extra: NDArray) -> tuple[float, NDArray]:
        total, slope = 0.0, np.zeros(3)
        for each, rest, plain, own in zip(known, others, base, fresh, strict=True):
            lifted = plain + each.seen_facts @ extra
            whole = np.logaddexp(rest, np.logaddexp.reduce(lifted))
            slope += np.exp(lifted - whole) @ each.seen_facts
            total += whole - own
            if each.seen_target >= 0:
                total += own - lifted[each.seen_target]
                slope -= each.seen_facts[each.seen_target]
        count = max(1, len(known))
        return total / count + 5e-4 * float(extra @ extra), slope / count + 1e-3 * extra

    found = minimize(
        loss,
        np.zeros(3),
        jac=True,
        bounds=[(-RETURN_BOUND, RETURN_BOUND)] * 3,
        method="L-BFGS-B",
        options={"maxiter": 60},
    ).x
    return float(found[0]), float(found[1]), float(found[2])
