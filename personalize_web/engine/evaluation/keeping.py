"""An evaluation as it is kept: a summary in JSON for people, and a few bytes a test user to compare versions with."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import metrics
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation.bootstrap import CONFIDENCE, RESAMPLES, interval, resampled
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
        cls, dataset: Dataset, tests: tuple[TestUser, ...], models: Mapping[str, Judged],
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
            "confidence": CONFIDENCE,
            "resamples": RESAMPLES,
            "cohorts": [_described(each) for each in self.cohorts],
            "models": {name: {each.key: self._means(name, each, seed) for each in self.cohorts if each.enough
                              or each.key == "all"} for name in self.models},
        }

    def _means(self, name: str, cohort: Cohort, seed: int) -> dict[str, Any]:
        values = self.values(name, cohort)
        known = np.isfinite(values)
        counts = known.sum(axis=0)
        means = np.divide(np.where(known, values, 0).sum(axis=0), counts, out=np.zeros(values.shape[1]),
                          where=counts > 0)
        bounds = interval(resampled(values, seed=seed))
        found: dict[str, Any] = {
            key: {"value": round(float(mean), _PLACES)} | _bounds(low, high)
            for key, mean, (low, high) in zip(self.keys(name), means, bounds, strict=True)
        }
        judged = self.models[name]
        coverage = judged.coverage if cohort.key == "all" else judged.part_coverage.get(cohort.part or "")
        return found if coverage is None else found | {"coverage": {"value": round(coverage, _PLACES)}}

    def packed(self) -> bytes:
        """The evaluated version's answers as a file; without ids of users."""
        own = self.models[VERSION]
        arrays: dict[str, NDArray] = {"users": self.users, "truths": self.truths.astype(np.uint32), "hits": own.hits}
        if own.rewards is not None:
            arrays["rewards"] = own.rewards
        return _file(arrays)


def _file(arrays: Mapping[str, NDArray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def without(content: bytes, ids: Sequence[str]) -> bytes | None:
    """A file of :meth:`Evaluation.packed` without some users; None where it has none of them."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        keep = ~np.isin(arrays["users"], np.array([hash_of(each) for each in ids], np.uint64))
        return None if keep.all() else _file({name: array[keep] for name, array in arrays.items()})


@dataclass(frozen=True)
class Kept:
    """A version's answers to its test users, read back; rows stand in the order of the users' hashes."""

    users: NDArray[np.uint64]
    keys: tuple[str, ...]
    values: NDArray[np.float64]
    """[U, metrics]."""


def read(folder: Path) -> Kept:
    """What was kept in a model's folder; DataError where nothing was, or it cannot be read."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            order = np.argsort(arrays["users"], kind="stable")
            values = metrics.of_places(unpacked(arrays["hits"]), arrays["truths"])
            keys = metrics.RANKING
            if "rewards" in arrays:
                values, keys = np.column_stack([values, arrays["rewards"]]), (*keys, "average_rewards_at_k")
            return Kept(arrays["users"][order], keys, values[order])
    except FileNotFoundError as error:
        raise DataError(
            "What each test user was answered is not kept of versions trained earlier, nor of recipes for actions or "
            "segments.") from error
    except (OSError, ValueError, KeyError) as error:
        raise DataError("What it answered its test users cannot be read.") from error


def _described(cohort: Cohort) -> dict[str, Any]:
    more = {"items": cohort.items, "events": cohort.events}
    return {"key": cohort.key, "users": int(cohort.users.sum()), "enough": cohort.enough} | {
        key: value for key, value in more.items() if value is not None}


def _bounds(low: float, high: float) -> dict[str, float]:
    return {} if np.isnan(low) else {"low": round(float(low), _PLACES), "high": round(float(high), _PLACES)}
