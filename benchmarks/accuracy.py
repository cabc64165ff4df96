"""How good are the recommendations? Leave-one-out, full ranking, ours beside simple and learned peers.

The last event of each user with three or more is the test. Peers choose their settings on the event before it (fitted
without both) and are then fitted on everything but the test. Ours is the default of aws-user-personalization-v2, given
everything but the test and told nothing about a validation event: it holds out its own.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import datasets, peers
from personalize_web.engine import metrics, serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.splitting import leave_last

Row = tuple[str, str, str, str, str, str, str]
HEADERS = ("model", "NDCG@10", "HR@10", "MRR@25", "coverage@10", "seconds", "chosen")

NOTES = """Leave-one-out, full ranking over all items; {users} users, those left out whose test item is no candidate.
Peak memory of our training {peak:.2f} GiB; seconds are wall-clock of the last fit, for SASRec its budget."""


class Task:
    """One data set under one convention."""

    def __init__(self, dataset: Dataset, *, repeats: bool) -> None:
        self.whole, self.repeats = dataset, repeats
        test = leave_last(dataset)
        places = np.arange(len(dataset.item))
        self.users = dataset.user[test]
        self.test, self.validation = dataset.item[test], dataset.item[test - 1]
        self.known = dataset.of_events(np.setdiff1d(places, test))
        self.shorter = dataset.of_events(np.setdiff1d(places, np.concatenate([test, test - 1])))

    def measure(self, scores: NDArray, known: Dataset, targets: NDArray) -> dict[str, float]:
        """Metrics of scores [all users, items]; test items that are no candidates are left out for every model."""
        had = peers.seen(known)
        lists, kept = [], []
        for user, target in zip(self.users, targets, strict=True):
            row = np.array(scores[user], np.float64)
            mine = had.indices[had.indptr[user]:had.indptr[user + 1]]
            if not self.repeats:
                if target in mine:
                    continue
                row[mine] = -np.inf
            best = np.argpartition(-row, 25)[:25]
            lists.append(best[np.lexsort((best, -row[best]))].tolist())
            kept.append({int(target)})
        pairs = list(zip(lists, kept, strict=True))
        return {
            "NDCG@10": float(np.mean([metrics.normalized_discounted_cumulative_gain(a, b, 10) for a, b in pairs])),
            "HR@10": float(np.mean([metrics.hit_rate(a, b, 10) for a, b in pairs])),
            "MRR@25": float(np.mean([metrics.reciprocal_rank(a, b, 25) for a, b in pairs])),
            "coverage@10": metrics.coverage((a[:10] for a in lists), self.whole.catalogue_size),
            "users": float(len(pairs)),
        }

    def best(self, name: str, settings: list[tuple], make: Callable[..., NDArray]) -> Row:
        """A peer with the settings that do best on the validation event."""
        chosen = settings[0]
        if len(settings) > 1:
            found = [self.measure(make(self.shorter, *each), self.shorter, self.validation)["NDCG@10"]
                     for each in settings]
            chosen = settings[int(np.argmax(found))]
        began = time.monotonic()
        scores = make(self.known, *chosen)
        return self.row(name, scores, time.monotonic() - began, ", ".join(map(str, chosen)))

    def row(self, name: str, scores: NDArray, seconds: float, chosen: str) -> Row:
        """One line of the table."""
        values = self.measure(scores, self.known, self.test)
        line = (name, *(f"{values[key]:.4f}" for key in HEADERS[1:5]), f"{seconds:.1f}", chosen)
        print("  ".join(line), flush=True)
        return line


def ours(known: Dataset, users: NDArray, seed: int) -> tuple[NDArray, float, str]:
    """Scores [all users, items] of our default, asked through the serving model; seconds of training, and the blend."""
    began, busy = time.monotonic(), time.process_time()
    recipe = RECIPES["aws-user-personalization-v2"]
    model = algorithm(recipe.method).train(known, typed(recipe, None), Options(seed=seed), Silent())
    seconds, busy = time.monotonic() - began, time.process_time() - busy
    scores = np.full((len(known.user_ids), len(known.item_ids)), -np.inf, np.float32)
    ids = np.array(known.item_ids.to_pylist(), dtype=object)
    with tempfile.TemporaryDirectory() as directory:
        model.write(Path(directory) / "model")
        served = serving.load(Path(directory) / "model")
        for user in users:
            span = slice(int(known.starts[user]), int(known.starts[user + 1]))
            history = serving.PastEvents(ids[known.item[span]].tolist(),
                                         [known.event_types[each] for each in known.event_type[span]],
                                         known.timestamp[span].tolist(), known.value[span].tolist())
            scores[user] = served.logits(serving.Request(history=history))
    weights = model.details["blend"]["weights"]
    return scores, seconds, f"{busy:.0f} processor seconds; " + ", ".join(f"{k} {v:g}" for k, v in weights.items() if v)


def table(task: Task, ours_scores: NDArray, seconds: float, chosen: str, plain: NDArray, budget: float) -> list[Row]:
    """Every model under one convention."""
    eases: dict[tuple[int, float], tuple[NDArray, NDArray]] = {}

    def ease(dataset: Dataset, penalty: float, which: int) -> NDArray:
        key = (len(dataset.item), penalty)
        if key not in eases:
            eases.clear()
            eases[key] = peers.ease(dataset, penalty)
        return eases[key][which]

    return [
        task.best("popularity", [()], peers.popularity),
        task.best("item-kNN, cosine", [(0.0,), (20.0,)], peers.item_knn),
        task.best("EASE, whole history", [(100.0, 0), (500.0, 0)], ease),
        task.best("EASE, newest 20 weighted", [(100.0, 1), (500.0, 1)], ease),
        task.best("windowed transitions", [(0.3,)], peers.transitions),
        task.best("implicit ALS", [(64, 0.05, 1.0), (64, 0.05, 10.0), (128, 0.1, 10.0)], peers.als),
        task.row("plain SASRec", plain, budget, "processor seconds"),
        task.row("**ours, by default**", ours_scores, seconds, chosen),
    ]


def main() -> None:
    """Print the tables and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sasrec-seconds", type=float, default=300.0, help="processor seconds of the plain SASRec")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("movielens", "online_retail"))
    options = parser.parse_args()
    from benchmarks.report import keep

    for title, load, conventions in (("movielens", datasets.movielens, (False,)),
                                     ("online_retail", datasets.online_retail, (False, True))):
        if options.only not in (None, title):
            continue
        dataset = load().dataset()
        task = Task(dataset, repeats=False)
        scores, seconds, chosen = ours(task.known, task.users, options.seed)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{title}: ours {seconds:.0f} s, peak {peak:.2f} GiB", flush=True)
        plain = peers.sasrec(task.known, options.sasrec_seconds)
        for repeats in conventions:
            convention = "repeats allowed" if repeats else "items the user does not have yet"
            rows = table(Task(dataset, repeats=repeats), scores, seconds, chosen, plain, options.sasrec_seconds)
            keep(f"Accuracy: {title}, {convention}", HEADERS, rows, packages=("torch", "implicit"), notes=NOTES.format(
                users=len(task.users), peak=peak))


if __name__ == "__main__":
    main()
