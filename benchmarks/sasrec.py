"""SASRec as published, its settings chosen on validation: the learned peer that needs no other package than torch."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.looks import Histories, Looks, ndcg

SETTINGS = ((64, 0.2), (64, 0.5), (128, 0.2), (128, 0.5))
"""Width and dropout that are tried."""
TRIED = 0.08
"""Share of the budget that each of them is tried for; the best one then learns on."""
PATIENCE = 8
"""Epochs without a better validation figure before learning ends."""
BATCH = 64


@dataclass(frozen=True)
class Found:
    """What came of it."""

    scores: NDArray
    """[U, N] for the whole of what is known."""
    curve: list[tuple[float, float]]
    """Validation NDCG@10 over processor seconds of the chosen setting, the trials of the others not counted."""
    seconds: float
    """Processor seconds of the last fit."""
    chosen: str


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


class _Training:
    """A network on its way."""

    def __init__(self, histories: Histories, width: int, dropout: float) -> None:
        torch.manual_seed(0)
        self.histories, self.rng = histories, np.random.default_rng(0)
        self.model = SASRec(histories.items, width, dropout=dropout)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=1e-3, betas=(0.9, 0.98))
        length = self.model.length
        pieces = [own[max(0, end - length - 1):end] for own in (histories[user] for user in range(len(histories)))
                  for end in range(len(own), 1, -length)]
        pieces.sort(key=len)
        self.batches = [pieces[begin:begin + BATCH] for begin in range(0, len(pieces), BATCH)]

    def epoch(self) -> None:
        """Every event once."""
        items = self.histories.items
        self.model.train()
        for index in self.rng.permutation(len(self.batches)):
            padded = _padded(self.batches[index], items)
            states, targets = self.model(padded[:, :-1]), padded[:, 1:]
            real = targets != items
            logits = states[real] @ self.model.items.weight[:items].T
            loss = nn.functional.cross_entropy(logits, targets[real])
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()

    def learn(self, looks: Looks, figure: Any) -> None:
        """Epochs until the looks say it is over."""
        while not looks.over:
            self.epoch()
            looks.look(lambda: figure(self.scores()))
            print(f"  SASRec {looks.curve[-1][0]:.0f} s: {looks.curve[-1][1]:.4f}", flush=True)

    @torch.no_grad()
    def scores(self) -> NDArray:
        """Logits [U, N] of what comes next."""
        items, users = self.histories.items, len(self.histories)
        self.model.eval()
        found = np.zeros((users, items), np.float32)
        for begin in range(0, users, BATCH):
            rows = [self.histories[user][-self.model.length:] for user in range(begin, min(users, begin + BATCH))]
            rows = [each if len(each) else np.array([items]) for each in rows]
            states = self.model(_padded(rows, items))
            last = states[torch.arange(len(rows)), torch.tensor([len(each) - 1 for each in rows])]
            found[begin:begin + BATCH] = (last @ self.model.items.weight[:items].T).numpy()
        return found


def tuned(shorter: Histories, known: Histories, users: NDArray, validation: NDArray, budget: float) -> Found:
    """Settings and epochs by the event after ``shorter``, within the budget; then ``known`` is fitted as long."""
    def figure(scores: NDArray) -> float:
        return ndcg(scores, shorter, users, validation)

    tried = []
    for setting in SETTINGS:
        training, looks = _Training(shorter, *setting), Looks(TRIED * budget, PATIENCE)
        training.learn(looks, figure)
        tried.append((max(value for _, value in looks.curve), setting, training, looks))
    _, setting, training, first = max(tried, key=lambda each: each[0])
    others = sum(each[3].curve[-1][0] for each in tried) - first.curve[-1][0]
    rest = Looks(budget - others, PATIENCE, first.curve, began=time.process_time() - first.curve[-1][0])
    training.learn(rest, figure)
    fitted, last = Looks(float("inf"), 1), _Training(known, *setting)
    for _ in range(rest.best + 1):
        last.epoch()
    return Found(last.scores(), rest.curve, fitted.seconds, f"width {setting[0]}, dropout {setting[1]}, "
                 f"{rest.best + 1} epochs")


def _padded(histories: list[NDArray], padding: int) -> torch.Tensor:
    longest = max(len(each) for each in histories)
    found = np.full((len(histories), longest), padding, np.int64)
    for row, history in enumerate(histories):
        found[row, :len(history)] = history
    return torch.from_numpy(found)
