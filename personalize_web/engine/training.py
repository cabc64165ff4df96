"""From a dataset to a trained version: split, train, evaluate, learn from everybody, write."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from personalize_web.engine.evaluation import LIST_LENGTH, evaluate, requests_of
from personalize_web.engine.recipes.hyperparameters import resolve, typed
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.splitting import Split, split
from personalize_web.engine.tuning import tune

__all__ = ["Options", "Outcome", "evaluate", "train_version"]

PHASES = ("Splitting users", "Training", "Evaluating", "Learning from all users", "Writing the model")
REWARDED = 500
"""Length of the lists whose rewards are compared."""


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
    """Wall-clock time of the whole training, a search included."""
    tuned: dict[str, str] = field(default_factory=dict)
    """What a search set parameters to; empty without one."""


def train_version(
    recipe: Recipe, dataset: Dataset, solution_config: Mapping[str, Any] | None, directory: Path, *,
    options: Options | None = None, reporter: Reporter | None = None, search: bool = False,
) -> Outcome:
    """Train a version of ``recipe`` and keep it in ``directory``, which appears whole or not at all.

    With ``search`` hyperparameters are first looked for, on the training users alone, as ``hpoConfig`` says.
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
    tuned: dict[str, str] = {}
    trials: tuple[dict[str, Any], ...] = ()
    if search:
        found_best = tune(recipe, divided.train, config, solution_config, options, reporter)
        tuned, trials, config = found_best.texts, found_best.trials, {**config, **found_best.values}
        reporter.log(f"best parameters: {tuned}")
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
    if trials:
        details["trials"] = list(trials)
    reporter.check()
    model.write(directory, {
        "recipe": recipe.name, "answers": answers, "configuration": resolved, "tuned": tuned, "seed": options.seed,
        "metrics": found,
        "baselines": baselines, "data": {key: details[key] for key in ("users", "items", "interactions")},
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("numpy", "scipy", "torch", "onnxruntime")},
    })
    reporter.progress(1.0)
    return Outcome(found, baselines, details, time.monotonic() - began, tuned)


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
                 for request, truth in requests_of(dataset, divided.tests, recipe)]
    known = [each for each in found if each is not None]
    return round(float(np.mean(known)), 4) if known else 0.0


def _baseline(dataset: Dataset, divided: Split, recipe: Recipe, reporter: Reporter) -> dict[str, float]:
    popular = algorithm("popularity").train(divided.train, {"count": "users"}, Options(), reporter)
    return _measured(popular, dataset, divided, recipe, reporter)
