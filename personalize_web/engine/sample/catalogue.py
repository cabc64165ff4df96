"""The titles of the sample: names, genres, series, ages, and how good they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.sample import words

DAY = 86_400
_SERIES_SHARE = 0.4
_LATENT = 6


@dataclass(frozen=True)
class Catalogue:
    """Titles by row number."""

    ids: list[str]
    titles: list[str]
    genres: list[tuple[str, ...]]
    years: NDArray[np.int64]
    added: NDArray[np.int64]
    """When each title came into the catalogue, Unix seconds."""
    minutes: NDArray[np.int64]
    descriptions: list[str]
    classifications: list[str]
    of_genre: NDArray[np.float64]
    """Titles × genres: 1 for the first genre, less for the others."""
    latent: NDArray[np.float64]
    """Titles × hidden traits, which no column tells."""
    quality: NDArray[np.float64]
    next_part: NDArray[np.int64]
    """Row of the part that follows in a series, or -1."""


def make(random: np.random.Generator, count: int, start: int, end: int) -> Catalogue:
    """``count`` titles, a quarter of which arrive between ``start`` and ``end``."""
    names, next_part, base = _names(random, count)
    bases = int(base.max()) + 1
    first = random.choice(len(words.GENRES), size=bases, p=_uneven(len(words.GENRES)))
    genres_of_base = [_genres(random, words.GENRES[genre]) for genre in first]
    genres = [genres_of_base[number] for number in base]
    latent = random.normal(size=(bases, _LATENT))[base] + 0.2 * random.normal(size=(count, _LATENT))
    quality = random.normal(0, 0.8, bases)[base] + 0.15 * random.normal(size=count)
    added = np.where(
        random.random(bases) < 0.75,
        start - random.integers(0, 4 * 365, bases) * DAY,
        start + random.integers(0, max((end - start) // DAY, 1), bases) * DAY,
    )[base]
    year_added = 1970 + added // (365.25 * DAY)
    years = (year_added - np.minimum(random.exponential(9, count), 60)).astype(np.int64)
    minutes = np.where(next_part >= 0, 48, 102) + random.integers(-14, 22, count)
    return Catalogue(
        ids=[f"title-{number:04d}" for number in range(1, count + 1)],
        titles=names,
        genres=genres,
        years=years,
        added=added.astype(np.int64),
        minutes=minutes,
        descriptions=[_description(random, kinds) for kinds in genres],
        classifications=[_classification(random, kinds) for kinds in genres],
        of_genre=_weights(genres),
        latent=latent,
        quality=quality,
        next_part=next_part,
    )


def _names(random: np.random.Generator, count: int) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Titles, the row of the next part of each, and which titles belong together."""
    pairs = len(words.ADJECTIVES) * len(words.NOUNS)
    order = random.permutation(pairs)
    names: list[str] = []
    next_part: list[int] = []
    base: list[int] = []
    number = 0
    while len(names) < count:
        adjective, noun = divmod(int(order[number % pairs]), len(words.NOUNS))
        plain = f"{words.ADJECTIVES[adjective]} {words.NOUNS[noun]}"
        ending = f" of {words.PLACES[number // pairs % len(words.PLACES)]}" if number >= pairs else ""
        name = (plain if random.random() < 0.4 else f"The {plain}") + ending
        parts = int(random.integers(3, 7)) if random.random() < _SERIES_SHARE / 3 else 1
        parts = min(parts, count - len(names))
        for part in range(1, parts + 1):
            names.append(name if parts == 1 else f"{name}: Part {part}")
            next_part.append(len(names) if part < parts else -1)
            base.append(number)
        number += 1
    return names, np.array(next_part), np.array(base)


def _uneven(count: int) -> NDArray[np.float64]:
    weights = 1 / (3 + np.arange(count))
    return weights / weights.sum()


def _genres(random: np.random.Generator, first: str) -> tuple[str, ...]:
    companions = words.COMPANIONS[first]
    more = min(int(random.choice([0, 1, 2], p=[0.3, 0.5, 0.2])), len(companions))
    return (first, *(companions[at] for at in random.permutation(len(companions))[:more]))


def _weights(genres: list[tuple[str, ...]]) -> NDArray[np.float64]:
    weights = np.zeros((len(genres), len(words.GENRES)))
    for row, kinds in enumerate(genres):
        for at, kind in enumerate(kinds):
            weights[row, words.GENRES.index(kind)] = 1.0 if at == 0 else 0.5
    return weights


def _description(random: np.random.Generator, genres: tuple[str, ...]) -> str:
    hero = words.HEROES[random.integers(len(words.HEROES))]
    place = words.PLACES[random.integers(len(words.PLACES))]
    told = " and ".join(kind.lower() for kind in genres[:2])
    return f"In {place}, {hero} {words.DEEDS[genres[0]]}. A story of {told}."


def _classification(random: np.random.Generator, genres: tuple[str, ...]) -> str:
    if genres[0] in ("Animation", "Family"):
        return words.CLASSIFICATIONS[random.integers(0, 2)]
    if genres[0] in ("Horror", "Crime", "Action"):
        return words.CLASSIFICATIONS[random.integers(2, 4)]
    return words.CLASSIFICATIONS[random.integers(0, 3)]
