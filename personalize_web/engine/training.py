"""From a dataset to a trained version: split, train, evaluate, learn from everybody, write."""

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from personalize_web.engine import evaluation, requirements
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Config, Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.evaluation.measuring import measure, measure_segments
from personalize_web.engine.recipes.hyperparameters import resolve, typed
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.splitting import Split, split, split_histories
from personalize_web.engine.tuning import tune

__all__ = ["Options", "Outcome", "train_version"]

LIBRARIES = ("numpy", "scipy", "pyarrow", "duckdb", "torch", "onnxruntime", "optuna")
"""What a model's numbers depend on; their versions stand in its manifest."""
PHASES = ("Splitting users", "Training", "Evaluating", "Learning from all users", "Writing the model")


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
    evaluation: dict[str, Any] = field(default_factory=dict)
    """Means by cohort with intervals, of the version and what stands beside it (``Evaluation.summary``)."""
    found: dict[str, Any] = field(default_factory=dict)
    """Internal settings that a search found, this one or an earlier one."""


def train_version(
    recipe: Recipe,
    dataset: Dataset,
    solution_config: Mapping[str, Any] | None,
    directory: Path,
    *,
    options: Options | None = None,
    reporter: Reporter | None = None,
    search: bool = False,
    previous: Path | None = None,
    snapshot: Mapping[str, int] | None = None,
    found: Config | None = None,
) -> Outcome:
    """Train a version of ``recipe`` and keep it in ``directory``, which appears whole or not at all.

    With ``search`` hyperparameters are first looked for, on the training users alone, as ``hpoConfig`` says, or the
    internal settings of a recipe that publishes none; ``found`` are those that an earlier search found. The model
    in the folder ``previous`` is judged beside the new one on the same test users.
    ``snapshot``, the version of each dataset that was read, goes into the manifest with all else that decides on the
    model: data, seed, configuration, options, library versions.
    Raises DataError where configuration or data don't allow it, Stopped when a stop was asked for.
    """
    options, reporter = options or Options(), reporter or Silent()
    began = time.monotonic()
    resolved, config = resolve(recipe, solution_config), {**typed(recipe, solution_config), **(found or {})}
    method = algorithm(recipe.method)
    requirements.check(dataset, config)
    _phase(reporter, 1)
    segments = recipe.can("segments")
    divided = split_histories(dataset) if segments else split(dataset, f"{options.seed}")
    tests = evaluation.asked(dataset, divided.tests)
    reporter.log(
        f"{len(dataset.item):,} interactions of {len(dataset.user_ids):,} users with "
        f"{len(dataset.item_ids):,} items; {len(tests):,} users held out"
    )
    _phase(reporter, 2)
    tuned: dict[str, str] = {}
    trials: tuple[dict[str, Any], ...] = ()
    inside = dict(found or {})
    if search:
        best = tune(recipe, divided.train, config, solution_config, options, reporter)
        trials, config = best.trials, {**config, **best.values}
        reporter.log(f"best parameters: {best.texts or 'those that were there'}")
        if recipe.can("hpo"):
            tuned = best.texts
        else:
            inside |= best.values
    answers = {"scores": recipe.can("scores"), "reasons": recipe.can("reasons")}
    first = method.train(divided.train, config, options, reporter)
    _phase(reporter, 3)
    if segments:
        measured = measure_segments(
            first, dataset, divided, recipe, seed=options.seed, previous=previous is not None, reporter=reporter
        )
    else:
        measured = measure(
            first, dataset, Split(divided.train, tests), recipe, config, previous=previous, reporter=reporter
        )
    values = measured.metrics
    reporter.log("; ".join(f"{key} {value:.4f}" for key, value in sorted(values.items())))
    _phase(reporter, 4)
    model = first if options.refit == "none" else method.train(dataset, config, options, reporter, warm=first)
    _phase(reporter, 5)
    details = {
        **first.details,
        "users": len(dataset.user_ids),
        "items": len(dataset.item_ids),
        "interactions": len(dataset.item),
        "test users": len(divided.tests if segments else tests),
    }
    if trials:
        details["trials"] = list(trials)
    reporter.check()
    kept = replace(model, files={**model.files, evaluation.FILE: measured.file}) if measured.file else model
    kept.write(
        directory,
        {
            "recipe": recipe.name,
            "answers": answers,
            "configuration": resolved,
            "tuned": tuned,
            "seed": options.seed,
            "found": inside,
            "metrics": values,
            "baselines": measured.baselines,
            "data": {key: details[key] for key in ("users", "items", "interactions")},
            "trained": datetime.now(UTC).isoformat(timespec="seconds"),
            "snapshot": {"versions": dict(snapshot or {}), "fingerprint": dataset.fingerprint()},
            "options": asdict(options),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        },
    )
    reporter.progress(1.0)
    return Outcome(values, measured.baselines, details, time.monotonic() - began, tuned, measured.summary, inside)


def _phase(reporter: Reporter, index: int) -> None:
    reporter.check()
    reporter.phase(PHASES[index - 1], index, len(PHASES))
