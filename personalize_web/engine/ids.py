"""Outside ids (texts) to row numbers and back, as arrays that can be memory-mapped."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

REMEMBERED = 100_000
"""Most ids whose rows a vocabulary keeps at hand."""
_PARTS = ("bytes", "offsets", "hashes", "order")


class Vocabulary:
    """A fixed, ordered set of ids; the row of an id is its place in that order.

    Look-up is a binary search over sorted 64-bit hashes, so that nothing has to be built when a process opens it.
    """

    def __init__(self, bytes_: NDArray[np.uint8], offsets: NDArray[np.int64], hashes: NDArray[np.uint64],
                 order: NDArray[np.int64]) -> None:
        self._bytes, self._offsets, self._hashes, self._order = bytes_, offsets, hashes, order
        self._found: dict[str, int] = {}

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Vocabulary":
        """The vocabulary of distinct ids in the given order; ValueError where one stands twice."""
        encoded = [each.encode("utf-8", "surrogatepass") for each in ids]
        if len(set(encoded)) != len(encoded):
            raise ValueError("An id stands twice in a vocabulary.")
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(each) for each in encoded], out=offsets[1:])
        hashes = np.fromiter((_hash(each) for each in encoded), np.uint64, len(encoded))
        order = np.argsort(hashes, kind="stable").astype(np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets, hashes[order], order)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray], name: str) -> "Vocabulary":
        """The vocabulary kept under ``name`` by :meth:`arrays`."""
        return cls(*(arrays[f"{name}_{part}"] for part in _PARTS))

    def arrays(self, name: str) -> dict[str, NDArray]:
        """Its arrays, each under ``name`` and the part's name."""
        parts: tuple[NDArray, ...] = (self._bytes, self._offsets, self._hashes, self._order)
        return {f"{name}_{part}": array for part, array in zip(_PARTS, parts, strict=True)}

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, id: str) -> bool:
        return self.row(id) >= 0

    def row(self, id: str) -> int:
        """The row of an id, or -1 where it is unknown."""
        key = id.encode("utf-8", "surrogatepass")
        value = np.uint64(_hash(key))
        place = int(np.searchsorted(self._hashes, value))
        while place < len(self._hashes) and self._hashes[place] == value:
            row = int(self._order[place])
            if self._encoded(row) == key:
                return row
            place += 1
        return -1

    def rows(self, ids: Iterable[str]) -> NDArray[np.int64]:
        """The rows of many ids, -1 for each unknown one."""
        found = self._found
        if len(found) > REMEMBERED:
            found.clear()
        rows = []
        for each in ids:
            row = found.get(each)
            if row is None:
                row = self.row(each)
                if row >= 0:
                    found[each] = row
            rows.append(row)
        return np.array(rows, np.int64)

    def id(self, row: int) -> str:
        """The id of a row."""
        return self._encoded(int(row)).decode("utf-8", "surrogatepass")

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of many rows."""
        return [self.id(each) for each in rows]

    def all(self) -> list[str]:
        """Every id in order."""
        return self.ids(range(len(self)))

    def _encoded(self, row: int) -> bytes:
        return self._bytes[self._offsets[row]:self._offsets[row + 1]].tobytes()


def _hash(key: bytes) -> int:
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")
