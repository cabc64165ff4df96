"""Trend prediction accuracy: how much of the greatest possible increase a list foresaw."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def trend_prediction_accuracy(recommended: Sequence[int], increase: NDArray[np.float64], k: int = 25) -> float:
    """``sum of increases of the recommended / sum of the k greatest increases``, within [0, 1].

    ``recommended`` are rows of ``increase`` [items], the change in interactions that came afterwards; a decrease counts
    as none. 0 where nothing increased. Source: training specification, section 6.3.
    """
    gains = np.maximum(increase, 0.0)
    best = float(np.sort(gains)[::-1][:k].sum())
    return min(1.0, float(gains[list(recommended)[:k]].sum()) / best) if best > 0 else 0.0
