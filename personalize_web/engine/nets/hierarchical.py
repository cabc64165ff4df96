"""The recurrent network of sessions within a user's life.

Follows Quadrana et al., "Personalizing Session-based Recommendations with Hierarchical Recurrent Neural Networks"
(2017): one recurrent unit reads the events of a session, a second one reads what each session came to and says where
the next session begins.
"""

import torch
from torch import Tensor, nn


class Cell(nn.Module):
    """A gated recurrent unit (Cho et al. 2014), written out so that it can be exported inside a loop."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.given, self.kept = nn.Linear(width, 3 * width), nn.Linear(width, 3 * width)

    def forward(self, given: Tensor, state: Tensor) -> Tensor:
        """given [B, 3d] (what is read, through ``self.given``), state [B, d] -> the next state [B, d]."""
        reset, update, new = given.chunk(3, dim=1)
        old_reset, old_update, old_new = self.kept(state).chunk(3, dim=1)
        gate = torch.sigmoid(update + old_update)
        candidate = torch.tanh(new + torch.sigmoid(reset + old_reset) * old_new)
        return (1 - gate) * candidate + gate * state


class Hierarchical(nn.Module):
    """Tokens in, a state after each of them out; a state knows its own token and those before it."""

    def __init__(self, width: int, bptt: int, dropout: float) -> None:
        super().__init__()
        self.bptt = bptt
        self.session, self.user = Cell(width), Cell(width)
        self.opens = nn.Linear(width, width)
        self.after = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, begins: Tensor) -> Tensor:
        """tokens [B, L, d], begins [B, L] (1 where a session begins) -> states [B, L, d].

        Gradients go back through at most ``bptt`` tokens.
        """
        x = self.dropout(tokens)
        state, life = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
        read = self.session.given(x)  # [B, L, 3d]
        found = torch.jit.annotate(list[Tensor], [])
        for place in range(x.shape[1]):
            if self.training and place % self.bptt == 0:
                state, life = state.detach(), life.detach()
            fresh = begins[:, place, None]  # [B, 1]
            if bool(fresh.any()):
                life = fresh * self.user(self.user.given(state), life) + (1 - fresh) * life
                state = fresh * torch.tanh(self.opens(life)) + (1 - fresh) * state
            state = self.session(read[:, place], state)
            found.append(state)
        states = torch.stack(found, 1)
        return self.after(self.dropout(states) + x)
