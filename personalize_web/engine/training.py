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

__all__ = ["Options", "Outcome", "circumstances", "train_version"]

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


@dataclass(frozen=True)
class Searched:
    """The settings of a training, after a search where there was one."""

    config: Config
    trials: tuple[dict[str, Any], ...] = ()
    """What was tried, in order."""
    tuned: dict[str, str] = field(default_factory=dict)
    """Published parameters that were found."""
    inside: dict[str, Any] = field(default_factory=dict)
    """Internal settings that were found, now or earlier."""


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
    searched = Searched(config, inside=dict(found or {}))
    if search:
        searched = _searched(recipe, divided.train, searched, solution_config, options, reporter)
    first = method.train(divided.train, searched.config, options, reporter)
    _phase(reporter, 3)
    if segments:
        measured = measure_segments(
            first, dataset, divided, recipe, seed=options.seed, previous=previous is not None, reporter=reporter
        )
    else:
        held = Split(divided.train, tests)
        measured = measure(first, dataset, held, recipe, searched.config, previous=previous, reporter=reporter)
    reporter.log("; ".join(f"{key} {value:.4f}" for key, value in sorted(measured.metrics.items())))
    _phase(reporter, 4)
    whole = options.refit != "none"
    model = method.train(dataset, searched.config, options, reporter, warm=first) if whole else first
    _phase(reporter, 5)
    reporter.check()
    counts = {"users": len(dataset.user_ids), "items": len(dataset.item_ids), "interactions": len(dataset.item)}
    manifest = {
        "recipe": recipe.name,
        "answers": {"scores": recipe.can("scores"), "reasons": recipe.can("reasons")},
        "configuration": resolved,
        "tuned": searched.tuned,
        "found": searched.inside,
        "metrics": measured.metrics,
        "baselines": measured.baselines,
        "data": counts,
        **circumstances(dataset, options, snapshot),
    }
    kept = replace(model, files={**model.files, evaluation.FILE: measured.file}) if measured.file else model
    kept.write(directory, manifest)
    reporter.progress(1.0)
    details = {**first.details, **counts, "test users": len(divided.tests if segments else tests)}
    if searched.trials:
        details["trials"] = list(searched.trials)
    seconds = time.monotonic() - began
    return Outcome(
        measured.metrics, measured.baselines, details, seconds, searched.tuned, measured.summary, searched.inside
    )


def _searched(
    recipe: Recipe,
    train: Dataset,
    given: Searched,
    solution_config: Mapping[str, Any] | None,
    options: Options,
    reporter: Reporter,
) -> Searched:
    """What a search on the training users makes of the settings that were given."""
    best = tune(recipe, train, given.config, solution_config, options, reporter)
    reporter.log(f"best parameters: {best.texts or 'those that were there'}")
    config = {**given.config, **best.values}
    if recipe.can("hpo"):
        return Searched(config, best.trials, best.texts, given.inside)
    return Searched(config, best.trials, {}, {**given.inside, **best.values})


def circumstances(dataset: Dataset, options: Options, snapshot: Mapping[str, int] | None) -> dict[str, Any]:
    """What a model must be trained with again to come out the same."""
    return {
        "seed": options.seed,
        "trained": datetime.now(UTC).isoformat(timespec="seconds"),
        "snapshot": {"versions": dict(snapshot or {}), "fingerprint": dataset.fingerprint()},
        "options": asdict(options),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _phase(reporter: Reporter, index: int) -> None:
    reporter.check()
    reporter.phase(PHASES[index - 1], index, len(PHASES))
