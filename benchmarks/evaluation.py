"""How long does it take to judge a model: on ten thousand held-out users of made-up data, and beside its training?

``--dry`` prints and keeps nothing; ``--users N`` judges on N of the held-out users alone, with 0 on no made-up data;
``--data`` names the real sets whose trainings are timed, ``--effort`` is how much of the usual steps they take.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks import datasets, report
from personalize_web.engine import serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.evaluation import evaluate
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.schemas import parse
from personalize_web.engine.splitting import split
from personalize_web.engine.training import train_version

USERS, EVENTS, ITEMS = 100_000, 10, 100_000
LEARNED = 5_000
"""Users that are learned from: how well a model has learnt changes nothing about how long judging it takes."""
JUDGED = ("aws-popularity-count", "aws-sims", "aws-user-personalization-v2", "aws-user-personalization")
TRAINED = ("aws-user-personalization-v2", "aws-sims")
"""Recipes whose trainings are timed: one that learns for a minute, and one that counts in seconds."""
BESIDE = ("data", "recipe", "test users", "seconds of judging", "seconds of all else", "share")
BESIDE_NOTES = """Wall-clock of whole trainings at {effort:g} of the usual steps; judging is that of the version and of
popularity, cohorts and intervals included. To reach: a tenth."""
HEADERS = ("recipe", "test users", "seconds", "milliseconds a user", "peak memory above the model's, MiB")
SCHEMA = (
    '{"type": "record", "name": "Interactions", "version": "1.0", "fields": [{"name": "USER_ID", "type": "string"}, '
    '{"name": "ITEM_ID", "type": "string"}, {"name": "TIMESTAMP", "type": "long"}]}'
)
NOTES = """{users:,} users with {events} events each of {items:,} items; only {learned:,} of the users are learned from,
which changes nothing about how long judging takes. Asking for both lists, without exploration and with it."""


def main() -> None:
    """One row a recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--users", type=int, default=USERS // 10)
    parser.add_argument("--data", nargs="*", default=["movielens", "online_retail"])
    parser.add_argument("--effort", type=float, default=1.0)
    arguments = parser.parse_args()
    _beside_training(arguments.data, arguments.effort, dry=arguments.dry)
    if arguments.users:
        _made_up(arguments.users, dry=arguments.dry)


def _beside_training(names: list[str], effort: float, *, dry: bool) -> None:
    """Whole trainings of versions, as a worker does them, by phase."""
    rows = []
    for name in names:
        dataset = getattr(datasets, name)().dataset()
        for recipe in TRAINED:
            clock = Clock()
            with tempfile.TemporaryDirectory() as folder:
                found = train_version(
                    RECIPES[recipe],
                    dataset,
                    None,
                    Path(folder) / "model",
                    options=Options(effort=effort, threads=2),
                    reporter=clock,
                )
            judging = clock.seconds["Evaluating"]
            rows.append(
                (
                    name,
                    recipe,
                    found.details["test users"],
                    judging,
                    found.seconds - judging,
                    judging / (found.seconds - judging),
                )
            )
            print(*rows[-1], sep=" | ", flush=True)
    if rows and not dry:
        report.keep(
            "Judging beside training",
            BESIDE,
            rows,
            notes=BESIDE_NOTES.format(effort=effort),
            packages=("numpy", "torch", "onnxruntime"),
        )


class Clock(Silent):
    """Seconds of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began: tuple[str, float] | None = None

    def phase(self, name: str, index: int, of: int) -> None:
        """The phase before ends here."""
        now = time.monotonic()
        if self._began:
            self.seconds[self._began[0]] = now - self._began[1]
        self._began = name, now


def _made_up(users: int, *, dry: bool) -> None:
    dataset = _dataset()
    rows = []
    for name in JUDGED:
        rows.append(_judged(name, dataset, users))
        print(*rows[-1], sep=" | ", flush=True)
    if dry:
        return
    notes = NOTES.format(users=USERS, events=EVENTS, items=ITEMS, learned=LEARNED)
    report.keep("Judging a model", HEADERS, rows, notes=notes, packages=("numpy", "onnxruntime"))


def _dataset() -> Dataset:
    rng = np.random.default_rng(1)
    count = USERS * EVENTS
    table = pa.table(
        {
            "USER_ID": [f"u{each}" for each in np.repeat(np.arange(USERS), EVENTS).tolist()],
            "ITEM_ID": [f"i{each}" for each in (rng.power(0.4, count) * ITEMS).astype(int).tolist()],
            "TIMESTAMP": rng.integers(1_600_000_000, 1_700_000_000, count),
        }
    )
    return Dataset.from_tables(table, schemas={"INTERACTIONS": parse(SCHEMA)})


def _judged(name: str, dataset: Dataset, users: int) -> tuple[str, int, float, float, float]:
    recipe = RECIPES[name]
    divided = split(dataset, "0")
    learned = divided.train.of_users(np.arange(LEARNED))
    model = algorithm(recipe.method).train(learned, typed(recipe, None), Options(effort=0.01, threads=2), Silent())
    with tempfile.TemporaryDirectory() as folder:
        model.write(Path(folder) / "model")
        del model
        answerer = serving.load(Path(folder) / "model", verify=False)
        tests = divided.tests[:users]
        evaluate(answerer, dataset, tests[:64], recipe)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        evaluate(answerer, dataset, tests, recipe)
        seconds = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return name, len(tests), seconds, 1000 * seconds / len(tests), grown


if __name__ == "__main__":
    main()
