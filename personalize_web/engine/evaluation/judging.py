"""What a model answers to every held-out user, kept as the places that hit: a few bytes a user."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine import metrics
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.evaluation.protocol import LIST_LENGTH, REWARDED, Case, ranks_given_items, requests_of
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.serving import ServingModel
from personalize_web.engine.splitting import TestUser

BLOCK = 256
"""Test users asked at once."""
COVERAGE_USERS = 50_000
"""Most test users whose lists count for coverage."""

ItemParts = Mapping[str, NDArray[np.bool_]]
"""Name -> by item row, which items belong to a part of the catalogue."""


@dataclass(frozen=True)
class Judged:
    """One model's answers to U test users, against what was held back of them."""

    hits: NDArray[np.uint32]
    """[U]: bit p is set where place p + 1 of the list holds a relevant item."""
    part_hits: Mapping[str, NDArray[np.uint32]]
    """Part of the catalogue -> the same, of hits among its items alone."""
    coverage: float
    """Share of the catalogue on anybody's list, with the model's own exploration."""
    part_coverage: Mapping[str, float]
    """Part of the catalogue -> the share of it that is on anybody's list."""
    rewards: NDArray[np.float32] | None = None
    """[U]: what :func:`rewards` answers; None without an objective."""

    def ranking(self, truths: NDArray[np.integer]) -> NDArray[np.float64]:
        """The ranking metrics of each user [U, metrics], in the order of ``metrics.RANKING``; ``truths`` [U] counts."""
        return metrics.of_places(unpacked(self.hits), truths)


def judge(
    model: ServingModel, dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe, *,
    parts: ItemParts | None = None, reporter: Reporter | None = None, span: tuple[float, float] = (0.0, 1.0),
) -> Judged:
    """Ask a serving model what every test user would have asked, in blocks.

    Hits are taken with exploration off, coverage with the model's own exploration over at most 50,000 users' lists.
    ``span`` is the share of the phase that this is.
    """
    reporter, parts = reporter or Silent(), parts or {}
    explores = recipe.can("exploration")
    rows = _Rows(dataset)
    allowed = None
    if ranks_given_items(recipe) and "interactions" in model.arrays:
        allowed = np.asarray(model.arrays["interactions"]) > 0
    hits = np.zeros(len(tests), np.uint32)
    part_hits = {name: np.zeros(len(tests), np.uint32) for name in parts}
    reached = np.zeros(len(dataset.item_ids), bool)
    for begin, block in _blocks(requests_of(dataset, tests, recipe)):
        reporter.check()
        reporter.progress(span[0] + (span[1] - span[0]) * begin / max(1, len(tests)))
        asked = [replace(request, allowed=allowed) for request, _ in block]
        answers = model.answers(asked, explored=explores and begin < COVERAGE_USERS)
        listed = rows.of([relevant for relevant, _ in answers])
        for place, ((_, truth), own) in enumerate(zip(block, listed, strict=True), begin):
            hit = np.isin(own, truth)
            hits[place] = packed(hit)
            for name, part in parts.items():
                part_hits[name][place] = packed(hit & part[own])
        for own in rows.of([shown for _, shown in answers[: max(0, COVERAGE_USERS - begin)]]):
            reached[own[own >= 0]] = True
    return Judged(
        hits, part_hits, _share(reached.sum(), dataset.catalogue_size),
        {name: _share((reached & part).sum(), part.sum()) for name, part in parts.items()})


def rewards(
    model: ServingModel, dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe, values: Mapping[str, float]
) -> NDArray[np.float32]:
    """[U]: the rewards of each test user's 500 recommendations, NaN where they hold no item of any value.

    ``values`` is the objective's column by item id.
    """
    ids = dataset.item_ids
    found = np.full(len(tests), np.nan, np.float32)
    for begin, block in _blocks(requests_of(dataset, tests, recipe, REWARDED)):
        answers = model.answers([request for request, _ in block], explored=False)
        for place, ((_, truth), (listed, _)) in enumerate(zip(block, answers, strict=True), begin):
            reward = metrics.rewards(listed, set(ids.take(pa.array(truth)).to_pylist()), values, LIST_LENGTH)
            if reward is not None:
                found[place] = reward
    return found


def packed(hit: NDArray[np.bool_]) -> np.uint32:
    """The places that hit, as bits."""
    return np.uint32((1 << np.flatnonzero(hit)).sum())


def unpacked(hits: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """[U] bits -> [U, 25] whether each place hit."""
    return (hits[:, None] >> np.arange(LIST_LENGTH, dtype=np.uint32)) & 1 > 0


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 0.0


def _blocks(cases: Iterator[Case]) -> Iterator[tuple[int, list[Case]]]:
    begin = 0
    while block := list(islice(cases, BLOCK)):
        yield begin, block
        begin += len(block)


class _Rows:
    """Item ids to rows of a dataset; an id is looked up once."""

    def __init__(self, dataset: Dataset) -> None:
        self._ids = dataset.item_ids
        self._known: dict[str, int] = {}

    def of(self, lists: list[list[str]]) -> list[NDArray[np.int64]]:
        """The rows of each list, -1 for items that the dataset does not have."""
        if new := list({item for each in lists for item in each} - self._known.keys()):
            found = pc.fill_null(pc.index_in(pa.array(new, pa.string()), value_set=self._ids), -1)
            self._known.update(zip(new, found.to_pylist(), strict=True))
        return [np.array([self._known[item] for item in each], np.int64) for each in lists]


def evaluate(
    model: ServingModel, dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe,
    reporter: Reporter | None = None,
) -> dict[str, float]:
    """The ranking metrics and the coverage of a serving model on held-out users, rounded to four decimals."""
    judged = judge(model, dataset, tests, recipe, reporter=reporter)
    return published(judged, truth_sizes(dataset, tests))


def published(judged: Judged, truths: NDArray[np.integer]) -> dict[str, float]:
    """Means over the test users by the keys of GetSolutionMetrics, rounded to four decimals; 0 without any user."""
    values = judged.ranking(truths)
    means = values.mean(axis=0) if len(values) else np.zeros(len(metrics.RANKING))
    found = dict(zip(metrics.RANKING, means.tolist(), strict=True)) | {"coverage": judged.coverage}
    if judged.rewards is not None:
        known = judged.rewards[np.isfinite(judged.rewards)]
        found["average_rewards_at_k"] = float(known.mean()) if len(known) else 0.0
    return {key: round(value, 4) for key, value in found.items()}


def truth_sizes(
    dataset: Dataset, tests: tuple[TestUser, ...], part: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """[U]: how many distinct items were held back of each test user, or how many of them belong to a part."""
    kept = [np.unique(dataset.item[user.cut:user.end]) for user in tests]
    return np.array([len(each) if part is None else int(part[each].sum()) for each in kept], np.int64)
