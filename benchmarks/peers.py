"""The models that ours is compared with, each from interactions alone; rows are users, columns items."""

import time

import numpy as np
import scipy.linalg
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import nn

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


class SASRec(nn.Module):
    """Kang and McAuley (2018) with full cross-entropy, as published: two layers, learned positions, random start."""

    def __init__(self, items: int, width: int = 64, layers: int = 2, length: int = 100, dropout: float = 0.2) -> None:
        super().__init__()
        self.length, self.items = length, nn.Embedding(items + 1, width, padding_idx=items)
        nn.init.normal_(self.items.weight, std=width**-0.5)
        self.places = nn.Embedding(length, width)
        nn.init.normal_(self.places.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(width, 1, width, dropout, batch_first=True, norm_first=True)
        self.layers, self.after = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        """items [B, L] -> logits [B, L, N]."""
        length = items.shape[1]
        x = self.dropout(self.items(items) + self.places(torch.arange(length)))
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        return self.after(self.layers(x, mask=mask, is_causal=True))


def sasrec(dataset: Dataset, cpu_seconds: float, seed: int = 0) -> NDArray:
    """Logits of a plain SASRec after a number of processor seconds, all threads together."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    items, users = len(dataset.item_ids), len(dataset.user_ids)
    model = SASRec(items)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
    histories = [dataset.item[a:b] for a, b in zip(dataset.starts[:-1], dataset.starts[1:], strict=True)]
    pieces = [history[max(0, end - model.length - 1):end] for history in histories
              for end in range(len(history), 1, -model.length)]
    pieces.sort(key=len)
    batches = [pieces[begin:begin + 64] for begin in range(0, len(pieces), 64)]
    began = time.process_time()
    model.train()
    while time.process_time() - began < cpu_seconds:
        for index in rng.permutation(len(batches)):
            if time.process_time() - began >= cpu_seconds:
                break
            padded = _padded(batches[index], items)
            states, targets = model(padded[:, :-1]), padded[:, 1:]
            real = targets != items
            logits = states[real] @ model.items.weight[:items].T
            loss = nn.functional.cross_entropy(logits, targets[real])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    model.eval()
    scores = np.zeros((users, items), np.float32)
    with torch.no_grad():
        for begin in range(0, users, 64):
            rows = [each[-model.length:] for each in histories[begin:begin + 64]]
            rows = [each if len(each) else np.array([items], np.int32) for each in rows]
            states = model(_padded(rows, items))
            last = states[torch.arange(len(rows)), torch.tensor([len(each) - 1 for each in rows])]
            scores[begin:begin + 64] = (last @ model.items.weight[:items].T).numpy()
    return scores


def _padded(histories: list[NDArray], padding: int) -> torch.Tensor:
    longest = max(len(each) for each in histories)
    found = np.full((len(histories), longest), padding, np.int64)
    for row, history in enumerate(histories):
        found[row, :len(history)] = history
    return torch.from_numpy(found)
