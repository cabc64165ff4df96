"""Texts to dense vectors, offline and in any language: hashed character n-grams, weighted, then reduced."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

BUCKETS = 1 << 18
LENGTHS = (3, 4, 5)
LONGEST, LONGEST_IDEOGRAPHIC = 20_000, 7_000
"""Characters of a text that are read; of one that is Chinese or Japanese fewer, as each of them says more."""
WIDTH = 64
"""Width of the vectors."""
_TEXTS = 1000
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class TextEncoder:
    """Fitted on texts; turns these and any later ones into vectors of the same meaning."""

    PARTS: ClassVar[tuple[str, ...]] = ("buckets", "weights", "directions")

    buckets: NDArray[np.int32]
    """[b]: the hashed n-grams that count, those of at least two texts."""
    weights: NDArray[np.float32]
    """[b]: how rare each is."""
    directions: NDArray[np.float32]
    """[b, width]: what each adds to a vector."""

    @classmethod
    def fit(
        cls, texts: Sequence[str | None], *, width: int = WIDTH, seed: int = 0
    ) -> tuple["TextEncoder", NDArray[np.float32]]:
        """The encoder, and the vectors of the texts it was fitted on."""
        counted = ngrams(texts)
        present = np.asarray((counted > 0).sum(axis=0)).ravel()
        buckets = np.flatnonzero(present >= 2)
        weights = (np.log((1 + len(texts)) / (1 + present[buckets])) + 1).astype(np.float32)
        weighted = _weighted(counted, buckets, weights)
        if min(weighted.shape) <= 1:
            nothing = cls(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros((0, 1), np.float32))
            return nothing, np.zeros((len(texts), 1), np.float32)
        left, values, right = randomized_svd(weighted, min(width, min(weighted.shape) - 1), seed)
        return cls(buckets.astype(np.int32), weights, right.T.astype(np.float32)), of_length_one(left * values)

    def vectors(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        """One vector a text, [texts, width], of length 1; zeros where nothing of a text is known."""
        return of_length_one(_weighted(ngrams(texts), self.buckets, self.weights) @ self.directions)


def text_vectors(texts: Sequence[str | None], *, width: int = WIDTH, seed: int = 0) -> NDArray[np.float32]:
    """One vector a text, [texts, at most width], of length 1; zeros where there is no text."""
    return TextEncoder.fit(texts, width=width, seed=seed)[1]


def _weighted(counted: sparse.csr_matrix, buckets: NDArray, weights: NDArray[np.float32]) -> sparse.csr_matrix:
    chosen = counted[:, buckets]
    chosen.data = np.log1p(chosen.data)
    return normalised((chosen @ sparse.diags(weights)).tocsr())


def of_length_one(vectors: NDArray) -> NDArray[np.float32]:
    """The same rows with length 1; rows of zeros stay."""
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def ngrams(texts: Sequence[str | None]) -> sparse.csr_matrix:
    """Counts of hashed n-grams of characters, [texts, BUCKETS]; case and runs of blanks don't matter."""
    # added up block by block, so that the single n-grams of few texts are in memory at once
    found = [_ngrams(texts[begin : begin + _TEXTS]) for begin in range(0, len(texts), _TEXTS)]
    return sparse.vstack(found or [_ngrams([])], format="csr")


def _ngrams(texts: Sequence[str | None]) -> sparse.csr_matrix:
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for row, text in enumerate(texts):
        if not text:
            continue
        longest = LONGEST_IDEOGRAPHIC if len(text) > LONGEST_IDEOGRAPHIC and _ideographic(text) else LONGEST
        cleaned = f" {' '.join(text[:longest].casefold().split())} "
        codes = np.frombuffer(cleaned.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        for length in LENGTHS:
            if len(codes) < length:
                continue
            hashed = np.full(len(codes) - length + 1, length, np.uint64)
            for place in range(length):
                hashed = (hashed ^ codes[place : len(codes) - length + 1 + place]) * _MULTIPLIER
            columns.append(((hashed >> np.uint64(40)) % np.uint64(BUCKETS)).astype(np.int64))
            rows.append(np.full(len(hashed), row, np.int64))
    places = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_matrix((np.ones(len(places[0]), np.float32), places), shape=(len(texts), BUCKETS))


def normalised(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix with rows of length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-9)).astype(np.float32) @ matrix


def randomized_svd(
    matrix: sparse.csr_matrix, width: int, seed: int, rounds: int = 4
) -> tuple[NDArray, NDArray, NDArray]:
    """Leading singular vectors and values: left [m, width], values [width] descending, right [width, n].

    Halko, Martinsson and Tropp, "Finding Structure with Randomness" (2011).
    """
    rng = np.random.default_rng(seed)
    wide = min(width + 10, *matrix.shape)
    basis = rng.standard_normal((matrix.shape[1], wide)).astype(np.float32)
    transposed = matrix.T.tocsr()
    for _ in range(rounds):
        basis = np.linalg.qr(transposed @ np.linalg.qr(matrix @ basis)[0])[0]
    left, values, right = np.linalg.svd(matrix @ basis, full_matrices=False)
    return left[:, :width], values[:width], (right @ basis.T)[:width]


_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def _ideographic(text: str) -> bool:
    """Whether most of a text's beginning is written in Chinese or Japanese characters."""
    return 2 * len(_IDEOGRAPHS.findall(text[:1000])) > len(text[:1000])
