"""Histories cut, sorted by length and padded into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.dataset import Dataset

GAPS = 32
"""Buckets of the time between two events: 0 for a first event, then 1 + log2 of seconds."""


@dataclass(frozen=True)
class Batch:
    """Padded histories; ``targets`` is one longer, as the first state asks for the first item."""

    items: NDArray[np.int64]
    """[B, L], 0 where padded."""
    event_types: NDArray[np.int64]
    """[B, L]."""
    gaps: NDArray[np.int64]
    """[B, L]."""
    targets: NDArray[np.int64]
    """[B, L + 1]: the next item, -1 where there is none to ask for."""
    events: NDArray[np.int64]
    """[B, L + 1]: place in the dataset of the event asked for, 0 where there is none."""
    users: NDArray[np.int64]
    """[B]: user rows."""
    lengths: NDArray[np.int64]
    """[B]: events of each history."""


def gaps_of(dataset: Dataset) -> NDArray[np.int64]:
    """Event -> bucket of the time since the same user's previous event."""
    found = np.zeros(len(dataset.item), np.int64)
    same = dataset.user[1:] == dataset.user[:-1]
    found[1:] = np.where(same, gap_buckets(np.diff(dataset.timestamp)), 0)
    return found


def gap_buckets(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bucket of a time gap, 1 to GAPS - 1."""
    return 1 + np.minimum(np.log2(np.maximum(seconds, 0) + 1), GAPS - 2).astype(np.int64)


def training_batches(dataset: Dataset, gaps: NDArray[np.int64], length: int, tokens: int, rng: np.random.Generator,
                     *, share: tuple[int, int] = (0, 1), part: float = 1.0) -> Iterator[Batch]:
    """Every event of every user: long histories are cut at random places, alike lengths share a batch.

    ``share`` is this process's number and how many there are: with an ``rng`` of the same state each gets other
    batches, and all get the same number of them. ``part`` is the share of all batches to give.
    """
    users, begins, ends = _pieces(dataset, length, rng)
    sizes = ends - begins
    order = np.argsort(sizes + rng.integers(0, 8, len(sizes)) + rng.random(len(sizes)))
    groups, begin, longest = [], 0, 0
    for place, size in enumerate(sizes[order].tolist()):
        longest = max(longest, size)
        if place > begin and longest * (place - begin + 1) > tokens:
            groups.append(order[begin:place])
            begin, longest = place, size
    groups.append(order[begin:])
    number, of = share
    each = max(1, round(part * len(groups) / of))
    mine = np.resize(rng.permutation(len(groups)), each * of)[number::of]
    for group in mine:
        chosen = groups[group]
        yield _batch(dataset, gaps, users[chosen], begins[chosen], ends[chosen], every=True)


def _pieces(dataset: Dataset, length: int, rng: np.random.Generator
            ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """User, first place and place after the last of each piece; the newest piece of a long history has a random size,
    the others ``length``, the oldest what is left."""
    counts = np.diff(dataset.starts)
    newest = np.where(counts <= length, counts, rng.integers(length // 2, length + 1, len(counts)))
    older = -(-(counts - newest) // length)
    users = np.repeat(np.arange(len(counts)), older + (counts > 0))
    first = np.searchsorted(users, users)
    back = np.arange(len(users)) - first  # 0 for a user's newest piece
    last = dataset.starts[1:][users]
    ends = last - np.where(back > 0, newest[users] + (back - 1) * length, 0)
    begins = np.maximum(dataset.starts[users], last - newest[users] - back * length)
    return users, begins, ends


def closing_batches(dataset: Dataset, gaps: NDArray[np.int64], users: NDArray[np.int64], length: int,
                    size: int = 128) -> Iterator[Batch]:
    """The newest ``length`` events of each user, in the order given; nothing is asked for."""
    for begin in range(0, len(users), size):
        asked = users[begin:begin + size]
        ends = dataset.starts[asked + 1]
        yield _batch(dataset, gaps, asked, np.maximum(dataset.starts[asked], ends - length), ends, every=False)


def histories(dataset: Dataset, gaps: NDArray[np.int64], users: NDArray[np.int64], begins: NDArray[np.int64],
              ends: NDArray[np.int64]) -> Batch:
    """The events from ``begins`` to before ``ends`` of each user, alike long arrays; nothing is asked for."""
    return _batch(dataset, gaps, users, begins, ends, every=False)


def _batch(dataset: Dataset, gaps: NDArray[np.int64], users: NDArray[np.int64], begins: NDArray[np.int64],
           ends: NDArray[np.int64], *, every: bool) -> Batch:
    lengths = (ends - begins).astype(np.int64)
    longest = int(lengths.max())
    places = begins[:, None] + np.arange(longest)  # [B, L]
    real = np.arange(longest) < lengths[:, None]
    places = np.where(real, places, 0)
    events = np.zeros((len(users), longest + 1), np.int64)
    targets = np.full((len(users), longest + 1), -1, np.int64)
    if every:
        events[:, :-1] = places
        targets[:, :-1] = np.where(real, dataset.item[places], -1)
        targets[begins != dataset.starts[users], 0] = -1  # the user's token asks only for what a user begins with
    return Batch(np.where(real, dataset.item[places], 0).astype(np.int64),
                 np.where(real, dataset.event_type[places], 0).astype(np.int64), np.where(real, gaps[places], 0),
                 targets, events, users.astype(np.int64), lengths)
