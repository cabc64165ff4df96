"""The largest of many numbers, without sorting them all."""

import numpy as np
from numpy.typing import NDArray

_GROUPS = 3
"""Groups of numbers, of each of which the largest stands for all, for every number that is looked for."""


def largest_bound(values: NDArray, most: int) -> float:
    """A number that at least ``most`` of the values reach, seldom many more; -inf where they are few.

    As many groups hold a number from the bound on, so that the ``most`` largest values are among those that reach it.
    """
    if most >= len(values):
        return -np.inf
    size = max(1, len(values) // max(1, _GROUPS * most))
    groups = len(values) // size
    largest = values if size == 1 else values[: groups * size].reshape(size, groups).max(axis=0)
    return float(np.partition(largest, groups - most)[groups - most])


def top(values: NDArray, most: int) -> NDArray[np.int64]:
    """Places of the largest finite values, the largest first; ties by place."""
    bound = largest_bound(values, most)
    places = np.arange(len(values)) if bound == -np.inf else np.flatnonzero(values >= bound)
    if most < len(places):
        places = np.sort(places[np.argpartition(values[places], len(places) - most)[len(places) - most :]])
    places = places[np.argsort(-values[places], kind="stable")]
    return places[np.isfinite(values[places])]
