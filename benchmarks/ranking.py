"""Fifty candidates put in order: the true next item among 49 others, ours beside factor models and trees.

Leave-one-out as in :mod:`benchmarks.accuracy`; users whose last item is new to them. The others are drawn from the
items the user does not have, once by popularity (interactions) and once each as likely as another; all are shuffled.
``python -m benchmarks.ranking [--dry] [--only movielens]``.
"""

import argparse
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks import datasets, peers
from benchmarks.accuracy import Task
from benchmarks.report import keep, table
from benchmarks.served import Pasts, trained
from personalize_web.engine import serving
from personalize_web.engine.algorithms import transitions
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.algorithms.blending import counted_features
from personalize_web.engine.algorithms.sequence_transformer import item_features
from personalize_web.engine.dataset import Dataset

HEADERS = ("model", "NDCG, others by popularity", "NDCG, others uniformly", "processor seconds", "chosen")
CANDIDATES = 50
LEARNED = 3
"""Events of each user that the trees learn from."""
ALS = ((64, 0.05, 1.0), (64, 0.05, 10.0), (128, 0.1, 10.0))
BPR = ((64, 0.01, 100), (64, 0.05, 100), (128, 0.05, 300))

NOTES = """{users} users; NDCG over the whole list of {candidates}. Settings of the factor models are chosen on the
event before the last. The trees (LambdaMART) learn from each user's last {learned} known events with others drawn in
the same way; their features are those ours has: popularity and its age, every counting model, how alike the metadata
of the candidate and of the user's newest items are, metadata themselves, length of the history. To reach: the best."""


def drawn(counts: NDArray, histories: Dataset, users: NDArray, targets: NDArray, uniform: bool, seed: int
          ) -> NDArray[np.int64]:
    """[users, CANDIDATES]: shuffled candidates of each user of ``histories``, the target among them."""
    rng = np.random.default_rng(seed)
    chances = (counts > 0).astype(float) if uniform else counts.astype(float)
    sums = np.cumsum(chances / chances.sum())
    had = peers.seen(histories)
    found = np.empty((len(users), CANDIDATES), np.int64)
    for row, (user, target) in enumerate(zip(users, targets, strict=True)):
        blocked = {int(target), *had.indices[had.indptr[user]:had.indptr[user + 1]].tolist()}
        others: dict[int, None] = {}
        while len(others) < CANDIDATES - 1:
            for each in np.minimum(np.searchsorted(sums, rng.random(2 * CANDIDATES)), len(sums) - 1).tolist():
                if each not in blocked and len(others) < CANDIDATES - 1:
                    others[each] = None
        found[row] = rng.permutation([int(target), *others])
    return found


def ndcg(scores: NDArray, candidates: NDArray[np.int64], targets: NDArray) -> float:
    """Mean NDCG over whole lists; scores [users, CANDIDATES], equal ones in the order of the shuffled list."""
    own = candidates == targets[:, None]
    order = np.argsort(-scores, axis=1, kind="stable")
    rank = np.argmax(np.take_along_axis(own, order, axis=1), axis=1)
    return float(np.mean(1 / np.log2(rank + 2)))


def features(counts: Dataset, before: Dataset, users: NDArray, candidates: NDArray[np.int64]) -> NDArray[np.float32]:
    """[users, CANDIDATES, K] of what trees see; ``counts`` is counted, ``before`` has the users' histories."""
    histories = transitions.newest(before, users, 300)
    found = [np.log1p(counts.interactions_of_items)[candidates]]
    last = np.full(len(counts.item_ids), counts.timestamp.min())
    np.maximum.at(last, counts.item, counts.timestamp)
    found.append(((counts.latest - last) / 86400)[candidates])
    rows = np.arange(len(users))[:, None]
    for each in counted_features(transitions.count(counts), histories).values():
        found.append(np.asarray(each[np.repeat(rows, CANDIDATES, 1), candidates].todense()))
    metadata = item_features(counts, 0)
    if metadata is not None:
        lengths = np.sqrt(np.asarray(metadata.multiply(metadata).sum(axis=1)).ravel())
        metadata = sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-9)) @ metadata)
        weights = sparse.csr_matrix(
            (np.concatenate([0.8 ** np.arange(min(20, len(each))) for each in histories]),
             (np.concatenate([np.full(min(20, len(each)), row) for row, each in enumerate(histories)]),
              np.concatenate([each[:20] for each in histories]))), shape=(len(histories), metadata.shape[0]))
        alike = (weights @ metadata @ metadata.T).tocsr()
        found.append(np.asarray(alike[np.repeat(rows, CANDIDATES, 1), candidates].todense()))
        dense = metadata[:, :64].toarray()
        found += [dense[:, place][candidates] for place in range(dense.shape[1])]
    found.append(np.repeat([[len(each)] for each in histories], CANDIDATES, axis=1))
    return np.stack(found, axis=2).astype(np.float32)


def trees(known: Dataset, users: NDArray, candidates: NDArray[np.int64], uniform: bool, seed: int) -> NDArray:
    """Scores [users, CANDIDATES] of LightGBM's LambdaMART."""
    import lightgbm

    places = np.concatenate([known.starts[user + 1] - 1 - np.arange(min(LEARNED, np.diff(known.starts)[user] - 2))
                             for user in users if np.diff(known.starts)[user] > 2]).astype(np.int64)
    counts = known.of_events(np.setdiff1d(np.arange(len(known.item)), places))
    before = known.before(places, 300)
    groups = np.arange(len(places))
    targets = known.item[places]
    given = drawn(counts.interactions_of_items, before, groups, targets, uniform, seed)
    table_ = features(counts, before, groups, given)
    labels = (given == targets[:, None]).astype(int)
    judged = np.random.default_rng(seed).random(len(groups)) < 0.2
    model = lightgbm.LGBMRanker(n_estimators=500, learning_rate=0.05, num_leaves=31, min_child_samples=20,
                                subsample=0.8, subsample_freq=1, colsample_bytree=0.8, random_state=seed, verbose=-1)

    def flat(rows: NDArray) -> dict[str, Any]:
        return {"X": table_[rows].reshape(-1, table_.shape[2]), "y": labels[rows].ravel()}

    learned, held = flat(~judged), flat(judged)
    model.fit(learned["X"], learned["y"], group=[CANDIDATES] * int((~judged).sum()), eval_set=[(held["X"], held["y"])],
              eval_group=[[CANDIDATES] * int(judged.sum())], eval_at=[10],
              callbacks=[lightgbm.early_stopping(30, verbose=False)])
    asked = features(known, known, users, candidates)
    return model.predict(asked.reshape(-1, asked.shape[2])).reshape(len(users), CANDIDATES)


def ours(model: Any, known: Dataset, users: NDArray, candidates: NDArray[np.int64]) -> NDArray:
    """Scores [users, CANDIDATES]: the places in the answers of the serving model, the first the highest."""
    ids, pasts = np.array(known.item_ids.to_pylist(), dtype=object), Pasts(known)
    scores = np.empty(candidates.shape)
    for row, user in enumerate(users):
        given = ids[candidates[row]].tolist()
        ranked = [each.item_id for each in model.rank(serving.Request(history=pasts.of_user(int(user))), given)]
        places = {item: -place for place, item in enumerate(ranked)}
        scores[row] = [places[item] for item in given]
    return scores


def rows(dataset: Dataset, options: Options) -> tuple[list[tuple[Any, ...]], int]:
    """The table of one data set, and of how many users."""
    task, seed = Task(dataset, repeats=False), options.seed
    had = peers.seen(task.known)
    new = np.array([target not in had.indices[had.indptr[user]:had.indptr[user + 1]]
                    for user, target in zip(task.users, task.test, strict=True)])
    users, targets = task.users[new], task.test[new]
    popular = task.known.interactions_of_items
    asked = {uniform: drawn(popular, task.known, users, targets, uniform, seed) for uniform in (False, True)}
    tried = drawn(task.shorter.interactions_of_items, task.shorter, task.users, task.validation, False, seed)

    def line(name: str, scores: dict[bool, NDArray], seconds: float, chosen: str) -> tuple[Any, ...]:
        found = (name, *(ndcg(scores[uniform], asked[uniform], targets) for uniform in (False, True)),
                 round(seconds, 1), chosen)
        print("  ".join(map(str, found)), flush=True)
        return found

    found = [line("popularity", {uniform: popular[each] for uniform, each in asked.items()}, 0.0, "")]
    for name, make, settings in (("implicit ALS", peers.als, ALS), ("implicit BPR", peers.bpr, BPR)):
        validated = [ndcg(np.take_along_axis(make(task.shorter, *each)[task.users], tried, axis=1), tried,
                          task.validation) for each in settings]
        best = settings[int(np.argmax(validated))]
        began = time.process_time()
        scores = make(task.known, *best)[users]
        found.append(line(name, {uniform: np.take_along_axis(scores, each, axis=1) for uniform, each in asked.items()},
                          time.process_time() - began, str(best)))
    began = time.process_time()
    by_trees = {uniform: trees(task.known, users, each, uniform, seed) for uniform, each in asked.items()}
    found.append(line("LightGBM ranker", by_trees, (time.process_time() - began) / 2, ""))
    with trained("aws-personalized-ranking-v2", task.known, options) as served:
        own = {uniform: ours(served.model, task.known, users, each) for uniform, each in asked.items()}
        found.append(line("**ours, by default**", own, served.busy, ""))
    return found, len(users)


def main() -> None:
    """Both data sets, one table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effort", type=float, default=1.0, help="share of our usual steps")
    parser.add_argument("--only", choices=("movielens", "online_retail"))
    parser.add_argument("--dry", action="store_true", help="print, but keep nothing")
    options = parser.parse_args()
    for title, load in (("movielens", datasets.movielens), ("online_retail", datasets.online_retail)):
        if options.only in (None, title):
            found, users = rows(load().dataset(), Options(seed=options.seed, effort=options.effort))
            notes = NOTES.format(users=users, candidates=CANDIDATES, learned=LEARNED)
            (table if options.dry else keep)(f"Ranking of {CANDIDATES} candidates: {title}", HEADERS, found,
                                             notes=notes, packages=("implicit", "lightgbm", "torch"))


if __name__ == "__main__":
    main()
