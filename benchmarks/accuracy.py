"""How good are the recommendations, and after how much training? Leave-one-out, full ranking, ours beside peers.

The last event of each user with three or more is the test. Peers choose their settings and epochs on the event before
it (fitted without both) and are then fitted on everything but the test. Ours is the default of
aws-user-personalization-v2, given everything but the test and told nothing about a validation event: it holds out its
own. ``python -m benchmarks.accuracy [--dry] [--only movielens] [--budget 1200] [--models ALS ours]``.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import datasets, looks, peers, rectools_models, sasrec
from benchmarks.looks import Histories
from benchmarks.report import keep, table
from benchmarks.served import Pasts, Served, trained
from personalize_web.engine import metrics, serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.splitting import leave_last

HEADERS = ("model", "NDCG@10", "HR@10", "MRR@25", "coverage@10", "processor seconds", "chosen")
CURVE_HEADERS = ("model", "validation NDCG@10", "processor seconds to it", "ours is there after", "share")
EFFORTS = (0.05, 0.25, 1.0)
"""Ours is trained with each share of its usual steps, each time from the start, for its curve."""
OWN, PART = "**ours, by default**", "(a part of ours) windowed transitions"

NOTES = """Leave-one-out, full ranking over all items; {users} users, those left out whose test item is no candidate.
Processor seconds of the last fit, all threads together; learned peers may use {budget:.0f} to choose settings and
epochs, then are fitted again for as many epochs. Peak memory of our training {peak:.2f} GiB, {wall:.0f} s of
wall-clock. Best peer: {best}; ours has {times:.3f} times its NDCG@10 (to reach: 1.05)."""
CURVE_NOTES = """Fitted without the last two events of each user, judged on the last but one among new items. Peers
are looked at after each epoch, the time of looking not counted; ours is trained from the start with {efforts} of its
usual steps, its whole training counted. Best peer: {best}; ours is as good after {share:.3f} of its time (to reach:
0.2)."""

Curve = list[tuple[float, float]]


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
        }

    def row(self, name: str, scores: NDArray, seconds: float, chosen: str) -> tuple[Any, ...]:
        """One line of the table."""
        values = self.measure(scores, self.known, self.test)
        line = (name, *(round(values[key], 4) for key in HEADERS[1:5]), round(seconds, 1), chosen)
        print("  ".join(map(str, line)), flush=True)
        return line


class Answers:
    """What every model says, asked once a data set."""

    def __init__(self, task: Task, budget: float, options: Options, wanted: set[str]) -> None:
        self.task, self.budget, self.options, self.wanted = task, budget, options, wanted
        self.scores: dict[str, tuple[NDArray, float, str]] = {}
        """Model -> scores [users, items], processor seconds of the last fit, what was chosen."""
        self.curves: dict[str, Curve] = {}
        self.wall = 0.0

    def ask(self) -> None:
        """Fit every wanted model, ours last."""
        eases: dict[tuple[int, float], tuple[NDArray, NDArray]] = {}

        def ease(dataset: Dataset, penalty: float, which: int) -> NDArray:
            key = (len(dataset.item), penalty)
            if key not in eases:
                eases.clear()
                eases[key] = peers.ease(dataset, penalty)
            return eases[key][which]

        self._simple("popularity", [()], peers.popularity)
        self._simple("item-kNN, cosine", [(0.0,), (20.0,)], peers.item_knn)
        self._simple("EASE, whole history", [(100.0, 0), (500.0, 0)], ease)
        self._simple("EASE, newest 20 weighted", [(100.0, 1), (500.0, 1)], ease)
        self._simple(PART, [(0.3,)], peers.transitions)
        self._simple("implicit ALS", [(64, 0.05, 1.0), (64, 0.05, 10.0), (128, 0.1, 10.0)], peers.als)
        self._simple("implicit BPR", [(64, 0.01, 100), (64, 0.05, 100), (128, 0.05, 300)], peers.bpr)
        self._learned()
        if "ours" in self.wanted:
            self._ours()

    def _simple(self, name: str, settings: list[tuple], make: Callable[..., NDArray]) -> None:
        if not self.wanted.intersection(name.replace(",", "").split()):
            return
        tried: Curve = []
        for each in settings:
            began = time.process_time()
            scores = make(self.task.shorter, *each)
            spent = time.process_time() - began
            tried.append((spent, self._validated(scores)))
        best = int(np.argmax([value for _, value in tried]))
        self.curves[name] = [tried[best]]
        began = time.process_time()
        scores = make(self.task.known, *settings[best])
        self.scores[name] = scores, time.process_time() - began, ", ".join(map(str, settings[best]))

    def _learned(self) -> None:
        task = self.task
        given = (_histories(task.shorter), _histories(task.known), task.users, task.validation, self.budget)
        if "SASRec" in self.wanted:
            found = sasrec.tuned(*given)
            self.scores["SASRec, tuned"] = found.scores, found.seconds, found.chosen
            self.curves["SASRec, tuned"] = found.curve
        wanted = [model for model in rectools_models.MODELS if model in self.wanted]
        version = rectools_models.version() if wanted else None
        if wanted and version is None:
            print("RecTools is missing: install the extra `peers` in an environment of its own, name its interpreter "
                  "in RECTOOLS_PYTHON", flush=True)
        for model in wanted:
            if version is not None:
                scores, curve, seconds = rectools_models.asked(model, *given)
                epochs = 1 + int(np.argmax([value for _, value in curve]))
                self.scores[f"RecTools {model}"] = scores, seconds, f"{version}, {epochs} of {len(curve)} epochs"
                self.curves[f"RecTools {model}"] = curve

    def _ours(self) -> None:
        self.curves[OWN] = []
        for effort in EFFORTS:
            options = replace(self.options, effort=effort * self.options.effort)
            scores, made = ours(self.task.shorter, self.task.users, options)
            self.curves[OWN].append((made.busy, self._validated(scores)))
            print(f"  ours, {effort:g} of the steps, {made.busy:.0f} s: {self.curves[OWN][-1][1]:.4f}", flush=True)
        scores, made = ours(self.task.known, self.task.users, self.options)
        weights = made.details["blend"]["weights"]
        self.wall = made.seconds
        self.scores[OWN] = scores, made.busy, ", ".join(f"{k} {v:g}" for k, v in weights.items() if v)

    def _validated(self, scores: NDArray) -> float:
        return looks.ndcg(scores, _histories(self.task.shorter), self.task.users, self.task.validation)


def ours(known: Dataset, users: NDArray, options: Options) -> tuple[NDArray, Served]:
    """Scores [all users, items] of our default, asked through the serving model."""
    scores = np.full((len(known.user_ids), len(known.item_ids)), -np.inf, np.float32)
    pasts = Pasts(known)
    with trained("aws-user-personalization-v2", known, options) as served:
        for user in users:
            scores[user] = served.model.logits(serving.Request(history=pasts.of_user(user)))
    return scores, served


def _histories(dataset: Dataset) -> Histories:
    return Histories(dataset.starts.astype(np.int64), dataset.item.astype(np.int64), len(dataset.item_ids))


def _curve_rows(curves: dict[str, Curve]) -> list[tuple[Any, ...]]:
    """Every peer's best validation figure with the time it took, and the time in which ours is there."""
    rows = []
    for name, curve in sorted(curves.items(), key=lambda each: max(value for _, value in each[1])):
        best = max(value for _, value in curve)
        seconds = looks.reaches(curve, best)
        if name == OWN:
            rows += [(f"{OWN[:-2]}, {effort:g} of the steps**", value, spent, "", "")
                     for effort, (spent, value) in zip(EFFORTS, curve, strict=True)]
        else:
            there = looks.reaches(curves.get(OWN, []), best)
            rows.append((name, best, seconds, there, there / max(seconds, 1e-9)))
    return rows


def main() -> None:
    """Print the tables and keep them."""
    models = ("popularity", "item-kNN", "EASE", "transitions", "ALS", "BPR", "SASRec", *rectools_models.MODELS, "ours")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=1200.0, help="processor seconds of each learned peer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effort", type=float, default=1.0, help="share of our usual steps, for a trial")
    parser.add_argument("--only", choices=("movielens", "online_retail"))
    parser.add_argument("--models", nargs="+", choices=models, default=models)
    parser.add_argument("--dry", action="store_true", help="print, but keep nothing")
    options = parser.parse_args()
    show = table if options.dry else keep
    packages = ("torch", "implicit")
    for title, load, conventions in (("movielens", datasets.movielens, (False,)),
                                     ("online_retail", datasets.online_retail, (False, True))):
        if options.only not in (None, title):
            continue
        dataset = load().dataset()
        answers = Answers(Task(dataset, repeats=False), options.budget,
                          Options(seed=options.seed, effort=options.effort), set(options.models))
        answers.ask()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        for repeats in conventions:
            task = Task(dataset, repeats=repeats)
            rows = [task.row(name, *said) for name, said in answers.scores.items()]
            convention = "repeats allowed" if repeats else "items the user does not have yet"
            rivals = [row for row in rows if row[0] not in (OWN, PART)]
            best = max(rivals, key=lambda row: row[1], default=("none", 1.0))
            own = next((row[1] for row in rows if row[0] == OWN), 0.0)
            show(f"Accuracy: {title}, {convention}", HEADERS, rows, packages=packages, notes=NOTES.format(
                users=len(task.users), peak=peak, budget=options.budget, wall=answers.wall, best=best[0],
                times=own / best[1]))
        times = _curve_rows(answers.curves)
        best = max((row for row in times if row[4] != "" and row[0] != PART), key=lambda row: row[1],
                   default=("none", 0.0, 0.0, 0.0, float("nan")))
        show(f"Time to accuracy: {title}", CURVE_HEADERS, times, packages=packages, notes=CURVE_NOTES.format(
            efforts=", ".join(f"{each:g}" for each in EFFORTS), best=best[0], share=best[4]))


if __name__ == "__main__":
    main()
