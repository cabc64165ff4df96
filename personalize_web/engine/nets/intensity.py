"""How much a user will do: the rate of a Poisson process, out of habits and the state of the sequence network.

Follows Ma, Liu and Deoras, "Bridging Recommendation and Marketing via Recurrent Intensity Modeling" (2022), where the
chance that a user takes an item is the item's share in what the user takes times how much that will be.
"""

import torch
from torch import Tensor, nn

LARGEST = 12.0
"""Bound of a logarithmic rate, either way."""


class Intensity(nn.Module):
    """Habits [U, f] and states [U, d] in, the logarithm of the expected number of events [U] out."""

    def __init__(self, habits: int, width: int) -> None:
        super().__init__()
        self.answer = nn.Linear(16, 1)
        self.habits = nn.Sequential(nn.Linear(habits, 16), nn.GELU(), self.answer)
        self.state = nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.state.weight)

    def forward(self, habits: Tensor, states: Tensor) -> Tensor:
        """habits [U, f], states [U, d] -> [U]."""
        return (self.habits(habits) + self.state(states))[:, 0].clamp(-LARGEST, LARGEST)


def poisson_loss(log_rates: Tensor, counts: Tensor) -> Tensor:
    """Mean of ``rate - count * log(rate)``: the negative log-likelihood of counts [U], but for what they alone say."""
    return nn.functional.poisson_nll_loss(log_rates, counts, log_input=True)


def fitted(habits: Tensor, states: Tensor, counts: Tensor, *, seed: int, steps: int = 300) -> Intensity:
    """The head of the least loss on a fifth of the examples, learned on the others; inputs as :class:`Intensity`'s."""
    torch.manual_seed(seed)
    head = Intensity(habits.shape[1], states.shape[1])
    with torch.no_grad():
        head.answer.bias.fill_(float(counts.mean().clamp_min(1e-4).log()))
    held = torch.rand(len(counts)) < 0.2
    optimiser = torch.optim.AdamW(head.parameters(), lr=0.01, weight_decay=0.01)
    best, best_state = float("inf"), {name: each.clone() for name, each in head.state_dict().items()}
    for step in range(steps):
        optimiser.zero_grad(set_to_none=True)
        poisson_loss(head(habits[~held], states[~held]), counts[~held]).backward()
        optimiser.step()
        if step % 10 == 9:
            with torch.no_grad():
                loss = float(poisson_loss(head(habits[held], states[held]), counts[held]))
            if loss < best:
                best, best_state = loss, {name: each.clone() for name, each in head.state_dict().items()}
    head.load_state_dict(best_state)
    return head.eval()
