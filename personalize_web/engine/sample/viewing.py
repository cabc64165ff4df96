"""The people of the sample and what they watch over a year."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.sample import words
from personalize_web.engine.sample.catalogue import DAY, Catalogue

_CONTINUES = 0.65
_STAYS_IN_GENRE = 0.5
_ONLY_CLICKS = 0.12
_CLICKS_FIRST = 0.2
_NEW_FOR = 30 * DAY
_DEVICE_SHARES = np.cumsum([0.5, 0.25, 0.1])


class Event(NamedTuple):
    """One line of the interactions file."""

    user: int
    item: int
    type: str
    timestamp: int
    device: str | None


@dataclass(frozen=True)
class People:
    """Users by row number."""

    ids: list[str]
    subscriptions: list[str]
    ages: list[str]
    taste: NDArray[np.float64]
    """Users × genres, each row adding up to 1."""
    latent: NDArray[np.float64]
    """Users × hidden traits."""
    activity: NDArray[np.float64]
    """Relative number of events, adding up to 1."""


def people(random: np.random.Generator, count: int, traits: int) -> People:
    """``count`` users whose taste depends on their age, and whose activity on their subscription."""
    ages = random.choice(len(words.AGE_GROUPS), size=count, p=[0.18, 0.3, 0.27, 0.16, 0.09])
    lean = random.gamma(0.9, size=(len(words.AGE_GROUPS), len(words.GENRES))) + 0.15
    taste = random.gamma(0.35 * lean[ages]) + 1e-3
    subscriptions = random.choice(len(words.SUBSCRIPTIONS), size=count, p=[0.35, 0.4, 0.25])
    activity = random.lognormal(0, 0.8, count) * (0.6 + 0.4 * subscriptions)
    return People(
        ids=[f"user-{number:04d}" for number in range(1, count + 1)],
        subscriptions=[words.SUBSCRIPTIONS[kind] for kind in subscriptions],
        ages=[words.AGE_GROUPS[kind] for kind in ages],
        taste=taste / taste.sum(axis=1, keepdims=True),
        latent=random.normal(size=(count, traits)),
        activity=activity / activity.sum(),
    )


def events(
    random: np.random.Generator, viewers: People, titles: Catalogue, count: int, start: int, end: int
) -> list[Event]:
    """About ``count`` events from ``start`` to ``end``, in the order of time."""
    shelves = [_Shelf.of(titles, genre) for genre in range(len(words.GENRES))]
    wanted = np.maximum(random.poisson(viewers.activity * count), 2)
    found: list[Event] = []
    for user in range(len(viewers.ids)):
        appeal = np.exp(1.2 * titles.quality + 0.8 * titles.latent @ viewers.latent[user])
        year = _Year(random, user, viewers.taste[user].cumsum(), appeal, shelves, titles)
        found.extend(year.events(int(wanted[user]), start, end))
    found.sort(key=lambda event: event.timestamp)
    return found


@dataclass(frozen=True)
class _Shelf:
    """The titles of a genre."""

    rows: NDArray[np.int64]
    added: NDArray[np.int64]
    fit: NDArray[np.float64]
    """How much each belongs to the genre."""

    @classmethod
    def of(cls, titles: Catalogue, genre: int) -> "_Shelf":
        rows = np.flatnonzero(titles.of_genre[:, genre])
        return cls(rows, titles.added[rows], titles.of_genre[rows, genre] ** 2)


class _Year:
    """One user's year: evenings with a genre each, series continued where they were left."""

    def __init__(
        self,
        random: np.random.Generator,
        user: int,
        taste: NDArray[np.float64],
        appeal: NDArray[np.float64],
        shelves: list[_Shelf],
        titles: Catalogue,
    ) -> None:
        self.random, self.user, self.taste, self.appeal = random, user, taste, appeal
        self.shelves, self.titles = shelves, titles
        self.seen: set[int] = set()
        self.going_on: list[int] = []

    def events(self, wanted: int, start: int, end: int) -> Iterator[Event]:
        """About ``wanted`` events, at least one where the catalogue has a title."""
        random = self.random
        days = np.sort(random.integers(0, (end - start) // DAY, size=wanted // 2 + 2)).tolist()
        genre, made = self._genre(), 0
        for day in days:
            hour = min(max(random.normal(20.5, 2.5), 0), 23)
            now = start + day * DAY + int(hour * 3600) + int(random.integers(3600))
            device = words.DEVICES[int(np.searchsorted(_DEVICE_SHARES, random.random()))]
            if random.random() > _STAYS_IN_GENRE:
                genre = self._genre()
            for _ in range(1 + int(random.poisson(1.0))):
                item = self._next(genre, now)
                if item is None or made >= wanted or now >= end:
                    break
                self.seen.add(item)
                for event in _acts(random, self.user, item, now, device):
                    made += 1
                    yield event
                    if event.type == "Watch" and self.titles.next_part[item] >= 0:
                        self.going_on.append(int(self.titles.next_part[item]))
                now += int(self.titles.minutes[item]) * 60 + int(random.integers(60, 600))

    def _genre(self) -> int:
        return int(np.searchsorted(self.taste[:-1], self.random.random()))

    def _next(self, genre: int, now: int) -> int | None:
        """The next part of a series, or something of the evening's genre."""
        if self.going_on and self.random.random() < _CONTINUES:
            item = self.going_on.pop()
            if item not in self.seen:
                return item
        shelf = self.shelves[genre]
        age = now - shelf.added
        weights = (self.appeal[shelf.rows] * shelf.fit * ((age >= 0) + 1.5 * ((age >= 0) & (age < _NEW_FOR)))).cumsum()
        if not len(weights) or weights[-1] <= 0:
            return None
        for _ in range(8):
            place = int(np.searchsorted(weights, self.random.random() * weights[-1], side="right"))
            item = int(shelf.rows[min(place, len(weights) - 1)])
            if item not in self.seen:
                return item
        return None


def _acts(random: np.random.Generator, user: int, item: int, now: int, device: str) -> Iterator[Event]:
    told = device if random.random() > 0.03 else None
    kind = random.random()
    if kind < _ONLY_CLICKS + _CLICKS_FIRST:
        yield Event(user, item, "Click", now - int(random.integers(5, 90)), told)
    if kind >= _ONLY_CLICKS:
        yield Event(user, item, "Watch", now, told)
