"""Coverage: how much of the catalogue does anybody get to see?"""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def coverage(lists: Iterable[Iterable[T]], catalogue_size: int) -> float:
    """``number of different items in all lists / catalogue_size``; 0 for an empty catalogue."""
    if catalogue_size <= 0:
        return 0.0
    return len({item for each in lists for item in each}) / catalogue_size
