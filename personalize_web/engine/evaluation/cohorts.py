"""Parts of the test users and of the catalogue that a mean over everybody would hide."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.dataset import Dataset
from personalize_web.engine.splitting import TestUser

NEW_USER_EVENTS = 5
"""Most events that a new user has before the time that is predicted."""
HEAVY_SHARE = 0.2
"""Heavy users are this share of the test users with the most events."""
HEAD_SHARE = 0.5
"""Head items are the most popular ones that make up this share of the interactions."""
LEAST_USERS = 20
"""With fewer users a cohort's mean says nothing, and none is given."""


@dataclass(frozen=True)
class Cohort:
    """A part of what was tested."""

    key: str
    """``all``, ``new_users``, ``heavy_users``, ``head_items``, ``tail_items``; of actions and attributes likewise."""
    users: NDArray[np.bool_]
    """[U]: which test users it holds; of items, those of whom such an item was held back. Of segments, which of the
    items or attributes that were asked for."""
    part: str | None = None
    """The part of the catalogue whose items alone count as relevant; None: all do."""
    items: int | None = None
    """Items of that part."""
    events: int | None = None
    """Of new users the most, of heavy users the fewest events before."""

    @property
    def enough(self) -> bool:
        """Whether there are so many users that a mean says something."""
        return int(self.users.sum()) >= LEAST_USERS


def item_parts(dataset: Dataset) -> dict[str, NDArray[np.bool_]]:
    """Head: the fewest items that make up half of the interactions, the most popular first; tail: all others."""
    head, tail = parts_of(dataset.interactions_of_items)
    return {"head_items": head, "tail_items": tail}


def parts_of(counts: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The fewest that make up half of all counts, and the others."""
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    head = np.zeros(len(counts), bool)
    head[order[(before < HEAD_SHARE * counts.sum()) & (counts[order] > 0)]] = True
    return head, ~head


def user_parts(events: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int]:
    """Who is new and who is heavy, by the number of events of each before; and of heavy users the fewest events.

    Where more than half of the users have as many events as the heaviest fifth, nobody counts as heavy.
    """
    if not len(events):
        return np.zeros(0, bool), np.zeros(0, bool), 0
    least = int(np.quantile(events, 1 - HEAVY_SHARE, method="higher"))
    heavy = events >= least
    return events <= NEW_USER_EVENTS, heavy if heavy.mean() <= 0.5 else np.zeros(len(events), bool), least


def cohorts(
    tests: tuple[TestUser, ...], parts: dict[str, NDArray[np.bool_]], part_truths: dict[str, NDArray[np.int64]]
) -> tuple[Cohort, ...]:
    """All test users, then new and heavy ones, then those of whom head and tail items were held back.

    ``part_truths``: part of the catalogue -> how many of its items were held back of each user [U].
    """
    few, heavy, least = user_parts(np.array([user.cut - user.begin for user in tests], np.int64))
    return (
        Cohort("all", np.ones(len(tests), bool)),
        Cohort("new_users", few, events=NEW_USER_EVENTS),
        Cohort("heavy_users", heavy, events=least),
        *(Cohort(name, part_truths[name] > 0, part=name, items=int(part.sum())) for name, part in parts.items()),
    )
