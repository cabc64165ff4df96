"""A search over hyperparameters: several trainings on a part of the data, judged on users held out from it."""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from personalize_web.engine import serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Config, Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation import asked, evaluate
from personalize_web.engine.recipes.hyperparameters import INTERNAL, Parameter, parameters
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.splitting import split

JUDGED_BY = "normalized_discounted_cumulative_gain_at_25"
TRIALS = 4
"""Trainings where the configuration names no number."""
SHARE = 0.5
"""Of a limit of time, for all trials together."""
EFFORT = 0.3
"""Of the usual steps of learning, for each trial: enough to tell settings apart."""

INTERNAL_TRIALS, INTERNAL_EFFORT = 10, 0.15
"""Trainings of a search that nobody asked for, and the effort of each."""


@dataclass(frozen=True)
class Range:
    """What a search may set one parameter to."""

    parameter: Parameter
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    def suggest(self, trial: Any) -> int | float | bool | str:
        """The value that an Optuna trial is to try."""
        name, logarithmic = self.parameter.name, self.parameter.scale == "log"
        if self.choices:
            return self.parameter.value(trial.suggest_categorical(name, self.choices))
        if self.parameter.kind == "integer":
            return trial.suggest_int(name, int(self.low), int(self.high), log=logarithmic)
        return trial.suggest_float(name, self.low, self.high, log=logarithmic)


@dataclass(frozen=True)
class Tuned:
    """What a search found."""

    values: Mapping[str, int | float | bool | str]
    """The best trial's parameters."""
    trials: tuple[dict[str, Any], ...]
    """Each trial's parameters and how it did, in order."""

    @property
    def texts(self) -> dict[str, str]:
        """The parameters as users write them."""
        return {
            name: str(value).lower()
            if isinstance(value, bool)
            else f"{value:.6g}"
            if isinstance(value, float)
            else str(value)
            for name, value in self.values.items()
        }


def ranges_of(recipe: Recipe, solution_config: Mapping[str, Any] | None) -> tuple[Range, ...]:
    """The ranges of a solution's ``hpoConfig``, a bound that is left out being the recipe's; without any, every tunable
    parameter over its whole range."""
    whole = {
        each.name: Range(each, each.low, each.high, ("true", "false") if each.kind == "boolean" else each.choices)
        for each in parameters(recipe.name)
        if each.tunable
    }
    given = ((solution_config or {}).get("hpoConfig") or {}).get("algorithmHyperParameterRanges") or {}
    found = []
    for listed in given.values():
        for each in listed:
            widest = whole[each["name"].rsplit(".", 1)[-1]]
            choices = tuple(widest.parameter.read(value) for value in each.get("values") or ())
            found.append(
                replace(
                    widest,
                    low=each.get("minValue", widest.low),
                    high=each.get("maxValue", widest.high),
                    choices=choices or widest.choices,
                )
            )
    return tuple(found) or tuple(whole.values())


def internal_ranges(recipe: Recipe) -> tuple[Range, ...]:
    """What the service may change by itself of a recipe that publishes nothing to tune; nothing for most."""
    return tuple(Range(each, each.low, each.high, each.choices) for each in INTERNAL.get(recipe.name, ()))


def trials_of(solution_config: Mapping[str, Any] | None) -> int:
    """How many trainings a solution's search may take."""
    resources = ((solution_config or {}).get("hpoConfig") or {}).get("hpoResourceConfig") or {}
    return int(resources.get("maxNumberOfTrainingJobs") or TRIALS)


def tune(
    recipe: Recipe,
    dataset: Dataset,
    config: Config,
    solution_config: Mapping[str, Any] | None,
    options: Options,
    reporter: Reporter,
) -> Tuned:
    """The parameters with the greatest NDCG@25 on held-out users of ``dataset``.

    A third of the trials is drawn at random, the others by a tree of Parzen estimators (Bergstra et al. 2011). Where a
    recipe publishes nothing to tune, its internal settings are searched for, and the first trial changes none of them.
    Parameters without a range keep their values of ``config``. Raises DataError where every trial fails.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    own = not recipe.can("hpo")
    ranges = internal_ranges(recipe) if own else ranges_of(recipe, solution_config)
    count, effort = (INTERNAL_TRIALS, INTERNAL_EFFORT) if own else (trials_of(solution_config), EFFORT)
    divided = split(dataset, f"tuning {options.seed}")
    tests = asked(dataset, divided.tests)
    budget = options.time_budget * SHARE / count if options.time_budget else None
    shorter = replace(options, time_budget=budget, effort=effort * options.effort)
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=options.seed, n_startup_trials=max(1, count // 3))
    )
    trials: list[dict[str, Any]] = []
    failure: DataError | None = None
    for number in range(1, count + 1):
        reporter.check()
        trial = None if own and number == 1 else study.ask()
        values = {each.parameter.name: each.suggest(trial) for each in ranges} if trial else {}
        try:
            model = algorithm(recipe.method).train(divided.train, {**config, **values}, shorter, reporter)
            with tempfile.TemporaryDirectory(prefix="trial-") as directory:
                model.write(Path(directory) / "model")
                answerer = serving.load(Path(directory) / "model", verify=False)
                score = evaluate(answerer, dataset, tests, recipe)[JUDGED_BY]
        except DataError as error:
            if trial:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            failure = error
            reporter.log(f"trial {number} of {count}: {Tuned(values, ()).texts}: {error}", level="warning")
            continue
        if trial:
            study.tell(trial, score)
        trials.append({"values": values, JUDGED_BY: score})
        reporter.log(f"trial {number} of {count}: {Tuned(values, ()).texts}: ndcg_at_25 {score:.4f}")
        reporter.point("ndcg_at_25 of trials", number, score)
        reporter.progress(number / count)
    if not trials:
        raise failure or DataError("No trial of the search for hyperparameters could be trained.")
    best = max(trials, key=lambda each: each[JUDGED_BY])
    return Tuned(best["values"], tuple(trials))
