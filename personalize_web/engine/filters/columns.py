"""Columns of a dataset as filters read them, aligned with the ids that are chosen among."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine.attributes import Attributes
from personalize_web.engine.filters.evaluation import COMPARE, Mask
from personalize_web.engine.filters.tree import Value
from personalize_web.engine.ids import Vocabulary

KEPT = 256
"""Answers to conditions that are kept."""


@dataclass(frozen=True)
class _Texts:
    """The values of a text column, several of an id apart, and the ids that have each."""

    known: pa.Array
    """Distinct values."""
    starts: NDArray[np.int64]
    """Where each value's ids begin in ``places``, with the end of the last."""
    places: NDArray[np.int32]
    """Places of ids, those with one value together."""


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a column, [N] each."""

    values: NDArray[Any]
    valid: NDArray[np.bool_]


class DatasetColumns:
    """[N] ids of a model with the columns that a dataset has of them.

    Immutable for its purpose: when the dataset's columns change, another one is made.
    """

    def __init__(
        self, ids: Vocabulary, attributes: Attributes | None, *, key: str, categorical: Collection[str]
    ) -> None:
        self._ids, self._attributes, self._key = ids, attributes, key
        self._categorical = frozenset(categorical)
        self._rows = attributes.ids.rows_of(ids) if attributes else np.full(len(ids), -1, np.int64)
        self._texts: dict[str, _Texts] = {}
        self._numbers: dict[str, _Numbers] = {}
        self._answers: OrderedDict[tuple[Any, ...], Mask] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def among(self, column: str, values: tuple[Value, ...]) -> Mask:
        """[N]: where any value of the column is one of ``values``; False where there is none."""
        if column == self._key:
            return self.named({str(each) for each in values})
        return self._kept(("among", column, values), lambda: self._among(column, values))

    def compared(self, column: str, operator: str, value: float) -> Mask:
        """[N]: where the number of the column compares so; False where there is none."""
        return self._kept((operator, column, value), lambda: self._compared(column, operator, value))

    def named(self, ids: set[str]) -> Mask:
        """[N]: where the id is one of ``ids``."""
        found = np.zeros(len(self._ids), bool)
        rows = self._ids.rows(ids)
        found[rows[rows >= 0]] = True
        return found

    def _kept(self, question: tuple[Any, ...], answer: Any) -> Mask:
        found = self._answers.get(question)
        if found is None:
            found = answer()
            found.flags.writeable = False
            self._answers[question] = found
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
        return found

    def _among(self, column: str, values: tuple[Value, ...]) -> Mask:
        found = np.zeros(len(self), bool)
        if self._attributes is None or column not in self._attributes.columns:
            return found
        if self._attributes.kind(column) == "text":
            texts = self._texts.get(column) or self._texts.setdefault(column, self._read_texts(column))
            wanted = pc.index_in(pa.array([str(each) for each in values], texts.known.type), value_set=texts.known)
            for code in pc.drop_null(wanted).to_pylist():
                found[texts.places[texts.starts[code] : texts.starts[code + 1]]] = True
            return found
        numbers = self._numbers_of(column)
        wanted_numbers = [number for each in values if (number := _number(each)) is not None]
        return numbers.valid & np.isin(numbers.values, wanted_numbers)

    def _compared(self, column: str, operator: str, value: float) -> Mask:
        if self._attributes is None or column not in self._attributes.columns:
            return np.zeros(len(self), bool)
        numbers = self._numbers_of(column)
        return numbers.valid & COMPARE[operator](numbers.values, value)

    def _numbers_of(self, column: str) -> _Numbers:
        """A numeric column in the order of the ids; read when it is first asked for."""
        found = self._numbers.get(column)
        if found is None:
            assert self._attributes is not None
            values, valid = self._attributes.numbers(column)
            if len(values):
                found = _Numbers(values[self._rows], (self._rows >= 0) & valid[self._rows])
            else:
                found = _Numbers(np.zeros(len(self)), np.zeros(len(self), bool))
            self._numbers[column] = found
        return found

    def _read_texts(self, column: str) -> _Texts:
        """A text column, turned round: from each of its values to the ids that have it."""
        assert self._attributes is not None
        texts = self._attributes.texts(column)
        rows = np.arange(len(texts))
        if column in self._categorical:
            parts = pc.split_pattern(texts, "|")
            rows, texts = pc.list_parent_indices(parts).to_numpy(), pc.utf8_trim_whitespace(pc.list_flatten(parts))
        place_of_row = np.full(len(self._attributes), -1, np.int32)
        known = np.flatnonzero(self._rows >= 0)
        place_of_row[self._rows[known]] = known
        filled = pc.fill_null(pc.not_equal(texts, ""), False).to_numpy(zero_copy_only=False)
        kept = np.flatnonzero(filled & (place_of_row[rows] >= 0))
        encoded = pc.dictionary_encode(texts.take(pa.array(kept)))
        codes = encoded.indices.to_numpy()
        by_code = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[by_code], np.arange(len(encoded.dictionary) + 1))
        return _Texts(encoded.dictionary, starts, place_of_row[rows[kept][by_code]])


def _number(value: Value) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
