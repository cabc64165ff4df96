"""Counts the sparse models of :mod:`personalize_web.engine.counting` from a dataset."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Dataset

WINDOW, DECAY = 10, 0.8
POPULARITY_EXPONENT = 0.3
"""How far frequent followers are marked down."""
SHRINKAGE = 20.0
"""Users added to a cosine's denominator, against chance."""
KEPT = 300
"""Most entries kept in a row."""
HISTORY = 500
"""Newest events of a user that are counted as being together."""
_BLOCK = 1024


def count(dataset: Dataset) -> dict[str, Counted]:
    """All counting models by name."""
    following = followers(dataset, WINDOW)
    popularity = np.maximum(dataset.interactions_of_items, 1) ** -POPULARITY_EXPONENT
    weighted = following @ sparse.diags(popularity.astype(np.float32))
    at_once = followers(dataset, 1) @ sparse.diags(popularity.astype(np.float32))
    return {
        "following": _counted(weighted.tocsr()), "next": _counted(at_once.tocsr()),
        "preceding": _counted(weighted.T.tocsr()), "together": _cosine(dataset),
    }


def followers(dataset: Dataset, window: int) -> sparse.csr_matrix:
    """[items, items]: how often the column came within ``window`` events after the row, weighted by DECAY."""
    items = len(dataset.item_ids)
    total = sparse.csr_matrix((items, items), dtype=np.float32)
    for distance in range(1, window + 1):
        same = dataset.user[distance:] == dataset.user[:-distance]
        values = (dataset.weight[distance:][same] * DECAY ** (distance - 1)).astype(np.float32)
        places = dataset.item[:-distance][same], dataset.item[distance:][same]
        total = total + sparse.csr_matrix((values, places), shape=(items, items))
    return total.tocsr()


def start_matrix(following: sparse.csr_matrix) -> sparse.csr_matrix:
    """log(1 + lift) of a matrix of followers: what item embeddings start from, by its singular vectors."""
    leaving, coming = (np.asarray(following.sum(axis=axis)).ravel() for axis in (1, 0))
    entries = following.tocoo()
    lift = entries.data * leaving.sum() / (leaving[entries.row] * coming[entries.col] + 1e-9)
    return sparse.csr_matrix((np.log1p(lift).astype(np.float32), (entries.row, entries.col)), shape=following.shape)


def _cosine(dataset: Dataset) -> Counted:
    """Users that two items share over the geometric mean of their users (plus SHRINKAGE); the diagonal is empty."""
    from_end = dataset.starts[1:][dataset.user] - np.arange(len(dataset.user))
    recent = from_end <= HISTORY
    matrix = sparse.csr_matrix(
        (np.ones(int(recent.sum()), np.float32), (dataset.user[recent], dataset.item[recent])),
        shape=(len(dataset.user_ids), len(dataset.item_ids)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    users = np.asarray(matrix.sum(axis=0)).ravel()
    transposed, blocks = matrix.T.tocsr(), []
    for begin in range(0, len(users), _BLOCK):
        together = (transposed[begin:begin + _BLOCK] @ matrix).tocoo()
        apart = together.row + begin != together.col
        row, column, both = together.row[apart], together.col[apart], together.data[apart]
        values = both / (np.sqrt(users[row + begin] * users[column]) + SHRINKAGE)
        blocks.append(_largest(sparse.csr_matrix((values.astype(np.float32), (row, column)), shape=together.shape)))
    return _counted(sparse.vstack(blocks, format="csr"))


def _largest(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix with the KEPT largest entries of each row."""
    sizes = np.diff(matrix.indptr)
    if len(sizes) and sizes.max() > KEPT:
        row = np.repeat(np.arange(len(sizes)), sizes)
        order = np.lexsort((-matrix.data, row))
        kept = np.sort(order[np.arange(len(row)) - matrix.indptr[row[order]] < KEPT])
        matrix = sparse.csr_matrix((matrix.data[kept], (row[kept], matrix.indices[kept])), shape=matrix.shape)
    return matrix


def _counted(matrix: sparse.csr_matrix) -> Counted:
    matrix = _largest(matrix)
    return Counted(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32))


def as_matrix(counted: Counted) -> sparse.csr_matrix:
    """A counting model as a matrix."""
    items = len(counted.starts) - 1
    return sparse.csr_matrix((counted.values, counted.columns, counted.starts), shape=(items, items))


def newest(dataset: Dataset, users: NDArray[np.int64], depth: int) -> list[NDArray[np.int64]]:
    """The newest items of each user, newest first."""
    ends = dataset.starts[1:]
    return [dataset.item[max(int(dataset.starts[user]), int(ends[user]) - depth):int(ends[user])][::-1].astype(np.int64)
            for user in users]
