"""Gradient descent on the sequence network: batches, budget, live curves, early stopping, one process or several."""

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

from personalize_web.engine import team
from personalize_web.engine.algorithms.sequences import Batch, closing_batches, gaps_of, training_batches
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.nets.next_item import NextItemLoss
from personalize_web.engine.nets.recommender import Recommender
from personalize_web.engine.reporting import Reporter, Silent

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
ALL_ROWS = 20_000
"""Most items whose vectors are all made and changed at every step; beyond, those that take part are."""
LEAST_TOKENS = 128
"""Events in a batch of one process, where several share what ``Plan.tokens`` asks for."""
_LOGITS = 25_000_000
"""Logits in memory at once where held-out events are judged."""


@dataclass(frozen=True)
class Plan:
    """How long and in which steps to learn."""

    epochs: float
    """Times that every event is learned from; below 1 a part of them is."""
    seconds: float
    """A limit of time, infinite for none. Where it ends the learning, the model depends on how fast the machine was."""
    tokens: int
    """Events in a batch, padding included."""
    rate: float = RATE
    most_steps: int = 100_000
    """Most batches, however many epochs that is: what bounds learning from very many data."""


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
        self.by_rows = network.shape.items > ALL_ROWS
        # gradients of few rows of a large table are sparse; a GPU is quick with dense ones, and NCCL wants them
        network.items.own.sparse = self.by_rows and device.type == "cpu"

    def fit(
        self, dataset: Dataset, inputs: Inputs, plan: Plan, reporter: Reporter, held: Held | None = None
    ) -> dict[str, Any]:
        """Learn from a dataset until the plan, the patience or a limit of time ends; facts for people.

        With ``held`` the state of the best validation loss is kept, without it the last one. The leader of a team
        calls this; its followers are in :func:`~personalize_web.engine.team.follow`.
        """
        together = team.present()
        if together.size > 1:
            lean = replace(dataset, contexts=(), item_columns=(), user_columns=())
            together.share((_follow, (self.network.cpu(), self.seed, self.device.type, lean, inputs, plan)))
            self.network.to(self.device)
        return self._learn(dataset, inputs, plan, reporter, held, together)

    def _learn(
        self, dataset: Dataset, inputs: Inputs, plan: Plan, reporter: Reporter, held: Held | None, together: team.Team
    ) -> dict[str, Any]:
        rng = np.random.default_rng(self.seed)
        dropped = np.random.default_rng([self.seed, together.rank])
        torch.manual_seed(self.seed + together.rank)
        counts = dataset.interactions_of_items
        self.known = torch.from_numpy((counts > 0).astype(np.float32)).to(self.device)
        drawing = _Drawing(counts, self.device)
        task, optimiser = self._task(together), _Optimiser(self.network, plan.rate)
        gaps = gaps_of(dataset)
        tokens = max(LEAST_TOKENS, plan.tokens // together.size)
        steps = max(1.0, plan.epochs * max(1, math.ceil(1.1 * len(dataset.item) / (tokens * together.size))))
        most = min(steps, plan.most_steps)
        patience = max(PATIENCE, math.ceil(PATIENT_STEPS * plan.epochs / steps))
        judged = math.ceil(JUDGED_STEPS * plan.epochs / steps)
        began = time.monotonic()
        best, best_state, best_epoch, step, ended = math.inf, None, 0, 0, "plan"
        for epoch in range(1, math.ceil(plan.epochs) + 1):
            losses: list[tuple[float, int]] = []
            self.network.train()
            batches = training_batches(
                dataset,
                gaps,
                self.network.shape.length,
                tokens,
                rng,
                share=(together.rank, together.size),
                part=min(1.0, plan.epochs - epoch + 1),
            )
            for batch in batches:
                reporter.check()
                spent = together.agree((time.monotonic() - began) / plan.seconds)
                if spent >= 1 or step >= plan.most_steps:
                    break
                done = max(spent, step / most)
                rate = max(LEAST_RATE, (1 + math.cos(math.pi * min(1.0, done))) / 2) * min(1.0, (step + 1) / WARM_UP)
                losses.append(self._step(task, batch, inputs, drawing, optimiser, plan.rate * rate, dropped))
                step += 1
                if step % 8 == 0:
                    reporter.progress(min(0.99, done))
            asked = sum(count for _, count in losses)
            if asked:
                reporter.point("training loss", epoch, sum(loss * count for loss, count in losses) / asked)
            late = together.agree((time.monotonic() - began) / plan.seconds) >= 1
            over = late or step >= plan.most_steps
            last = over or epoch >= plan.epochs
            if held is not None and asked and (last or epoch % judged == 0):
                loss, ndcg = self.validate(held)
                reporter.point("validation ndcg_at_10", epoch, ndcg)
                reporter.point("validation loss", epoch, loss)
                reporter.log(f"epoch {epoch}: validation loss {loss:.4f}, ndcg_at_10 {ndcg:.4f}")
                if loss < best:
                    best, best_epoch = loss, epoch
                    best_state = copy.deepcopy(self.network.state_dict())
                elif epoch - best_epoch >= patience:
                    ended = "patience"
            if over:
                ended = "time" if late else "steps"
            if together.agree(ended != "plan"):
                break
        if best_state is not None:
            self.network.load_state_dict(best_state)
        return {
            "epochs": epoch,
            "best epoch": best_epoch or epoch,
            "steps": step,
            "ended by": ended,
            "processes": together.size,
            "seconds": round(time.monotonic() - began, 1),
        }

    def _task(self, together: team.Team) -> nn.Module:
        task = NextItemLoss(self.network)
        if together.size == 1:
            return task
        for parameter in self.network.parameters():
            parameter.requires_grad_(parameter.numel() > 0)
        on = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(task, device_ids=on, broadcast_buffers=False)

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
            last = states[torch.arange(len(states), device=self.device), self._on(batch.lengths)]  # [B, d]
            places = torch.from_numpy(order[done : done + len(states)]).to(self.device)
            found[places] = self.network.query(last, torch.zeros_like(last))
            done += len(states)
        return found

    @torch.no_grad()
    def logits(self, queries: Tensor, vectors: Tensor) -> Tensor:
        """Scores of all items [Q, N]; items never trained on, of which nothing is known, are far below."""
        logits = torch.addmm(self.network.bias, queries, vectors.T)
        return logits.masked_fill(self.known[None] == 0, -1e9)

    def logits_in_blocks(self, queries: Tensor) -> Iterator[Tensor]:
        """The same [q, N] of some queries after the others, so that few are in memory at once."""
        vectors, size = self.vectors(), max(1, min(256, _LOGITS // len(self.known)))
        for begin in range(0, len(queries), size):
            yield self.logits(queries[begin : begin + size], vectors)

    def validate(self, held: Held) -> tuple[float, float]:
        """Mean loss and NDCG@10 of the first VALIDATED held-out events, over all items trained on."""
        users = np.arange(min(VALIDATED, len(held.targets)))
        losses, gains, done = [], [], 0
        for logits in self.logits_in_blocks(self.queries(held.before, held.inputs, users)):
            own = logits.gather(1, self._on(held.targets[done : done + len(logits)])[:, None])
            losses.append((logits.logsumexp(1, keepdim=True) - own).clamp_max(50.0))
            rank = (logits > own).sum(1)
            gains.append(torch.where(rank < 10, 1 / torch.log2(rank + 2.0), 0.0))
            done += len(logits)
        return float(torch.cat(losses).mean()), float(torch.cat(gains).mean())

    def _step(
        self,
        task: nn.Module,
        batch: Batch,
        inputs: Inputs,
        drawing: "_Drawing",
        optimiser: "_Optimiser",
        rate: float,
        rng: np.random.Generator,
    ) -> tuple[float, int]:
        asked = batch.targets >= 0
        targets, places = self._on(batch.targets[asked]), batch.events[asked]
        events = self._on(batch.items), self._on(batch.event_types), self._on(batch.gaps)
        users = inputs.users[batch.users].toarray()
        contexts = inputs.contexts[places].toarray() * (rng.random((len(places), 1)) >= WITHOUT_CONTEXT)
        drawn = None if drawing.all else drawing.draw()
        rows = None
        if self.by_rows and drawn is not None:
            rows = torch.unique(torch.cat([events[0].flatten(), targets, drawn]))
        loss = task(
            self.known,
            rows,
            events,
            self._on(asked),
            self._on(users),
            self._on(contexts.astype(np.float32)),
            targets,
            self._on(inputs.weights[places]),
            drawn,
            drawing.log_expected,
        )
        optimiser.step(loss, rate)
        return float(loss.detach()), len(targets)

    def _states(self, vectors: Tensor, batch: Batch, inputs: Inputs) -> Tensor:
        features = torch.from_numpy(inputs.users[batch.users].toarray()).to(self.device)
        return self.network.states(
            vectors,
            self._on(batch.items),
            self._on(batch.event_types),
            self._on(batch.gaps),
            features @ self.network.user,
        )

    def _on(self, array: NDArray) -> Tensor:
        return torch.from_numpy(array).to(self.device)


def device_named(name: str) -> torch.device:
    """``cpu``, ``cuda`` (this process's own GPU), or for ``auto`` a GPU where there is one."""
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())


def _follow(
    network: Recommender, seed: int, device: str, dataset: Dataset, inputs: Inputs, plan: Plan, together: team.Team
) -> None:
    """Take a share of a fit of the leader."""
    Learner(network, seed=seed, device=device_named(device))._learn(dataset, inputs, plan, Silent(), None, together)


class _Optimiser:
    """AdamW; of a table with sparse gradients Adam on the rows that took part alone, without decay."""

    def __init__(self, network: Recommender, rate: float) -> None:
        table = network.items.own
        sparse_ones = [table.weight] if table.sparse else []
        self._dense = [each for each in network.parameters() if all(each is not other for other in sparse_ones)]
        self._optimisers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(self._dense, lr=rate, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY)
        ]
        if sparse_ones:
            self._optimisers.append(torch.optim.SparseAdam(sparse_ones, lr=rate, betas=(0.9, 0.98)))

    def step(self, loss: Tensor, rate: float) -> None:
        """One step down ``loss``."""
        for each in self._optimisers:
            each.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._dense, 5.0)
        for each in self._optimisers:
            for group in each.param_groups:
                group["lr"] = rate
            each.step()


class _Drawing:
    """Which items each step compares with: all of a small catalogue, else a sample by popularity."""

    def __init__(self, counts: NDArray[np.int64], device: torch.device) -> None:
        self.all = len(counts) <= FULL_SOFTMAX
        number = int(min(8192, max(512, len(counts) // 100)))
        chances = torch.from_numpy(np.where(counts > 0, (counts + 1.0) ** 0.75, 0.0)).to(device)
        self._sums = (chances / chances.sum()).cumsum(0)
        self._number = number
        self.log_expected = torch.log(chances / chances.sum() * number + 1e-12).float()

    def draw(self) -> Tensor:
        """Places of drawn items [K]."""
        drawn = torch.rand(self._number, dtype=torch.float64, device=self._sums.device)
        return torch.searchsorted(self._sums, drawn).clamp_max(len(self._sums) - 1)
