"""Baskets: items that are bought at one go.

The similarity is that of :mod:`~personalize_web.engine.algorithms.co_occurrence` (Deshpande and Karypis 2004), counted
over baskets instead of users, so that what a user buys a year later says little.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.co_occurrence import neighbour_arrays, with_neighbours
from personalize_web.engine.algorithms.popularity import id_ranks, popular_items
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.reporting import Reporter

LENGTH = 24 * 3600
"""Seconds after its first event within which events of a user belong to one basket."""
APART = 0.2
"""What a user counts who bought two items, but in different baskets."""
_BASKET_ITEMS = 500
"""Latest items of a basket, and of a user, that are paired with one another."""


class Baskets:
    """Neighbours of every item by the baskets that hold both."""

    def train(self, dataset: Dataset, config: Config, options: Options, reporter: Reporter,
              warm: Model | None = None) -> Model:
        """The neighbours of each item, best first.

        ``popularity_discount_factor`` and ``min_cointeraction_count`` of ``config`` are those of aws-sims. Two items
        were together as often as there are baskets with both, and :data:`APART` for every user with both beyond those.
        """
        basket = basket_of_events(dataset)
        in_baskets, of_users = _matrix(basket, dataset), _matrix(dataset.user, dataset)
        by_basket, by_user = in_baskets.T.tocsr(), of_users.T.tocsr()

        def together(rows: slice) -> sparse.csr_matrix:
            at_once = by_basket[rows] @ in_baskets
            apart = by_user[rows] @ of_users - at_once
            return at_once + APART * apart.maximum(0)

        arrays = common_arrays(dataset, popular_items(dataset, "events"))
        arrays |= neighbour_arrays(
            together, counts=np.asarray(in_baskets.sum(axis=0)).ravel(),
            discount=float(config["popularity_discount_factor"]), least=float(config["min_cointeraction_count"]),
            ranks=id_ranks(dataset), reporter=reporter, work=by_user @ np.diff(of_users.indptr),
            threads=options.threads)
        return Model("co_occurrence", arrays, common_settings(dataset), details={
            "items with neighbours": with_neighbours(arrays), "baskets": in_baskets.shape[0],
        })


def basket_of_events(dataset: Dataset) -> NDArray[np.int64]:
    """Event -> number of its basket. A basket begins with a user's first event, and again with the first event that
    comes more than :data:`LENGTH` seconds after a basket's beginning."""
    count = len(dataset.user)
    numbers = np.zeros(count, np.int64)
    if not count:
        return numbers
    new_user = np.append(True, dataset.user[1:] != dataset.user[:-1])
    # one step for each basket of the user with the most of them: all users move on together
    begins = np.flatnonzero(new_user)
    ends = np.append(begins[1:], count)
    starts = np.zeros(count, bool)
    while len(begins):
        starts[begins] = True
        limits = dataset.timestamp[begins] + LENGTH
        nexts = np.array([
            begin + int(np.searchsorted(dataset.timestamp[begin:end], limit, side="right"))
            for begin, end, limit in zip(begins.tolist(), ends.tolist(), limits.tolist(), strict=True)
        ])
        going_on = nexts < ends
        begins, ends = nexts[going_on], ends[going_on]
    return np.cumsum(starts) - 1


def _matrix(group: NDArray, dataset: Dataset) -> sparse.csr_matrix:
    """Groups x items, 1 where the group has the item among its latest ones; groups ascend with the events."""
    items = len(dataset.item_ids)
    newest = np.arange(len(group))[::-1]
    _, first = np.unique(group[newest].astype(np.int64) * items + dataset.item[newest], return_index=True)
    places = np.sort(newest[first])
    rows, columns = group[places], dataset.item[places]
    from_end = np.searchsorted(rows, rows, side="right") - np.arange(len(rows))
    kept = from_end <= _BASKET_ITEMS
    shape = (int(group[-1]) + 1 if len(group) else 0, items)
    return sparse.csr_matrix((np.ones(int(kept.sum()), np.float32), (rows[kept], columns[kept])), shape=shape)
