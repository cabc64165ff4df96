"""Rows that every request reads and that seldom change, read at most twice a second."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import connection

R = TypeVar("R")

FRESH = 0.5
"""Seconds. What one process changes, all others answer by after this time at the latest."""
MOST = 4096

_every: list[dict[tuple[Any, ...], Any]] = []


def forget() -> None:
    """Read everything anew, as when another database takes the place of this one."""
    for kept in _every:
        kept.clear()


def briefly(read: Callable[..., R]) -> Callable[..., R]:
    """Keep what ``read`` returned for half a second, by its positional arguments. Inside a transaction everything is
    read anew."""
    kept: dict[tuple[Any, ...], tuple[float, R]] = {}
    _every.append(kept)

    @wraps(read)
    def reader(*args: Any) -> R:
        if connection.in_atomic_block:
            return read(*args)
        now = time.monotonic()
        found = kept.get(args)
        if found is not None and now - found[0] < FRESH:
            return found[1]
        value = read(*args)
        if len(kept) >= MOST:
            kept.clear()
        kept[args] = (now, value)
        return value

    return reader
