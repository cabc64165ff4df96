"""Texts as vectors."""

import numpy as np
from scipy import sparse

from personalize_web.engine.text import ngrams, randomized_svd, text_vectors

TEXTS = ["a red wooden toy train", "a blue wooden toy train", "silver ear rings", "gold ear rings", "gold finger rings",
         "red toy cars", None]


def test_texts_about_the_same_are_nearer():
    vectors = text_vectors(TEXTS, width=4)
    likeness = vectors @ vectors.T
    assert likeness[0, 1] > likeness[0, 2]
    assert likeness[3, 4] > likeness[3, 0]


def test_a_missing_text_is_zero_and_others_have_length_one():
    lengths = np.linalg.norm(text_vectors(TEXTS, width=4), axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 1, 1, 1, 0], atol=1e-5)


def test_case_and_blanks_do_not_matter():
    found = ngrams(["Red  Toy", "red toy"])
    assert (found[0] != found[1]).nnz == 0


def test_japanese_is_read_as_well():
    vectors = text_vectors(["東京の地図", "東京の天気", "パンの作り方", "パンの焼き方"], width=3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_the_quick_decomposition_finds_a_matrix_of_low_rank_again():
    rng = np.random.default_rng(0)
    whole = rng.standard_normal((60, 5)) @ rng.standard_normal((5, 40))
    left, values, right = randomized_svd(sparse.csr_matrix(whole), 5, 0)
    np.testing.assert_allclose(left @ np.diag(values) @ right, whole, atol=1e-3)
