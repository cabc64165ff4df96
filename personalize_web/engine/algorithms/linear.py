"""What comes next as a linear function of what came before: ridge regression over items, in closed form.

Follows the transition model of Choi et al., "Session-aware Linear Item-Item Models for Session-based Recommendation"
(2021): every event is a row, its regressors are the items before it, weighted by age, and its outcome is its item.
Unlike a count, a regression knows which of two items that often come together announces a third.
"""

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.counting import QUERIES
from personalize_web.engine.dataset import Dataset

ITEMS = 4000
"""Most items that take part, those with the most interactions; time grows with the cube of their number."""
LEAST = 2
"""Interactions an item needs to take part."""
EVENTS = 500_000
"""Most events that are learned from, the newest ones."""
PENALTY = 200.0
"""Ridge penalty, in events."""
_SMALLEST = 1e-6


def regression(dataset: Dataset) -> sparse.csr_matrix:
    """[items, items]: how much an item among the newest adds to the chance that the column comes next.

    Only what adds is kept; items that do not take part have empty rows and columns.
    """
    items = len(dataset.item_ids)
    chosen = _chosen(dataset)
    if not len(chosen):
        return sparse.csr_matrix((items, items), dtype=np.float32)
    asked = _newest(dataset)
    before = _before(dataset, asked)[:, chosen]
    outcome = sparse.csr_matrix(
        (dataset.weight[asked].astype(np.float32), (np.arange(len(asked)), dataset.item[asked])),
        shape=(len(asked), items))[:, chosen]
    gram = (before.T @ before).toarray()
    gram[np.diag_indices(len(chosen))] += PENALTY
    found = scipy.linalg.solve(gram, (before.T @ outcome).toarray(), assume_a="pos", overwrite_a=True,
                               overwrite_b=True)
    entries = sparse.coo_matrix(np.where(found > _SMALLEST, found, 0.0))
    return sparse.csr_matrix((entries.data.astype(np.float32), (chosen[entries.row], chosen[entries.col])),
                             shape=(items, items))


def _chosen(dataset: Dataset) -> NDArray[np.int64]:
    counts = dataset.interactions_of_items
    leading = np.argsort(-counts, kind="stable")[:ITEMS]
    return np.sort(leading[counts[leading] >= LEAST])


def _newest(dataset: Dataset) -> NDArray[np.int64]:
    """Places of the newest events that have one before them."""
    places = np.flatnonzero(np.arange(len(dataset.item)) > dataset.starts[dataset.user])
    if len(places) > EVENTS:
        places = np.sort(places[np.argsort(-dataset.timestamp[places], kind="stable")[:EVENTS]])
    return places


def _before(dataset: Dataset, places: NDArray[np.int64]) -> sparse.csr_matrix:
    """[places, items]: the items before each place, weighted by age as a query weighs them."""
    query = QUERIES["linear"]
    age = np.arange(1, query.depth + 1)
    there = places[:, None] - age >= dataset.starts[dataset.user[places]][:, None]  # [places, depth]
    row, column = np.nonzero(there)
    weights = query.decay ** (age[column] - 1)
    return sparse.csr_matrix((weights.astype(np.float32), (row, dataset.item[places[row] - age[column]])),
                             shape=(len(places), len(dataset.item_ids)))
