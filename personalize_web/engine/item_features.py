"""What metadata say of an item, as a vector of features: fitted at a training, applied to items that come later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.sentence_model import SentenceEncoder
from personalize_web.engine.text import TextEncoder

if TYPE_CHECKING:
    from scipy import sparse

    from personalize_web.engine.table_columns import Column


@dataclass(frozen=True)
class ItemEncoder:
    """Categories and numbers, then each text."""

    table: FeatureEncoder
    texts: Mapping[str, TextEncoder | SentenceEncoder]
    """Textual column -> its encoder."""
    text_model: str = ""
    """The model of sentences that reads texts; empty: n-grams do."""

    @classmethod
    def fit(
        cls, columns: Sequence["Column"], items: int, seed: int, text_model: str = ""
    ) -> tuple["ItemEncoder", "sparse.csr_matrix"]:
        """The encoder of the columns of ``items`` items, and their features [items, f].

        DataError where ``text_model`` names a model of sentences that is not on this machine.
        """
        table = FeatureEncoder.fit(columns)
        fitted = {each.name: _fitted(_texts(each), seed, text_model) for each in columns if each.kind == "textual"}
        encoder = cls(table, {name: found for name, (found, _) in fitted.items()}, text_model)
        return encoder, _side_by_side(table.matrix(columns, items), [vectors for _, vectors in fitted.values()])

    def matrix(self, columns: Sequence["Column"], items: int) -> "sparse.csr_matrix":
        """The features [items, f] of other items; unknown categories count as such. ``columns`` are all it reads."""
        by_name = {column.name: column for column in columns}
        vectors = [each.vectors(_texts(by_name[name])) for name, each in self.texts.items()]
        return _side_by_side(self.table.matrix(columns, items), vectors)

    @property
    def columns(self) -> dict[str, str]:
        """Column -> its kind, of every column that it reads."""
        return {**self.table.columns, **dict.fromkeys(self.texts, "textual")}

    def as_json(self) -> dict[str, Any]:
        """All it takes to make it again, but for :meth:`arrays`."""
        return {"table": self.table.as_json(), "texts": list(self.texts), "text_model": self.text_model}

    def arrays(self) -> dict[str, NDArray]:
        """The large parts of the encoders of texts."""
        return {
            f"item_text{place}_{part}": getattr(each, part)
            for place, each in enumerate(self.texts.values())
            for part in each.PARTS
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> "ItemEncoder":
        """The encoder kept by :meth:`as_json` and :meth:`arrays`."""
        text_model = kept.get("text_model", "")

        def text(place: int) -> TextEncoder | SentenceEncoder:
            def part(name: str) -> NDArray:
                return np.asarray(arrays[f"item_text{place}_{name}"])

            if text_model:
                return SentenceEncoder(part("directions"), text_model)
            return TextEncoder(*(part(name) for name in TextEncoder.PARTS))

        texts = {name: text(place) for place, name in enumerate(kept["texts"])}
        return cls(FeatureEncoder.from_json(kept["table"]), texts, text_model)


def _fitted(
    texts: Sequence[str | None], seed: int, text_model: str
) -> tuple[TextEncoder | SentenceEncoder, NDArray[np.float32]]:
    return SentenceEncoder.fit(texts, text_model) if text_model else TextEncoder.fit(texts, seed=seed)


def _texts(column: "Column") -> list[str | None]:
    return [column.labels[code] if code >= 0 else None for code in column.codes]


def _side_by_side(first: "sparse.csr_matrix", others: Sequence[NDArray[np.float32]]) -> "sparse.csr_matrix":
    from scipy import sparse

    return sparse.hstack([first, *(sparse.csr_matrix(each) for each in others)], format="csr").astype(np.float32)
