"""Short titles for sets of related items, made of the catalogue's own words, and how well each item fits its title.

Words are weighed as in class-based TF-IDF (Grootendorst, "BERTopic", 2022): how often the set uses a word, against how
often all items do. How well an item fits is the cosine of its text and the title, both as vectors that are learned from
the catalogue by latent semantic analysis (Deerwester et al. 1990) of hashed groups of letters; it may be negative.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from personalize_web.engine.text import TextEncoder

SAMPLE = 4_000
"""Items of the catalogue that words and vectors are learned from, spread evenly."""
READ = 2_000
"""Characters of a text that words are counted in."""
WORDS = 3
"""Words of a title."""
SHARED = 0.6
"""Share of a set that a category must have to stand in its title."""
COMMON = 0.35
"""Share of the catalogue from which a word says nothing, in catalogues of at least :data:`ENOUGH` items."""
LIFT = 2.0
"""How many times as many items of a set as of the catalogue must have a word, there too."""
ENOUGH = 50
_WORD = regex.compile(r"[\p{L}\p{M}][\p{L}\p{M}'’-]*[\p{L}\p{M}]")
_IDEOGRAPHS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]+")


@dataclass(frozen=True)
class Item:
    """What is known of an item in words."""

    name: str
    text: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Theme:
    """A title, and the cosine of each item with it, in the order of the items."""

    title: str
    relevance: NDArray[np.float64]


class Catalogue:
    """Words, categories and vectors of all items, learned from some of them."""

    def __init__(self, items: Sequence[Item], *, seed: int = 0) -> None:
        """``items`` are the catalogue, or :data:`SAMPLE` of it."""
        self._items = len(items)
        self._documents: Counter[str] = Counter()
        self._occurrences: Counter[str] = Counter()
        self._categories: Counter[str] = Counter()
        for item in items:
            found = words(item)
            self._documents.update(set(found))
            self._occurrences.update(found)
            self._categories.update(set(item.categories))
        self._encoder = TextEncoder.fit([_whole(item) for item in items], seed=seed)[0]

    def title(self, items: Sequence[Item]) -> str:
        """A title of the items' most distinctive words; empty where no word says more of them than of others."""
        found = [Counter(words(item)) for item in items]
        inside: Counter[str] = Counter()
        for each in found:
            inside.update(each)
        least = max(2, math.ceil(len(items) / 5)) if len(items) > 1 else 1
        together, all_words = max(1, inside.total()), max(1, self._occurrences.total())
        average = all_words / max(1, self._items) * max(1, len(items))
        weights = {
            word: count / together * math.log(1 + average / max(1, self._occurrences[word]))
            for word, count in inside.items()
            if (having := sum(word in each for each in found)) >= least and self._telling(word, having / len(items))
        }
        category = self._category(items)
        named = {part.casefold() for part in _WORD.findall(category)}
        best = sorted((word for word in weights if word not in named), key=lambda word: (-weights[word], word))[:WORDS]
        listed = _listed([_as_written(word, items) for word in best])
        return f"{category}: {listed}" if category and listed else category or listed[:1].upper() + listed[1:]

    def relevance(self, title: str, items: Sequence[Item]) -> NDArray[np.float64]:
        """[items]: the cosine of each item's text and the title; 0 where an item has no text."""
        vectors = self._encoder.vectors([title, *(_whole(item) for item in items)])
        cosines: NDArray[np.float64] = (vectors[1:] @ vectors[0]).astype(np.float64)
        return cosines.round(8)

    def _telling(self, word: str, share: float) -> bool:
        """Whether a word that this share of a set has says something of it, as one that connects others does not."""
        return self._items < ENOUGH or self._documents[word] <= self._items * min(COMMON, share / LIFT)

    def _category(self, items: Sequence[Item]) -> str:
        """The category that most of the items share, and less of the catalogue than of them."""
        inside: Counter[str] = Counter()
        for item in items:
            inside.update(set(item.categories))
        lifts = {
            name: count / len(items) - self._categories[name] / max(1, self._items)
            for name, count in inside.items()
            if count >= SHARED * len(items) and 2 * self._categories[name] <= self._items
        }
        return max(sorted(lifts), key=lambda name: lifts[name], default="")


def words(item: Item) -> list[str]:
    """The item's words without capitals; of scripts that write no blanks, pairs of letters."""
    whole = _whole(item)[:READ].casefold()
    pairs = [run[at : at + 2] for run in _IDEOGRAPHS.findall(whole) for at in range(len(run) - 1)]
    plain = _IDEOGRAPHS.sub(" ", whole)
    return [word for word in _WORD.findall(plain) if len(word) > 2] + pairs


def _whole(item: Item) -> str:
    return f"{item.name} {item.text} {' '.join(item.categories)}".strip()


def _as_written(word: str, items: Sequence[Item]) -> str:
    """The word with the capitals that it has most often."""
    written: Counter[str] = Counter()
    for item in items:
        written.update(each for each in _WORD.findall(f"{item.name} {item.text}") if each.casefold() == word)
    return min(written, key=lambda each: (-written[each], each), default=word)


def _listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
