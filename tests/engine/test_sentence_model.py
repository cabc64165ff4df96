"""Texts read by a model of sentences; a small one stands in for the package that would load it."""

import re
import sys
from types import ModuleType

import numpy as np
import pytest

from personalize_web.engine import sentence_model
from personalize_web.engine.errors import DataError
from personalize_web.engine.item_features import ItemEncoder
from personalize_web.engine.sentence_model import SentenceEncoder
from personalize_web.engine.table_columns import Column

WORDS = ("cat", "kitten", "dog", "tax", "law")
MEANING = np.array([[1, 0.1, 0], [1, 0, 0], [0.9, 0.3, 0], [0, 0, 1], [0, 0.2, 1]], np.float32)


class Sentences:
    """Adds up what words mean; as the real class, it refuses what is not on this machine."""

    def __init__(self, name, *, local_files_only):
        assert local_files_only
        if name != "/models/small":
            raise OSError(f"{name} is not a local folder and is not a valid model identifier")

    def get_sentence_embedding_dimension(self):
        return MEANING.shape[1]

    def encode(self, texts, *, batch_size, normalize_embeddings, show_progress_bar):
        found = np.stack([sum(MEANING[WORDS.index(word)] for word in re.findall(r"\w+", text)) for text in texts])
        return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = Sentences
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    sentence_model._loaded.cache_clear()
    yield
    sentence_model._loaded.cache_clear()


def test_texts_of_one_meaning_are_near_though_they_share_no_letters():
    encoder, vectors = SentenceEncoder.fit(["cat", "dog kitten", None, "law", "tax"], "/models/small", width=2)
    assert vectors.shape == (5, 2)
    near = vectors @ vectors.T
    assert near[0, 1] > 0.9 > 0.5 > near[0, 3]
    assert not vectors[2].any()
    np.testing.assert_allclose(encoder.vectors(["law", "cat"]), vectors[[3, 0]], atol=1e-5)


def test_an_encoder_of_items_is_kept_with_its_model():
    column = Column("ABOUT", "textual", codes=np.array([0, 1, -1], np.int32), labels=("cat", "tax law"))
    encoder, features = ItemEncoder.fit((column,), 3, 0, "/models/small")
    again = ItemEncoder.of(encoder.as_json(), encoder.arrays())
    assert again.as_json()["text_model"] == "/models/small"
    np.testing.assert_allclose(again.matrix((column,), 3).toarray(), features.toarray(), atol=1e-5)


def test_a_model_that_is_not_here_fails_the_training_in_words():
    with pytest.raises(DataError, match="/models/large is not on this machine"):
        SentenceEncoder.fit(["cat"], "/models/large")


def test_without_the_package_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(DataError, match="sentence-transformers is not installed"):
        SentenceEncoder.fit(["cat"], "/models/small")
