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
    """The values of a text column, several of a row apart."""

    known: pa.Array
    """Distinct values."""
    codes: NDArray[np.int32]
    """Place in ``known`` of each occurrence."""
    rows: NDArray[np.int64]
    """Row of each occurrence."""


class DatasetColumns:
    """[N] ids of a model with the columns that a dataset has of them.

    Immutable for its purpose: when the dataset's columns change, another one is made.
    """

    def __init__(
        self, ids: Vocabulary, attributes: Attributes | None, *, key: str, categorical: Collection[str]
    ) -> None:
        self._ids, self._attributes, self._key = ids, attributes, key
        self._categorical = frozenset(categorical)
        self._rows = attributes.ids.rows(ids.all()) if attributes else np.full(len(ids), -1, np.int64)
        self._texts: dict[str, _Texts] = {}
        self._answers: OrderedDict[tuple[Any, ...], Mask] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def among(self, column: str, values: tuple[Value, ...]) -> Mask:
        """[N]: where any value of the column is one of ``values``; False where there is none."""
        if column == self._key:
            return self.named({str(each) for each in values})
        return self._kept(("among", column, values), lambda: self._aligned(self._among(column, values)))

    def compared(self, column: str, operator: str, value: float) -> Mask:
        """[N]: where the number of the column compares so; False where there is none."""
        return self._kept((operator, column, value), lambda: self._aligned(self._compared(column, operator, value)))

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

    def _aligned(self, of_rows: Mask | None) -> Mask:
        """From the dataset's rows to the ids; an id that the dataset lacks has nothing."""
        if of_rows is None:
            return np.zeros(len(self._ids), bool)
        return (self._rows >= 0) & of_rows[self._rows]

    def _among(self, column: str, values: tuple[Value, ...]) -> Mask | None:
        if self._attributes is None or column not in self._attributes.columns:
            return None
        if self._attributes.kind(column) == "text":
            texts = self._texts.get(column) or self._texts.setdefault(column, self._read(column))
            wanted = pc.index_in(pa.array([str(each) for each in values], texts.known.type), value_set=texts.known)
            codes = pc.drop_null(wanted).to_numpy(zero_copy_only=False)
            found = np.zeros(len(self._attributes), bool)
            if len(codes):
                hit = texts.codes == codes[0] if len(codes) == 1 else np.isin(texts.codes, codes)
                found[texts.rows[hit]] = True
            return found
        numbers, valid = self._attributes.numbers(column)
        wanted_numbers = [number for each in values if (number := _number(each)) is not None]
        return valid & np.isin(numbers, wanted_numbers)

    def _compared(self, column: str, operator: str, value: float) -> Mask | None:
        if self._attributes is None or column not in self._attributes.columns:
            return None
        numbers, valid = self._attributes.numbers(column)
        return valid & COMPARE[operator](numbers, value)

    def _read(self, column: str) -> _Texts:
        assert self._attributes is not None
        texts = self._attributes.texts(column)
        rows = np.arange(len(texts))
        if column in self._categorical:
            parts = pc.split_pattern(texts, "|")
            rows, texts = pc.list_parent_indices(parts).to_numpy(), pc.utf8_trim_whitespace(pc.list_flatten(parts))
        kept = np.flatnonzero(pc.fill_null(pc.not_equal(texts, ""), False).to_numpy(zero_copy_only=False))
        encoded = pc.dictionary_encode(texts.take(pa.array(kept)))
        return _Texts(encoded.dictionary, encoded.indices.to_numpy(), rows[kept])


def _number(value: Value) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
