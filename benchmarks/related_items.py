"""What comes after an item? The next item of each user from the one before it alone, ours beside implicit's models."""

import resource
import time
from collections.abc import Mapping, Sequence

import numpy as np
from implicit import nearest_neighbours
from numpy.typing import NDArray
from scipy import sparse

from benchmarks import datasets, report
from personalize_web.engine import metrics
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent
from personalize_web.engine.splitting import leave_last

HEADERS = ("model", "NDCG@10", "HR@10", "seconds", "setting")
NEIGHBOURS = (50, 200)
"""Neighbours the peers keep of an item; the better figure counts, chosen on the test itself, in their favour."""
PEERS = ("CosineRecommender", "BM25Recommender", "TFIDFRecommender")
WHOLE = {
    "min_user_history_length_percentile": "0.0",
    "max_user_history_length_percentile": "1.0",
    "min_item_interaction_count_percentile": "0.0",
    "max_item_interaction_count_percentile": "1.0",
}
"""Settings under which SIMS leaves out no user and no item; by default it leaves out the most popular items."""
OURS = (("aws-similar-items", {}), ("aws-sims", {}), ("aws-sims", WHOLE))

NOTES = """One seed item, the user's last but one; the user's last is the answer to find, full ranking over all items.
{steps} users; those who took the same item twice are left out. Peak memory of the whole run {peak:.2f} GiB."""

Row = tuple[str, float, float, float, str]


def main() -> None:
    """Both data sets, one table each."""
    for name in ("movielens", "online_retail"):
        dataset = getattr(datasets, name)().dataset()
        last = leave_last(dataset)
        last = last[dataset.item[last] != dataset.item[last - 1]]
        known = dataset.of_events(np.setdiff1d(np.arange(len(dataset.item)), last))
        asked, came = dataset.item[last - 1], dataset.item[last]
        rows = [_peer(each, known, asked, came) for each in PEERS] + [_ours(*each, known, asked, came) for each in OURS]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        report.keep(
            f"Related items: {name}",
            HEADERS,
            rows,
            notes=NOTES.format(steps=len(last), peak=peak),
            packages=("implicit", "scipy"),
        )


def _peer(name: str, known: Dataset, asked: NDArray, came: NDArray) -> Row:
    matrix = sparse.csr_matrix(
        (np.ones(len(known.item), np.float32), (known.user, known.item)),
        shape=(len(known.user_ids), len(known.item_ids)),
    )
    matrix.data[:] = 1
    found = []
    for count in NEIGHBOURS:
        began = time.monotonic()
        model = getattr(nearest_neighbours, name)(K=count)
        model.fit(matrix, show_progress=False)
        seconds = time.monotonic() - began
        lists = [[int(each) for each in model.similar_items(int(item), N=12)[0] if each != item] for item in asked]
        found.append((f"implicit {name}", *_measured(lists, came), seconds, f"{count} neighbours"))
    return max(found, key=lambda row: row[1])


def _ours(name: str, features: Mapping[str, str], known: Dataset, asked: NDArray, came: NDArray) -> Row:
    recipe = RECIPES[name]
    began = time.monotonic()
    config = typed(recipe, {"featureTransformationParameters": dict(features)})
    model = algorithm(recipe.method).train(known, config, Options(), Silent())
    seconds = time.monotonic() - began
    starts, neighbours = model.arrays["neighbour_starts"], model.arrays["neighbours"]
    lists = [neighbours[starts[item] : starts[item + 1]][:10].tolist() for item in asked]
    setting = "no user and no item left out" if features else "by default"
    return (f"**{recipe.title}**", *_measured(lists, came), seconds, setting)


def _measured(lists: Sequence[Sequence[int]], came: NDArray) -> tuple[float, float]:
    pairs = [(list(each[:10]), {int(target)}) for each, target in zip(lists, came, strict=True)]
    return (
        float(np.mean([metrics.normalized_discounted_cumulative_gain(a, b, 10) for a, b in pairs])),
        float(np.mean([metrics.hit_rate(a, b, 10) for a, b in pairs])),
    )


if __name__ == "__main__":
    main()
