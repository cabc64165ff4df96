"""An evaluation as it is kept: a summary in JSON for people, and a few bytes a test user to compare versions with."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import metrics
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.evaluation.bootstrap import (
    CONFIDENCE,
    RESAMPLES,
    Figures,
    drawn,
    interval,
    means_of,
    once,
)
from personalize_web.engine.evaluation.cohorts import Cohort, cohorts, item_parts
from personalize_web.engine.evaluation.judging import Judged, truth_sizes, unpacked
from personalize_web.engine.splitting import TestUser, hash_of

FILE = "evaluation.npz"
"""In a model's folder: what each test user was answered."""
VERSION = "version"
"""Name of the judged version itself among the models of an evaluation; the others stand beside it."""
_PLACES = 4


@dataclass(frozen=True)
class Evaluation:
    """What several models answered the same U test users."""

    users: NDArray[np.uint64]
    """[U]: hashes of the test users' ids, in the order of everything else."""
    truths: NDArray[np.int64]
    """[U]: how many items were held back of each."""
    part_truths: Mapping[str, NDArray[np.int64]]
    """Part of the catalogue -> how many of those belong to it."""
    cohorts: tuple[Cohort, ...]
    models: Mapping[str, Judged]
    """Name -> what it answered; ``version`` is the one that is evaluated."""

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        tests: tuple[TestUser, ...],
        models: Mapping[str, Judged],
        parts: dict[str, NDArray[np.bool_]] | None = None,
    ) -> "Evaluation":
        """What was found of a dataset's test users."""
        parts = item_parts(dataset) if parts is None else parts
        part_truths = {name: truth_sizes(dataset, tests, part) for name, part in parts.items()}
        ids = dataset.user_ids.take([user.row for user in tests]).to_pylist()
        users = np.array([hash_of(each) for each in ids], np.uint64)
        found = cohorts(tests, parts, part_truths)
        return cls(users, truth_sizes(dataset, tests), part_truths, found, models)

    def values(self, name: str, cohort: Cohort) -> NDArray[np.float64]:
        """[users of the cohort, metrics]: the ranking metrics of one model, and its rewards where it has any."""
        judged = self.models[name]
        hits = judged.hits if cohort.part is None else judged.part_hits[cohort.part]
        truths = self.truths if cohort.part is None else self.part_truths[cohort.part]
        found = metrics.of_places(unpacked(hits[cohort.users]), truths[cohort.users])
        if judged.rewards is None:
            return found
        return np.column_stack([found, judged.rewards[cohort.users]])

    def keys(self, name: str) -> tuple[str, ...]:
        """The metrics that are the columns of :meth:`values`."""
        return (*metrics.RANKING, *(("average_rewards_at_k",) if self.models[name].rewards is not None else ()))

    def summary(self, seed: int = 0) -> dict[str, Any]:
        """Cohorts with their sizes, and each model's means in each with their intervals, JSON-able."""
        return {
            "testUsers": len(self.users),
            **described(self.cohorts),
            "models": {
                name: {
                    each.key: self._means(name, each, seed) for each in self.cohorts if each.enough or each.key == "all"
                }
                for name in self.models
            },
        }

    def _means(self, name: str, cohort: Cohort, seed: int) -> dict[str, Any]:
        values, judged = self.values(name, cohort), self.models[name]
        coverage = judged.coverage if cohort.key == "all" else judged.part_coverage.get(cohort.part or "")
        return told(self.keys(name), means_of(values), len(values), seed=seed, coverage=coverage)

    def packed(self) -> bytes:
        """The evaluated version's answers as a file; without ids of users."""
        own = self.models[VERSION]
        arrays: dict[str, NDArray] = {"users": self.users, "truths": self.truths.astype(np.uint32), "hits": own.hits}
        if own.rewards is not None:
            arrays["rewards"] = own.rewards
        return written(arrays)


def described(cohorts: Sequence[Cohort], counted: str = "users") -> dict[str, Any]:
    """What a summary tells of who was tested and how."""
    return {
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
        "counted": counted,
        "cohorts": [_described(each) for each in cohorts],
    }


def told(
    keys: Sequence[str], figures: Figures, users: int, *, seed: int = 0, width: int = 0, coverage: float | None = None
) -> dict[str, Any]:
    """Each figure with its interval, and the coverage where there is one, as a summary keeps them.

    A figure that says nothing, since there was nothing to count, is left out; without any user all are 0.
    """
    values = once(figures, users) if users else np.zeros(len(keys))
    bounds = interval(drawn(figures, users, seed=seed, width=width))
    found: dict[str, Any] = {
        key: {"value": round(float(value), _PLACES)} | _bounds(low, high)
        for key, value, (low, high) in zip(keys, values, bounds, strict=True)
        if np.isfinite(value)
    }
    return found if coverage is None else found | {"coverage": {"value": round(coverage, _PLACES)}}


def written(arrays: Mapping[str, NDArray]) -> bytes:
    """A file of arrays."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def without(content: bytes, ids: Sequence[str]) -> bytes | None:
    """A kept file without some users; None where it has none of them.

    Rows belong to ``users``; those of arrays whose name begins with ``pair_`` to ``pair_users``. What segments were
    asked for names no user at all.
    """
    hashes = np.array([hash_of(each) for each in ids], np.uint64)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        if "users" not in arrays:
            return None
        keep = ~np.isin(arrays["users"], hashes)
        if keep.all():
            return None
        pairs = ~np.isin(arrays["pair_users"], hashes) if "pair_users" in arrays else keep
        return written({name: array[pairs if name.startswith("pair_") else keep] for name, array in arrays.items()})


@dataclass(frozen=True)
class Kept:
    """A version's answers to its test users, read back; rows stand in the order of the users' hashes."""

    users: NDArray[np.uint64]
    """[U]; of segments, hashes of what was asked for."""
    keys: tuple[str, ...]
    figures: Figures
    counted: str = "users"
    """What the rows are: ``users``, ``items`` or ``attributes``."""
    width: int = 0
    """Numbers that the figures hold for each draw, where these are more than the users."""

    def once(self) -> NDArray[np.float64]:
        """[metrics]: the figures of all."""
        return once(self.figures, len(self.users))

    def drawn(self, seed: int) -> NDArray[np.float64]:
        """[resamples, metrics]; the same seed draws the same users."""
        return drawn(self.figures, len(self.users), seed=seed, width=self.width)


def kept(arrays: Mapping[str, NDArray]) -> Kept:
    """What :meth:`Evaluation.packed` wrote."""
    order = np.argsort(arrays["users"], kind="stable")
    values, keys = metrics.of_places(unpacked(arrays["hits"]), arrays["truths"]), metrics.RANKING
    if "rewards" in arrays:
        values, keys = np.column_stack([values, arrays["rewards"]]), (*keys, "average_rewards_at_k")
    return Kept(arrays["users"][order], keys, means_of(values[order]))


def _described(cohort: Cohort) -> dict[str, Any]:
    more = {"items": cohort.items, "events": cohort.events}
    return {"key": cohort.key, "users": int(cohort.users.sum()), "enough": cohort.enough} | {
        key: value for key, value in more.items() if value is not None
    }


def _bounds(low: float, high: float) -> dict[str, float]:
    return {} if np.isnan(low) else {"low": round(float(low), _PLACES), "high": round(float(high), _PLACES)}
