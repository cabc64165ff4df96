"""Counts the sparse models of :mod:`personalize_web.engine.counting` from a dataset."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.algorithms.linear import regression
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.parallel import blocks, in_order

WINDOW, DECAY = 10, 0.8
POPULARITY_EXPONENT = 0.3
"""How far frequent followers are marked down."""
SHRINKAGE = 20.0
"""Users added to a cosine's denominator, against chance."""
KEPT = 300
"""Most entries kept in a row."""
HISTORY = 500
"""Newest events of a user that are counted as being together."""
NAMES = ("following", "next", "preceding", "together", "linear")
"""The counting models."""
_PAIRS = 4_000_000
"""Pairs of items that a block holds."""
_WHOLE = 50_000_000
"""Beyond so many pairs of events, only the KEPT most frequent followers of an item are kept."""


def count(dataset: Dataset, names: Sequence[str] = NAMES, threads: int | None = None) -> dict[str, Counted]:
    """Counting models by name; ``threads`` is how many blocks are counted at once."""
    share = (np.maximum(dataset.interactions_of_items, 1) ** -POPULARITY_EXPONENT).astype(np.float32)
    counters = {
        "following": lambda: _Window(dataset, WINDOW).counted(KEPT, threads, answered=share),
        "next": lambda: _Window(dataset, 1).counted(KEPT, threads, answered=share),
        "preceding": lambda: _Window(dataset, -WINDOW).counted(KEPT, threads, asked=share),
        "together": lambda: _cosine(dataset, threads),
        "linear": lambda: largest(regression(dataset), KEPT),
    }
    found = {name: counters[name]() for name in names}
    return {name: Counted(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)
            for name, matrix in found.items()}


def followers(dataset: Dataset, window: int, threads: int | None = None) -> sparse.csr_matrix:
    """[items, items]: how often the column came within ``window`` events after the row, weighted by DECAY.

    Of very many events only the :data:`KEPT` largest entries of each row.
    """
    return _Window(dataset, window).counted(KEPT if len(dataset.item) * window > _WHOLE else None, threads)


class _Window:
    """Pairs of events of one user: each, and those up to ``width`` places after it (before it where below 0)."""

    def __init__(self, dataset: Dataset, width: int) -> None:
        self._dataset, self._steps = dataset, np.arange(1, abs(width) + 1) * np.sign(width)
        self._order = np.argsort(dataset.item, kind="stable")  # events by item
        self._starts = np.concatenate([[0], np.cumsum(dataset.interactions_of_items)])

    def counted(self, kept: int | None, threads: int | None, *, asked: NDArray[np.float32] | None = None,
                answered: NDArray[np.float32] | None = None) -> sparse.csr_matrix:
        """[items, items]: the weights of all pairs by their items, times a factor of the row's or the column's item."""
        def count_block(rows: slice) -> sparse.csr_matrix:
            found = self._block(rows)
            if asked is not None:
                found.data *= np.repeat(asked[rows], np.diff(found.indptr))
            if answered is not None:
                found.data *= answered[found.indices]
            return found if kept is None else largest(found, kept)

        work = self._dataset.interactions_of_items * len(self._steps) + 1
        found = list(in_order(count_block, blocks(work, _PAIRS), threads))
        return sparse.vstack(found, format="csr", dtype=np.float32)

    def _block(self, rows: slice) -> sparse.csr_matrix:
        dataset, items = self._dataset, len(self._dataset.item_ids)
        starts = self._starts[rows.start:rows.stop + 1]
        events = self._order[starts[0]:starts[-1]]
        others = np.clip(events[:, None] + self._steps, 0, len(dataset.item) - 1)  # [events, steps]
        paired = (dataset.user[others] == dataset.user[events][:, None]) & (others - events[:, None] == self._steps)
        decay = (DECAY ** (np.abs(self._steps) - 1)).astype(np.float32)
        values = decay * dataset.weight[others if self._steps[0] > 0 else events[:, None]]
        ends = np.concatenate([[0], np.cumsum(paired.sum(axis=1))])
        of_events = sparse.csr_matrix((values[paired].astype(np.float32), dataset.item[others[paired]], ends),
                                      shape=(len(events), items))
        by_item = sparse.csr_matrix((np.ones(len(events), np.float32), np.arange(len(events)), starts - starts[0]),
                                    shape=(len(starts) - 1, len(events)))
        return (by_item @ of_events).tocsr()


def start_matrix(following: sparse.csr_matrix) -> sparse.csr_matrix:
    """log(1 + lift) of a matrix of followers: what item embeddings start from, by its singular vectors."""
    leaving, coming = (np.asarray(following.sum(axis=axis)).ravel() for axis in (1, 0))
    entries = following.tocoo()
    lift = entries.data * leaving.sum() / (leaving[entries.row] * coming[entries.col] + 1e-9)
    return sparse.csr_matrix((np.log1p(lift).astype(np.float32), (entries.row, entries.col)), shape=following.shape)


def _cosine(dataset: Dataset, threads: int | None) -> sparse.csr_matrix:
    """Users that two items share over the geometric mean of their users (plus SHRINKAGE); the diagonal is empty."""
    from_end = dataset.starts[1:][dataset.user] - np.arange(len(dataset.user))
    recent = from_end <= HISTORY
    matrix = sparse.csr_matrix(
        (np.ones(int(recent.sum()), np.float32), (dataset.user[recent], dataset.item[recent])),
        shape=(len(dataset.user_ids), len(dataset.item_ids)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    users = np.asarray(matrix.sum(axis=0)).ravel()
    transposed = matrix.T.tocsr()

    def count_block(rows: slice) -> sparse.csr_matrix:
        together = (transposed[rows] @ matrix).tocsr()
        row = np.repeat(np.arange(rows.start, rows.stop), np.diff(together.indptr))
        together.data /= np.sqrt(users[row] * users[together.indices]) + SHRINKAGE
        together.data[row == together.indices] = 0
        together.eliminate_zeros()
        return largest(together, KEPT)

    work = np.minimum(transposed @ np.diff(matrix.indptr), len(users)) + 1
    return sparse.vstack(list(in_order(count_block, blocks(work, _PAIRS), threads)), format="csr", dtype=np.float32)


def largest(matrix: sparse.csr_matrix, most: int) -> sparse.csr_matrix:
    """The matrix with the ``most`` largest entries of each row, columns ascending."""
    sizes = np.diff(matrix.indptr)
    kept = np.ones(matrix.nnz, bool)
    for row in np.flatnonzero(sizes > most):
        begin, few = matrix.indptr[row], sizes[row] - most
        kept[begin + np.argpartition(matrix.data[begin:begin + sizes[row]], few)[:few]] = False
    starts = np.concatenate([[0], np.cumsum(np.minimum(sizes, most))])
    found = sparse.csr_matrix((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)
    found.sort_indices()
    return found


def as_matrix(counted: Counted) -> sparse.csr_matrix:
    """A counting model as a matrix."""
    items = len(counted.starts) - 1
    return sparse.csr_matrix((counted.values, counted.columns, counted.starts), shape=(items, items))


def newest(dataset: Dataset, users: NDArray[np.int64], depth: int) -> list[NDArray[np.int64]]:
    """The newest items of each user, newest first."""
    ends = dataset.starts[1:]
    return [dataset.item[max(int(dataset.starts[user]), int(ends[user]) - depth):int(ends[user])][::-1].astype(np.int64)
            for user in users]
