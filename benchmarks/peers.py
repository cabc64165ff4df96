"""The models that ours is compared with, each from interactions alone; rows are users, columns items."""

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.dataset import Dataset


def seen(dataset: Dataset) -> sparse.csr_matrix:
    """1 where a user has an item."""
    matrix = sparse.csr_matrix((np.ones(len(dataset.item), np.float32), (dataset.user, dataset.item)),
                               shape=(len(dataset.user_ids), len(dataset.item_ids)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def recent(dataset: Dataset, depth: int, decay: float) -> sparse.csr_matrix:
    """The newest ``depth`` events of each user, weighted by ``decay ** age``."""
    age = dataset.starts[1:][dataset.user] - 1 - np.arange(len(dataset.user))
    kept = age < depth
    return sparse.csr_matrix((decay ** age[kept].astype(np.float32), (dataset.user[kept], dataset.item[kept])),
                             shape=(len(dataset.user_ids), len(dataset.item_ids)))


def popularity(dataset: Dataset) -> NDArray:
    """Users of each item."""
    return np.tile(np.asarray(seen(dataset).sum(axis=0)).ravel(), (len(dataset.user_ids), 1))


def item_knn(dataset: Dataset, shrinkage: float) -> NDArray:
    """Cosine between items, summed over the whole history."""
    users = seen(dataset)
    together = (users.T @ users).tocoo()
    counts = np.asarray(users.sum(axis=0)).ravel()
    apart = together.row != together.col
    row, column = together.row[apart], together.col[apart]
    values = together.data[apart] / (np.sqrt(counts[row] * counts[column]) + shrinkage)
    return (users @ sparse.csr_matrix((values, (row, column)), shape=together.shape)).toarray()


def ease(dataset: Dataset, penalty: float) -> tuple[NDArray, NDArray]:
    """EASE (Steck 2019) asked with the whole history, and with the newest 20 events weighted 0.8 ** age."""
    users = seen(dataset)
    gram = (users.T @ users).toarray().astype(np.float32)
    gram[np.diag_indices(len(gram))] += penalty
    inverse = scipy.linalg.inv(gram, overwrite_a=True)
    weights = inverse / -np.diag(inverse)[None, :]
    weights[np.diag_indices(len(weights))] = 0
    return users @ weights, recent(dataset, 20, 0.8) @ weights


def transitions(dataset: Dataset, exponent: float = 0.3, window: int = 10, decay: float = 0.8) -> NDArray:
    """What follows within a window, asked with the newest ten events."""
    rows, columns, values = [], [], []
    for distance in range(1, window + 1):
        same = dataset.user[distance:] == dataset.user[:-distance]
        rows.append(dataset.item[:-distance][same])
        columns.append(dataset.item[distance:][same])
        values.append(np.full(int(same.sum()), decay ** (distance - 1), np.float32))
    items = len(dataset.item_ids)
    counted = sparse.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
                                shape=(items, items))
    counts = np.maximum(np.bincount(dataset.item, minlength=items), 1).astype(np.float32)
    return (recent(dataset, 10, 0.8) @ counted @ sparse.diags(counts**-exponent)).toarray()


def als(dataset: Dataset, factors: int, regularization: float, alpha: float) -> NDArray:
    """Implicit ALS (Hu, Koren and Volinsky 2008) of the package ``implicit``."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=factors, regularization=regularization, alpha=alpha, iterations=15,
                                    random_state=0)
    model.fit(seen(dataset), show_progress=False)
    return model.user_factors @ model.item_factors.T


def bpr(dataset: Dataset, factors: int, rate: float, iterations: int) -> NDArray:
    """Bayesian personalised ranking (Rendle et al. 2009) of the package ``implicit``."""
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(factors=factors, learning_rate=rate, regularization=0.01,
                                        iterations=iterations, random_state=0)
    model.fit(seen(dataset), show_progress=False)
    return model.user_factors @ model.item_factors.T
