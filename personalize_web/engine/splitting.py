"""Who is held out for evaluation, and which part of their history."""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.dataset import Dataset

TEST_SHARE = 10
"""One user in this many is a test user."""
NEWEST_SHARE = 0.2
"""The part of each history that segments of users are judged on."""


@dataclass(frozen=True)
class TestUser:
    """One held-out user: the oldest nine tenths of the events are the request's history, the rest is the truth."""

    __test__ = False

    row: int
    """User row in the whole dataset."""
    begin: int
    """Place of the first input event in the whole dataset."""
    cut: int
    """Place of the first event of the truth."""
    end: int
    """Place after the last event."""


@dataclass(frozen=True)
class Split:
    """A dataset divided by users."""

    train: Dataset
    """All events of the other users."""
    tests: tuple[TestUser, ...]
    """The held-out users, in row order."""


def split(dataset: Dataset, salt: str, one_in: int = TEST_SHARE) -> Split:
    """Hold out one user in ``one_in``, a tenth, chosen by the hash of their ids and ``salt``.

    Only users with two events or more can be held out; at least ``max(1, users // one_in)`` are, where there are
    enough.
    """
    counts = np.diff(dataset.starts)
    eligible = np.flatnonzero(counts >= 2)
    hashes = np.array([hash_of(f"{salt}\0{each}") for each in dataset.user_ids.take(eligible).to_pylist()], np.uint64)
    least = max(1, len(counts) // one_in)
    drawn = eligible[hashes % np.uint64(one_in) == 0]
    if len(drawn) < least:
        drawn = eligible[np.lexsort((hashes, hashes % np.uint64(one_in)))[:least]]
    drawn = np.sort(drawn)
    others = np.setdiff1d(np.arange(len(counts)), drawn, assume_unique=True)
    return Split(dataset.of_users(others), tuple(_test_user(dataset, int(row)) for row in drawn))


def truth_size(count: int) -> int:
    """How many of ``count`` events are the truth: the newest tenth, at least one, leaving at least one."""
    return min(max(1, round(0.1 * count)), count - 1)


def _test_user(dataset: Dataset, row: int) -> TestUser:
    begin, end = int(dataset.starts[row]), int(dataset.starts[row + 1])
    return TestUser(row, begin, end - truth_size(end - begin), end)


def hash_of(text: str) -> int:
    """64 bits that stand for a text, the same on every machine."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def leave_last(dataset: Dataset, least: int = 3) -> NDArray[np.int64]:
    """Places of the last event of each user with at least ``least`` events: the leave-one-out test."""
    counts = np.diff(dataset.starts)
    return dataset.starts[1:][counts >= least] - 1


def split_histories(dataset: Dataset) -> Split:
    """The oldest four fifths of every user's events to train on, the newest fifth to be judged on.

    How user segmentation is judged: every user is trained on. One event at least stays of each; a user of whom none
    is held out is no test user.
    """
    counts = np.diff(dataset.starts)
    kept = np.maximum(1, counts - np.round(NEWEST_SHARE * counts).astype(np.int64))
    trained = np.arange(len(dataset.item)) - dataset.starts[dataset.user] < kept[dataset.user]
    begins, ends = dataset.starts[:-1], dataset.starts[1:]
    tests = tuple(TestUser(int(row), int(begins[row]), int(begins[row] + kept[row]), int(ends[row]))
                  for row in np.flatnonzero(kept < counts))
    return Split(dataset.of_events(np.flatnonzero(trained)), tests)
