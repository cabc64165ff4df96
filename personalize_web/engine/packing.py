"""Several arrays in one file that is swapped at once and read by memory map."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError

MAGIC = b"PWPACK01"
_ALIGNMENT = 64
_PIECE = 8 << 20
_LEFT_SECONDS = 86_400
"""What a writer left that was killed goes when another comes after this time."""


class Writer:
    """Writes one-dimensional arrays piece by piece, so that none has to fit into memory.

    A context: at its end the file stands at ``path`` with every array and ``about``, which is JSON-able; readers see
    the old file or the new one. An error leaves the old one.
    """

    def __init__(self, path: Path) -> None:
        self.about: dict[str, Any] = {}
        self._path = path
        self._pieces: dict[str, IO[bytes]] = {}
        self._types: dict[str, np.dtype[Any]] = {}

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for left in self._path.parent.glob(f".{self._path.name}-*"):
            if left.stat().st_mtime < time.time() - _LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        self._aside = Path(tempfile.mkdtemp(dir=self._path.parent, prefix=f".{self._path.name}-"))
        return self

    def append(self, name: str, piece: NDArray[Any]) -> None:
        """Put ``piece`` behind what the array of that name has so far; the first piece decides the type."""
        if name not in self._types:
            self._types[name] = piece.dtype
            self._pieces[name] = (self._aside / f"{len(self._types)}.part").open("w+b")
        self._pieces[name].write(np.ascontiguousarray(piece, self._types[name]).data)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._join()
        finally:
            for file in self._pieces.values():
                file.close()
            shutil.rmtree(self._aside, ignore_errors=True)

    def _join(self) -> None:
        places, size = {}, 0
        for name, file in self._pieces.items():
            count = file.tell() // self._types[name].itemsize
            places[name] = [size, count, self._types[name].str]
            size += -(-file.tell() // _ALIGNMENT) * _ALIGNMENT
        header = json.dumps({"arrays": places, "about": self.about}).encode()
        header += b" " * (-(len(MAGIC) + 8 + len(header)) % _ALIGNMENT)
        whole = self._aside / "whole"
        with whole.open("wb") as target:
            target.write(MAGIC + len(header).to_bytes(8, "little") + header)
            for file in self._pieces.values():
                length = file.tell()
                file.seek(0)
                shutil.copyfileobj(file, target, _PIECE)
                target.write(b"\0" * (-length % _ALIGNMENT))
            target.flush()
            os.fsync(target.fileno())
        whole.replace(self._path)


def write(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write one-dimensional ``arrays`` and the JSON-able ``about``; readers of ``path`` see the old file or the new."""
    with Writer(path) as out:
        out.about = dict(about)
        for name, array in arrays.items():
            out.append(name, array)


def texts(values: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The UTF-8 bytes of texts one behind the other, and where each begins, with the end of the last."""
    filled = pc.fill_null(values.cast(pa.large_string()), "")
    _, offsets, content = filled.buffers()
    ends = np.frombuffer(offsets, np.int64, len(filled) + 1, 8 * filled.offset) if offsets else np.zeros(1, np.int64)
    data = np.frombuffer(content, np.uint8) if content else np.zeros(0, np.uint8)
    return data[ends[0] : ends[-1]], ends - ends[0]


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays, as views of the mapped file, and what was written about them. Raises DataError for another file."""
    start = len(MAGIC) + 8
    whole = np.memmap(path, np.uint8, mode="r") if path.stat().st_size > start else np.zeros(start, np.uint8)
    if bytes(whole[: len(MAGIC)]) != MAGIC:
        raise DataError(f"{path.name} is damaged: import the dataset again to make it anew.")
    length = int.from_bytes(bytes(whole[len(MAGIC) : start]), "little")
    content = json.loads(bytes(whole[start : start + length]))
    begin = start + length
    arrays = {}
    for name, (offset, count, dtype) in content["arrays"].items():
        kind = np.dtype(dtype)
        part = whole[begin + offset : begin + offset + count * kind.itemsize]
        arrays[name] = np.asarray(part).view(kind)
    return arrays, content["about"]
