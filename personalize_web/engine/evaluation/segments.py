"""Segments judged on what users did afterwards: the first one per cent of all users, for many items or attributes."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import metrics, serving
from personalize_web.engine.algorithms.base import Model
from personalize_web.engine.dataset import Column, Dataset
from personalize_web.engine.evaluation.measuring import Measured
from personalize_web.engine.features import separated
from personalize_web.engine.recipes.recipe import REQUIRED, Recipe
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.serving.affinity import AffinityModel
from personalize_web.engine.splitting import Split, TestUser

MOST_QUERIES = 1000
"""Items or attributes that a version is judged on, at most; of more a sample is drawn."""
ACTIVITY = "most-active-users"
"""The baseline: the same users for every query, those with the most events."""


@dataclass(frozen=True)
class Query:
    """Something a segment is asked for, and who did interact with it."""

    items: NDArray[np.int64]
    """Item rows."""
    actual: set[int]
    """User rows of the model."""


def measure_segments(model: Model, dataset: Dataset, divided: Split, recipe: Recipe, *, seed: int, reporter: Reporter
                     ) -> Measured:
    """Judge ``model``, which was trained on ``divided.train``, beside the most active users."""
    with tempfile.TemporaryDirectory(prefix="evaluation-") as directory:
        model.write(Path(directory) / "model")
        answerer = serving.load(Path(directory) / "model", verify=False)
        assert isinstance(answerer, AffinityModel)
        found, floor = evaluate(answerer, dataset, divided.tests, by_attributes=recipe.datasets["ITEMS"] == REQUIRED,
                                seed=seed, reporter=reporter)
    return Measured(found, {ACTIVITY: floor}, {}, b"")


def evaluate(model: AffinityModel, dataset: Dataset, tests: tuple[TestUser, ...], *, by_attributes: bool,
             seed: int = 0, reporter: Reporter) -> tuple[dict[str, float], dict[str, float]]:
    """The published metrics of a model that never saw the truth of the test users, and those of the baseline.

    Every user is looked at right after the newest event that was trained on: there the history was cut. Rounded to
    four decimals; without a query every value is 0.
    """
    held = np.concatenate([np.zeros(0, np.int64), *(np.arange(each.cut, each.end) for each in tests)])
    queries = list(_queries(model, dataset, held, by_attributes=by_attributes))
    if len(queries) > MOST_QUERIES:
        chosen = np.random.default_rng(seed).choice(len(queries), MOST_QUERIES, replace=False)
        queries = [queries[each] for each in np.sort(chosen)]
    users = len(model.users)
    most = metrics.one_percent(users)
    trained = np.bincount(dataset.user, minlength=users) - np.bincount(dataset.user[held], minlength=users)
    rows = model.users.rows(dataset.user_ids.to_pylist())
    active = rows[np.lexsort((rows, -trained))][:most].tolist()
    found: list[list[int]] = []
    for done, query in enumerate(queries):
        found.append(model.segment(query.items, most, at_last=True, check=reporter.check).tolist())
        reporter.progress(done / len(queries))
    return _means(found, queries, most, users), _means([active] * len(queries), queries, most, users)


def _means(segments: list[list[int]], queries: list[Query], most: int, users: int) -> dict[str, float]:
    pairs = list(zip(segments, queries, strict=True))
    hits = [metrics.hits_at_top(segment, query.actual, most) for segment, query in pairs]
    recalls = [metrics.recall_at_top(segment, query.actual, most) for segment, query in pairs]
    values = {
        "hits_at_1_percent": float(np.mean(hits)) if hits else 0.0,
        "recall_at_1_percent": float(np.mean(recalls)) if recalls else 0.0,
        "coverage": metrics.coverage(segments, users),
    }
    return {key: round(value, 4) for key, value in values.items()}


def _queries(model: AffinityModel, dataset: Dataset, held: NDArray[np.int64], *, by_attributes: bool
             ) -> Iterator[Query]:
    """What the held-out events are about, of what the model knows."""
    rows = model.users.rows(dataset.user_ids.to_pylist())
    users, items = rows[dataset.user[held]], dataset.item[held].astype(np.int64)
    known = np.isfinite(model.arrays["bias"])
    order = np.argsort(items, kind="stable")
    starts = np.searchsorted(items[order], np.arange(len(known) + 1))

    def users_of(item: int) -> NDArray[np.int64]:
        return users[order[starts[item]:starts[item + 1]]]

    if not by_attributes:
        for item in np.unique(items[known[items]]):
            yield Query(np.array([item]), set(users_of(item).tolist()))
        return
    for asked in _asked(dataset, known):
        actual = {user for item in asked for user in users_of(item).tolist()}
        if actual:
            yield Query(asked, actual)


def _asked(dataset: Dataset, known: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """The items of each single attribute: of categories, and where there are none, of whatever else can be asked."""
    categories = [each for each in dataset.item_attributes if each.kind == "categorical"]
    for column in categories or dataset.item_attributes:
        having: dict[str | float, list[int]] = {}
        for row in np.flatnonzero(known):
            for value in _values(column, int(row)):
                having.setdefault(value, []).append(int(row))
        yield from (np.array(each) for each in having.values())


def _values(column: Column, row: int) -> list[str] | list[float]:
    if column.kind == "numeric":
        return [float(column.values[row])] if np.isfinite(column.values[row]) else []
    if column.codes[row] < 0:
        return []
    label = column.labels[column.codes[row]]
    return list(dict.fromkeys(separated(label))) if column.kind == "categorical" else [label]
