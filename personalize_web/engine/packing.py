"""Several arrays in one file that is swapped at once and read by memory map."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError

MAGIC = b"PWPACK01"
_ALIGNMENT = 64


def write(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write one-dimensional ``arrays`` and the JSON-able ``about``; readers of ``path`` see the old file or the new."""
    places, size = {}, 0
    for name, array in arrays.items():
        places[name] = [size, len(array), array.dtype.str]
        size += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    header = json.dumps({"arrays": places, "about": dict(about)}).encode()
    header += b" " * (-(len(MAGIC) + 8 + len(header)) % _ALIGNMENT)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + len(header).to_bytes(8, "little") + header)
            for array in arrays.values():
                file.write(np.ascontiguousarray(array).data)
                file.write(b"\0" * (-array.nbytes % _ALIGNMENT))
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        os.unlink(aside)
        raise


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
