"""How long does it take to judge a model on ten thousand held-out users with a hundred thousand items to choose from?

``--dry`` prints and keeps nothing; ``--users N`` judges on N of the held-out users alone.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks import report
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

USERS, EVENTS, ITEMS = 100_000, 10, 100_000
LEARNED = 5_000
"""Users that are learned from: how well a model has learnt changes nothing about how long judging it takes."""
JUDGED = ("aws-popularity-count", "aws-sims", "aws-user-personalization-v2", "aws-user-personalization")
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
    arguments = parser.parse_args()
    dataset = _dataset()
    rows = []
    for name in JUDGED:
        rows.append(_judged(name, dataset, arguments.users))
        print(*rows[-1], sep=" | ", flush=True)
    if arguments.dry:
        return
    notes = NOTES.format(users=USERS, events=EVENTS, items=ITEMS, learned=LEARNED)
    report.keep("Judging a model", HEADERS, rows, notes=notes, packages=("numpy", "onnxruntime"))


def _dataset() -> Dataset:
    rng = np.random.default_rng(1)
    count = USERS * EVENTS
    table = pa.table({
        "USER_ID": [f"u{each}" for each in np.repeat(np.arange(USERS), EVENTS).tolist()],
        "ITEM_ID": [f"i{each}" for each in (rng.power(0.4, count) * ITEMS).astype(int).tolist()],
        "TIMESTAMP": rng.integers(1_600_000_000, 1_700_000_000, count),
    })
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
