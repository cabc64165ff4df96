"""The ranking metrics of many users at once, from which places of their lists hit."""

import numpy as np
from numpy.typing import NDArray

DEPTHS = (5, 10, 25)
RANKING = (
    "mean_reciprocal_rank_at_25",
    *(f"normalized_discounted_cumulative_gain_at_{k}" for k in DEPTHS),
    *(f"precision_at_{k}" for k in DEPTHS),
)
"""Keys of the columns of :func:`of_places`, as GetSolutionMetrics spells them."""


def of_places(hits: NDArray[np.bool_], truths: NDArray[np.integer]) -> NDArray[np.float64]:
    """[U, 7]: the ranking metrics of each user, from ``hits`` [U, 25] by place and how many items were relevant [U].

    The same formulas as :func:`reciprocal_rank`, :func:`normalized_discounted_cumulative_gain` and :func:`precision`,
    which tests hold it to; a user without relevant items gets 0.
    """
    places = np.arange(1, hits.shape[1] + 1)
    first = np.where(hits.any(axis=1), 1.0 / (1 + hits.argmax(axis=1)), 0.0)
    discounts = 1 / np.log2(places + 1)
    best = np.concatenate([[0.0], np.cumsum(discounts)])
    columns = [first]
    for k in DEPTHS:
        ideal = best[np.minimum(truths, k)]
        gained = hits[:, :k] @ discounts[:k]
        columns.append(np.divide(gained, ideal, out=np.zeros(len(hits)), where=ideal > 0))
    columns += [hits[:, :k].sum(axis=1) / k for k in DEPTHS]
    return np.stack(columns, axis=1)
