"""What a step of learning makes small: how unlikely the network finds the items that came next."""

import torch
from torch import Tensor, nn

from personalize_web.engine.nets.losses import cross_entropy, sampled_cross_entropy
from personalize_web.engine.nets.recommender import Recommender


class NextItemLoss(nn.Module):
    """The loss of a batch's questions as one module, so that several processes can learn together."""

    def __init__(self, network: Recommender) -> None:
        super().__init__()
        self.network = network

    def forward(self, known: Tensor, rows: Tensor | None, events: tuple[Tensor, Tensor, Tensor], asked: Tensor,
                users: Tensor, contexts: Tensor, targets: Tensor, weights: Tensor, drawn: Tensor | None,
                log_expected: Tensor) -> Tensor:
        """The weighted mean loss [].

        rows [R] are the items that take part, ascending, or None for all N; known [N]; events are items, event types
        and gaps [B, L]; asked [B, L + 1] is true at the P states with a question; users [B, f] and contexts [P, c]
        features; targets and weights [P]; drawn [K] are the items to compare with, None for all; log_expected [N], see
        :func:`~personalize_web.engine.nets.losses.sampled_cross_entropy`.
        """
        network, (items, event_types, gaps) = self.network, events
        with torch.autocast(known.device.type, torch.bfloat16, enabled=known.device.type == "cuda"):
            vectors = network.items(known, rows)
            if rows is not None:
                items, targets = torch.searchsorted(rows, items), torch.searchsorted(rows, targets)
            states = network.states(vectors, items, event_types, gaps, users @ network.user)[asked]
            context = contexts @ network.context if contexts.shape[1] else torch.zeros_like(states)
            queries = network.query(states, context)
        queries, vectors = queries.float(), vectors.float()
        if drawn is None:
            return cross_entropy(queries, vectors, network.bias + (1 - known) * -1e9, targets, weights)
        bias: Tensor = network.bias
        if rows is not None:
            bias, log_expected, drawn = bias[rows], log_expected[rows], torch.searchsorted(rows, drawn)
        return sampled_cross_entropy(queries, vectors, bias, targets, weights, drawn, log_expected)
