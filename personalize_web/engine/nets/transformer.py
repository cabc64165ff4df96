"""The causal transformer that turns a history into one vector."""

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NEGATIVE = -1e9


class Block(nn.Module):
    """Pre-norm attention with a learned bias by distance, then a narrow feed-forward layer."""

    def __init__(self, width: int, heads: int, distances: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mix = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.distance = nn.Parameter(torch.zeros(heads, distances))
        self.mix = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, distance: Tensor, later: Tensor) -> Tensor:
        """x [B, L, d], distance [L, L] of positions, later [L, L] where the key comes after the query -> [B, L, d]."""
        batch, length, width = x.shape
        query, key, value = (
            each.reshape(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for each in self.project(self.before_attention(x)).chunk(3, dim=-1)
        )  # each [B, H, L, d / H]
        bias = self.distance[:, distance].masked_fill(later, NEGATIVE)[None]  # [1, H, L, L]
        found = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        x = x + self.dropout(self.join(found.transpose(1, 2).reshape(batch, length, width)))
        return x + self.dropout(self.mix(self.before_mix(x)))

    def newest(self, x: Tensor, distance: Tensor) -> Tensor:
        """The last state of :meth:`forward` alone, without projecting every token: x [B, L, d], distance [L] -> [B, d].

        A query projected back asks the tokens themselves, and what it attends to is projected once. A key's bias is
        the same for every token and falls out of the softmax.
        """
        width = self.join.in_features
        each = width // self.heads
        read = self.before_attention(x)
        _, of_key, of_value = self.project.weight.reshape(3, self.heads, each, width)  # each [H, d / H, d]
        query = F.linear(read[:, -1], self.project.weight[:width], self.project.bias[:width])  # [B, d]
        found = []
        for head in range(self.heads):
            asked = query[:, head * each : (head + 1) * each] @ of_key[head] / math.sqrt(each)  # [B, d]
            shares = torch.softmax((read @ asked[:, :, None])[:, :, 0] + self.distance[head, distance], dim=1)  # [B, L]
            found.append((shares[:, None] @ read)[:, 0] @ of_value[head].T)
        joined = torch.cat(found, dim=1) + self.project.bias[2 * width :]
        last = x[:, -1] + self.dropout(self.join(joined))
        return last + self.dropout(self.mix(self.before_mix(last)))


class Backbone(nn.Module):
    """Tokens in, a state after each of them out; a state knows its own token and those before it."""

    def __init__(self, width: int, layers: int, heads: int, length: int, dropout: float) -> None:
        super().__init__()
        self.length = length
        self.blocks = nn.ModuleList(Block(width, heads, length, dropout) for _ in range(layers))
        self.after = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens [B, L, d] -> states [B, L, d]; L may exceed ``length``, farther distances then count the same."""
        place = torch.arange(tokens.shape[1], device=tokens.device)
        gap = place[:, None] - place[None, :]  # [L, L]
        distance, later = gap.clamp(0, self.length - 1), gap < 0
        x = self.dropout(tokens)
        for block in self.blocks:
            x = block(x, distance, later)
        return self.after(x)

    def newest(self, tokens: Tensor) -> Tensor:
        """The last state of :meth:`forward` alone, [B, d], for less than half of the work."""
        place = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.dropout(tokens)
        *others, last = self.blocks
        if others:
            gap = place[:, None] - place[None, :]
            distance, later = gap.clamp(0, self.length - 1), gap < 0
            for block in others:
                x = block(x, distance, later)
        newest = cast(Block, last)
        return self.after(newest.newest(x, (tokens.shape[1] - 1 - place).clamp(max=self.length - 1)))
