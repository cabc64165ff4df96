"""An evaluation of segments as it is kept: by part of the users and of what was asked for, with intervals.

What is drawn again is what was asked for, items or attributes: of each there is one segment. No user is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.evaluation.bootstrap import means_of
from personalize_web.engine.evaluation.cohorts import NEW_USER_EVENTS, Cohort
from personalize_web.engine.evaluation.keeping import VERSION, Kept, described, told, written
from personalize_web.engine.evaluation.segments import Asked
from personalize_web.engine.splitting import hash_of

KEYS = ("hits_at_1_percent", "recall_at_1_percent")
EVERYBODY = "all"

Counts = Mapping[str, NDArray[np.int64]]
"""Part of the users -> how many of them, for each query [Q]."""


@dataclass(frozen=True)
class SegmentEvaluation:
    """What several models answered the same Q queries."""

    queries: NDArray[np.uint64]
    """[Q]: hashes of what was asked for."""
    by_attributes: bool
    tests: int
    """Users of whom events were held back."""
    truths: Counts
    """Those who did interact."""
    hits: Mapping[str, Counts]
    """Model -> those of them who are in its segment."""
    coverage: Mapping[str, float]
    """Model -> the share of all users who are in any segment."""
    cohorts: tuple[Cohort, ...]

    @classmethod
    def of(
        cls, asked: Asked, segments: Mapping[str, Sequence[Sequence[int]]], users: int, tests: int
    ) -> "SegmentEvaluation":
        """What the segments of each model are worth."""
        masks = {EVERYBODY: np.ones(users, bool), **asked.users}
        actual = [np.fromiter(each.actual, np.int64, len(each.actual)) for each in asked.queries]
        truths = {name: np.array([mask[each].sum() for each in actual], np.int64) for name, mask in masks.items()}
        hits, coverage = {}, {}
        for model, found in segments.items():
            caught = [np.intersect1d(each, own) for each, own in zip(actual, found, strict=True)]
            hits[model] = {
                name: np.array([mask[each].sum() for each in caught], np.int64) for name, mask in masks.items()
            }
            coverage[model] = len({user for each in found for user in each}) / max(1, users)
        names = [each.name for each in asked.queries]
        what = "attributes" if asked.by_attributes else "items"
        return cls(
            np.array([hash_of(each) for each in names], np.uint64),
            asked.by_attributes,
            tests,
            truths,
            hits,
            coverage,
            (
                Cohort("all", np.ones(len(names), bool)),
                Cohort("new_users", truths["new_users"] > 0, part="new_users", events=NEW_USER_EVENTS),
                Cohort("heavy_users", truths["heavy_users"] > 0, part="heavy_users", events=asked.heavy_from),
                Cohort(f"head_{what}", asked.head, items=int(asked.head.sum())),
                Cohort(f"tail_{what}", ~asked.head, items=int((~asked.head).sum())),
            ),
        )

    @property
    def counted(self) -> str:
        """What is asked for."""
        return "attributes" if self.by_attributes else "items"

    def values(self, model: str, cohort: Cohort) -> NDArray[np.float64]:
        """[queries of the cohort, 2]: the metrics :data:`KEYS` of each."""
        part = cohort.part or EVERYBODY
        return _values(self.hits[model][part][cohort.users], self.truths[part][cohort.users])

    def summary(self, seed: int = 0) -> dict[str, Any]:
        """Cohorts with their sizes, and each model's means in each with their intervals, JSON-able."""
        return {
            "testUsers": self.tests,
            **described(self.cohorts, self.counted),
            "models": {
                name: {
                    each.key: self._told(name, each, seed) for each in self.cohorts if each.enough or each.key == "all"
                }
                for name in self.hits
            },
        }

    def _told(self, model: str, cohort: Cohort, seed: int) -> dict[str, Any]:
        values = self.values(model, cohort)
        coverage = self.coverage[model] if cohort.key == "all" else None
        return told(KEYS, means_of(values), len(values), seed=seed, coverage=coverage)

    def packed(self) -> bytes:
        """The evaluated version's hits as a file."""
        return written(
            {
                "queries": self.queries,
                "hits": self.hits[VERSION][EVERYBODY].astype(np.uint32),
                "truths": self.truths[EVERYBODY].astype(np.uint32),
                "by_attributes": np.array([self.by_attributes], np.uint8),
            }
        )


def kept(arrays: Mapping[str, NDArray]) -> Kept:
    """What :meth:`SegmentEvaluation.packed` wrote."""
    order = np.argsort(arrays["queries"], kind="stable")
    values = _values(arrays["hits"], arrays["truths"])[order]
    return Kept(
        arrays["queries"][order],
        KEYS,
        means_of(values),
        counted="attributes" if arrays["by_attributes"][0] else "items",
    )


def _values(hits: NDArray[np.integer], truths: NDArray[np.integer]) -> NDArray[np.float64]:
    """A segment's hits, and the share of those who did interact that it caught."""
    return np.column_stack([hits, np.divide(hits, truths, out=np.zeros(len(hits)), where=truths > 0)]).astype(float)
