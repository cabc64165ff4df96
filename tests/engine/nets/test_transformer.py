"""The causal transformer."""

import pytest
import torch

from personalize_web.engine.nets.transformer import Backbone


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_newest_state_alone_is_the_last_of_all(layers, heads):
    torch.manual_seed(3)
    backbone = Backbone(width=8, layers=layers, heads=heads, length=5, dropout=0.0).eval()
    for parameter in backbone.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    for length in (1, 4, 9):
        tokens = torch.randn(3, length, 8)
        torch.testing.assert_close(backbone.newest(tokens), backbone(tokens)[:, -1], rtol=1e-4, atol=1e-5)
