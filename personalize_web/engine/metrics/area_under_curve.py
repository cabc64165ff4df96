"""Area under the receiver operating characteristic curve: does what came true have the higher score?"""

import numpy as np
from numpy.typing import NDArray


def area_under_curve(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """The chance that a score whose label is true is above one whose label is false, ties counting half.

    The rank statistic of Mann and Whitney; 0.5, as by chance, where there is nothing to compare.
    """
    labels = np.asarray(labels, bool)
    true, false = int(labels.sum()), int((~labels).sum())
    if not true or not false:
        return 0.5
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[labels].sum() - true * (true + 1) / 2) / (true * false))
