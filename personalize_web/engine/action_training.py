"""From the data of a group to a trained version of a model of actions: split, train, evaluate, learn from everybody."""

import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from personalize_web.engine import serving
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.action_evaluation import MostTaken, evaluate, split_actions
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.next_best_action import NextBestAction
from personalize_web.engine.recipes.hyperparameters import resolve, typed
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.training import PHASES, Outcome

BASELINE = "most-taken-actions"
"""What a version is compared with: the same actions for everybody, the most taken first."""


def train_actions(
    recipe: Recipe, dataset: ActionDataset, solution_config: Mapping[str, Any] | None, directory: Path, *,
    options: Options | None = None, reporter: Reporter | None = None,
) -> Outcome:
    """Train a version of ``recipe`` and keep it in ``directory``, which appears whole or not at all.

    Four fifths of the users are learned from, a tenth is validated on, a tenth tested. Raises DataError where the
    configuration does not allow it, Stopped when a stop was asked for.
    """
    options, reporter = options or Options(), reporter or Silent()
    began, method = time.monotonic(), NextBestAction()
    resolved, config = resolve(recipe, solution_config), typed(recipe, solution_config)
    days = int(config["action_optimization_period"])
    phases = iter(enumerate(PHASES, start=1))
    _next(phases, reporter)
    divided = split_actions(dataset, f"{options.seed}")
    events = dataset.events
    of_actions = int(dataset.about_actions.sum())
    reporter.log(f"{len(events.item) - of_actions:,} item and {of_actions:,} action interactions of "
                 f"{len(events.user_ids):,} users; {len(divided.tests):,} users tested")
    _next(phases, reporter)
    first = method.train(divided.train, config, options, reporter)
    _next(phases, reporter)
    with tempfile.TemporaryDirectory(prefix="evaluation-") as aside:
        first.write(Path(aside) / "model")
        found = evaluate(serving.load(Path(aside) / "model", verify=False), dataset, divided.tests, days, reporter)
    baselines = {BASELINE: evaluate(MostTaken(divided.train), dataset, divided.tests, days)}
    reporter.log("; ".join(f"{key} {value:.4f}" for key, value in sorted(found.items())))
    _next(phases, reporter)
    model = first if options.refit == "none" else method.train(dataset, config, options, reporter, warm=first)
    _next(phases, reporter)
    details = {**first.details, "users": len(events.user_ids), "items": dataset.items,
               "interactions": len(events.item), "test users": len(divided.tests)}
    model.write(directory, {
        "recipe": recipe.name, "answers": {"scores": True, "reasons": False}, "configuration": resolved, "tuned": {},
        "seed": options.seed, "metrics": found, "baselines": baselines,
        "data": {key: details[key] for key in ("users", "items", "interactions")},
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("numpy", "scipy", "torch", "onnxruntime")},
    })
    reporter.progress(1.0)
    return Outcome(found, baselines, details, time.monotonic() - began)


def _next(phases: Any, reporter: Reporter) -> None:
    reporter.check()
    place, name = next(phases)
    reporter.phase(name, place, len(PHASES))
