"""Metadata columns to sparse feature vectors: categories, numbers and text, fitted once and applied anywhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

    from personalize_web.engine.dataset import Column

CATEGORIES = 1000
"""Most categories of a column that have a place of their own."""
KNOTS = 256
"""Quantiles that bend a number's distribution to a normal one."""
FARTHEST = 3.0
"""Bent numbers are cut at this many standard deviations."""


@dataclass(frozen=True)
class _Part:
    """Where a column's features stand in the vector, and how they are found."""

    name: str
    kind: str
    begin: int
    """Categories: unknown at ``begin``, missing next, then each category. Numbers: the number, then whether missing."""
    categories: Mapping[str, int]
    knots: tuple[float, ...]


class FeatureEncoder:
    """Fitted on columns; encodes rows of the same columns as (place, weight) pairs.

    A categorical value of several categories weighs each by one over their number. Textual columns are not encoded
    here: see :mod:`personalize_web.engine.text`.
    """

    def __init__(self, parts: Sequence[_Part], width: int) -> None:
        self._parts, self.width = tuple(parts), width

    @classmethod
    def fit(cls, columns: Sequence["Column"]) -> "FeatureEncoder":
        """The encoder of the categorical and numeric columns."""
        parts: list[_Part] = []
        width = 0
        for column in columns:
            if column.kind == "categorical":
                counts: Counter[str] = Counter()
                rows = np.bincount(column.codes[column.codes >= 0], minlength=len(column.labels))
                for label, count in zip(column.labels, rows, strict=True):
                    counts.update(dict.fromkeys(separated(label), int(count)))
                kept = [each for each, count in counts.most_common(CATEGORIES) if count >= 2]
                parts.append(_Part(column.name, "categorical", width, {each: i for i, each in enumerate(kept)}, ()))
                width += 2 + len(kept)
            elif column.kind == "numeric":
                known = column.values[np.isfinite(column.values)]
                knots = tuple(np.quantile(known, np.linspace(0, 1, KNOTS)).tolist()) if len(known) else ()
                parts.append(_Part(column.name, "numeric", width, {}, knots))
                width += 2
        return cls(parts, width)

    def matrix(self, columns: Sequence["Column"], rows: int) -> "sparse.csr_matrix":
        """The features of every row of the columns, [rows, width]."""
        from scipy import sparse

        by_name = {column.name: column for column in columns}
        places: list[NDArray] = [np.zeros(0, np.int64)]
        features, weights = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        for part in self._parts:
            column = by_name[part.name]
            if part.kind == "numeric":
                missing = ~np.isfinite(column.values)
                places.append(np.arange(rows))
                features.append(part.begin + missing.astype(np.int64))
                weights.append(np.where(missing, 1.0, _bent(np.nan_to_num(column.values), part.knots)))
                continue
            encoded = [self._category(part, label) for label in [*column.labels, None]]
            of_label = np.array([each for found in encoded for each in found])  # [pairs of all labels, 2]
            sizes = np.array([len(each) for each in encoded])
            begins = np.cumsum(sizes) - sizes
            taken = sizes[column.codes]
            ends = np.cumsum(taken)
            pairs = np.arange(taken.sum()) + np.repeat(begins[column.codes] - (ends - taken), taken)
            places.append(np.repeat(np.arange(rows), taken))
            features.append(of_label[pairs, 0].astype(np.int64))
            weights.append(of_label[pairs, 1].astype(np.float32))
        return sparse.csr_matrix(
            (np.concatenate(weights).astype(np.float32), (np.concatenate(places), np.concatenate(features))),
            shape=(rows, self.width),
        )

    def row(self, values: Mapping[str, Any], *, unknown_is_missing: bool = False) -> tuple[list[int], list[float]]:
        """Places and weights of one row given as column name -> value; what is missing or unreadable counts so.

        Categories that the encoder was not fitted on count as unknown ones, or with ``unknown_is_missing`` as none.
        """
        places: list[int] = []
        weights: list[float] = []
        for part in self._parts:
            value = values.get(part.name)
            if part.kind == "numeric":
                number = _number(value)
                places.append(part.begin + (number is None))
                weights.append(1.0 if number is None else float(_bent(np.array([number]), part.knots)[0]))
                continue
            for place, weight in self._category(part, None if value is None else str(value)):
                places.append(part.begin + 1 if unknown_is_missing and place == part.begin else place)
                weights.append(weight)
        return places, weights

    def known(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of one row given as column name -> value, what says something: a category or a number that can be read."""

        def says(part: _Part, value: Any) -> bool:
            if part.kind == "numeric":
                return _number(value) is not None
            return any(name in part.categories for name in separated(str(value)))

        given = ((part, values.get(part.name)) for part in self._parts)
        return {part.name: value for part, value in given if value is not None and says(part, value)}

    @property
    def columns(self) -> dict[str, str]:
        """Column -> its kind, ``categorical`` or ``numeric``, of every column that is encoded."""
        return {part.name: part.kind for part in self._parts}

    def as_json(self) -> list[dict[str, Any]]:
        """All it takes to encode elsewhere."""
        return [
            {
                "name": each.name,
                "kind": each.kind,
                "begin": each.begin,
                "categories": list(each.categories),
                "knots": list(each.knots),
            }
            for each in self._parts
        ]

    @classmethod
    def from_json(cls, kept: Sequence[Mapping[str, Any]]) -> "FeatureEncoder":
        """The encoder kept by :meth:`as_json`."""
        parts = [
            _Part(
                each["name"],
                each["kind"],
                each["begin"],
                {name: i for i, name in enumerate(each["categories"])},
                tuple(each["knots"]),
            )
            for each in kept
        ]
        return cls(parts, max((each.begin + 2 + len(each.categories) for each in parts), default=0))

    @staticmethod
    def _category(part: _Part, label: str | None) -> list[tuple[int, float]]:
        names = separated(label) if label else []
        if not names:
            return [(part.begin + 1, 1.0)]
        known = [part.begin + 2 + part.categories[name] for name in names if name in part.categories]
        return [(place, 1 / len(known)) for place in known] or [(part.begin, 1.0)]


def separated(label: str) -> list[str]:
    """The single categories of a value, which are joined by ``|``."""
    return [each.strip() for each in label.split("|") if each.strip()]


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


_NORMAL = np.array([NormalDist().inv_cdf(min(max(each, 1e-3), 1 - 1e-3)) for each in np.linspace(0, 1, KNOTS)])


def _bent(values: NDArray, knots: Sequence[float]) -> NDArray:
    """Numbers to where they would stand in a normal distribution; 0 where nothing is known of them."""
    if not knots or knots[0] == knots[-1]:
        return np.zeros(len(values))
    below, above = np.searchsorted(knots, values, "left"), np.searchsorted(knots, values, "right")
    middle = np.clip((below + above - 1) / 2, 0, KNOTS - 1)
    inside = np.interp(values, knots, np.arange(KNOTS))
    return np.clip(np.interp(np.where(above > below, middle, inside), np.arange(KNOTS), _NORMAL), -FARTHEST, FARTHEST)
