"""Gradient descent on the action network: exposures in batches, the best state kept, chances made honest."""

import copy
import math
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from torch import Tensor
from torch.nn import functional as F

from personalize_web.engine import team
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.algorithms.learning import device_named
from personalize_web.engine.algorithms.sequences import gaps_of, histories
from personalize_web.engine.exposures import Exposures
from personalize_web.engine.nets.actions import ActionNet
from personalize_web.engine.reporting import Reporter, Silent

RATE, WEIGHT_DECAY = 1e-3, 0.02
PATIENCE, PATIENT_STEPS = 4, 250
"""Epochs without a better validation loss before learning stops, and at least so many steps."""
SMALLEST_BATCH, BATCH = 32, 256
CALIBRATED_FROM = 50
"""Fewest validation exposures that chances are corrected by."""


@dataclass(frozen=True)
class Asked:
    """Exposures of a dataset with what the network is told about each."""

    data: ActionDataset
    exposures: Exposures
    facts: NDArray[np.float32]
    users: sparse.csr_matrix
    """User features [users, f]."""


class ActionLearner:
    """An action network with what it takes to train it further."""

    def __init__(self, network: ActionNet, known: Tensor, *, seed: int, device: torch.device) -> None:
        self.network = network.to(device)
        self.known, self.device, self.seed = known.to(device), device, seed

    def fit(
        self, asked: Asked, held: Asked | None, *, epochs: int, seconds: float, reporter: Reporter, rate: float = RATE
    ) -> dict[str, Any]:
        """Learn until the epochs, the seconds or the patience end; facts for people.

        With ``held`` the state of the best validation loss is kept, the one before learning included. The leader of a
        team calls this; its followers are in :func:`~personalize_web.engine.team.follow`.
        """
        together = team.present()
        if together.size > 1:
            events = replace(asked.data.events, contexts=(), item_columns=(), user_columns=())
            lean = replace(asked, data=replace(asked.data, events=events))
            together.share(
                (
                    _follow,
                    (self.network.cpu(), self.known.cpu(), self.seed, self.device.type, lean, epochs, seconds, rate),
                )
            )
            self.network.to(self.device)
        return self._learn(asked, held, epochs, seconds, rate, reporter, together)

    def _learn(
        self,
        asked: Asked,
        held: Asked | None,
        epochs: int,
        seconds: float,
        rate: float,
        reporter: Reporter,
        together: team.Team,
    ) -> dict[str, Any]:
        rng = np.random.default_rng(self.seed)
        torch.manual_seed(self.seed + together.rank)
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=WEIGHT_DECAY)
        gaps, count, began = gaps_of(asked.data.events), len(asked.exposures), time.monotonic()
        size = batch_size(count)
        steps, step, epoch, best_epoch = max(1, epochs * math.ceil(count / size)), 0, 0, 0
        patience = max(PATIENCE, math.ceil(PATIENT_STEPS * size / max(1, count)))
        judged = held is not None and len(held.exposures) > 0
        best = self.loss(held) if judged and held is not None else math.inf
        kept = copy.deepcopy(self.network.state_dict()) if judged else None
        ended = False
        while not ended and epoch < epochs:
            epoch += 1
            total = 0.0
            self.network.train()
            order = rng.permutation(count)
            for begin in range(0, count, size):
                reporter.check()
                done = max(step / steps, together.agree((time.monotonic() - began) / seconds))
                if done >= 1 and epoch > 1:
                    break
                for group in optimiser.param_groups:
                    group["lr"] = rate * max(0.05, (1 + math.cos(math.pi * min(1.0, done))) / 2)
                rows = order[begin : begin + size]
                total += self._step(asked, rows, gaps, optimiser, together) * len(rows)
                step += 1
                reporter.progress(min(0.99, done))
            reporter.point("training loss", epoch, total / max(1, count))
            if judged and held is not None:
                loss_now = self.loss(held)
                reporter.point("validation loss", epoch, loss_now)
                reporter.log(f"epoch {epoch}: validation loss {loss_now:.4f}")
                if loss_now < best:
                    best, best_epoch, kept = loss_now, epoch, copy.deepcopy(self.network.state_dict())
                elif epoch - best_epoch >= patience:
                    ended = True
            ended = together.agree(ended or time.monotonic() - began >= seconds) > 0
        if kept is not None:
            self.network.load_state_dict(kept)
        return {
            "epochs": epoch,
            "best epoch": best_epoch if judged else epoch,
            "steps": step,
            "processes": together.size,
            "seconds": round(time.monotonic() - began, 1),
        }

    def _step(
        self,
        asked: Asked,
        rows: NDArray[np.int64],
        gaps: NDArray[np.int64],
        optimiser: torch.optim.Optimizer,
        together: team.Team,
    ) -> float:
        """One step down the mean loss of a batch, of which each process takes every so many; the answer is the loss."""
        own, whole = rows[together.rank :: together.size], float(asked.exposures.weight[rows].sum())
        optimiser.zero_grad(set_to_none=True)
        value = 0.0
        if len(own):
            loss = self._loss(asked, own, gaps) / whole
            loss.backward()
            value = float(loss.detach())
        value = together.add_up(self.network.parameters(), value)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        optimiser.step()
        return value

    @torch.no_grad()
    def vectors(self) -> Tensor:
        """Vectors of items and actions [N, d] as they serve."""
        self.network.eval()
        return self.network.recommender.items(self.known)

    @torch.no_grad()
    def log_odds(self, asked: Asked) -> NDArray[np.float64]:
        """What the network says of each exposure [E]."""
        self.network.eval()
        gaps, vectors = gaps_of(asked.data.events), self.vectors()
        rows = np.arange(len(asked.exposures))
        found = [
            self._asked(asked, rows[begin : begin + BATCH], gaps, vectors).cpu().numpy()
            for begin in range(0, len(rows), BATCH)
        ]
        return np.concatenate([np.zeros(0), *found]).astype(np.float64)

    def loss(self, asked: Asked) -> float:
        """Mean cross-entropy of the exposures."""
        return _cross_entropy(self.log_odds(asked), asked.exposures)

    def calibration(self, held: Asked | None) -> tuple[float, float]:
        """(scale, shift) of log odds that make the held-out answers most likely; (1, 0) where those are too few.

        Guo et al., "On Calibration of Modern Neural Networks" (2017), with a shift beside the temperature.
        """
        if held is None or len(held.exposures) < CALIBRATED_FROM or len(set(held.exposures.taken.tolist())) < 2:
            return 1.0, 0.0
        odds = self.log_odds(held)
        prior = 5.0 / len(odds)

        def loss(values: NDArray) -> float:
            away = (values[0] - 1) ** 2 + values[1] ** 2
            return _cross_entropy(values[0] * odds + values[1], held.exposures) + prior * away

        found = minimize(loss, np.array([1.0, 0.0]), bounds=[(0.1, 3.0), (-3.0, 3.0)], method="L-BFGS-B").x
        return float(found[0]), float(found[1])

    def _loss(self, asked: Asked, rows: NDArray[np.int64], gaps: NDArray[np.int64]) -> Tensor:
        """The summed loss of some exposures [], each as often as it weighs."""
        odds = self._asked(asked, rows, gaps, self.network.recommender.items(self.known))
        part = asked.exposures.take(rows)
        weights = torch.from_numpy(part.weight).to(self.device)
        labels = torch.from_numpy(part.taken.astype(np.float32)).to(self.device)
        return F.binary_cross_entropy_with_logits(odds, labels, weights, reduction="sum")

    def _asked(self, asked: Asked, rows: NDArray[np.int64], gaps: NDArray[np.int64], vectors: Tensor) -> Tensor:
        """Log odds of some exposures [B]."""
        network, part = self.network, asked.exposures.take(rows)
        length, events = network.recommender.shape.length, asked.data.events
        begins = np.maximum(events.starts[part.user], part.place - length)
        batch = histories(events, gaps, part.user, begins, part.place)
        users = torch.from_numpy(asked.users[part.user].toarray()).to(self.device) @ network.recommender.user
        things, types, since = (
            torch.from_numpy(each).to(self.device) for each in (batch.items, batch.event_types, batch.gaps)
        )
        tokens = network.tokens(vectors, things, types, since, users)
        lengths = torch.from_numpy(batch.lengths).to(self.device)
        places = torch.arange(tokens.shape[1], device=self.device)
        state = network.recommender.backbone(tokens)[torch.arange(len(rows), device=self.device), lengths]
        padded = (places[None] > lengths[:, None]).to(tokens.dtype)
        action = torch.from_numpy(part.action).to(self.device)
        chosen = vectors[action + asked.data.items][:, None]
        told = torch.from_numpy(asked.facts[rows]).to(self.device)[:, None]
        return network(tokens, state, padded, chosen, told)[:, 0] + network.bias[action]


def _follow(
    network: ActionNet,
    known: Tensor,
    seed: int,
    device: str,
    asked: Asked,
    epochs: int,
    seconds: float,
    rate: float,
    together: team.Team,
) -> None:
    """Take a share of a fit of the leader."""
    learner = ActionLearner(network, known, seed=seed, device=device_named(device))
    learner._learn(asked, None, epochs, seconds, rate, Silent(), together)


def batch_size(exposures: int) -> int:
    """Exposures in a step: many where there are many."""
    return int(np.clip(exposures // 20, SMALLEST_BATCH, BATCH))


def _cross_entropy(odds: NDArray[np.float64], exposures: Exposures) -> float:
    losses = np.logaddexp(0.0, np.where(exposures.taken, -odds, odds))
    return float(np.average(losses, weights=exposures.weight)) if len(losses) else 0.0
