"""Gradient descent on the sequence network: batches, budget, live curves, early stopping."""

import copy
import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from personalize_web.engine.algorithms.sequences import Batch, closing_batches, gaps_of, training_batches
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.nets.losses import cross_entropy, sampled_cross_entropy
from personalize_web.engine.nets.recommender import Recommender
from personalize_web.engine.reporting import Reporter

RATE, WEIGHT_DECAY, WARM_UP, LEAST_RATE = 1e-3, 0.01, 100, 0.05
WITHOUT_CONTEXT = 0.5
"""Share of training questions that are asked without their context."""
PATIENCE, PATIENT_STEPS = 3, 200
"""Epochs without a better validation loss before learning stops, and at least so many steps."""
JUDGED_STEPS = 25
"""Least steps between two looks at the validation loss."""
VALIDATED = 600
"""Held-out events that each epoch is judged by."""
FULL_SOFTMAX = 1500
"""Most items that are all compared with at every step; beyond, a sample is."""


@dataclass(frozen=True)
class Plan:
    """How long and in which steps to learn."""

    epochs: int
    seconds: float
    tokens: int
    """Events in a batch, padding included."""
    rate: float = RATE


@dataclass(frozen=True)
class Inputs:
    """What a dataset offers beside its events; rows as in the dataset."""

    users: sparse.csr_matrix
    """User features [users, f]."""
    contexts: sparse.csr_matrix
    """Context of each event [events, f]."""
    weights: NDArray[np.float32]
    """What each event counts in the loss."""


@dataclass(frozen=True)
class Held:
    """Held-out events: the history before each as a user of its own, and what came next."""

    before: Dataset
    inputs: Inputs
    targets: NDArray[np.int64]
    """One item a user of ``before``."""


class Learner:
    """A network with what it takes to train it further."""

    def __init__(self, network: Recommender, *, seed: int, device: torch.device) -> None:
        self.network = network.to(device)
        self.device = device
        self.seed = seed
        self.known = torch.zeros(network.shape.items, device=device)  # [N], 1 where trained on

    def fit(self, dataset: Dataset, inputs: Inputs, plan: Plan, reporter: Reporter,
            held: Held | None = None) -> dict[str, Any]:
        """Learn from a dataset until the plan, the time or the patience ends; facts for people.

        With ``held`` the state of the best validation loss is kept, without it the last one.
        """
        rng = np.random.default_rng(self.seed)
        torch.manual_seed(self.seed)
        counts = dataset.interactions_of_items
        self.known = torch.from_numpy((counts > 0).astype(np.float32)).to(self.device)
        drawing = _Drawing(counts, self.device)
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=plan.rate, betas=(0.9, 0.98),
                                      weight_decay=WEIGHT_DECAY)
        gaps = gaps_of(dataset)
        steps = self._steps(dataset, plan)
        patience = max(PATIENCE, math.ceil(PATIENT_STEPS * plan.epochs / steps))
        judged = math.ceil(JUDGED_STEPS * plan.epochs / steps)
        began = time.monotonic()
        best, best_state, best_epoch, step, ended = math.inf, None, 0, 0, "plan"
        for epoch in range(1, plan.epochs + 1):
            losses: list[tuple[float, int]] = []
            self.network.train()
            for batch in training_batches(dataset, gaps, self.network.shape.length, plan.tokens, rng):
                reporter.check()
                spent = (time.monotonic() - began) / plan.seconds
                if spent >= 1:
                    break
                done = max(spent, step / steps)
                rate = max(LEAST_RATE, (1 + math.cos(math.pi * min(1.0, done))) / 2) * min(1.0, (step + 1) / WARM_UP)
                for group in optimiser.param_groups:
                    group["lr"] = plan.rate * rate
                losses.append(self._step(batch, inputs, drawing, optimiser, rng))
                step += 1
                if step % 8 == 0:
                    reporter.progress(min(0.99, done))
            asked = sum(count for _, count in losses)
            if asked:
                reporter.point("training loss", epoch, sum(loss * count for loss, count in losses) / asked)
            over = time.monotonic() - began >= plan.seconds
            if held is not None and asked and (over or epoch % judged == 0 or epoch == plan.epochs):
                loss, ndcg = self.validate(held)
                reporter.point("validation ndcg_at_10", epoch, ndcg)
                reporter.point("validation loss", epoch, loss)
                reporter.log(f"epoch {epoch}: validation loss {loss:.4f}, ndcg_at_10 {ndcg:.4f}")
                if loss < best:
                    best, best_epoch = loss, epoch
                    best_state = copy.deepcopy(self.network.state_dict())
                elif epoch - best_epoch >= patience:
                    ended = "patience"
                    break
            if over:
                ended = "time"
                break
        if best_state is not None:
            self.network.load_state_dict(best_state)
        return {"epochs": epoch, "best epoch": best_epoch or epoch, "steps": step, "ended by": ended,
                "seconds": round(time.monotonic() - began, 1)}

    @torch.no_grad()
    def vectors(self) -> Tensor:
        """Item vectors [N, d] as they serve."""
        self.network.eval()
        return self.network.items(self.known)

    @torch.no_grad()
    def queries(self, dataset: Dataset, inputs: Inputs, users: NDArray[np.int64]) -> Tensor:
        """What each user's whole history asks for, without context: [users, d], in the order given."""
        self.network.eval()
        vectors = self.vectors()
        order = np.argsort(np.diff(dataset.starts)[users], kind="stable")
        found = torch.empty(len(users), self.network.shape.width, device=self.device)
        gaps, done = gaps_of(dataset), 0
        for batch in closing_batches(dataset, gaps, users[order], self.network.shape.length):
            states = self._states(vectors, batch, inputs)
            last = states[torch.arange(len(states)), self._on(batch.lengths)]  # [B, d]
            places = torch.from_numpy(order[done:done + len(states)]).to(self.device)
            found[places] = self.network.query(last, torch.zeros_like(last))
            done += len(states)
        return found

    @torch.no_grad()
    def logits(self, queries: Tensor) -> Tensor:
        """Scores of all items [Q, N]; items never trained on, of which nothing is known, are far below."""
        logits = torch.addmm(self.network.bias, queries, self.vectors().T)
        return logits.masked_fill(self.known[None] == 0, -1e9)

    def validate(self, held: Held) -> tuple[float, float]:
        """Mean loss and NDCG@10 of the first VALIDATED held-out events, over all items trained on."""
        users = np.arange(min(VALIDATED, len(held.targets)))
        queries, losses, gains = self.queries(held.before, held.inputs, users), [], []
        for begin in range(0, len(queries), 256):
            logits = self.logits(queries[begin:begin + 256])
            target = self._on(held.targets[users[begin:begin + 256]])[:, None]
            own = logits.gather(1, target)
            losses.append((logits.logsumexp(1, keepdim=True) - own).clamp_max(50.0))
            rank = (logits > own).sum(1)
            gains.append(torch.where(rank < 10, 1 / torch.log2(rank + 2.0), 0.0))
        return float(torch.cat(losses).mean()), float(torch.cat(gains).mean())

    def _step(self, batch: Batch, inputs: Inputs, drawing: "_Drawing", optimiser: torch.optim.Optimizer,
              rng: np.random.Generator) -> tuple[float, int]:
        asked = batch.targets >= 0
        targets, events = self._on(batch.targets[asked]), batch.events[asked]
        weights = torch.from_numpy(inputs.weights[events]).to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            vectors = self.network.items(self.known)
            states = self._states(vectors, batch, inputs)[self._on(asked)]
            queries = self.network.query(states, self._context(inputs, events, rng))
        queries, vectors, bias = queries.float(), vectors.float(), self.network.bias
        if drawing.all:
            hidden = (1 - self.known) * -1e9
            loss = cross_entropy(queries, vectors, bias + hidden, targets, weights)
        else:
            loss = sampled_cross_entropy(queries, vectors, bias, targets, weights, drawing.draw(),
                                         drawing.log_expected)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        optimiser.step()
        return float(loss.detach()), len(targets)

    def _states(self, vectors: Tensor, batch: Batch, inputs: Inputs) -> Tensor:
        features = torch.from_numpy(inputs.users[batch.users].toarray()).to(self.device)
        return self.network.states(vectors, self._on(batch.items), self._on(batch.event_types), self._on(batch.gaps),
                                   features @ self.network.user)

    def _context(self, inputs: Inputs, events: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        width = self.network.shape.width
        if not inputs.contexts.shape[1]:
            return torch.zeros(len(events), width, device=self.device)
        features = inputs.contexts[events].toarray() * (rng.random((len(events), 1)) >= WITHOUT_CONTEXT)
        return torch.from_numpy(features.astype(np.float32)).to(self.device) @ self.network.context

    def _steps(self, dataset: Dataset, plan: Plan) -> int:
        return max(1, plan.epochs * max(1, math.ceil(1.1 * len(dataset.item) / plan.tokens)))

    def _on(self, array: NDArray) -> Tensor:
        return torch.from_numpy(array).to(self.device)


class _Drawing:
    """Which items each step compares with: all of a small catalogue, else a sample by popularity."""

    def __init__(self, counts: NDArray[np.int64], device: torch.device) -> None:
        self.all = len(counts) <= FULL_SOFTMAX
        number = int(min(8192, max(512, len(counts) // 50)))
        chances = torch.from_numpy(np.where(counts > 0, (counts + 1.0) ** 0.75, 0.0)).to(device)
        self._sums = (chances / chances.sum()).cumsum(0)
        self._number = number
        self.log_expected = torch.log(chances / chances.sum() * number + 1e-12).float()

    def draw(self) -> Tensor:
        """Places of drawn items [K]."""
        drawn = torch.rand(self._number, dtype=torch.float64, device=self._sums.device)
        return torch.searchsorted(self._sums, drawn).clamp_max(len(self._sums) - 1)
