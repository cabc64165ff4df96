"""How far the popularity and the freshness of items move an answer away from relevance alone, when it is asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.objective import standardised


@dataclass(frozen=True)
class Influence:
    """The two weights, each from 0 to 1; both 0 change nothing."""

    popularity: float = 0.0
    freshness: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.popularity or self.freshness)

    def moved(self, logits: NDArray, interactions: NDArray, created: NDArray) -> NDArray:
        """Logits [N], moved by how many interactions an item has [N] and when it was created, in seconds [N].

        ``((1 - p / 2 - f / 2) * z(logits) + p / 2 * z(log popularity) + f / 2 * z(freshness)) * sd(logits)``, over the
        finite logits: the spread of the logits stays, so that scores remain as decided as they were.
        """
        possible = np.isfinite(logits)
        if not self or not possible.any():
            return logits
        relevance = logits[possible].astype(np.float64)
        popular = np.log1p(np.asarray(interactions)[possible].astype(np.float64))
        fresh = np.asarray(created)[possible].astype(np.float64)
        half, other = self.popularity / 2, self.freshness / 2
        mixed = (1 - half - other) * standardised(relevance)
        mixed += half * standardised(popular) + other * standardised(fresh)
        moved = np.full(len(logits), -np.inf)
        moved[possible] = mixed * (relevance.std() or 1.0)
        return moved.astype(logits.dtype)
