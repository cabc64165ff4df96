"""Cross-entropy over a whole catalogue without ever holding all its logits."""

from typing import Any

import torch
from torch import Tensor

CHUNK = 512
"""Positions whose logits are in memory at once."""


class _FusedCrossEntropy(torch.autograd.Function):
    """Loss and all gradients in one pass over chunks of positions: the logits are never kept for a backward pass."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, items: Tensor, bias: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """queries [P, d], items [N, d], bias [N], targets [P], weights [P] -> the weighted mean loss []."""
        total = weights.sum().clamp_min(1e-9)
        to_queries, to_items, to_bias = torch.empty_like(queries), torch.zeros_like(items), torch.zeros_like(bias)
        logits, slope = queries.new_empty(2, min(CHUNK, len(queries)), len(items)).unbind()  # each [c, N]
        loss = queries.new_zeros(())
        for begin in range(0, len(queries), CHUNK):
            rows = slice(begin, begin + CHUNK)
            part, target, weight = queries[rows], targets[rows, None], weights[rows, None] / total
            held, share = logits[: len(part)], slope[: len(part)]
            torch.mm(part, items.T, out=held)
            held += bias
            torch.softmax(held, 1, out=share)
            loss -= (share.gather(1, target).clamp_min(1e-30).log() * weight).sum()
            share *= weight
            share.scatter_add_(1, target, -weight)
            torch.mm(share, items, out=to_queries[rows])
            to_items.addmm_(share.T, part)
            to_bias += share.sum(0)
        ctx.save_for_backward(to_queries, to_items, to_bias)
        return loss

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        to_queries, to_items, to_bias = ctx.saved_tensors
        return to_queries * slopes[0], to_items * slopes[0], to_bias * slopes[0], None, None


def cross_entropy(queries: Tensor, items: Tensor, bias: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of ``-log softmax(queries @ items.T + bias)[targets]``.

    queries [P, d], items [N, d], bias [N], targets [P] of places in items, weights [P] -> [].
    """
    return _FusedCrossEntropy.apply(queries, items, bias, targets, weights)


def sampled_cross_entropy(queries: Tensor, items: Tensor, bias: Tensor, targets: Tensor, weights: Tensor,
                          drawn: Tensor, log_expected: Tensor) -> Tensor:
    """The same loss against drawn items only, corrected for how often each is expected to be drawn.

    drawn [K] of places in items, log_expected [N] is log(K * chance of one draw) by item. A drawn item that is a
    position's own target does not count against it. Yi et al., "Sampling-Bias-Corrected Neural Modeling" (2019).
    """
    own = (queries * items[targets]).sum(1) + bias[targets] - log_expected[targets]  # [P]
    others = torch.addmm(bias[drawn] - log_expected[drawn], queries, items[drawn].T)  # [P, K]
    others = others.masked_fill(drawn[None, :] == targets[:, None], float("-inf"))
    losses = torch.logaddexp(own, others.logsumexp(1)) - own
    return (losses * weights).sum() / weights.sum().clamp_min(1e-9)
