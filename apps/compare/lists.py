"""Two lists of items beside each other: what both have, and how differently they order it."""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 3
"""Items that both lists must have for a rank correlation to say anything."""


@dataclass(frozen=True)
class Likeness:
    """How alike two lists are."""

    both: int
    """Items in both."""
    longest: int
    """Items of the longer list."""
    correlation: float | None
    """Spearman's, of the ranks that both lists give to the items they share; None below three of them."""


def likeness(first: Sequence[str], second: Sequence[str]) -> Likeness:
    """Of two lists without repetitions."""
    there = set(second)
    shared = [each for each in first if each in there]
    return Likeness(len(shared), max(len(first), len(second)), _spearman(shared, [e for e in second if e in {*shared}]))


def _spearman(first: Sequence[str], second: Sequence[str]) -> float | None:
    """1 - 6 Σ d² / (n (n² - 1)) for two orders of the same n items, d the difference of an item's places."""
    number = len(first)
    if number < LEAST:
        return None
    places = {each: place for place, each in enumerate(second)}
    squares = sum((place - places[each]) ** 2 for place, each in enumerate(first))
    return 1 - 6 * squares / (number * (number * number - 1))


def moves(own: Sequence[str], other: Sequence[str]) -> list[int | None]:
    """For each item of ``own`` how many places higher it stands than in ``other``; None where it is not there."""
    places = {each: place for place, each in enumerate(other)}
    return [places[each] - place if each in places else None for place, each in enumerate(own)]
