"""Items that nobody has met yet, placed by known items whose words and categories are like theirs.

An item without interactions takes the mean vector of its nearest known neighbours, what follows those neighbours, and
the likeness of its own metadata to the user's newest items. How far to believe each of the three is found on held-out
events, by treating known items as if nobody had met them (in the manner of Schein et al., "Methods and Metrics for
Cold-Start Recommendations", 2002).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from personalize_web.engine.algorithms.blending import Blend, Slice, counted_features
from personalize_web.engine.algorithms.transitions import KEPT, as_matrix, count, largest
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Column, Dataset
from personalize_web.engine.text import LONGEST, normalised

NEIGHBOURS, SHARPNESS = 20, 2
"""Known items that stand for a cold one, weighted by their likeness to this power."""
LIKE = 1000
"""Most known items whose likeness to a cold one is kept."""
PRIOR = (0.5, 1.0, 0.5)
"""Weights of vectors, of content and of what follows neighbours, as far as held-out events say nothing."""
BELIEF = 5.0
"""Held-out events that the prior is worth."""
EVENTS, ITEMS = 600, 2000
"""Held-out events that weights are found on, and known items drawn to stand against theirs."""
PRODUCTS = 1_000_000_000
"""Most products of likeness; beyond, the most frequent words and categories are left out."""
UNMET = 0.5
"""Interactions that an item without any is taken to have."""
_BLOCK = 512
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class ColdWeights:
    """What the three ways to know a cold item count in its relevance."""

    vectors: float
    content: float
    kindred: float
    base: float
    """Added to every cold item, so that together they are as likely as rare items would be with :data:`UNMET`
    interactions.
    """

    def as_json(self) -> dict[str, float]:
        """For people."""
        return {name: round(each, 3) for name, each in asdict(self).items()}


@dataclass(frozen=True)
class Placed:
    """Where some items stand among the known ones."""

    neighbours: sparse.csr_matrix
    """[C, N]: weights of known neighbours, each row sums to 1 (or is empty)."""
    counted: Mapping[str, Counted]
    """content: likeness to the row's item; kindred: what follows the row's item, by neighbours. Columns are the items
    placed."""


def weights(
    learner: Any, dataset: Dataset, held: Any, validated: Slice, models: Mapping[str, Counted], blend: Blend
) -> ColdWeights | None:
    """How to place items without interactions; None where metadata say nothing of items, or counts no part."""
    found, few = terms(dataset.item_columns), validated.first(EVENTS)
    if found is None or "following" not in blend.counted or not len(few.targets):
        return None
    queries = learner.queries(held.before, held.inputs, np.arange(len(few.targets))).float().cpu().numpy()
    known = Known(queries, few.histories, few.targets, lambda items: blend.relevance(few, models, items))
    return weigh(dataset, found, models["following"], learner.vectors().float().cpu().numpy(), known, learner.seed)


def placed(
    dataset: Dataset,
    weights: ColdWeights,
    learned: float,
    models: Mapping[str, Counted],
    vectors: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> dict[str, Counted]:
    """Give items without interactions the vectors [N, d] and bias [N] of their place; the models that go with it.

    ``learned`` is what the blend multiplies relevance by, ``models`` are the counting models at hand.
    """
    known, found = dataset.interactions_of_items > 0, terms(dataset.item_columns)
    items = np.flatnonzero(~known & (np.diff(found.indptr) > 0)) if found is not None else np.zeros(0, np.int64)
    if found is None or not len(items):
        return {}
    following = models["following"] if "following" in models else count(dataset, ["following"])["following"]
    there = place(items, known, found, following)
    near = np.diff(there.neighbours.indptr) > 0
    vectors[items[near]] = (weights.vectors / (learned or 1.0)) * (there.neighbours @ vectors)[near]
    bias[items[near]] = weights.base
    return dict(there.counted)


def terms(columns: Sequence[Column], trained: int | None = None) -> sparse.csr_matrix | None:
    """Categories and words of items [N, terms], weighted by rarity, rows of length 1; None where there are none.

    With ``trained`` only so many items, the first ones, say how rare a term is: later ones change nothing of it.
    """
    found = [_terms(each) for each in columns if each.kind != "numeric"]
    if not found:
        return None
    counted = sparse.hstack(found, format="csr")
    fitted = counted[:trained]
    frequency = np.bincount(fitted.indices, minlength=counted.shape[1])
    weights = np.log((1 + fitted.shape[0]) / (1 + frequency)) + 1
    return normalised((counted @ sparse.diags(weights.astype(np.float32))).tocsr())


def _terms(column: Column) -> sparse.csr_matrix:
    """1 where an item has a category or a word of the column."""
    vocabulary: dict[str, int] = {}
    starts, places = [0], []
    for label in column.labels:
        text = label[:LONGEST].casefold()
        words = text.split("|") if column.kind == "categorical" else _WORD.findall(text)
        places += sorted({vocabulary.setdefault(each.strip(), len(vocabulary)) for each in words if each.strip()})
        starts.append(len(places))
    of_labels = sparse.csr_matrix(
        (np.ones(len(places), np.float32), places, starts), shape=(len(column.labels), max(1, len(vocabulary)))
    )
    there = np.flatnonzero(column.codes >= 0)
    labels = sparse.csr_matrix(
        (np.ones(len(there), np.float32), (there, column.codes[there])),
        shape=(len(column.codes), max(1, len(column.labels))),
    )
    return (labels @ of_labels if len(column.labels) else sparse.csr_matrix((len(column.codes), 1))).tocsr()


def place(items: NDArray[np.int64], known: NDArray[np.bool_], found: sparse.csr_matrix, following: Counted) -> Placed:
    """Place ``items`` (ascending) among ``known`` ones, never among themselves; ``found`` are :func:`terms`."""
    rare = _affordable(found, items, known)
    like, near = [], []
    for block in _likeness(items, known, found, rare):
        like.append(largest(block, LIKE))
        near.append(_nearest(block))
    answered = sparse.diags(known.astype(np.float32)) @ found @ rare
    standing = sparse.vstack(near, format="csr")
    everything = np.asarray(answered @ np.asarray(found.sum(axis=0)).ravel()).ravel() - known
    whole = sparse.diags((1 / np.maximum(everything, 1e-3)).astype(np.float32))
    content = whole @ sparse.vstack(like, format="csr").T.tocsr()
    kindred = _shares(as_matrix(following)) @ standing.T.tocsr()
    return Placed(standing, {"content": _columns(content, items), "kindred": _columns(kindred, items)})


def neighbours(items: NDArray[np.int64], known: NDArray[np.bool_], found: sparse.csr_matrix) -> sparse.csr_matrix:
    """[C, N]: the known items that stand for each of ``items``, weights that sum to 1; ``found`` are :func:`terms`."""
    rare = _affordable(found, items, known)
    return sparse.vstack([_nearest(block) for block in _likeness(items, known, found, rare)], format="csr")


def _likeness(
    items: NDArray[np.int64], known: NDArray[np.bool_], found: sparse.csr_matrix, rare: sparse.dia_matrix
) -> Iterator[sparse.csr_matrix]:
    """Likeness of some items to the known ones [block, N], never to themselves; one block after another."""
    asked, turned = found[items] @ rare, (sparse.diags(known.astype(np.float32)) @ found @ rare).T.tocsr()
    for begin in range(0, len(items), _BLOCK):
        block = (asked[begin : begin + _BLOCK] @ turned).tocsr()
        row = np.repeat(np.arange(begin, begin + block.shape[0]), np.diff(block.indptr))
        block.data[items[row] == block.indices] = 0
        block.eliminate_zeros()
        yield block


def _nearest(block: sparse.csr_matrix) -> sparse.csr_matrix:
    nearest = largest(block, NEIGHBOURS)
    nearest.data **= SHARPNESS
    return _shares(nearest)


def _affordable(found: sparse.csr_matrix, items: NDArray[np.int64], known: NDArray[np.bool_]) -> sparse.dia_matrix:
    """A diagonal that drops the most frequent terms, as far as the products would be too many."""
    frequency = [np.bincount(found[rows].indices, minlength=found.shape[1]) for rows in (items, np.flatnonzero(known))]
    products = frequency[0].astype(np.int64) * frequency[1]
    order = np.argsort(products, kind="stable")
    kept = np.zeros(found.shape[1], np.float32)
    kept[order[np.cumsum(products[order]) <= PRODUCTS]] = 1
    return sparse.diags(kept)


def _shares(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return (sparse.diags((1 / np.maximum(sums, 1e-12)).astype(np.float32)) @ matrix).tocsr()


def _columns(matrix: sparse.csr_matrix, items: NDArray[np.int64]) -> Counted:
    """The KEPT largest entries of each row [N, C], columns written as items."""
    kept = largest(matrix.tocsr(), KEPT)
    return Counted(kept.indptr.astype(np.int64), items[kept.indices].astype(np.int32), kept.data.astype(np.float32))


@dataclass(frozen=True)
class Known:
    """Held-out events, and what the blend says of them."""

    queries: NDArray[np.float32]
    """[V, d]."""
    histories: Sequence[NDArray[np.int64]]
    """Items of each user, newest first."""
    targets: NDArray[np.int64]
    """[V]."""
    blended: Callable[[NDArray[np.int64]], NDArray]
    """Known items [C] -> their relevance [V, C]."""


def weigh(
    dataset: Dataset, found: sparse.csr_matrix, following: Counted, vectors: NDArray[np.float32], held: Known, seed: int
) -> ColdWeights:
    """Weights under which held-out events are most likely while every item is placed as if nobody had met it."""
    counts = dataset.interactions_of_items
    met = np.flatnonzero(counts > 0)
    drawn = np.random.default_rng(seed).permutation(met)[:ITEMS]
    items = np.union1d(drawn, held.targets)
    placed = place(items, counts > 0, found, following)
    features = [held.queries @ (placed.neighbours @ vectors).T]
    features += [each[:, items].toarray() for each in counted_features(placed.counted, held.histories).values()]
    table = np.stack(features, axis=2).astype(np.float64)  # [V, C, 3]
    possible = np.array([~np.isin(items, history) for history in held.histories])  # [V, C]
    target = np.searchsorted(items, held.targets)
    asked = np.flatnonzero(possible[np.arange(len(target)), target])
    likeliest = _likeliest(table[asked], possible[asked], target[asked])
    rare = counts[items] <= max(2, np.quantile(counts[met], 0.1))
    base = 0.0
    if len(asked) and rare.any():
        usual = np.logaddexp.reduce(held.blended(items[rare])[asked].astype(np.float64), axis=1)
        base = float((usual - np.logaddexp.reduce(table[asked][:, rare] @ likeliest, axis=1)).mean())
        base += float(np.log(UNMET / counts[items[rare]].mean()))
    by_vectors, by_content, by_kindred = likeliest.tolist()
    return ColdWeights(by_vectors, by_content, by_kindred, base)


def _likeliest(
    table: NDArray[np.float64], possible: NDArray[np.bool_], target: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Weights [3], none below 0, of the greatest likelihood of the targets, drawn to the prior."""
    prior, count = np.array(PRIOR), max(1, len(table))
    hidden = np.where(possible, 0.0, -np.inf)
    own = table[np.arange(len(table)), target]  # [V, 3]

    def loss(weights: NDArray) -> tuple[float, NDArray]:
        logits = table @ weights + hidden
        whole = np.logaddexp.reduce(logits, axis=1, keepdims=True)
        expected = np.einsum("vc,vck->k", np.exp(logits - whole), table, optimize=True)
        away = weights - prior
        value = (float(whole.sum()) - float((own @ weights).sum())) / count + BELIEF / count * float(away @ away)
        return value, (expected - own.sum(axis=0)) / count + 2 * BELIEF / count * away

    return minimize(
        loss, prior, jac=True, bounds=[(0.0, None)] * len(prior), method="L-BFGS-B", options={"maxiter": 50}
    ).x
