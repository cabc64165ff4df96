"""The whole network of the sequence recommender: items, tokens, states and queries."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from personalize_web.engine.nets.hierarchical import Hierarchical
from personalize_web.engine.nets.transformer import Backbone


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    items: int
    event_types: int
    gaps: int
    """Buckets of the time since the previous event."""
    user_features: int
    context_features: int
    width: int = 64
    layers: int = 1
    heads: int = 1
    length: int = 50
    """Newest events that a state reads."""
    dropout: float = 0.2
    bptt: int = 0
    """Above 0 the backbone is recurrent, and gradients go back through so many events; 0 is a transformer."""
    session_gap: int = 0
    """Recurrent: the least bucket of a gap that begins a session."""


def _unseen(features: sparse.csr_matrix) -> Tensor:
    """[f]: whether a feature is zero in every row."""
    return torch.from_numpy(np.bincount(features.indices[features.data != 0], minlength=features.shape[1]) == 0)


class ItemTable(nn.Module):
    """Item vectors: a learned one for each id, plus what the metadata say.

    In training an id's own vector is left out at random, so that metadata alone also mean something (Volkovs et al.,
    "DropoutNet", 2017).
    """

    places: Tensor
    """[2, nnz]: row and feature of every entry of the features."""
    weights: Tensor
    """[nnz]."""
    starts: Tensor
    """[N + 1]: where each row's entries begin."""

    def __init__(self, start: Tensor, features: Tensor | None, without_id: float) -> None:
        """start [N, d]; features is a coalesced sparse matrix [N, f], or None."""
        super().__init__()
        self.own = nn.Embedding.from_pretrained(start, freeze=False)  # [N, d]
        self.without_id = without_id if features is not None else 0.0
        self.has_features = features is not None
        if features is not None:
            width = start.shape[1]
            for name, part in (
                ("places", features.indices()),
                ("weights", features.values()),
                ("starts", _starts(features)),
            ):
                self.register_buffer(name, part, persistent=False)
            self.enter = nn.Parameter(torch.randn(features.shape[1], 2 * width) / math.sqrt(width))
            self.leave = nn.Linear(2 * width, width)
            nn.init.normal_(self.leave.weight, std=0.1 / math.sqrt(width))
            nn.init.zeros_(self.leave.bias)

    @torch.no_grad()
    def silence(self, features: sparse.csr_matrix) -> None:
        """Let features that none of these items has say nothing, until some item that is learned from has them."""
        self.enter[_unseen(features)] = 0.0

    def forward(self, known: Tensor, rows: Tensor | None = None) -> Tensor:
        """Vectors of all items [N, d], or of some rows [R, d]; ``known`` [N] is 1 where an item was trained on."""
        own = self.own.weight * known[:, None] if rows is None else self.own(rows) * known[rows, None]
        if not self.has_features:
            return own
        if self.training and self.without_id:
            own = own * (torch.rand(len(own), 1, device=own.device) >= self.without_id)
        entered = self._entered() if rows is None else self._entered_of(rows)
        return own + self.leave(nn.functional.gelu(entered))

    def _entered(self) -> Tensor:
        """features @ enter of all items, [N, 2d]."""
        size = len(self.starts) - 1, len(self.enter)
        features = torch.sparse_coo_tensor(self.places, self.weights, size, is_coalesced=True, check_invariants=False)
        return torch.sparse.mm(features, self.enter)

    def _entered_of(self, rows: Tensor) -> Tensor:
        """The same of some rows [R, 2d], at a cost that does not depend on how many items there are."""
        begins = self.starts[rows]
        sizes = self.starts[rows + 1] - begins
        ends = sizes.cumsum(0)
        entries = torch.arange(int(sizes.sum()), device=rows.device)
        entries = entries + torch.repeat_interleave(begins - (ends - sizes), sizes)
        return nn.functional.embedding_bag(
            self.places[1, entries], self.enter, ends - sizes, mode="sum", per_sample_weights=self.weights[entries]
        )


def _starts(features: Tensor) -> Tensor:
    """Where each row's entries begin, and the end of the last, [N + 1]."""
    rows = torch.arange(features.shape[0] + 1, device=features.device)
    return torch.searchsorted(features.indices()[0].contiguous(), rows)


class Recommender(nn.Module):
    """A causal backbone over item, event type and time gap, after a token that stands for the user."""

    def __init__(self, shape: Shape, items: ItemTable, bias: Tensor) -> None:
        super().__init__()
        width = shape.width
        self.shape, self.items = shape, items
        self.bias = nn.Parameter(bias)  # [N]
        self.begin = nn.Parameter(torch.randn(width) * 0.1)
        self.user = nn.Parameter(torch.randn(shape.user_features, width) * 0.1)
        self.event_type = nn.Embedding(shape.event_types, width)
        self.gap = nn.Embedding(shape.gaps, width)
        for table in (self.event_type, self.gap):
            nn.init.normal_(table.weight, std=0.05)
        self.backbone: Backbone | Hierarchical
        if shape.bptt:
            self.backbone = Hierarchical(width, shape.bptt, shape.dropout)
        else:
            self.backbone = Backbone(width, shape.layers, shape.heads, shape.length + 1, shape.dropout)
        self.context = nn.Parameter(torch.randn(shape.context_features, width) * 0.1)
        answer = nn.Linear(width, width)
        nn.init.zeros_(answer.weight)
        nn.init.zeros_(answer.bias)
        self.ask = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), answer)

    @torch.no_grad()
    def silence(self, users: sparse.csr_matrix, contexts: sparse.csr_matrix) -> None:
        """Let features that no user or no event has say nothing, such as a missing value where none ever was."""
        self.user[_unseen(users)] = 0.0
        self.context[_unseen(contexts)] = 0.0

    def states(self, vectors: Tensor, items: Tensor, event_types: Tensor, gaps: Tensor, users: Tensor) -> Tensor:
        """vectors [N, d], items, event_types and gaps [B, L], users [B, d] -> states [B, L + 1, d].

        The first state follows the user's token alone and knows no event.
        """
        events = vectors[items] + self.event_type(event_types) + self.gap(gaps)  # [B, L, d]
        tokens = torch.cat([(self.begin + users)[:, None], events], dim=1)
        if not self.shape.bptt:
            return self.backbone(tokens)
        later = (gaps >= self.shape.session_gap).to(tokens.dtype)  # [B, L]
        return self.backbone(tokens, torch.cat([torch.ones_like(later[:, :1]), later], dim=1))

    def query(self, states: Tensor, context: Tensor) -> Tensor:
        """states [..., d] and context [..., d] (zeros where there is none) -> queries [..., d]."""
        return states + self.ask(torch.cat([states, context], dim=-1))


class Encoder(nn.Module):
    """What serving runs: a user's tokens in, the relevance of all items out."""

    def __init__(self, recommender: Recommender) -> None:
        super().__init__()
        self.recommender = recommender

    def forward(self, tokens: Tensor, context: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """tokens [1, L + 1, d], context [1, d], vectors [N, d] -> query [1, d], relevance [N]."""
        query = self.recommender.query(cast(Backbone, self.recommender.backbone).newest(tokens), context)
        return query, (vectors @ query.T)[:, 0]


class RecurrentEncoder(nn.Module):
    """What serving runs where the backbone is recurrent; to be scripted, so that its loop stays a loop."""

    def __init__(self, recommender: Recommender) -> None:
        super().__init__()
        self.backbone, self.ask = recommender.backbone, recommender.ask

    def forward(self, tokens: Tensor, begins: Tensor, context: Tensor, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """tokens [1, L + 1, d], begins [1, L + 1], context [1, d], vectors [N, d] -> query [1, d], relevance [N]."""
        state = self.backbone(tokens, begins)[:, -1]
        query = state + self.ask(torch.cat([state, context], dim=-1))
        return query, (vectors @ query.T)[:, 0]
