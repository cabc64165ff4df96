"""Items that nobody has touched yet: a tenth of the items is hidden from training, all but their metadata.

For the newest events on hidden items of each user, the hidden items are ranked by what the user did before; ours beside
chance and a content-based neighbourhood. ``python -m benchmarks.cold_items [--dry] [--only movielens]``.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from benchmarks import datasets
from benchmarks.report import keep, table
from benchmarks.served import Pasts, trained
from personalize_web.engine import serving
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset

HEADERS = ("model", "NDCG@10 among cold items", "times chance", "chosen")
HIDDEN = 0.1
"""Share of the items with interactions that training never sees."""
EACH, MOST = 3, 2500
"""Questions of one user at most, and of all."""
SETTINGS = ((5, 0.8), (20, 0.8), (50, 0.95))
"""Newest events and their decay that make a user's profile in the content-based peer."""

NOTES = """{hidden} of {items} items hidden from training, drawn by chance; {questions} questions: the newest events on
hidden items (at most {each} a user), with the events on other items before them as history. Candidates are the hidden
items that the user has not had. Chance is what a random order has on average. TF-IDF of words of all texts and
categories, cosine; the depth of its profile chosen on visible items. To reach: 5 times chance, and the peer."""


@dataclass(frozen=True)
class Question:
    """One event on a hidden item."""

    user: int
    """Row in the training dataset."""
    end: int
    """Place in the training dataset after the newest event of the history."""
    target: int
    """Item row in the training dataset."""
    had: NDArray[np.int64]
    """Hidden items that the user had before, as rows of the training dataset."""


def questions(whole: Dataset, train: Dataset, hidden: NDArray[np.bool_], seed: int) -> list[Question]:
    """The newest events on hidden items of users with a visible history; ``hidden`` [items of the whole]."""
    rows = pc.index_in(whole.item_ids, value_set=train.item_ids).to_numpy(zero_copy_only=False)
    users = {each: row for row, each in enumerate(train.user_ids.to_pylist())}
    found = []
    for user, name in enumerate(whole.user_ids.to_pylist()):
        own = np.arange(whole.starts[user], whole.starts[user + 1])
        cold = hidden[whole.item[own]]
        if name not in users:
            continue
        visible_before = np.cumsum(~cold)
        asked = [place for place in np.flatnonzero(cold)[::-1] if visible_before[place]][:EACH]
        for place in asked:
            had = rows[whole.item[own[:place]][cold[:place]]].astype(np.int64)
            target = int(rows[whole.item[own[place]]])
            if target not in had:
                begin = int(train.starts[users[name]])
                found.append(Question(users[name], begin + int(visible_before[place]), target, had))
    kept = np.random.default_rng(seed).permutation(len(found))[:MOST]
    return [found[each] for each in np.sort(kept)]


def gain(scores: NDArray, candidates: NDArray[np.int64], question: Question) -> tuple[float, float]:
    """NDCG@10 of the target among the candidates that the user has not had (equal scores in the middle of their
    places), and what chance has.
    """
    open_ = np.setdiff1d(candidates, question.had)
    values = scores[open_]
    own = scores[question.target]
    rank = (values > own).sum() + ((values == own).sum() - 1) / 2
    chance = (1 / np.log2(np.arange(min(10, len(open_))) + 2)).sum() / len(open_)
    return (1 / np.log2(rank + 2) if rank < 10 else 0.0), chance


def text_matrix(tables: datasets.Tables, dataset: Dataset) -> sparse.csr_matrix:
    """TF-IDF of the words of every text and category of the items, rows of length 1."""
    items = tables.items
    texts = [" ".join(str(cell) for cell in row if cell) for row in zip(*(
        items[name].to_pylist() for name in items.column_names
        if name != "ITEM_ID" and pa.types.is_string(items[name].type)), strict=True)]
    words: dict[str, int] = {}
    places: list[tuple[int, int]] = []
    rows = pc.index_in(items["ITEM_ID"], value_set=dataset.item_ids).to_pylist()
    for row, text in zip(rows, texts, strict=True):
        cleaned = "".join(each if each.isalnum() else " " for each in text.casefold())
        places += [(row, words.setdefault(word, len(words))) for word in set(cleaned.split())]
    row, column = np.array(places).T
    counted = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(dataset.item_ids), len(words)))
    frequency = np.asarray((counted > 0).sum(axis=0)).ravel()
    weighted = counted @ sparse.diags(np.log((1 + len(texts)) / (1 + frequency)) + 1)
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-12)) @ weighted)


def content_scores(train: Dataset, matrix: sparse.csr_matrix, depth: int, decay: float
                   ) -> Callable[[Question], NDArray]:
    """Cosine of every item to the user's newest items, weighted by age."""
    def scores(question: Question) -> NDArray:
        begin = max(int(train.starts[question.user]), question.end - depth)
        newest = train.item[begin:question.end][::-1]
        profile = sparse.csr_matrix((decay ** np.arange(len(newest)), (np.zeros(len(newest), int), newest)),
                                    shape=(1, len(train.item_ids))) @ matrix
        return np.asarray((matrix @ profile.T).todense()).ravel()

    return scores


def visible_questions(train: Dataset, seed: int) -> list[Question]:
    """The newest event of users with three or more: what the peer's profile is chosen on."""
    users = np.flatnonzero(np.diff(train.starts) >= 3)
    users = np.random.default_rng(seed).permutation(users)[:500]
    return [Question(int(user), int(train.starts[user + 1]) - 1, int(train.item[train.starts[user + 1] - 1]),
                     np.unique(train.item[train.starts[user]:train.starts[user + 1] - 1]).astype(np.int64))
            for user in users]


def rows(tables: datasets.Tables, options: Options) -> tuple[list[tuple[Any, ...]], dict[str, int]]:
    """The table of one data set, and the counts of its notes."""
    whole = tables.dataset()
    known = np.flatnonzero(whole.interactions_of_items > 0)
    chosen = np.random.default_rng(options.seed).permutation(known)[:round(HIDDEN * len(known))]
    hidden = np.isin(np.arange(len(whole.item_ids)), chosen)
    visible = pc.invert(pc.is_in(tables.interactions["ITEM_ID"], value_set=whole.item_ids.filter(pa.array(hidden))))
    train = replace(tables, interactions=tables.interactions.filter(visible)).dataset()
    cold = pc.index_in(whole.item_ids.filter(pa.array(hidden)), value_set=train.item_ids)
    candidates = cold.to_numpy(zero_copy_only=False).astype(np.int64)
    asked = questions(whole, train, hidden, options.seed)

    matrix = text_matrix(tables, train)
    everything = np.flatnonzero(train.interactions_of_items > 0)
    trial = [each for each in visible_questions(train, options.seed) if each.target not in each.had]
    profile = max(SETTINGS, key=lambda setting: np.mean(
        [gain(scores(each), everything, each)[0] for scores in [content_scores(train, matrix, *setting)]
         for each in trial]))
    peer = content_scores(train, matrix, *profile)
    content = [gain(peer(each), candidates, each) for each in asked]
    chance = float(np.mean([each for _, each in content]))
    pasts = Pasts(train)
    with trained("aws-user-personalization-v2", train, options) as served:
        own = [gain(served.model.logits(serving.Request(history=pasts.of(int(train.starts[each.user]), each.end))),
                    candidates, each)[0] for each in asked]
        seconds = served.busy
    found: list[tuple[Any, ...]] = [("chance", chance, 1.0, "")]
    for name, values, said in (("content kNN, TF-IDF", [each for each, _ in content], str(profile)),
                               ("**ours, by default**", own, f"{seconds:.0f} processor seconds")):
        found.append((name, float(np.mean(values)), float(np.mean(values)) / chance, said))
    return found, {"hidden": len(candidates), "items": len(whole.item_ids), "questions": len(asked), "each": EACH}


def main() -> None:
    """Both data sets, one table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effort", type=float, default=1.0, help="share of our usual steps")
    parser.add_argument("--only", choices=("movielens", "online_retail"))
    parser.add_argument("--dry", action="store_true", help="print, but keep nothing")
    options = parser.parse_args()
    for title in ("movielens", "online_retail"):
        if options.only in (None, title):
            tables = datasets.movielens(titles=True) if title == "movielens" else datasets.online_retail()
            found, counts = rows(tables, Options(seed=options.seed, effort=options.effort))
            (table if options.dry else keep)(f"Cold items: {title}", HEADERS, found, notes=NOTES.format(**counts),
                                             packages=("torch",))


if __name__ == "__main__":
    main()
