"""Popularity: items by how many users, or how many events, they have."""

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.reporting import Reporter


class Popularity:
    """The same list for everybody."""

    def train(
        self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, warm: Model | None = None
    ) -> Model:
        """``config["count"]`` is ``users`` (distinct users, the default) or ``events``."""
        reporter.check()
        popular = popular_items(dataset, str(config.get("count", "users")))
        return Model("popularity", common_arrays(dataset, popular), common_settings(dataset))


def popular_items(dataset: Dataset, count: str = "users") -> NDArray[np.int32]:
    """Rows of all items with interactions, the most popular first: by ``users`` or by ``events``, as they weigh.

    Ties: more events, then a more recent last event, then the id.
    """
    items = len(dataset.item_ids)
    events = np.bincount(dataset.item, weights=dataset.weight, minlength=items)
    users = users_of_items(dataset)
    last = np.zeros(items, np.int64)
    np.maximum.at(last, dataset.item, dataset.timestamp)
    order = np.lexsort((id_ranks(dataset), -last, -events, -(users if count == "users" else events)))
    return order[events[order] > 0].astype(np.int32)


def users_of_items(dataset: Dataset) -> NDArray[np.float64]:
    """Item -> number of distinct users with at least one event, each as much as the weightiest of these counts."""
    items = len(dataset.item_ids)
    pairs = dataset.user.astype(np.int64) * items + dataset.item
    order = np.lexsort((-dataset.weight, pairs)) if dataset.weighs else np.argsort(pairs)
    first = order[np.diff(pairs[order], prepend=-1) > 0]
    return np.bincount(dataset.item[first], weights=dataset.weight[first], minlength=items).astype(np.float64)


def id_ranks(dataset: Dataset) -> NDArray[np.int64]:
    """Item -> place of its id in alphabetical order, the last word in ties."""
    ids = np.array(dataset.item_ids.to_pylist(), dtype=object)
    ranks = np.empty(len(ids), np.int64)
    ranks[np.argsort(ids, kind="stable")] = np.arange(len(ids))
    return ranks
