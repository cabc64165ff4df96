"""Co-occurrence: items that the same users interacted with.

Follows Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms" (2004): conditional probability with a
popularity exponent, ``similarity(i -> j) = users with both / (users with i * users with j ** discount)``.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.popularity import id_ranks, popular_items
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.parallel import blocks, in_order
from personalize_web.engine.reporting import Reporter

HISTORY = 500
"""Latest items of a user that are paired with one another."""
NEIGHBOURS = 1000
"""Most neighbours kept for an item."""
_PAIRS = 4_000_000
"""Pairs of items that a block holds."""


_ANY = float(np.finfo(np.float32).tiny)

Block = Callable[[slice], sparse.csr_matrix]
"""Some items -> how often each occurs with every item."""


class CoOccurrence:
    """Neighbours of every item by co-occurrence alone."""

    def train(
        self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, warm: Model | None = None
    ) -> Model:
        """The neighbours of each item, best first; see the published parameters of aws-sims for ``config``.

        Where events weigh differently, a user counts for a pair the geometric mean of what both items weigh to them;
        the least count is of users all the same.
        """
        matrix, weights = _user_items(dataset, config)
        transposed, least = matrix.T.tocsr(), max(1, int(config["min_cointeraction_count"]))
        counts, together = np.asarray(matrix.sum(axis=0)).ravel(), _pairs(transposed, matrix)
        if weights is not None:
            counts = np.asarray(weights.power(2).sum(axis=0)).ravel()
            together = _weighted(together, _pairs(weights.T.tocsr(), weights), least)
        arrays = common_arrays(dataset, popular_items(dataset))
        arrays |= neighbour_arrays(
            together,
            counts=counts,
            discount=float(config["popularity_discount_factor"]),
            least=least if weights is None else _ANY,
            ranks=id_ranks(dataset),
            reporter=reporter,
            work=transposed @ np.diff(matrix.indptr),
            threads=options.threads,
        )
        return Model(
            "co_occurrence",
            arrays,
            common_settings(dataset),
            details={
                "items with neighbours": with_neighbours(arrays),
                "users counted": int((np.diff(matrix.indptr) > 0).sum()),
            },
        )


def _pairs(transposed: sparse.csr_matrix, matrix: sparse.csr_matrix) -> Block:
    return lambda rows: transposed[rows] @ matrix


def _weighted(users: Block, weights: Block, least: int) -> Block:
    """What pairs weigh, but for those of too few users."""

    def together(rows: slice) -> sparse.csr_matrix:
        counted, found = users(rows), weights(rows)
        for each in (counted, found):
            each.sort_indices()
        found.data[counted.data < least] = 0
        return found

    return together


def neighbour_arrays(
    together: Block,
    *,
    counts: NDArray,
    discount: float,
    least: float,
    ranks: NDArray[np.int64],
    reporter: Reporter,
    work: NDArray,
    threads: int | None,
) -> dict[str, NDArray]:
    """What the answerer reads: the neighbours of each item, best first, and where each item's begin.

    ``together`` answers, for a block of items, how often each occurs with every item; ``counts`` how often each item
    occurs at all. Pairs below ``least`` are no neighbours. ``work`` is about how many pairs are counted for each item;
    blocks of equal work are counted by as many threads.
    """

    def find(rows: slice) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        return _neighbours(together(rows), rows.start, counts, discount, least, ranks)

    sizes, found, parts = [], [], blocks(np.minimum(work, len(counts)) + 1, _PAIRS)
    for done, (size, neighbours) in enumerate(in_order(find, parts, threads)):
        reporter.check()
        reporter.progress(done / len(parts))
        sizes.append(size)
        found.append(neighbours)
    return {
        "neighbour_starts": np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes])),
        "neighbours": np.concatenate([np.zeros(0, np.int32), *found]),
    }


def with_neighbours(arrays: Mapping[str, NDArray]) -> int:
    """How many items have neighbours."""
    return int((np.diff(arrays["neighbour_starts"]) > 0).sum())


def within_percentiles(counts: NDArray[np.int64], low: float, high: float) -> NDArray[np.bool_]:
    """Which of the non-zero counts lie between two quantiles of them, both inclusive."""
    present = counts > 0
    if not present.any():
        return present
    least = np.quantile(counts[present], low, method="lower")
    most = np.quantile(counts[present], high, method="higher")
    return present & (counts >= least) & (counts <= most)


def _user_items(dataset: Dataset, config: Config) -> tuple[sparse.csr_matrix, sparse.csr_matrix | None]:
    """Users x items, 1 where a user has the item among the latest; items are filtered first, then users.

    Beside it, where events weigh differently, the root of the greatest weight in each place.
    """
    users, items = len(dataset.user_ids), len(dataset.item_ids)
    item_kept = within_percentiles(
        dataset.interactions_of_items,
        float(config["min_item_interaction_count_percentile"]),
        float(config["max_item_interaction_count_percentile"]),
    )
    kept = item_kept[dataset.item]
    user_kept = within_percentiles(
        np.bincount(dataset.user[kept], minlength=users),
        float(config["min_user_history_length_percentile"]),
        float(config["max_user_history_length_percentile"]),
    )
    kept &= user_kept[dataset.user]
    events = np.flatnonzero(kept)[::-1]  # the newest first
    pairs = dataset.user[events].astype(np.int64) * items + dataset.item[events]
    found, first = np.unique(pairs, return_index=True)
    order = np.argsort(-first)
    places = events[first[order]]
    user, item = dataset.user[places], dataset.item[places]
    latest = np.searchsorted(user, user, side="right") - np.arange(len(user)) <= HISTORY
    where = user[latest], item[latest]
    ones = sparse.csr_matrix((np.ones(len(where[0]), np.float32), where), shape=(users, items))
    if not dataset.weighs:
        return ones, None
    greatest = np.zeros(len(found), np.float32)
    np.maximum.at(greatest, np.searchsorted(found, pairs), dataset.weight[events])
    return ones, sparse.csr_matrix((np.sqrt(greatest[order][latest]), where), shape=(users, items))


def _neighbours(
    together: sparse.csr_matrix, begin: int, counts: NDArray, discount: float, least: float, ranks: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """For a block of items: how many neighbours each has, and the neighbours."""
    row = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
    places = np.flatnonzero((together.data >= least) & (row + begin != together.indices))
    row, column, both = row[places], together.indices[places], together.data[places]
    similarity = both / (counts[row + begin] * (counts**discount)[column])
    order = np.lexsort((ranks[column], -both, -similarity, row))
    row, column = row[order], column[order]
    kept = np.arange(len(row)) - np.searchsorted(row, row) < NEIGHBOURS
    return np.bincount(row[kept], minlength=together.shape[0]), column[kept].astype(np.int32)
