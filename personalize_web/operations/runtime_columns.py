"""The memory-mapped indexes that requests read: opened once in a process, and again when they were renewed."""

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from personalize_web.engine.attributes import Attributes
from personalize_web.engine.history import HistoryIndex
from personalize_web.operations.runtime_datasets import Place
from personalize_web.resources import locations, shared_columns

T = TypeVar("T")

MOST = 128
"""Indexes open at once."""

_opened: dict[Path, tuple[tuple[int, int], Any]] = {}
_lock = threading.Lock()


def history_of_dataset(key: UUID) -> HistoryIndex | None:
    """What users did, as the dataset holds it now; None before the first import."""
    return _open(shared_columns.index(key, locations.HISTORY), HistoryIndex.open)


def history_of_model(key: UUID) -> HistoryIndex | None:
    """What users did, as the training of the model saw it."""
    return _open(locations.model_folder(key) / locations.HISTORY, HistoryIndex.open)


def action_history_of_model(key: UUID) -> HistoryIndex | None:
    """What users did with actions, as the training of the model saw it; None where it saw nothing."""
    return _open(locations.model_folder(key) / locations.ACTION_HISTORY, HistoryIndex.open)


def attributes_of_dataset(key: UUID) -> Attributes | None:
    """Rows of Items, Users or Actions, as the dataset holds them now; None before the first import."""
    return _open(shared_columns.index(key, locations.ATTRIBUTES), Attributes.open)


def user_attributes(model: UUID, users: Place | None, user_id: str) -> Mapping[str, Any]:
    """The user's row as the training of the model saw it, else as the dataset holds it; empty for an unknown user."""
    rows = _open(locations.model_folder(model) / locations.USERS, Attributes.open)
    if rows is None and users is not None:
        rows = attributes_of_dataset(users.storage_key)
    return (rows.row(user_id) if rows else None) or {}


def _open(path: Path, opener: Callable[[Path], T]) -> T | None:
    """What lies at ``path``, or None. A renewed index is another file under the old name."""
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    mark = (stat.st_ino, stat.st_mtime_ns)
    found = _opened.get(path)
    if found is not None and found[0] == mark:
        return found[1]
    opened = opener(path)
    with _lock:
        _opened.pop(path, None)
        _opened[path] = (mark, opened)
        for oldest in list(_opened)[:-MOST]:
            del _opened[oldest]
    return opened
