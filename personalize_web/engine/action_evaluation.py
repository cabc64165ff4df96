"""A next-best-action model judged on users it has never seen."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import metrics
from personalize_web.engine.action_dataset import KINDS, TAKEN, ActionDataset
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.serving import PastEvents, Recommended, Request
from personalize_web.engine.splitting import split, truth_size

RECOMMENDED = 5
"""An action counts as recommended in the first so many places: what is answered where nobody asks for more."""
LIST_LENGTH = 25
COVERAGE_USERS = 50_000
"""Most test users whose answers count for coverage."""
_DAY = 86400


@dataclass(frozen=True)
class ActionSplit:
    """A dataset divided by users."""

    train: ActionDataset
    """All events of the other users."""
    tests: NDArray[np.int64]
    """Rows of the held-out users who did something with an action."""


@dataclass(frozen=True)
class Answer:
    """What came true for one test user."""

    request: Request
    taken: frozenset[str]
    """Actions taken in the user's newest action events, within the period."""
    offered: frozenset[str]
    """All actions of those events."""


class Answering(Protocol):
    """What is judged."""

    def recommend(self, request: Request) -> list[Recommended]:
        """The answer, best first."""


class MostTaken:
    """The same actions for everybody, by how many takings they have: what a model is compared with."""

    def __init__(self, data: ActionDataset) -> None:
        actions = data.events.item[np.flatnonzero(data.kinds == TAKEN)] - data.items
        counts = np.bincount(actions, minlength=data.actions)
        order = np.argsort(-counts, kind="stable")
        ids = data.action_ids.to_pylist()
        self._answer = [Recommended(ids[row], counts[row] / max(1, counts.sum())) for row in order]

    def recommend(self, request: Request) -> list[Recommended]:
        """The most taken actions; scores are shares of all takings."""
        return self._answer[:request.num_results]


def split_actions(data: ActionDataset, salt: str) -> ActionSplit:
    """Hold out a tenth of the users; of the others, the algorithm keeps a tenth of all for validation."""
    divided = split(data.events, salt)
    with_actions = np.unique(data.events.user[data.about_actions])
    rows = np.array([each.row for each in divided.tests], np.int64)
    others = np.setdiff1d(np.arange(len(data.events.user_ids)), rows)
    return ActionSplit(data.of_users(others), rows[np.isin(rows, with_actions)])


def evaluate(model: Answering, data: ActionDataset, tests: NDArray[np.int64], days: int,
             reporter: Reporter | None = None) -> dict[str, float]:
    """The published metrics of a model of actions, rounded to four decimals.

    The newest tenth of a user's action events, at least one, is what came true; all before is the request's history.
    ``days`` is the period within which an action counts as taken. Exploration is off but for coverage.
    """
    reporter = reporter or Silent()
    pairs, shown, scores, labels = [], [], [], []
    scored = set(data.action_ids.filter(data.scored).to_pylist()) if data.scored.any() else set()
    for done, each in enumerate(answers(data, tests, days)):
        if done % 64 == 0:
            reporter.check()
            reporter.progress(done / max(1, len(tests)))
        found = model.recommend(replace(each.request, exploration_weight=0.0, num_results=data.actions))
        pairs.append(([one.item_id for one in found], each.taken))
        chances = {one.item_id: one.score or 0.0 for one in found}
        for action in sorted(each.offered & scored):
            scores.append(chances[action])
            labels.append(action in each.taken)
        if done < COVERAGE_USERS:
            shown.append([one.item_id for one in model.recommend(replace(each.request, num_results=RECOMMENDED))])
    first = [(ranked[:RECOMMENDED], taken) for ranked, taken in pairs]
    values = {
        "coverage": metrics.coverage(shown, data.actions), "precision": metrics.action_precision(first),
        "recall": metrics.action_recall(first),
        "auc": metrics.area_under_curve(np.array(scores, np.float64), np.array(labels, bool)),
    }
    for k in (5, 10, LIST_LENGTH):
        gains = [metrics.normalized_discounted_cumulative_gain(ranked, taken, k) for ranked, taken in pairs]
        values[f"normalized_discounted_cumulative_gain_at_{k}"] = float(np.mean(gains)) if gains else 0.0
    return {key: round(value, 4) for key, value in values.items()}


def answers(data: ActionDataset, tests: NDArray[np.int64], days: int) -> Iterator[Answer]:
    """Each test user's question, and what came true."""
    events, ids = data.events, np.array(data.events.item_ids.to_pylist(), dtype=object)
    for user in tests.tolist():
        begin, end = int(events.starts[user]), int(events.starts[user + 1])
        own = begin + np.flatnonzero(data.about_actions[begin:end])
        count = len(own)
        cut = int(own[count - (truth_size(count) if count > 1 else 1)])
        later = own[own >= cut]
        later = later[events.timestamp[later] <= events.timestamp[cut] + days * _DAY]
        known = np.arange(begin, cut)
        of_items, of_actions = known[~data.about_actions[known]], known[data.about_actions[known]]
        request = Request(
            num_results=RECOMMENDED, seed=user, user_attributes=events.attributes_of(user),
            history=_past(data, of_items, ids, data.item_event_types),
            action_history=_past(data, of_actions, ids, KINDS), exploration_age_cut_off=float("inf"))
        yield Answer(request, frozenset(ids[events.item[later[data.kinds[later] == TAKEN]]]),
                     frozenset(ids[events.item[later]]))


def _past(data: ActionDataset, places: NDArray[np.int64], ids: NDArray, types: tuple[str, ...]) -> PastEvents:
    events = data.events
    first = len(data.item_event_types) if types is KINDS else 0
    return PastEvents(ids[events.item[places]].tolist(), [types[each - first] for each in events.event_type[places]],
                      events.timestamp[places].tolist(), events.value[places].tolist())
