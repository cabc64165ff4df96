"""Input files cut into chunks of whole lines, each small enough to be lost and done again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

_BLOCK = 1 << 22
_LINE_END = ord("\n")


@dataclass(frozen=True)
class Chunk:
    """Whole lines of one file."""

    begin: int
    """The first byte."""
    end: int
    """The byte behind the last."""
    first_line: int
    """From 1."""
    lines: int
    """Line ends in it, and one more where the file's last line has none; blank lines included."""


def cut(file: IO[bytes], *, lines: int, bytes_: int) -> Iterator[Chunk]:
    """The chunks of a file, read once and a block at a time: ``lines`` lines or about ``bytes_`` bytes each.

    A chunk ends behind a line end or at the file's end, so that a line longer than ``bytes_`` is a chunk of its own
    or the last of one. An empty file has none.
    """
    begin = place = counted = 0
    first, ended = 1, True
    while block := file.read(_BLOCK):
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _LINE_END)
        at = 0
        while True:
            full = int(np.searchsorted(ends, begin + bytes_ - 1 - place))
            closing = min(at + lines - counted - 1, max(full, at))
            if closing >= len(ends):
                break
            end = place + int(ends[closing]) + 1
            counted += closing - at + 1
            yield Chunk(begin, end, first, counted)
            begin, first, counted, at = end, first + counted, 0, closing + 1
        counted += len(ends) - at
        place += len(block)
        ended = block.endswith(b"\n")
    if place > begin:
        yield Chunk(begin, place, first, counted + (not ended))
