"""Similar-Items: what is taken after an item, and what is like it, in one order.

Four things are known of a pair of items: how often one follows the other and how often users share them (counts), how
near their vectors from behaviour lie, and how near their metadata. Behaviour's vectors are singular vectors of
``log(1 + lift)`` within :data:`WINDOW` events, in the spirit of Barkan and Koenigstein, "Item2Vec" (2016), whose
objective Levy and Goldberg (2014) showed to factorise such a matrix; an item with few interactions borrows the vector
that its metadata suggest (after Volkovs, Yu and Poutanen, "DropoutNet", 2017). The weights of the four are those that
make the users' last steps most likely.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.algorithms import transitions
from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.blending import Stacked
from personalize_web.engine.algorithms.co_occurrence import NEIGHBOURS, with_neighbours
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.algorithms.sequence_transformer import item_features
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.parallel import blocks, in_order
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.splitting import leave_last
from personalize_web.engine.text import normalised, randomized_svd

WINDOW = 5
"""Events within which two items of a history count as a pair."""
WARM = 5.0
"""Interactions at which an item's own vector and the one of its metadata weigh the same."""
RIDGE = 10.0
"""Pull towards nothing when metadata are mapped to behaviour."""
WIDTH = 100
"""Width of both kinds of vectors where no search chose one."""
STEPS = 3000
"""Most last steps of users that weights are fitted on."""
LEAST_STEPS = 20
"""With fewer of them the usual weights are taken."""
USUAL_WEIGHTS = np.array([0.5, 0.3, 1.0, 0.5, 0.2, 0.2, 0.5])
LEADERS, DRAWN = 200, 200
"""Items that a step is judged among: the best by each thing known, and some at random."""
_SCORES = 8_000_000
"""Scores in memory at once."""
_JUDGED = 100_000_000
"""Steps that weights are fitted on, times all items: of very many items fewer steps."""


class SimilarItems:
    """Neighbours of every item by behaviour and metadata."""

    def train(
        self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, warm: Model | None = None
    ) -> Model:
        """The neighbours of each item, best first; see the published parameters of aws-similar-items for ``config``."""
        features = item_features(dataset, options.seed, options.text_model)
        widths = int(config.get("item_id_hidden_dim", WIDTH)), int(config.get("item_metadata_hidden_dim", WIDTH))
        weights = warm.state if warm is not None else None
        if weights is None:
            reporter.log("Finding what behaviour and metadata are worth")
            weights = _fitted(dataset, features, widths, options.seed)
        reporter.check()
        known = Known.of(dataset, features, widths, options.seed)
        discount = float(config.get("popularity_discount_factor", 0.0))
        arrays = common_arrays(dataset, popular_items(dataset)) | _neighbours(
            known, weights, discount, reporter, options.threads
        )
        return Model(
            "co_occurrence",
            arrays,
            common_settings(dataset),
            state=weights,
            details={
                "items with neighbours": with_neighbours(arrays),
                "weights": {name: round(float(weight), 3) for name, weight in zip(NAMES, weights, strict=True)},
            },
        )


NAMES = ("vectors", "popularity", "metadata", "following", "next", "preceding", "together")
"""What is known of a pair, in the order of the weights."""

FLOORS = {"vectors": 0.3, "metadata": 0.5, "following": 0.1, "together": 0.1}
"""Least weights. Last steps say nothing of items that nobody has come to yet, nor of what comes tenth."""


@dataclass(frozen=True)
class Known:
    """What is known of every pair of N items."""

    asking: NDArray[np.float32]
    """[N, d]: vectors of the items asked about."""
    answering: NDArray[np.float32]
    """[N, d]: vectors of the items answered."""
    popularity: NDArray[np.float32]
    """[N]: log of an item's share of all interactions."""
    metadata: NDArray[np.float32] | None
    """[N, m]: rows of length 1, zeros where an item has no metadata."""
    counted: dict[str, sparse.csr_matrix]
    """[N, N] each: log(1 + N * share)."""
    candidates: NDArray[np.bool_]
    """[N]: items of which anything is known."""

    @classmethod
    def of(cls, dataset: Dataset, features: sparse.csr_matrix | None, widths: tuple[int, int], seed: int) -> "Known":
        """Count and factorise a dataset; ``widths`` of the vectors of behaviour and of metadata."""
        items, counts = len(dataset.item_ids), dataset.interactions_of_items
        lift = transitions.start_matrix(transitions.followers(dataset, WINDOW))
        width = min(widths[0], max(1, items - 1))
        left, values, right = randomized_svd(lift, width, seed)
        roots = np.sqrt(values)
        asking, answering = left * roots, right.T * roots
        metadata = None
        if features is not None:
            metadata = _reduced(features, widths[1], seed) * described(dataset)[:, None]
            share = (counts / (counts + WARM))[:, None]
            both = np.hstack([asking, answering])
            suggested = metadata @ _ridge(metadata, both, np.minimum(counts, 50))
            both = share * both + (1 - share) * suggested
            asking, answering = both[:, :width], both[:, width:]
        known = counts > 0 if metadata is None else (counts > 0) | (np.abs(metadata).sum(axis=1) > 0)
        popularity = np.log((counts + 1) / (counts.sum() + items))
        counted = {
            name: _shares(transitions.as_matrix(each)) for name, each in transitions.count(dataset, NAMES[3:]).items()
        }
        return cls(
            asking.astype(np.float32),
            answering.astype(np.float32),
            popularity.astype(np.float32),
            metadata,
            counted,
            known,
        )

    def of_rows(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """[K, B, N]: everything known of some items towards all others, in the order of :data:`NAMES`."""
        table = np.zeros((len(NAMES), len(rows), len(self.popularity)), np.float32)
        table[0] = self.asking[rows] @ self.answering.T
        table[1] = self.popularity
        if self.metadata is not None:
            table[2] = self.metadata[rows] @ self.metadata.T
        for place, name in enumerate(NAMES[3:], start=3):
            table[place] = self.counted[name][rows].toarray()
        return table


def described(dataset: Dataset) -> NDArray[np.bool_]:
    """[N]: whether an item has any metadata beside its age."""
    found = np.zeros(len(dataset.item_ids), bool)
    for column in dataset.item_columns:
        if column.name != "CREATION_TIMESTAMP":
            found |= np.isfinite(column.values) if column.kind == "numeric" else column.codes >= 0
    return found


def _reduced(features: sparse.csr_matrix, width: int, seed: int) -> NDArray[np.float32]:
    """Metadata as dense rows of length 1."""
    seen = np.asarray((features != 0).sum(axis=0)).ravel()
    weighted = normalised(features @ sparse.diags(np.log((1 + features.shape[0]) / (1 + seen)).astype(np.float32)))
    width = min(width, min(weighted.shape) - 1)
    if width < 1:
        vectors = weighted.toarray()
    else:
        left, values, _ = randomized_svd(weighted.tocsr(), width, seed)
        vectors = left * values
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)).astype(np.float32)


def _ridge(metadata: NDArray, targets: NDArray, weights: NDArray) -> NDArray[np.float64]:
    """The map from metadata to behaviour of least weighted squares, [m, targets]."""
    weighted = metadata * weights[:, None]
    square = metadata.T @ weighted + RIDGE * np.eye(metadata.shape[1])
    return np.linalg.solve(square, weighted.T @ targets)


def _shares(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    shares = sparse.csr_matrix(sparse.diags(matrix.shape[0] / np.maximum(sums, 1e-12)) @ matrix)
    shares.data = np.log1p(shares.data).astype(np.float32)
    return shares


def _fitted(
    dataset: Dataset, features: sparse.csr_matrix | None, widths: tuple[int, int], seed: int
) -> NDArray[np.float64]:
    """Weights under which the users' last steps, counted nowhere, are most likely."""
    rng = np.random.default_rng(seed)
    last = leave_last(dataset)
    if not len(last):
        return USUAL_WEIGHTS
    known = Known.of(dataset.without(last), features, widths, seed)
    last = np.sort(rng.choice(last, min(STEPS, _JUDGED // len(dataset.item_ids) + 100, len(last)), replace=False))
    asked, came = dataset.item[last - 1].astype(np.int64), dataset.item[last].astype(np.int64)
    kept = (asked != came) & known.candidates[came]
    asked, came = asked[kept], came[kept]
    if len(asked) < LEAST_STEPS:
        return USUAL_WEIGHTS
    examples = [
        _example(table[:, place], known, asked[begin + place], came[begin + place], rng)
        for begin in range(0, len(asked), 32)
        for table in [known.of_rows(asked[begin : begin + 32])]
        for place in range(table.shape[1])
    ]
    longest = max(len(importance) for _, importance, _ in examples)
    stacked = Stacked(
        np.zeros((len(examples), longest, len(NAMES)), np.float32),
        np.full((len(examples), longest), -np.inf, np.float32),
        np.array([each[2] for each in examples]),
    )
    for place, (values, importance, _) in enumerate(examples):
        stacked.features[place, : len(values)] = values
        stacked.importance[place, : len(values)] = importance
    return stacked.fitted([FLOORS.get(name, 0.0) for name in NAMES])


def _example(
    table: NDArray[np.float32], known: Known, asked: int, came: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """One step: what is known of the items it is judged among, the log of how many each stands for, and its place."""
    possible = known.candidates.copy()
    possible[asked] = False
    leading = [np.array([came])]
    for row in table:
        score = np.where(possible, row, -np.inf)
        count = min(LEADERS, int(possible.sum()))
        leading.append(np.argpartition(-score, count - 1)[:count])
    chosen = np.unique(np.concatenate(leading))
    chosen = chosen[possible[chosen]]
    others = np.setdiff1d(rng.choice(len(possible), min(DRAWN, len(possible)), replace=False), chosen)
    others = others[possible[others]]
    importance = np.zeros(len(chosen) + len(others), np.float32)
    if len(others):
        importance[len(chosen) :] = np.log((possible.sum() - len(chosen)) / len(others))
    items = np.concatenate([chosen, others])
    return table[:, items].T, importance, int(np.flatnonzero(chosen == came)[0])


def _neighbours(
    known: Known, weights: NDArray[np.float64], discount: float, reporter: Reporter, threads: int | None
) -> dict[str, NDArray]:
    """The best answers to every item; popularity is taken back out to the degree of ``discount``.

    All that is dense is one product: what an item asks with, times what the others answer with.
    """
    by_name = dict(zip(NAMES, weights.astype(np.float32), strict=True))
    items = len(known.popularity)
    most = min(NEIGHBOURS, items)
    popularity = (by_name["popularity"] - np.float32(discount)) * known.popularity
    popularity[~known.candidates] = -np.inf
    asking = [by_name["vectors"] * known.asking, np.ones((items, 1), np.float32)]
    answering = [known.answering, popularity[:, None]]
    if known.metadata is not None:
        asking.append(by_name["metadata"] * known.metadata)
        answering.append(known.metadata)
    question, answer = np.hstack(asking), np.ascontiguousarray(np.hstack(answering).T)
    counted = sum(
        (by_name[name] * each for name, each in known.counted.items()),
        start=sparse.csr_matrix((items, items), dtype=np.float32),
    ).tocsr()

    def find(rows: slice) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        scores = question[rows] @ answer  # [B, N]
        own = counted[rows]
        scores[np.repeat(np.arange(len(scores)), np.diff(own.indptr)), own.indices] += own.data
        scores[np.arange(len(scores)), np.arange(rows.start, rows.stop)] = -np.inf
        scores[~known.candidates[rows]] = -np.inf
        best = (
            np.argpartition(scores, items - most, axis=1)[:, items - most :]
            if most < items
            else np.tile(np.arange(items), (len(scores), 1))
        )
        values = np.take_along_axis(scores, best, axis=1)
        order = np.lexsort((best, -values), axis=1)
        best, values = np.take_along_axis(best, order, axis=1), np.take_along_axis(values, order, axis=1)
        possible = np.isfinite(values)
        return possible.sum(axis=1), best[possible].astype(np.int32)

    sizes, found = [np.zeros(1, np.int64)], [np.zeros(0, np.int32)]
    parts = blocks(np.full(items, items), max(items, _SCORES))
    for done, (size, neighbours) in enumerate(in_order(find, parts, threads)):
        reporter.check()
        reporter.progress(done / len(parts))
        sizes.append(size)
        found.append(neighbours)
    return {"neighbour_starts": np.cumsum(np.concatenate(sizes)), "neighbours": np.concatenate(found)}
