"""When users were offered actions, whether they took them, and what they had done with each before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.action_dataset import NOT_TAKEN, TAKEN, VIEWED, ActionDataset

FACTS = 6
"""Numbers that sum up what a user did with an action before."""
HALF_LIFE = 7 * 86400.0
"""Seconds in which an action's last interaction half fades."""
SAME_SHOWING = 86400
"""Seconds within which a refusal belongs to the viewing before it."""
DELAYS = 20
"""Fewest takings after an exposure that say how soon takings come."""
_DAY = 86400


@dataclass(frozen=True)
class Exposures:
    """Moments at which a user could have taken an action; all arrays alike long."""

    user: NDArray[np.int64]
    """Row in the dataset."""
    place: NDArray[np.int64]
    """Of the first event in the dataset that was not known at that moment."""
    action: NDArray[np.int64]
    taken: NDArray[np.bool_]
    """Whether the user took it within the period."""
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray) -> "Exposures":
        """Some of them."""
        return Exposures(self.user[rows], self.place[rows], self.action[rows], self.taken[rows], self.weight[rows])


def exposures(data: ActionDataset, days: int, seed: int) -> Exposures:
    """Every exposure to an action that has a score, labelled by what came within ``days`` after it.

    A viewing or a refusal is one; a refusal that follows a viewing belongs to it. A taking without any in the period
    before stands for two of half weight: one right before it, one drawn from the period. Where nothing was taken yet
    and the period is not over at the newest action interaction, an answer may still come: such an exposure weighs as
    much as the share of takings that came as early (after Chapelle, "Modeling Delayed Feedback in Display
    Advertising", 2014).
    """
    period = days * _DAY
    pairs = _Pairs.of(data)
    spot = np.arange(len(pairs.place))
    taken = pairs.kind == TAKEN
    coming = np.minimum.accumulate(np.where(taken, spot, len(spot))[::-1])[::-1]  # the next taking
    shown = np.maximum.accumulate(np.where(taken, -1, spot))  # the exposure before
    answered = _follows(pairs, spot, coming, period)
    again = np.zeros(len(spot), bool)
    again[1:] = ((pairs.pair[1:] == pairs.pair[:-1]) & (pairs.kind[1:] == NOT_TAKEN) & (pairs.kind[:-1] == VIEWED)
                 & (np.diff(pairs.at) <= SAME_SHOWING))
    plain = np.flatnonzero(~taken & ~again)
    delays = pairs.at[coming[plain[answered[plain]]]] - pairs.at[plain[answered[plain]]]
    known = np.where(answered[plain], 1.0, _by_then(delays, data.latest - pairs.at[plain], period))
    alone = np.flatnonzero(taken & ~_follows(pairs, shown, spot, period))
    drawn = _drawn_before(data, pairs, alone, period, seed)
    spots = np.concatenate([plain, alone, alone])
    found = Exposures(
        user=pairs.user[spots], place=np.concatenate([pairs.place[plain], pairs.place[alone], drawn]),
        action=pairs.action[spots], taken=np.concatenate([answered[plain], np.ones(2 * len(alone), bool)]),
        weight=np.concatenate([known, np.full(2 * len(alone), 0.5)]).astype(np.float32))
    return found.take(np.flatnonzero(data.scored[found.action] & (found.weight > 0)))


def _by_then(delays: NDArray[np.int64], elapsed: NDArray[np.int64], period: int) -> NDArray[np.float64]:
    """The share of takings that came at least as early after their exposure; 1 where hardly any delay is known."""
    if len(delays) < DELAYS:
        return np.ones(len(elapsed))
    share = np.searchsorted(np.sort(delays), elapsed, side="right") / len(delays)
    return np.where(elapsed >= period, 1.0, share)


@dataclass(frozen=True)
class _Pairs:
    """Action events by user and action, then time."""

    user: NDArray[np.int64]
    action: NDArray[np.int64]
    pair: NDArray[np.int64]
    kind: NDArray[np.int64]
    at: NDArray[np.int64]
    place: NDArray[np.int64]
    """In the dataset."""

    @classmethod
    def of(cls, data: ActionDataset) -> "_Pairs":
        places = np.flatnonzero(data.about_actions)
        user, action = data.events.user[places].astype(np.int64), data.events.item[places].astype(np.int64) - data.items
        pair = user * data.actions + action
        order = np.argsort(pair, kind="stable")
        places = places[order]
        return cls(user[order], action[order], pair[order], data.kinds[places], data.events.timestamp[places], places)


def _follows(pairs: _Pairs, first: NDArray[np.int64], second: NDArray[np.int64], period: int) -> NDArray[np.bool_]:
    """Where both are spots of one pair, and the second comes at most the period after the first."""
    count = len(pairs.place)
    there = (first >= 0) & (second < count)
    one, two = np.maximum(first, 0), np.minimum(second, max(count - 1, 0))
    if not count:
        return there
    return there & (pairs.pair[one] == pairs.pair[two]) & (pairs.at[two] - pairs.at[one] <= period)


def _drawn_before(data: ActionDataset, pairs: _Pairs, spots: NDArray[np.int64], period: int, seed: int
                  ) -> NDArray[np.int64]:
    """A place drawn from the period before each of some takings."""
    moments = pairs.at[spots] - np.random.default_rng(seed).integers(0, period, len(spots))
    return places_at(data, pairs.user[spots], moments)


def places_at(data: ActionDataset, users: NDArray[np.int64], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each user's first event at a moment or later."""
    events = data.events
    if not len(events.timestamp):
        return np.zeros(len(users), np.int64)
    first = int(min(events.timestamp.min(), moments.min(initial=events.timestamp.min())))
    span = int(events.timestamp.max()) - first + 2
    known = events.user.astype(np.int64) * span + (events.timestamp - first)
    found = np.searchsorted(known, users * span + np.minimum(moments - first, span - 1))
    return np.clip(found, events.starts[users], events.starts[users + 1])


def facts(data: ActionDataset, asked: Exposures) -> NDArray[np.float32]:
    """What each exposure's user had done with its action before, [E, FACTS]; see :func:`facts_of_history`."""
    pairs, total = _Pairs.of(data), len(data.events.item)
    before = np.concatenate([[0], np.cumsum(data.about_actions)])  # [events + 1]
    takings = np.concatenate([[0], np.cumsum(data.about_actions & (data.kinds == TAKEN))])
    starts = data.events.starts[asked.user]
    taken_by_user = takings[asked.place] - takings[starts]
    others = before[asked.place] - before[starts] - taken_by_user
    found = np.zeros((len(asked), FACTS), np.float32)
    found[:, 4], found[:, 5] = np.log1p(taken_by_user), np.log1p(others)
    if not len(pairs.place) or not len(asked):
        return found
    counted = np.stack([np.cumsum(pairs.kind == kind) for kind in range(3)], axis=1)
    own = asked.user * data.actions + asked.action
    last = np.searchsorted(pairs.pair * (total + 1) + pairs.place, own * (total + 1) + asked.place) - 1
    first = np.searchsorted(pairs.pair, own)
    known = np.flatnonzero(last >= first)
    last, first = last[known], first[known]
    already = np.where(first[:, None] > 0, counted[np.maximum(first - 1, 0)], 0)
    found[known, :3] = np.log1p(counted[last] - already)
    newest = data.events.timestamp[asked.place[known] - 1]
    found[known, 3] = 2.0 ** (-(newest - pairs.at[last]) / HALF_LIFE)
    return found


def facts_of_history(action: NDArray[np.int64], kind: NDArray[np.int64], at: NDArray[np.int64], newest: int,
                     actions: int) -> NDArray[np.float32]:
    """What a user did with each action, [actions, FACTS].

    Of the action the logarithms of takings, refusals and viewings, and 1 for an interaction just before the user's
    newest event, halved for every week between; of all actions the logarithms of takings and of the rest. ``action``,
    ``kind`` and ``at`` are the user's action events, ``newest`` is the time of the newest event of any sort.
    """
    found = np.zeros((actions, FACTS), np.float32)
    for each in range(3):
        found[:, each] = np.log1p(np.bincount(action[kind == each], minlength=actions))
    last = np.full(actions, -np.inf)
    np.maximum.at(last, action, at.astype(np.float64))
    found[:, 3] = np.where(np.isfinite(last), 2.0 ** (-(newest - last) / HALF_LIFE), 0.0)
    found[:, 4] = np.log1p((kind == TAKEN).sum())
    found[:, 5] = np.log1p((kind != TAKEN).sum())
    return found
