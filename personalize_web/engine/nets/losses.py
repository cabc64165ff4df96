"""Cross-entropy over a whole catalogue without ever holding all its logits."""

from collections.abc import Callable
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


class _FusedSampledCrossEntropy(torch.autograd.Function):
    """The loss against drawn items with all gradients in one pass, a chunk of positions after the other."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, own_items: Tensor, own_bias: Tensor, items: Tensor, bias: Tensor,
                is_own: Callable[[slice], Tensor], weights: Tensor) -> Tensor:
        """queries and own_items [P, d], own_bias [P], items [K, d], bias [K], weights [P] -> weighted mean loss [].

        ``is_own`` answers for some positions which drawn items are their own target, [c, K].
        """
        shares = weights / weights.sum().clamp_min(1e-9)
        to_queries, to_items, to_bias = torch.empty_like(queries), torch.zeros_like(items), torch.zeros_like(bias)
        to_own = torch.empty_like(own_bias)
        held = queries.new_empty(min(CHUNK, len(queries)), len(items))  # [c, K]
        own_logits = (queries * own_items).sum(1) + own_bias  # [P]
        loss = queries.new_zeros(())
        for begin in range(0, len(queries), CHUNK):
            rows = slice(begin, begin + CHUNK)
            part, own, share = queries[rows], own_logits[rows], shares[rows]
            logits = held[: len(part)]
            torch.addmm(bias, part, items.T, out=logits)
            logits.masked_fill_(is_own(rows), float("-inf"))
            top = torch.maximum(logits.amax(1), own)
            logits.sub_(top[:, None]).exp_()
            whole = logits.sum(1) + (own - top).exp()
            loss += ((whole.log() + top - own) * share).sum()
            logits *= (share / whole)[:, None]
            to_own[rows] = ((own - top).exp() / whole - 1) * share
            torch.mm(logits, items, out=to_queries[rows])
            to_items.addmm_(logits.T, part)
            to_bias += logits.sum(0)
        to_queries.addcmul_(own_items, to_own[:, None])
        ctx.save_for_backward(to_queries, queries * to_own[:, None], to_own, to_items, to_bias)
        return loss

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        return *(each * slopes[0] for each in ctx.saved_tensors), None, None


def sampled_cross_entropy(queries: Tensor, items: Tensor, bias: Tensor, targets: Tensor, weights: Tensor,
                          drawn: Tensor, log_expected: Tensor) -> Tensor:
    """The same loss against drawn items only, corrected for how often each is expected to be drawn.

    drawn [K] of places in items, log_expected [N] is log(K * chance of one draw) by item. A drawn item that is a
    position's own target does not count against it. Yi et al., "Sampling-Bias-Corrected Neural Modeling" (2019).
    """
    corrected = bias - log_expected
    few_drawn, few_targets = drawn.int(), targets.int()
    return _FusedSampledCrossEntropy.apply(
        queries, items[targets], corrected[targets], items[drawn], corrected[drawn],
        lambda rows: few_targets[rows, None] == few_drawn[None], weights)
