"""A model judged on users it has never seen."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from personalize_web.engine import metrics
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.serving import PastEvents, Request, ServingModel
from personalize_web.engine.splitting import TestUser

LIST_LENGTH = 25
COVERAGE_USERS = 50_000
"""Most test users whose lists count for coverage."""
EXCLUSION_DEPTH = 100
"""Newest events of the excluded type that an automatic exclusion looks at."""


def evaluate(model: ServingModel, dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe,
             reporter: Reporter | None = None) -> dict[str, float]:
    """The published metrics of a serving model on held-out users, rounded to four decimals.

    Ranking metrics are taken with exploration off, coverage with the model's own exploration.
    """
    reporter = reporter or Silent()
    pairs, shown = [], []
    explores = recipe.can("exploration")
    for done, (request, truth) in enumerate(requests_of(dataset, tests, recipe)):
        if done % 64 == 0:
            reporter.check()
            reporter.progress(done / max(1, len(tests)))
        answer = [each.item_id for each in model.recommend(replace(request, exploration_weight=0.0))]
        pairs.append((answer, truth))
        if done < COVERAGE_USERS:
            shown.append([each.item_id for each in model.recommend(request)] if explores else answer)
    values = metrics.evaluate(pairs)
    values["coverage"] = metrics.coverage(shown, dataset.catalogue_size)
    return {key: round(value, 4) for key, value in values.items()}


def requests_of(dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe) -> Iterator[tuple[Request, set[str]]]:
    """Each test user's question, and the items that answer it."""
    ids = np.array(dataset.item_ids.to_pylist(), dtype=object)
    for user in tests:
        known, unknown = slice(user.begin, user.cut), slice(user.cut, user.end)
        items = ids[dataset.item[known]].tolist()
        types = [dataset.event_types[each] for each in dataset.event_type[known]]
        history = PastEvents(items, types, dataset.timestamp[known].tolist(), dataset.value[known].tolist())
        yield Request(
            item_id=items[-1], history=history, user_attributes=_attributes(dataset, user.row),
            num_results=LIST_LENGTH, exclude=_excluded(items, types, recipe.automatic_exclusion), seed=user.row,
        ), set(ids[dataset.item[unknown]])


def _excluded(items: list[str], types: list[str], event_type: str | None) -> frozenset[str]:
    if event_type is None:
        return frozenset()
    wanted = event_type.casefold()
    matching = [item for item, kind in zip(items, types, strict=True) if kind.casefold() == wanted]
    return frozenset(matching[-EXCLUSION_DEPTH:])


def _attributes(dataset: Dataset, user: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in dataset.user_columns:
        if column.kind == "numeric":
            if not np.isnan(column.values[user]):
                found[column.name] = float(column.values[user])
        elif column.codes[user] >= 0:
            found[column.name] = column.labels[column.codes[user]]
    return found
