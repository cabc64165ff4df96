"""An evaluation of actions as it is kept: by cohort with intervals, and a few bytes a test user to compare with.

Precision and recall are means over actions and the area under the curve is one over all, so a draw of users is
measured anew: their events count as often as they were drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine import metrics
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.evaluation.actions import GAINS, Answer, Judged, takings
from personalize_web.engine.evaluation.bootstrap import Figures
from personalize_web.engine.evaluation.cohorts import Cohort, cohorts, parts_of
from personalize_web.engine.evaluation.judging import unpacked
from personalize_web.engine.evaluation.keeping import VERSION, Kept, described, told, written
from personalize_web.engine.splitting import hash_of

KEYS = (*GAINS, "precision", "recall", "auc")
_GAINS = [metrics.RANKING.index(key) for key in GAINS]


@dataclass(frozen=True)
class Outcome:
    """What one model said of U test users and A actions, beside what came true."""

    gains: NDArray[np.float64]
    """[U, 3]: NDCG of each user; NaN for those who count for nothing."""
    shown: sparse.csr_matrix
    """[U, A]: 1 where an action was on the first places."""
    taken: sparse.csr_matrix
    """[U, A]: 1 where it was taken."""
    user: NDArray[np.int64]
    """[P]: the test user of each action that was offered."""
    label: NDArray[np.bool_]
    """[P]: whether it was taken."""
    score: NDArray[np.float64]
    """[P]."""

    def figures(self) -> Figures:
        """The metrics :data:`KEYS`, as :mod:`personalize_web.engine.metrics` has them, of a draw of the users."""
        known: NDArray[np.bool_] = np.asarray(np.isfinite(self.gains).all(axis=1))
        gains = np.where(known[:, None], self.gains, 0.0)
        right = self.shown.multiply(self.taken).tocsr()
        order = np.argsort(-self.score, kind="stable")
        groups = np.flatnonzero(np.diff(self.score[order], prepend=np.inf))
        user, label = self.user[order], self.label[order].astype(np.float64)

        def figures(times: NDArray[np.float64]) -> NDArray[np.float64]:
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = times @ gains / (times @ known.astype(np.float64))[:, None]
                hit = times @ right
                return np.column_stack(
                    [
                        mean,
                        _share(hit, times @ self.shown),
                        _share(hit, times @ self.taken),
                        _area(times[:, user], label, groups),
                    ]
                )

        return figures


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over actions of the one over the other, of actions with any [B]."""
    any_ = whole > 0
    return np.where(any_, part / np.where(any_, whole, 1.0), 0.0).sum(axis=1) / any_.sum(axis=1)


def _area(times: NDArray[np.float64], label: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Area under the curve of pairs that count ``times`` [B, P], best first; equal scores begin at ``groups``."""
    if not len(label):
        return np.full(len(times), np.nan)
    true = np.add.reduceat(times * label, groups, axis=1)
    false = np.add.reduceat(times * (1 - label), groups, axis=1)
    below = false.sum(axis=1, keepdims=True) - np.cumsum(false, axis=1) + false / 2
    return (true * below).sum(axis=1) / (true.sum(axis=1) * false.sum(axis=1))


@dataclass(frozen=True)
class ActionEvaluation:
    """What several models answered the same U test users."""

    users: NDArray[np.uint64]
    """[U]: hashes of the test users' ids."""
    truths: NDArray[np.int64]
    """[U]: how many actions each took."""
    part_truths: Mapping[str, NDArray[np.int64]]
    parts: Mapping[str, NDArray[np.bool_]]
    """``head_actions`` and ``tail_actions``: by row, which actions."""
    taken: NDArray[np.int32]
    """[U, T]: the actions that each took; -1 where there are no more."""
    pair_user: NDArray[np.int64]
    """[P]: of each action that was offered to a test user."""
    pair_action: NDArray[np.int64]
    """[P]."""
    pair_taken: NDArray[np.bool_]
    """[P]."""
    cohorts: tuple[Cohort, ...]
    models: Mapping[str, Judged]

    @classmethod
    def of(cls, data: ActionDataset, asked: Sequence[Answer], models: Mapping[str, Judged]) -> "ActionEvaluation":
        """What was found of a dataset's test users."""
        parts = action_parts(data)
        rows = {action: row for row, action in enumerate(data.action_ids.to_pylist())}
        taken = np.full((len(asked), max((len(each.taken) for each in asked), default=0)), -1, np.int32)
        for place, each in enumerate(asked):
            taken[place, : len(each.taken)] = sorted(rows[action] for action in each.taken)
        part_truths = {name: (part[taken] & (taken >= 0)).sum(axis=1) for name, part in parts.items()}
        tests = tuple(each.user for each in asked)
        ids = data.events.user_ids.take(pa.array([each.row for each in tests], pa.int64())).to_pylist()
        offered = [
            (place, rows[action], action in each.taken) for place, each in enumerate(asked) for action in each.offered
        ]
        user, action, label = np.array(offered, np.int64).reshape(-1, 3).T
        return cls(
            np.array([hash_of(each) for each in ids], np.uint64),
            (taken >= 0).sum(axis=1),
            part_truths,
            parts,
            taken,
            user,
            action,
            label > 0,
            cohorts(tests, parts, part_truths),
            models,
        )

    def outcome(self, name: str, cohort: Cohort) -> Outcome:
        """Of a part of the users, or of all users and a part of the actions: gains then count of those who took any."""
        judged, part = self.models[name], cohort.part
        users = cohort.users if part is None else np.ones(len(self.users), bool)
        hits, truths = (judged.hits, self.truths) if part is None else (judged.part_hits[part], self.part_truths[part])
        gains = metrics.of_places(unpacked(hits), truths)[:, _GAINS]
        if part is not None:
            gains[truths == 0] = np.nan
        actions = np.ones(len(judged.reached), bool) if part is None else self.parts[part]
        shown, taken = (_matrix(each[users], len(actions))[:, actions] for each in (judged.recommended, self.taken))
        pairs = users[self.pair_user] & actions[self.pair_action]
        place = np.cumsum(users) - 1
        return Outcome(
            gains[users], shown, taken, place[self.pair_user[pairs]], self.pair_taken[pairs], judged.scores[pairs]
        )

    def summary(self, seed: int = 0) -> dict[str, Any]:
        """Cohorts with their sizes, and each model's figures in each with their intervals, JSON-able."""
        return {
            "testUsers": len(self.users),
            **described(self.cohorts),
            "models": {
                name: {
                    each.key: self._told(name, each, seed) for each in self.cohorts if each.enough or each.key == "all"
                }
                for name in self.models
            },
        }

    def _told(self, name: str, cohort: Cohort, seed: int) -> dict[str, Any]:
        found, reached = self.outcome(name, cohort), self.models[name].reached
        coverage = None
        if cohort.key == "all" or cohort.part is not None:
            reached = reached if cohort.part is None else reached[self.parts[cohort.part]]
            coverage = float(reached.mean()) if len(reached) else 0.0
        return told(KEYS, found.figures(), len(found.gains), seed=seed, width=len(found.user), coverage=coverage)

    def packed(self) -> bytes:
        """The evaluated version's answers as a file; without ids of users."""
        own, found = self.models[VERSION], self.outcome(VERSION, self.cohorts[0])
        return written(
            {
                "users": self.users,
                "truths": self.truths.astype(np.uint32),
                "hits": own.hits,
                "recommended": own.recommended,
                "taken": self.taken,
                "pair_users": self.users[found.user],
                "pair_taken": found.label,
                "pair_scores": found.score,
            }
        )


def kept(arrays: Mapping[str, NDArray]) -> Kept:
    """What :meth:`ActionEvaluation.packed` wrote."""
    order = np.argsort(arrays["users"], kind="stable")
    users, shown, taken = (arrays[name][order] for name in ("users", "recommended", "taken"))
    actions = 1 + max(int(each.max(initial=-1)) for each in (shown, taken))
    gains = metrics.of_places(unpacked(arrays["hits"][order]), arrays["truths"][order])[:, _GAINS]
    found = Outcome(
        gains,
        _matrix(shown, actions),
        _matrix(taken, actions),
        np.searchsorted(users, arrays["pair_users"]),
        arrays["pair_taken"],
        arrays["pair_scores"],
    )
    return Kept(users, KEYS, found.figures(), width=len(found.user))


def action_parts(data: ActionDataset) -> dict[str, NDArray[np.bool_]]:
    """Head: the fewest actions that make up half of the takings, the most taken first; tail: all others."""
    head, tail = parts_of(takings(data))
    return {"head_actions": head, "tail_actions": tail}


def _matrix(rows: NDArray[np.int32], actions: int) -> sparse.csr_matrix:
    """[U, A]: 1 for the actions in each row, -1 being none."""
    user, place = np.nonzero(rows >= 0)
    return sparse.csr_matrix((np.ones(len(user)), (user, rows[user, place])), shape=(len(rows), actions))
