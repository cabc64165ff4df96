"""How do training time and memory grow with the data? Whole trainings on made-up data, each in a process of its own.

``python -m benchmarks.scale [--rows N ...] [--items N] [--only NAME ...] [--threads N] [--dry]``. A training is what a
worker does: read the columns, train beside held-out users, evaluate, learn from everybody, write. Beside SIMS stands
implicit's cosine of items on the same matrix; beside the sequence model the popular list and the transition matrix,
judged on the same held-out users.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import report, tastes
from personalize_web.engine.environment import TRAINING

ROWS, ITEMS = (1_000_000, 10_000_000), 100_000
RECIPES = {
    "sims": "aws-sims", "similar-items": "aws-similar-items", "hrnn": "aws-user-personalization",
    "sequence": "aws-user-personalization-v2",
}
PEERS = ("cosine", "transitions")
BESIDE = {"sims": ("cosine",), "sequence": ("transitions",)}
ONLY_TO = {"hrnn": 1_000_000, "similar-items": 1_000_000}
"""Most interactions that a recipe is tried with."""
NEIGHBOURS = 200
JUDGED = 2000
"""Held-out users that the transition matrix is judged by."""
HEADERS = ("model", "interactions", "seconds", "reading", "training", "evaluating", "learning from all", "writing",
           "peak GiB", "NDCG@10", "popularity", "notes")
LIMITS = {("sims", 10_000_000): (60.0, 4.0), ("sequence", 10_000_000): (1800.0, 8.0)}
"""Seconds and GiB that must not be passed; SIMS without its evaluation."""


class Clock:
    """A reporter that keeps how long each phase took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._began = "", time.monotonic()

    def phase(self, name: str, index: int, of: int) -> None:
        now = time.monotonic()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._began
        self._name, self._began = name, now

    def progress(self, fraction: float, *, rows: int | None = None, rows_total: int | None = None) -> None:
        pass

    def log(self, text: str, *, level: str = "info") -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {text}", file=sys.stderr, flush=True)

    def point(self, series: str, x: float, y: float) -> None:
        pass

    def check(self) -> None:
        pass


def _dataset(folder: Path) -> Any:
    from personalize_web.engine.dataset import Dataset

    kept = tastes.snapshots(folder)
    return Dataset.from_tables(
        kept["INTERACTIONS"][0].table(), kept["ITEMS"][0].table(),
        schemas={name: schema for name, (_, schema) in kept.items()})


def train(name: str, folder: Path, threads: int) -> dict[str, Any]:
    """One version of a recipe, as a worker trains it."""
    from personalize_web.engine import training
    from personalize_web.engine.recipes.catalogue import RECIPES as RECIPES_BY_NAME

    clock = Clock()
    clock.phase("reading", 1, 6)
    dataset = _dataset(folder)
    with tempfile.TemporaryDirectory() as directory:
        outcome = training.train_version(
            RECIPES_BY_NAME[RECIPES[name]], dataset, None, Path(directory) / "model",
            options=training.Options(threads=threads), reporter=clock)
        size = sum(each.stat().st_size for each in (Path(directory) / "model").iterdir())
    clock.phase("", 6, 6)
    key = "normalized_discounted_cumulative_gain_at_10"
    facts = outcome.details.get("learning", {})
    return {
        "phases": clock.seconds, "ndcg": outcome.metrics[key],
        "popularity": outcome.baselines["aws-popularity-count"][key],
        "notes": f"model of {size / 2**20:,.0f} MiB" + "".join(
            f", {facts[each]} {each}" for each in ("steps", "epochs") if each in facts),
    }


def cosine(folder: Path) -> dict[str, Any]:
    """implicit's neighbours of every item on the same matrix."""
    import numpy as np
    from implicit.nearest_neighbours import CosineRecommender
    from scipy import sparse

    began = time.monotonic()
    dataset = _dataset(folder)
    read = time.monotonic()
    matrix = sparse.csr_matrix((np.ones(len(dataset.item), np.float32), (dataset.user, dataset.item)),
                               shape=(len(dataset.user_ids), len(dataset.item_ids)))
    matrix.data[:] = 1
    CosineRecommender(K=NEIGHBOURS, num_threads=0).fit(matrix, show_progress=False)
    return {"phases": {"reading": read - began, "Training": time.monotonic() - read},
            "notes": f"{NEIGHBOURS} neighbours, trained once"}


def transitions(folder: Path) -> dict[str, Any]:
    """The transition matrix judged as the sequence model is, with or without what users had, whichever is better."""
    import numpy as np

    from personalize_web.engine import metrics
    from personalize_web.engine.algorithms import transitions as counting
    from personalize_web.engine.counting import QUERIES
    from personalize_web.engine.evaluation import asked
    from personalize_web.engine.splitting import split

    clock = Clock()
    clock.phase("reading", 1, 3)
    dataset = _dataset(folder)
    divided = split(dataset, "0")
    clock.phase("Training", 2, 3)
    model = counting.count(divided.train, ["following"])["following"]
    clock.phase("Evaluating", 3, 3)
    found: list[tuple[float, float]] = []
    for user in asked(dataset, divided.tests)[:JUDGED]:
        history = dataset.item[user.begin:user.cut][::-1].astype(np.int64)
        truth = set(dataset.item[user.cut:user.end].tolist())
        items, scores = model.scores(history, QUERIES["following"])
        ranked = items[np.argsort(-scores, kind="stable")[:len(history) + 10]]
        lists = ranked[:10].tolist(), ranked[~np.isin(ranked, history)][:10].tolist()
        both = [metrics.normalized_discounted_cumulative_gain(each, truth, 10) for each in lists]
        found.append((both[0], both[1]))
    clock.phase("", 3, 3)
    return {"phases": clock.seconds, "ndcg": float(np.max(np.mean(found, axis=0))), "notes": ""}


def run(name: str, folder: Path, threads: int) -> dict[str, Any]:
    """What a child process found, with the most memory it held."""
    command = [sys.executable, "-m", "benchmarks.scale", "--child", name, "--folder", str(folder),
               "--threads", str(threads)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | TRAINING,
                            cwd=Path(__file__).parents[1])
    return json.loads(answer.stdout.splitlines()[-1])


def child(name: str, folder: Path, threads: int) -> None:
    """Print what was measured in this process."""
    found = {"cosine": cosine, "transitions": transitions}[name](folder) if name in PEERS else train(
        name, folder, threads)
    found["gibibytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps(found))


def line(name: str, rows: int, found: dict[str, Any]) -> list[Any]:
    """One line of the table."""
    phases = dict(found["phases"])
    phases["Training"] = phases.get("Training", 0.0) + phases.pop("Splitting users", 0.0)
    parts = [phases.get(each, "") for each in
             ("reading", "Training", "Evaluating", "Learning from all users", "Writing the model")]
    title = {"cosine": "implicit, cosine", "transitions": "transition matrix"}.get(name, f"**{RECIPES.get(name)}**")
    return [title, f"{rows:,}", sum(phases.values()), *parts, found["gibibytes"], found.get("ndcg", ""),
            found.get("popularity", ""), found["notes"]]


def missed(name: str, rows: int, found: dict[str, Any]) -> bool:
    """Whether a training passed its limits, or answers no better than the popular list."""
    seconds, gibibytes = LIMITS.get((name, rows), (float("inf"), float("inf")))
    took = sum(found["phases"].values()) - (found["phases"].get("Evaluating", 0.0) if name == "sims" else 0.0)
    return took > seconds or found["gibibytes"] > gibibytes or found.get("ndcg", 1.0) <= found.get("popularity", 0.0)


def main() -> int:
    """Make the data, train, keep the table; answers 1 where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=tuple(RECIPES))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dry", action="store_true", help="keep nothing in RESULTS.md")
    parser.add_argument("--folder", type=Path, help="where the data lie or shall lie, to use them again")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.folder, options.threads)
        return 0
    table, bad = [], False
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR")) as directory:
        for rows in options.rows:
            folder = (options.folder or Path(directory)) / f"{rows}-{options.items}"
            if not folder.exists():
                tastes.stored(folder, rows, options.items)
            for name in options.only:
                if rows > ONLY_TO.get(name, rows):
                    continue
                results = {each: run(each, folder, options.threads) for each in (name, *BESIDE.get(name, ()))}
                for each, found in results.items():
                    table.append(line(each, rows, found))
                    print(*table[-1], sep=" | ", flush=True)
                bad |= missed(name, rows, results[name])
                bad |= "transitions" in results and results["transitions"]["ndcg"] >= results[name]["ndcg"]
    notes = (
        f"Made-up data ({options.items:,} items, {tastes.MEAN} events a user, series watched in order), "
        f"{options.threads} threads. Seconds are those of the whole training, its evaluation and the second training "
        "on everybody included. Popularity: NDCG@10 of the popular list on the same users."
    )
    if options.dry:
        print(HEADERS, *table, notes, sep="\n")
    else:
        report.keep("Training at scale", HEADERS, table, notes=notes, packages=("torch", "scipy", "implicit"))
    if bad:
        print("A training misses its figure.", file=sys.stderr)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
