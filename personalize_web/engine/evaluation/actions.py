"""A next-best-action model judged on users it has never seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import metrics
from personalize_web.engine.action_dataset import KINDS, TAKEN, ActionDataset
from personalize_web.engine.evaluation.judging import packed, unpacked
from personalize_web.engine.evaluation.protocol import JUDGED_USERS, LIST_LENGTH
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.serving import PastEvents, Recommended, Request
from personalize_web.engine.splitting import TestUser, hash_of, split, truth_size

RECOMMENDED = 5
"""An action counts as recommended in the first so many places: what is answered where nobody asks for more."""
GAINS = tuple(key for key in metrics.RANKING if key.startswith("normalized"))
"""The ranking metrics that are published of actions."""
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

    user: TestUser
    request: Request
    taken: frozenset[str]
    """Actions taken in the user's newest action events, within the period."""
    offered: tuple[str, ...]
    """All actions of those events that have a score, in order."""


class Answering(Protocol):
    """What is judged."""

    def recommend(self, request: Request) -> list[Recommended]:
        """The answer, best first."""


class MostTaken:
    """The same actions for everybody, by how many takings they have: what a model is compared with."""

    def __init__(self, data: ActionDataset) -> None:
        counts = takings(data)
        order = np.argsort(-counts, kind="stable")
        ids = data.action_ids.to_pylist()
        self._answer = [Recommended(ids[row], counts[row] / max(1, counts.sum())) for row in order]

    def recommend(self, request: Request) -> list[Recommended]:
        """The most taken actions; scores are shares of all takings."""
        return self._answer[: request.num_results]


@dataclass(frozen=True)
class Judged:
    """One model's answers to U test users; actions are rows of the dataset."""

    hits: NDArray[np.uint32]
    """[U]: bit p is set where the action on place p + 1 was taken."""
    part_hits: Mapping[str, NDArray[np.uint32]]
    """Part of the actions -> the same, of hits among its actions alone."""
    recommended: NDArray[np.int32]
    """[U, 5]: the actions on the first places; -1 where there is none."""
    scores: NDArray[np.float64]
    """[P]: what each action that was offered to a user was given."""
    reached: NDArray[np.bool_]
    """[A]: actions that anybody was shown, with the model's own exploration."""


def takings(data: ActionDataset) -> NDArray[np.int64]:
    """Action -> how often it was taken [A]."""
    actions = data.events.item[np.flatnonzero(data.kinds == TAKEN)] - data.items
    return np.bincount(actions, minlength=data.actions)


def split_actions(data: ActionDataset, salt: str) -> ActionSplit:
    """Hold out a tenth of the users; of the others, the algorithm keeps a tenth of all for validation.

    Of very many test users those with the least hashes of their ids are kept.
    """
    divided = split(data.events, salt)
    with_actions = np.unique(data.events.user[data.about_actions])
    rows = np.array([each.row for each in divided.tests], np.int64)
    others = np.setdiff1d(np.arange(len(data.events.user_ids)), rows)
    tests = rows[np.isin(rows, with_actions)]
    if len(tests) > JUDGED_USERS:
        hashes = np.array([hash_of(each) for each in data.events.user_ids.take(tests).to_pylist()], np.uint64)
        tests = np.sort(tests[np.argsort(hashes, kind="stable")[:JUDGED_USERS]])
    return ActionSplit(data.of_users(others), tests)


def judge(
    model: Answering,
    data: ActionDataset,
    asked: Sequence[Answer],
    parts: Mapping[str, NDArray[np.bool_]],
    reporter: Reporter | None = None,
    span: tuple[float, float] = (0.0, 1.0),
) -> Judged:
    """Ask a model what every test user would have asked.

    Exploration is off but for what anybody is shown. ``span`` is the share of the phase that this is.
    """
    reporter = reporter or Silent()
    rows = {action: row for row, action in enumerate(data.action_ids.to_pylist())}
    hits = np.zeros(len(asked), np.uint32)
    part_hits = {name: np.zeros(len(asked), np.uint32) for name in parts}
    recommended = np.full((len(asked), RECOMMENDED), -1, np.int32)
    reached, scores = np.zeros(data.actions, bool), []
    for place, each in enumerate(asked):
        if place % 64 == 0:
            reporter.check()
            reporter.progress(span[0] + (span[1] - span[0]) * place / len(asked))
        found = model.recommend(replace(each.request, exploration_weight=0.0, num_results=data.actions))
        first = found[:LIST_LENGTH]
        hit = np.array([one.item_id in each.taken for one in first], bool)
        listed = np.array([rows.get(one.item_id, -1) for one in first], np.int32)
        hits[place] = packed(hit)
        for name, part in parts.items():
            part_hits[name][place] = packed(hit & part[listed])
        recommended[place, : len(listed[:RECOMMENDED])] = listed[:RECOMMENDED]
        chances = {one.item_id: one.score or 0.0 for one in found}
        scores += [chances.get(action, 0.0) for action in each.offered]
        for one in model.recommend(replace(each.request, num_results=RECOMMENDED)):
            if one.item_id in rows:
                reached[rows[one.item_id]] = True
    return Judged(hits, part_hits, recommended, np.array(scores, np.float64), reached)


def evaluate(
    model: Answering, data: ActionDataset, tests: NDArray[np.int64], days: int, reporter: Reporter | None = None
) -> dict[str, float]:
    """The published metrics of a model of actions, rounded to four decimals.

    The newest tenth of a user's action events, at least one, is what came true; all before is the request's history.
    ``days`` is the period within which an action counts as taken.
    """
    asked = answers(data, tests, days)
    return published(judge(model, data, asked, {}, reporter), data, asked)


def published(judged: Judged, data: ActionDataset, asked: Sequence[Answer]) -> dict[str, float]:
    """The metrics by the keys of GetSolutionMetrics, rounded to four decimals; 0 without any user."""
    ids = data.action_ids.to_pylist()
    first = [
        ([ids[row] for row in own if row >= 0], each.taken)
        for own, each in zip(judged.recommended.tolist(), asked, strict=True)
    ]
    gains = metrics.of_places(unpacked(judged.hits), np.array([len(each.taken) for each in asked], np.int64))
    means = gains.mean(axis=0) if len(asked) else np.zeros(len(metrics.RANKING))
    labels = [action in each.taken for each in asked for action in each.offered]
    values = {key: float(mean) for key, mean in zip(metrics.RANKING, means, strict=True) if key in GAINS} | {
        "coverage": float(judged.reached.sum()) / max(1, data.actions),
        "precision": metrics.action_precision(first),
        "recall": metrics.action_recall(first),
        "auc": metrics.area_under_curve(judged.scores, np.array(labels, bool)),
    }
    return {key: round(value, 4) for key, value in values.items()}


def answers(data: ActionDataset, tests: NDArray[np.int64], days: int) -> list[Answer]:
    """Each test user's question, and what came true."""
    events, ids = data.events, np.array(data.events.item_ids.to_pylist(), dtype=object)
    scored = np.concatenate([np.zeros(data.items, bool), data.scored])
    found = []
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
            num_results=RECOMMENDED,
            seed=user,
            user_attributes=events.attributes_of(user),
            history=_past(data, of_items, ids, data.item_event_types),
            action_history=_past(data, of_actions, ids, KINDS),
            exploration_age_cut_off=float("inf"),
        )
        offered = events.item[later]
        found.append(
            Answer(
                TestUser(user, begin, cut, end),
                request,
                frozenset(ids[events.item[later[data.kinds[later] == TAKEN]]]),
                tuple(sorted(set(ids[offered[scored[offered]]]))),
            )
        )
    return found


def _past(data: ActionDataset, places: NDArray[np.int64], ids: NDArray, types: tuple[str, ...]) -> PastEvents:
    events = data.events
    first = len(data.item_event_types) if types is KINDS else 0
    return PastEvents(
        ids[events.item[places]].tolist(),
        [types[each - first] for each in events.event_type[places]],
        events.timestamp[places].tolist(),
        events.value[places].tolist(),
    )
