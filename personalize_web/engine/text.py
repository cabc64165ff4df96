"""Texts to dense vectors, offline and in any language: hashed character n-grams, weighted, then reduced."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

BUCKETS = 1 << 18
LENGTHS = (3, 4, 5)
LONGEST = 20_000
"""Characters of a text that are read."""
WIDTH = 64
"""Width of the vectors."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def text_vectors(texts: Sequence[str | None], *, width: int = WIDTH, seed: int = 0) -> NDArray[np.float32]:
    """One vector a text, [texts, at most width], of length 1; zeros where there is no text."""
    counted = ngrams(texts)
    present = np.asarray((counted > 0).sum(axis=0)).ravel()
    weights = np.where(present >= 2, np.log((1 + len(texts)) / (1 + present)) + 1, 0.0)
    counted.data = np.log1p(counted.data)
    weighted = (counted @ sparse.diags(weights.astype(np.float32))).tocsr()
    weighted = weighted[:, np.flatnonzero(present >= 2)]
    if min(weighted.shape) <= 1:
        return np.zeros((len(texts), 1), np.float32)
    left, values, _ = randomized_svd(normalised(weighted), min(width, min(weighted.shape) - 1), seed)
    vectors = left * values
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def ngrams(texts: Sequence[str | None]) -> sparse.csr_matrix:
    """Counts of hashed n-grams of characters, [texts, BUCKETS]; case and runs of blanks don't matter."""
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for row, text in enumerate(texts):
        if not text:
            continue
        cleaned = f" {' '.join(text[:LONGEST].casefold().split())} "
        codes = np.frombuffer(cleaned.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        for length in LENGTHS:
            if len(codes) < length:
                continue
            hashed = np.full(len(codes) - length + 1, length, np.uint64)
            for place in range(length):
                hashed = (hashed ^ codes[place:len(codes) - length + 1 + place]) * _MULTIPLIER
            columns.append(((hashed >> np.uint64(40)) % np.uint64(BUCKETS)).astype(np.int64))
            rows.append(np.full(len(hashed), row, np.int64))
    places = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_matrix((np.ones(len(places[0]), np.float32), places), shape=(len(texts), BUCKETS))


def normalised(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix with rows of length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-9)).astype(np.float32) @ matrix


def randomized_svd(matrix: sparse.csr_matrix, width: int, seed: int, rounds: int = 4
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
