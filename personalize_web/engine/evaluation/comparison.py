"""How much one version differs from another, and whether that may be chance."""

from dataclasses import dataclass

import numpy as np

from personalize_web.engine.errors import DataError
from personalize_web.engine.evaluation.bootstrap import interval
from personalize_web.engine.evaluation.keeping import Kept


@dataclass(frozen=True)
class Difference:
    """Of one metric: second minus first."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Comparison:
    """Differences of the metrics that both versions have."""

    paired: bool
    """Both were asked by the same test users: each user's difference counts, which says more with as few users."""
    users: tuple[int, int]
    """Test users of the first and of the second; of segments, what they were asked for."""
    counted: str
    """What these are: ``users``, ``items`` or ``attributes``."""
    differences: dict[str, Difference]


def compare(first: Kept, second: Kept, *, seed: int = 0) -> Comparison:
    """``second`` minus ``first``, with percentile-bootstrap intervals over users.

    Paired where the test users are the same; otherwise each side is resampled on its own. DataError where the
    versions have no metric in common.
    """
    keys = [key for key in first.keys if key in second.keys]
    if not keys:
        raise DataError("They answer with different things and have no metric in common.")
    one, two = ([each.keys.index(key) for key in keys] for each in (first, second))
    paired = np.array_equal(first.users, second.users)
    means = second.drawn(seed)[:, two] - first.drawn(seed if paired else seed + 1)[:, one]
    values = second.once()[two] - first.once()[one]
    return Comparison(
        paired,
        (len(first.users), len(second.users)),
        first.counted,
        {
            key: Difference(float(value), float(low), float(high))
            for key, value, (low, high) in zip(keys, values, interval(means), strict=True)
            if np.isfinite([value, low, high]).all()
        },
    )
