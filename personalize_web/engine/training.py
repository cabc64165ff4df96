"""From a dataset to a trained version: split, train, evaluate, learn from everybody, write."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from personalize_web.engine import metrics, objective, serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Model, Options
from personalize_web.engine.algorithms.trending import foreseen
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.recipes.hyperparameters import resolve, typed
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.serving import PastEvents, Request, ServingModel
from personalize_web.engine.splitting import Split, TestUser, split

__all__ = ["Options", "Outcome", "evaluate", "train_version"]

PHASES = ("Splitting users", "Training", "Evaluating", "Learning from all users", "Writing the model")
LIST_LENGTH = 25
COVERAGE_USERS = 50_000
"""Most test users whose lists count for coverage."""
REWARDED = 500
"""Length of the lists whose rewards are compared."""
EXCLUSION_DEPTH = 100
"""Newest events of the excluded type that an automatic exclusion looks at."""


@dataclass(frozen=True)
class Outcome:
    """What a training found."""

    metrics: dict[str, float]
    """As GetSolutionMetrics answers them, of the model that never saw the test users."""
    baselines: dict[str, dict[str, float]]
    """Recipe name -> the same metrics of a simple model on the same test users."""
    details: dict[str, Any]
    """JSON-able facts for people: counts, what was chosen and why."""
    seconds: float
    """Wall-clock time of the whole training."""


def train_version(
    recipe: Recipe, dataset: Dataset, solution_config: Mapping[str, Any] | None, directory: Path, *,
    options: Options | None = None, reporter: Reporter | None = None,
) -> Outcome:
    """Train a version of ``recipe`` and keep it in ``directory``, which appears whole or not at all.

    Raises DataError where configuration or data don't allow it, Stopped when a stop was asked for.
    """
    options, reporter = options or Options(), reporter or Silent()
    began = time.monotonic()
    resolved, config = resolve(recipe, solution_config), typed(recipe, solution_config)
    method = algorithm(recipe.method)
    _phase(reporter, 1)
    divided = split(dataset, f"{options.seed}")
    reporter.log(f"{len(dataset.item):,} interactions of {len(dataset.user_ids):,} users with "
                 f"{len(dataset.item_ids):,} items; {len(divided.tests):,} users held out")
    _phase(reporter, 2)
    answers = {"scores": recipe.can("scores"), "reasons": recipe.can("reasons")}
    first = method.train(divided.train, config, options, reporter)
    _phase(reporter, 3)
    found = _measured(first, dataset, divided, recipe, reporter)
    if "objective_share" in config:
        found["average_rewards_at_k"] = _rewards(first, dataset, divided, recipe, str(config["objective_attribute"]))
    if recipe.method == "trending":
        found["trend_prediction_accuracy"] = round(foreseen(dataset, float(first.settings["interval"])), 4)
    baselines = {"aws-popularity-count": _baseline(dataset, divided, recipe, reporter)}
    reporter.log("; ".join(f"{key} {value:.4f}" for key, value in sorted(found.items())))
    _phase(reporter, 4)
    model = first if options.refit == "none" else method.train(dataset, config, options, reporter, warm=first)
    _phase(reporter, 5)
    details = {**first.details, "users": len(dataset.user_ids), "items": len(dataset.item_ids),
               "interactions": len(dataset.item), "test users": len(divided.tests)}
    reporter.check()
    model.write(directory, {
        "recipe": recipe.name, "answers": answers, "configuration": resolved, "seed": options.seed, "metrics": found,
        "baselines": baselines, "data": {key: details[key] for key in ("users", "items", "interactions")},
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("numpy", "scipy", "torch", "onnxruntime")},
    })
    reporter.progress(1.0)
    return Outcome(found, baselines, details, time.monotonic() - began)


def evaluate(model: ServingModel, dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe,
             reporter: Reporter | None = None) -> dict[str, float]:
    """The published metrics of a serving model on held-out users, rounded to four decimals.

    Ranking metrics are taken with exploration off, coverage with the model's own exploration.
    """
    reporter = reporter or Silent()
    pairs, shown = [], []
    explores = recipe.can("exploration")
    for done, (request, truth) in enumerate(_requests(dataset, tests, recipe)):
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


def _phase(reporter: Reporter, index: int) -> None:
    reporter.check()
    reporter.phase(PHASES[index - 1], index, len(PHASES))


def _measured(model: Model, dataset: Dataset, divided: Split, recipe: Recipe, reporter: Reporter) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="evaluation-") as directory:
        model.write(Path(directory) / "model")
        return evaluate(serving.load(Path(directory) / "model", verify=False), dataset, divided.tests, recipe, reporter)


def _rewards(model: Model, dataset: Dataset, divided: Split, recipe: Recipe, attribute: str) -> float:
    """Mean of :func:`~personalize_web.engine.metrics.rewards` over the test users of whom it says something."""
    column = objective.column_of(dataset, attribute)
    values = {item: float(value) for item, value in zip(dataset.item_ids.to_pylist(), column.values, strict=True)
              if np.isfinite(value)}
    with tempfile.TemporaryDirectory(prefix="evaluation-") as directory:
        model.write(Path(directory) / "model")
        answerer = serving.load(Path(directory) / "model", verify=False)
        found = [metrics.rewards([each.item_id for each in answerer.recommend(
                     replace(request, exploration_weight=0.0, num_results=REWARDED))], truth, values, LIST_LENGTH)
                 for request, truth in _requests(dataset, divided.tests, recipe)]
    known = [each for each in found if each is not None]
    return round(float(np.mean(known)), 4) if known else 0.0


def _baseline(dataset: Dataset, divided: Split, recipe: Recipe, reporter: Reporter) -> dict[str, float]:
    popular = algorithm("popularity").train(divided.train, {"count": "users"}, Options(), reporter)
    return _measured(popular, dataset, divided, recipe, reporter)


def _requests(dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe) -> Iterator[tuple[Request, set[str]]]:
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
