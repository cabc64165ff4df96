"""Losses that never hold all logits, beside the same written plainly."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_web.engine.nets import losses
from personalize_web.engine.nets.losses import cross_entropy, sampled_cross_entropy


def plain(queries, items, bias, targets, weights):
    each = torch.nn.functional.cross_entropy(queries @ items.T + bias, targets, reduction="none")
    return (each * weights).sum() / weights.sum()


def plain_sample(queries, items, bias, targets, weights, drawn, log_expected):
    own = (queries * items[targets]).sum(1) + bias[targets] - log_expected[targets]
    others = queries @ items[drawn].T + bias[drawn] - log_expected[drawn]
    others = others.masked_fill(drawn[None] == targets[:, None], float("-inf"))
    each = torch.logaddexp(own, others.logsumexp(1)) - own
    return (each * weights).sum() / weights.sum()


def made(seed, positions, items, width=5):
    draw = torch.Generator().manual_seed(seed)
    leaves = [torch.randn(shape, generator=draw, dtype=torch.float64, requires_grad=True)
              for shape in ((positions, width), (items, width), (items,))]
    return leaves, torch.randint(0, items, (positions,), generator=draw), torch.rand(positions, generator=draw) + 0.1


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(2, 7))
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("sampled", [False, True])
def test_loss_and_gradients_are_those_written_plainly(sampled, seed, positions, items):
    leaves, targets, weights = made(seed, positions, items)
    drawn = torch.randint(0, items, (items + 2,), generator=torch.Generator().manual_seed(seed))
    more = (drawn, torch.linspace(-1, 1, items, dtype=torch.float64)) if sampled else ()
    values = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses, "CHUNK", 4)
        for loss in (sampled_cross_entropy, plain_sample) if sampled else (cross_entropy, plain):
            value = loss(*leaves, targets, weights.double(), *more)
            values.append([value.detach(), *torch.autograd.grad(3 * value, leaves)])
    for ours, plainly in zip(*values, strict=True):
        torch.testing.assert_close(ours, plainly, rtol=1e-8, atol=1e-10)


def test_where_all_drawn_items_are_one_s_own_there_is_nothing_to_lose():
    leaves, targets, weights = made(1, 3, 4)
    same = torch.full((5,), 2)
    loss = sampled_cross_entropy(*leaves, torch.full_like(targets, 2), weights.double(), same,
                                 torch.zeros(4, dtype=torch.float64))
    assert float(loss.detach()) == pytest.approx(0.0, abs=1e-12)
