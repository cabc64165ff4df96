"""Work on several blocks at once; NumPy and SciPy let go of the interpreter while they compute."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Block = TypeVar("Block")
Found = TypeVar("Found")


def in_order(work: Callable[[Block], Found], blocks: Iterable[Block], threads: int | None) -> Iterator[Found]:
    """``work`` of each block, in the order of the blocks, so that threads change no result.

    At most two blocks a thread are under way or waiting to be taken. None threads are one a core.
    """
    count = threads or os.cpu_count() or 1
    if count == 1:
        yield from map(work, blocks)
        return
    waiting = iter(blocks)
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(work, block) for block in islice(waiting, 2 * count)]
        try:
            while running:
                found = running.pop(0).result()
                running += [pool.submit(work, block) for block in islice(waiting, 1)]
                yield found
        finally:
            for each in running:
                each.cancel()


def blocks(work: NDArray, most: int) -> list[slice]:
    """Consecutive rows whose ``work`` adds up to about ``most`` a block; a row with more stands with few others."""
    if not len(work):
        return []
    before = np.cumsum(work) - work
    begins = np.flatnonzero(np.diff(before // most, prepend=-1)).tolist()
    return [slice(begin, end) for begin, end in zip(begins, [*begins[1:], len(work)], strict=True)]
