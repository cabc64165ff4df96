"""Texts to dense vectors by a model of sentences that lies on this machine: where one is named, instead of n-grams."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError
from personalize_web.engine.text import LONGEST, WIDTH, of_length_one

AT_ONCE = 64
"""Texts that go through the model together."""


@dataclass(frozen=True)
class SentenceEncoder:
    """The directions in which a model's vectors of some texts differ most; turns any later texts likewise."""

    PARTS: ClassVar[tuple[str, ...]] = ("directions",)

    directions: NDArray[np.float32]
    """[m, width], m being the model's own width."""
    model: str
    """A folder, or a name in the hub's cache on this machine."""

    @classmethod
    def fit(
        cls, texts: Sequence[str | None], model: str, *, width: int = WIDTH
    ) -> tuple["SentenceEncoder", NDArray[np.float32]]:
        """The encoder, and the vectors of the texts it was fitted on. DataError where there is no such model here."""
        found = encoded(texts, model)
        directions = np.linalg.eigh(found.T @ found)[1][:, ::-1][:, :width].astype(np.float32)
        return cls(directions, model), of_length_one(found @ directions)

    def vectors(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        """One vector a text, [texts, width], of length 1; zeros where there is no text."""
        return of_length_one(encoded(texts, self.model) @ self.directions)


def encoded(texts: Sequence[str | None], model: str) -> NDArray[np.float32]:
    """What the model says of each text, [texts, m]; zeros where there is none."""
    known = [place for place, text in enumerate(texts) if text]
    network = _loaded(model)
    found = np.zeros((len(texts), int(network.get_sentence_embedding_dimension())), np.float32)
    if known:
        found[known] = network.encode(
            [str(texts[place])[:LONGEST] for place in known],
            batch_size=AT_ONCE, normalize_embeddings=True, show_progress_bar=False,
        )  # fmt: skip
    return found


@cache
def _loaded(model: str) -> Any:
    """The network; nothing is downloaded and no code that comes with a model is run."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise DataError(
            f"TEXT_MODEL names {model}, but sentence-transformers is not installed. Install it on every worker "
            "(pip install personalize-web[text]), or leave TEXT_MODEL empty."
        ) from error
    try:
        return SentenceTransformer(model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise DataError(
            f"The text model {model} is not on this machine. Put its files there beforehand and let TEXT_MODEL name "
            "their folder; nothing is downloaded during a training."
        ) from error
