"""Segments judged on what users did afterwards: the first one per cent of all users, for many items or attributes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import metrics
from personalize_web.engine.dataset import Column, Dataset
from personalize_web.engine.evaluation.cohorts import parts_of, user_parts
from personalize_web.engine.features import separated
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.serving.affinity import AffinityModel
from personalize_web.engine.splitting import TestUser

MOST_QUERIES = 1000
"""Items or attributes that a version is judged on, at most; of more a sample is drawn."""


@dataclass(frozen=True)
class Query:
    """Something a segment is asked for, and who did interact with it."""

    name: str
    """The item's id, or ``COLUMN=value``."""
    items: NDArray[np.int64]
    """Item rows."""
    actual: set[int]
    """User rows of the model."""


@dataclass(frozen=True)
class Asked:
    """Q queries with the parts that their answers are looked at by."""

    queries: list[Query]
    most: int
    """One per cent of all users."""
    active: list[int]
    """The most active users, rows of the model: what is answered by the baseline."""
    users: Mapping[str, NDArray[np.bool_]]
    """``new_users`` and ``heavy_users``: by user row of the model."""
    head: NDArray[np.bool_]
    """[Q]: whether it is about items that, or attributes whose items, make up half of all interactions."""
    by_attributes: bool
    heavy_from: int
    """Events that a heavy user has at least."""


def evaluate(
    model: AffinityModel,
    dataset: Dataset,
    tests: tuple[TestUser, ...],
    *,
    by_attributes: bool,
    seed: int = 0,
    reporter: Reporter,
) -> tuple[dict[str, float], dict[str, float]]:
    """The published metrics of a model that never saw the truth of the test users, and those of the baseline.

    Rounded to four decimals; without a query every value is 0.
    """
    asked = questions(model, dataset, tests, by_attributes=by_attributes, seed=seed)
    found, floor = (
        published(each, asked, len(model.users))
        for each in (segments_of(model, asked, reporter), [asked.active] * len(asked.queries))
    )
    return found, floor


def questions(
    model: AffinityModel, dataset: Dataset, tests: tuple[TestUser, ...], *, by_attributes: bool, seed: int = 0
) -> Asked:
    """What a model is judged on, of what was held back of the test users."""
    held = np.concatenate([np.zeros(0, np.int64), *(np.arange(each.cut, each.end) for each in tests)])
    queries = list(_queries(model, dataset, held, by_attributes=by_attributes))
    counts = dataset.interactions_of_items
    head, _ = parts_of(np.array([counts[each.items].sum() for each in queries], np.int64))
    if len(queries) > MOST_QUERIES:
        chosen = np.sort(np.random.default_rng(seed).choice(len(queries), MOST_QUERIES, replace=False))
        queries, head = [queries[each] for each in chosen], head[chosen]
    users = len(dataset.user_ids)
    trained = np.bincount(dataset.user, minlength=users) - np.bincount(dataset.user[held], minlength=users)
    rows = model.users.rows(dataset.user_ids.to_pylist())
    most = metrics.one_percent(len(model.users))
    few, heavy, least = user_parts(trained)
    masks = {name: np.zeros(len(model.users), bool) for name in ("new_users", "heavy_users")}
    for mask, part in zip(masks.values(), (few, heavy), strict=True):
        mask[rows] = part
    return Asked(queries, most, rows[np.lexsort((rows, -trained))][:most].tolist(), masks, head, by_attributes, least)


def segments_of(model: AffinityModel, asked: Asked, reporter: Reporter) -> list[list[int]]:
    """The segment of each query, user rows of the model.

    Every user is looked at right after the newest event that was trained on: there the history was cut.
    """
    found: list[list[int]] = []
    for done, query in enumerate(asked.queries):
        found.append(model.segment(query.items, asked.most, at_last=True, check=reporter.check).tolist())
        reporter.progress(done / len(asked.queries))
    return found


def published(segments: Sequence[Sequence[int]], asked: Asked, users: int) -> dict[str, float]:
    """The metrics of a segment for each query, of so many users, rounded to four decimals; 0 without a query."""
    pairs = list(zip(segments, asked.queries, strict=True))
    hits = [metrics.hits_at_top(segment, query.actual, asked.most) for segment, query in pairs]
    recalls = [metrics.recall_at_top(segment, query.actual, asked.most) for segment, query in pairs]
    values = {
        "hits_at_1_percent": float(np.mean(hits)) if hits else 0.0,
        "recall_at_1_percent": float(np.mean(recalls)) if recalls else 0.0,
        "coverage": metrics.coverage(segments, users),
    }
    return {key: round(value, 4) for key, value in values.items()}


def _queries(
    model: AffinityModel, dataset: Dataset, held: NDArray[np.int64], *, by_attributes: bool
) -> Iterator[Query]:
    """What the held-out events are about, of what the model knows."""
    rows = model.users.rows(dataset.user_ids.to_pylist())
    users, items = rows[dataset.user[held]], dataset.item[held].astype(np.int64)
    known = np.isfinite(model.arrays["bias"])
    order = np.argsort(items, kind="stable")
    starts = np.searchsorted(items[order], np.arange(len(known) + 1))

    def users_of(item: int) -> NDArray[np.int64]:
        return users[order[starts[item] : starts[item + 1]]]

    if not by_attributes:
        for item in np.unique(items[known[items]]):
            yield Query(str(dataset.item_ids[int(item)]), np.array([item]), set(users_of(item).tolist()))
        return
    for name, asked in _asked(dataset, known):
        actual = {user for item in asked for user in users_of(item).tolist()}
        if actual:
            yield Query(name, asked, actual)


def _asked(dataset: Dataset, known: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each single attribute and its items: of categories, and where there are none, of whatever else can be asked."""
    categories = [each for each in dataset.item_attributes if each.kind == "categorical"]
    for column in categories or dataset.item_attributes:
        having: dict[str | float, list[int]] = {}
        for row in np.flatnonzero(known):
            for value in _values(column, int(row)):
                having.setdefault(value, []).append(int(row))
        yield from ((f"{column.name}={value}", np.array(each)) for value, each in having.items())


def _values(column: Column, row: int) -> list[str] | list[float]:
    if column.kind == "numeric":
        return [float(column.values[row])] if np.isfinite(column.values[row]) else []
    if column.codes[row] < 0:
        return []
    label = column.labels[column.codes[row]]
    return list(dict.fromkeys(separated(label))) if column.kind == "categorical" else [label]
