"""Outside ids (texts) to row numbers and back, as arrays that can be memory-mapped."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from personalize_web.engine import packing

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
        self._text = np.ascontiguousarray(bytes_).data
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
            if self._text[int(self._offsets[row]) : int(self._offsets[row + 1])] == key:
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

    def rows_of(self, other: "Vocabulary") -> NDArray[np.int64]:
        """The rows of all of another vocabulary's ids, in its order, -1 for each unknown one; no id becomes a text."""
        found = np.full(len(other), -1, np.int64)
        if not len(self) or not len(other):
            return found
        places = np.minimum(np.searchsorted(self._hashes, other._hashes), len(self) - 1)
        same = np.flatnonzero(np.asarray(self._hashes)[places] == other._hashes)
        own, theirs = np.asarray(self._order)[places[same]], np.asarray(other._order)[same]
        equal = self._equal_texts(own, other, theirs)
        found[theirs[equal]] = own[equal]
        for row in theirs[~equal].tolist():  # two ids with one hash
            found[row] = self.row(other.id(row))
        return found

    def _equal_texts(self, own: NDArray[np.int64], other: "Vocabulary", theirs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For pairs of rows, whether both stand for the same bytes."""
        begins, others = np.asarray(self._offsets)[own], np.asarray(other._offsets)[theirs]
        lengths = np.asarray(self._offsets)[own + 1] - begins
        equal = lengths == np.asarray(other._offsets)[theirs + 1] - others
        pairs = np.flatnonzero(equal)
        letters = np.repeat(pairs, lengths[pairs])
        within = np.arange(len(letters)) - np.repeat(np.cumsum(lengths[pairs]) - lengths[pairs], lengths[pairs])
        letter, others_letter = self._bytes[begins[letters] + within], other._bytes[others[letters] + within]
        equal[letters[letter != others_letter]] = False
        return equal

    def id(self, row: int) -> str:
        """The id of a row."""
        return self.ids([row])[0]

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids of many rows."""
        places = rows if isinstance(rows, np.ndarray) else np.fromiter(rows, np.int64)
        begins, ends = self._offsets[places].tolist(), self._offsets[places + 1].tolist()
        text = self._text
        return [str(text[begin:end], "utf-8", "surrogatepass") for begin, end in zip(begins, ends, strict=True)]

    def all(self) -> list[str]:
        """Every id in order."""
        return self.ids(range(len(self)))


class VocabularyWriter:
    """Writes a vocabulary whose ids come in pieces, the texts never in memory as a whole."""

    def __init__(self, out: packing.Writer, name: str) -> None:
        self._out, self._name = out, name
        self._end = 0
        self._hashes: list[NDArray[np.uint64]] = []
        self._put("bytes", np.zeros(0, np.uint8))
        self._put("offsets", np.zeros(1, np.int64))

    def append(self, ids: pa.Array) -> None:
        """Put ids behind those there are; none may stand twice, and none may be missing."""
        content, offsets = packing.texts(ids)
        text, places = content.data, offsets.tolist()
        hashes = (_hash(text[begin:end]) for begin, end in pairwise(places))
        self._hashes.append(np.fromiter(hashes, np.uint64, len(ids)))
        self._put("bytes", content)
        self._put("offsets", offsets[1:] + self._end)
        self._end += places[-1]

    def finish(self) -> None:
        """Write what look-up needs."""
        hashes = np.concatenate([np.zeros(0, np.uint64), *self._hashes])
        order = np.argsort(hashes)
        self._put("hashes", hashes[order])
        self._put("order", order.astype(np.int64))

    def _put(self, part: str, piece: NDArray) -> None:
        self._out.append(f"{self._name}_{part}", piece)


def _hash(key: bytes | memoryview) -> int:
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")
