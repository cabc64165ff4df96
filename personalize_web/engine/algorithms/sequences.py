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


def training_batches(dataset: Dataset, gaps: NDArray[np.int64], length: int, tokens: int,
                     rng: np.random.Generator) -> Iterator[Batch]:
    """Every event of every user: long histories are cut at random places, alike lengths share a batch."""
    pieces: list[tuple[int, int, int]] = []
    starts = dataset.starts
    for user in range(len(starts) - 1):
        begin, end = int(starts[user]), int(starts[user + 1])
        step = length if end - begin <= length else int(rng.integers(length // 2, length + 1))
        while end > begin:
            cut = max(begin, end - step)
            pieces.append((user, cut, end))
            end, step = cut, length
    sizes = np.array([end - cut for _, cut, end in pieces])
    order = np.argsort(sizes + rng.integers(0, 8, len(sizes)) + rng.random(len(sizes)))
    groups: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, int(sizes[index]))
        if not groups or longest * (len(groups[-1]) + 1) > tokens:
            groups.append([])
            longest = int(sizes[index])
        groups[-1].append(int(index))
    for group in rng.permutation(len(groups)):
        yield _batch(dataset, gaps, [pieces[index] for index in groups[group]], every=True)


def closing_batches(dataset: Dataset, gaps: NDArray[np.int64], users: NDArray[np.int64], length: int,
                    size: int = 128) -> Iterator[Batch]:
    """The newest ``length`` events of each user, in the order given; nothing is asked for."""
    for begin in range(0, len(users), size):
        pieces = []
        for user in users[begin:begin + size]:
            end = int(dataset.starts[user + 1])
            pieces.append((int(user), max(int(dataset.starts[user]), end - length), end))
        yield _batch(dataset, gaps, pieces, every=False)


def _batch(dataset: Dataset, gaps: NDArray[np.int64], pieces: list[tuple[int, int, int]], *, every: bool) -> Batch:
    lengths = np.array([end - begin for _, begin, end in pieces], np.int64)
    longest = int(lengths.max())
    places = np.array([begin for _, begin, _ in pieces])[:, None] + np.arange(longest)  # [B, L]
    real = np.arange(longest) < lengths[:, None]
    places = np.where(real, places, 0)
    events = np.zeros((len(pieces), longest + 1), np.int64)
    targets = np.full((len(pieces), longest + 1), -1, np.int64)
    if every:
        events[:, :-1] = places
        targets[:, :-1] = np.where(real, dataset.item[places], -1)
        first = np.array([begin == dataset.starts[user] for user, begin, _ in pieces])
        targets[~first, 0] = -1  # the user's token asks only for what a user begins with
    return Batch(np.where(real, dataset.item[places], 0).astype(np.int64),
                 np.where(real, dataset.event_type[places], 0).astype(np.int64), np.where(real, gaps[places], 0),
                 targets, events, np.array([user for user, _, _ in pieces], np.int64), lengths)
