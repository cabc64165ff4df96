"""A new model, simple popularity and the previous version, all judged on the same test users."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from personalize_web.engine import objective, serving, trends
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Config, Model, Options
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.algorithms.trending import rising_at
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation import actions, judging, keeping, segments
from personalize_web.engine.evaluation.cohorts import item_parts
from personalize_web.engine.evaluation.keeping_actions import ActionEvaluation, action_parts
from personalize_web.engine.evaluation.keeping_segments import SegmentEvaluation
from personalize_web.engine.metrics import documented, trend_prediction_accuracy
from personalize_web.engine.recipes.recipe import REQUIRED, Recipe
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.serving import ServingModel
from personalize_web.engine.serving.affinity import AffinityModel
from personalize_web.engine.splitting import Split

POPULARITY, PREVIOUS = "aws-popularity-count", "previous"
MOST_TAKEN, ACTIVITY = "most-taken-actions", "most-active-users"
"""Names of what is judged beside the version: of actions and segments the same answer for everybody and everything."""


@dataclass(frozen=True)
class Measured:
    """What the evaluation of a training found."""

    metrics: dict[str, float]
    """The documented keys of the recipe."""
    baselines: dict[str, dict[str, float]]
    """Name -> the same keys of what was judged beside it."""
    summary: dict[str, Any]
    """``Evaluation.summary``, and under ``skipped`` why a model was not judged."""
    file: bytes
    """``Evaluation.packed``."""


def measure(
    model: Model,
    dataset: Dataset,
    divided: Split,
    recipe: Recipe,
    config: Config,
    *,
    previous: Path | None = None,
    reporter: Reporter,
) -> Measured:
    """Judge ``model``, which never saw the test users, and what stands beside it, by the recipe's protocol.

    The model in ``previous`` answers as it serves: it may have learned from some of these users, and from their
    held-back events too. Where it cannot be loaded it is left out, with the reason.
    """
    parts = item_parts(dataset)
    popular = algorithm("popularity").train(divided.train, {"count": "users"}, Options(), reporter)
    values = None
    if "objective_share" in config:
        column = objective.column_of(dataset, str(config["objective_attribute"]))
        values = {
            item: float(value)
            for item, value in zip(dataset.item_ids.to_pylist(), column.values, strict=True)
            if np.isfinite(value)
        }
    judged: dict[str, judging.Judged] = {}
    skipped: dict[str, str] = {}

    models = 2 if previous is None else 3

    def add(name: str, answerer: ServingModel) -> None:
        span = len(judged) / models, (len(judged) + 1) / models
        found = judging.judge(answerer, dataset, divided.tests, recipe, parts=parts, reporter=reporter, span=span)
        if values is not None:
            found = replace(found, rewards=judging.rewards(answerer, dataset, divided.tests, recipe, values))
        judged[name] = found

    for name, each in ((keeping.VERSION, model), (POPULARITY, popular)):
        with _served(each) as answerer:
            add(name, answerer)
    if previous is not None:
        skipped = _beside(previous, add, reporter)
    truths = judging.truth_sizes(dataset, divided.tests)
    found = {name: judging.published(each, truths) for name, each in judged.items()}
    if recipe.method == "trending":
        for name, accuracy in foreseen(dataset, float(model.settings["interval"])).items():
            found[name]["trend_prediction_accuracy"] = round(accuracy, 4)
    keys = documented(recipe, objective=values is not None)
    ordered = {name: {key: each[key] for key in keys if key in each} for name, each in found.items()}
    evaluation = keeping.Evaluation.of(dataset, divided.tests, judged, parts)
    return Measured(
        ordered.pop(keeping.VERSION), ordered, evaluation.summary() | {"skipped": skipped}, evaluation.packed()
    )


def measure_segments(
    model: Model,
    dataset: Dataset,
    divided: Split,
    recipe: Recipe,
    *,
    seed: int,
    previous: bool = False,
    reporter: Reporter,
) -> Measured:
    """Judge ``model``, which was trained on ``divided.train``, beside the most active users.

    A ``previous`` version is not: it has learned from all events that there were, those held back here among them.
    """
    with _served(model) as answerer:
        assert isinstance(answerer, AffinityModel)
        asked = segments.questions(
            answerer, dataset, divided.tests, seed=seed, by_attributes=recipe.datasets["ITEMS"] == REQUIRED
        )
        found = {
            keeping.VERSION: segments.segments_of(answerer, asked, reporter),
            ACTIVITY: [asked.active] * len(asked.queries),
        }
        users = len(answerer.users)
    values = {name: segments.published(each, asked, users) for name, each in found.items()}
    evaluation = SegmentEvaluation.of(asked, found, users, len(divided.tests))
    skipped = {PREVIOUS: "It has learned from the events that are held back here."} if previous else {}
    return Measured(
        values.pop(keeping.VERSION), values, evaluation.summary() | {"skipped": skipped}, evaluation.packed()
    )


def measure_actions(
    model: Model,
    dataset: ActionDataset,
    divided: actions.ActionSplit,
    days: int,
    *,
    previous: Path | None = None,
    reporter: Reporter,
) -> Measured:
    """Judge a ``model`` of actions, which never saw the test users, beside the most taken actions for everybody.

    ``days`` is the period within which an action counts as taken; for ``previous`` see :func:`measure`.
    """
    asked, parts = actions.answers(dataset, divided.tests, days), action_parts(dataset)
    judged: dict[str, actions.Judged] = {}
    skipped: dict[str, str] = {}
    models = 2 if previous is None else 3

    def add(name: str, answerer: actions.Answering) -> None:
        span = len(judged) / models, (len(judged) + 1) / models
        judged[name] = actions.judge(answerer, dataset, asked, parts, reporter, span)

    with _served(model) as answerer:
        add(keeping.VERSION, answerer)
    add(MOST_TAKEN, actions.MostTaken(divided.train))
    if previous is not None:
        skipped = _beside(previous, add, reporter)
    values = {name: actions.published(each, dataset, asked) for name, each in judged.items()}
    evaluation = ActionEvaluation.of(dataset, asked, judged)
    return Measured(
        values.pop(keeping.VERSION), values, evaluation.summary() | {"skipped": skipped}, evaluation.packed()
    )


@contextmanager
def _served(model: Model) -> Iterator[ServingModel]:
    """A model as it would answer."""
    with tempfile.TemporaryDirectory(prefix="evaluation-") as directory:
        model.write(Path(directory) / "model")
        yield serving.load(Path(directory) / "model", verify=False)


def _beside(previous: Path, add: Callable[[str, ServingModel], None], reporter: Reporter) -> dict[str, str]:
    """Add the version before as it serves; where it cannot be loaded, the reason."""
    try:
        add(PREVIOUS, serving.load(previous, verify=False))
    except (DataError, OSError, KeyError, ValueError) as error:
        reporter.log(f"the previous version is not judged: {error}", level="warning")
        return {PREVIOUS: str(error) if isinstance(error, DataError) else "Its model cannot be read any more."}
    return {}


def foreseen(dataset: Dataset, interval: float) -> Mapping[str, float]:
    """The trend prediction accuracy of the list that one would have had an interval before the end of the data.

    Of rising items, and beside it of the popular ones of that moment.
    """
    before = dataset.latest - interval
    popular = popular_items(dataset.of_events(np.flatnonzero(dataset.timestamp <= before))).tolist()
    rising = rising_at(dataset, before, interval).tolist()
    late, early = trends.increases(
        dataset.item,
        dataset.timestamp,
        dataset.weight,
        items=len(dataset.item_ids),
        now=dataset.latest,
        interval=interval,
    )
    taken = set(rising)
    lists = {keeping.VERSION: [*rising, *(each for each in popular if each not in taken)], POPULARITY: popular}
    return {name: trend_prediction_accuracy(listed, late - early) for name, listed in lists.items()}
