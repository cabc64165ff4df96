"""Who will take an item, or an item with an attribute? The newest fifth of every user's events, beside simple peers."""

import argparse
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy import sparse

from benchmarks import datasets, report
from personalize_web.engine import serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.evaluation.segments import evaluate
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.splitting import Split, split_histories

HEADERS = ("model", "asked by", "hits at 1 %", "recall at 1 %", "coverage", "seconds")
ASKED = {"aws-item-affinity": "item", "aws-item-attribute-affinity": "attribute"}
NOTES = """{users:,} users, of whom 1 % are {first}; at most 1,000 items or attributes drawn at random, the same for
all. "As often as before" ranks users by how many of the items they took already. Peak memory {peak:.2f} GiB."""

Row = tuple[str, str, float, float, float, float]


class Scores:
    """A peer as the evaluation asks models: users by the sum of their scores of the items."""

    def __init__(self, dataset: Dataset, users: NDArray[Any], items: NDArray[Any]) -> None:
        self.users = Vocabulary.of(dataset.user_ids.to_pylist())
        self.arrays = {"bias": np.where(dataset.interactions_of_items > 0, 0.0, -np.inf)}
        self._users, self._items = users, items

    def segment(self, items: NDArray[np.int64], number: int, **_: Any) -> NDArray[np.int64]:
        """The users with the greatest sums, rows in the order of the dataset."""
        summed = self._items[items].sum(axis=0)
        scores = np.asarray(self._users @ np.asarray(summed).ravel()).ravel()
        return np.argsort(-scores, kind="stable")[:number]


def main() -> None:
    """Both data sets, one table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true", help="write nothing to RESULTS.md")
    parser.add_argument("--effort", type=float, default=1.0)
    parser.add_argument("--data", nargs="+", default=["movielens", "online_retail"])
    options = parser.parse_args()
    for name in options.data:
        tables = getattr(datasets, name)()
        dataset = Dataset.from_tables(tables.interactions, tables.items, schemas=tables.schemas, attributes=True)
        divided = split_histories(dataset)
        rows = [row for recipe in ASKED for row in (
            *_peers(dataset, divided, recipe), _ours(dataset, divided, recipe, options.effort))]
        users = len(dataset.user_ids)
        notes = NOTES.format(users=users, first=-(-users // 100),
                             peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
        write = report.table if options.dry else report.keep
        write(f"Segments: {name}", HEADERS, rows, notes=notes, packages=("implicit", "torch"))


def _peers(dataset: Dataset, divided: Split, recipe: str) -> list[Row]:
    train = divided.train
    matrix = sparse.csr_matrix((np.ones(len(train.item), np.float32), (train.user, train.item)),
                               shape=(len(train.user_ids), len(train.item_ids)))
    began = time.monotonic()
    als = AlternatingLeastSquares(factors=64, random_state=1, num_threads=1)
    als.fit(matrix, show_progress=False)
    learned = time.monotonic() - began
    often = Scores(train, matrix, sparse.identity(matrix.shape[1], format="csr"))
    found, active = _measured(often, dataset, divided, recipe)
    factors, _ = _measured(Scores(train, als.user_factors, als.item_factors), dataset, divided, recipe)
    asked = ASKED[recipe]
    return [("most active users", asked, *active, 0.0), ("as often as before", asked, *found, 0.0),
            ("implicit ALS, 64 factors", asked, *factors, learned)]


def _ours(dataset: Dataset, divided: Split, recipe: str, effort: float) -> Row:
    began = time.monotonic()
    known = RECIPES[recipe]
    model = algorithm(known.method).train(divided.train, typed(known, None), Options(effort=effort), Silent())
    seconds = time.monotonic() - began
    with tempfile.TemporaryDirectory() as folder:
        model.write(Path(folder) / "model")
        found, _ = _measured(serving.load(Path(folder) / "model", verify=False), dataset, divided, recipe)
    return (f"**{known.title}, by default**", ASKED[recipe], *found, seconds)


def _measured(model: Any, dataset: Dataset, divided: Split, recipe: str
              ) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """What a model reaches, and what the most active users do."""
    found = evaluate(model, dataset, divided.tests, by_attributes=ASKED[recipe] == "attribute", reporter=Silent())
    each = [SimpleNamespace(**one) for one in found]
    return tuple((one.hits_at_1_percent, one.recall_at_1_percent, one.coverage) for one in each)  # type: ignore


if __name__ == "__main__":
    main()
