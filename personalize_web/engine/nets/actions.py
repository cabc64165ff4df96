"""The network of the next best action: a user's state and history, asked about one action or many.

Follows Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (2018): each action looks at the events
of the history by itself. The state is that of the sequence recommender.
"""

import torch
from torch import Tensor, nn

from personalize_web.engine.nets.recommender import Recommender
from personalize_web.engine.nets.transformer import NEGATIVE


class ActionNet(nn.Module):
    """Log odds that actions are taken; before any training those of ``log_odds`` [A] alone."""

    def __init__(self, recommender: Recommender, log_odds: Tensor, facts: int, dropout: float = 0.2) -> None:
        super().__init__()
        width = recommender.shape.width
        self.recommender = recommender
        self.bias = nn.Parameter(log_odds)
        self.ask, self.key, self.tell = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.mix = nn.Sequential(nn.Linear(5 * width + facts, width), nn.GELU(), nn.Dropout(dropout))
        self.answer = nn.Linear(width, 1)
        self.straight = nn.Linear(width, width)
        self.coming = nn.Parameter(torch.zeros(()))
        for layer in (self.answer, self.straight):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def tokens(self, vectors: Tensor, things: Tensor, event_types: Tensor, gaps: Tensor, users: Tensor) -> Tensor:
        """vectors [N, d], things, event_types and gaps [B, L], users [B, d] -> tokens [B, L + 1, d]."""
        network = self.recommender
        events = vectors[things] + network.event_type(event_types) + network.gap(gaps)
        return torch.cat([(network.begin + users)[:, None], events], dim=1)

    def forward(self, tokens: Tensor, state: Tensor, padded: Tensor, actions: Tensor, facts: Tensor) -> Tensor:
        """tokens [B, L + 1, d], state [B, d], padded [B, L + 1] (1 where there is no event), actions [B, K, d],
        facts [B, K, F] -> log odds beside the bias [B, K]."""
        asked, keys = self.ask(actions), self.key(tokens)  # [B, K, d], [B, L + 1, d]
        looks = asked @ keys.transpose(1, 2) / asked.shape[-1] ** 0.5 + padded[:, None] * NEGATIVE  # [B, K, L + 1]
        seen = torch.softmax(looks, dim=-1) @ self.tell(tokens)  # [B, K, d]
        known = state[:, None].expand_as(actions)  # [B, K, d]
        mixed = self.mix(torch.cat([known, actions, seen, known * actions, seen * actions, facts], dim=-1))
        next_thing = self.recommender.query(state, torch.zeros_like(state))[:, None]  # [B, 1, d]
        return self.answer(mixed)[..., 0] + ((self.straight(known) + self.coming * next_thing) * actions).sum(-1)


class ActionEncoder(nn.Module):
    """What serving runs: one user's tokens in, log odds of many actions beside their bias out."""

    def __init__(self, network: ActionNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor, actions: Tensor, facts: Tensor) -> Tensor:
        """tokens [1, L + 1, d], actions [A, d], facts [A, F] -> log odds [A]."""
        state = self.network.recommender.backbone(tokens)[:, -1]
        padded = torch.zeros_like(tokens[..., 0])
        return self.network(tokens, state, padded, actions[None], facts[None])[0]
