"""From the data of a group to a trained version of a model of actions: split, train, evaluate, learn from everybody."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from personalize_web.engine import evaluation
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.next_best_action import NextBestAction
from personalize_web.engine.evaluation.actions import split_actions
from personalize_web.engine.evaluation.measuring import measure_actions
from personalize_web.engine.recipes.hyperparameters import resolve, typed
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.training import PHASES, Outcome, circumstances


def train_actions(
    recipe: Recipe,
    dataset: ActionDataset,
    solution_config: Mapping[str, Any] | None,
    directory: Path,
    *,
    options: Options | None = None,
    reporter: Reporter | None = None,
    previous: Path | None = None,
    snapshot: Mapping[str, int] | None = None,
) -> Outcome:
    """Train a version of ``recipe`` and keep it in ``directory``, which appears whole or not at all.

    Four fifths of the users are learned from, a tenth is validated on, a tenth tested. The model in the
    folder ``previous`` is judged beside the new one; ``snapshot``, the version of each dataset that was read, goes into
    the manifest. Raises DataError where the configuration does not allow it, Stopped when a stop was asked for.
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
    reporter.log(
        f"{len(events.item) - of_actions:,} item and {of_actions:,} action interactions of "
        f"{len(events.user_ids):,} users; {len(divided.tests):,} users tested"
    )
    _next(phases, reporter)
    first = method.train(divided.train, config, options, reporter)
    _next(phases, reporter)
    measured = measure_actions(first, dataset, divided, days, previous=previous, reporter=reporter)
    found = measured.metrics
    reporter.log("; ".join(f"{key} {value:.4f}" for key, value in sorted(found.items())))
    _next(phases, reporter)
    model = first if options.refit == "none" else method.train(dataset, config, options, reporter, warm=first)
    _next(phases, reporter)
    counts = {"users": len(events.user_ids), "items": dataset.items, "interactions": len(events.item)}
    kept = replace(model, files={**model.files, evaluation.FILE: measured.file})
    kept.write(
        directory,
        {
            "recipe": recipe.name,
            "answers": {"scores": True, "reasons": False},
            "configuration": resolved,
            "tuned": {},
            "metrics": found,
            "baselines": measured.baselines,
            "data": counts,
            **circumstances(events, options, snapshot),
        },
    )
    reporter.progress(1.0)
    details = {**first.details, **counts, "test users": len(divided.tests)}
    return Outcome(found, measured.baselines, details, time.monotonic() - began, evaluation=measured.summary)


def _next(phases: Any, reporter: Reporter) -> None:
    reporter.check()
    place, name = next(phases)
    reporter.phase(name, place, len(PHASES))
