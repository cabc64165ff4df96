"""How rows of the database become rows of the columns: in batches, in order, by one process at a time."""

import fcntl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from personalize_web.resources.models import Dataset
from personalize_web.workers import folders, indexes
from personalize_web.workers.context import JobContext

BATCH = 50_000
"""Rows moved in one step."""
AT_ONCE = 500
"""Values named in one statement."""
_PAUSE = 0.2


def store(
    dataset: Dataset,
    waiting: QuerySet[Any],
    columns: Sequence[str],
    table: Callable[[Dataset, Sequence[tuple[Any, ...]]], pa.Table],
    context: JobContext | None,
) -> int:
    """Append ``waiting`` to the dataset's columns, in the order of the log, and mark them; answers how many they were.

    ``table`` makes a batch of ``columns``, whose first is ``pk``, into a table. Two processes never do this to one
    dataset at a time, or an older version of a record could come after a newer.
    """
    if not waiting.exists():
        return 0
    with _alone(dataset, context):
        store_, schema = folders.store_of(dataset), folders.schema_of(dataset)
        moved: list[int] = []
        for batch in _batches(waiting.order_by("pk").values_list(*columns)):
            if context:
                context.check()
            store_.append_individual(table(dataset, batch), time.time_ns(), schema)
            moved += [row[0] for row in batch]
        if not moved:
            return 0
        if context:
            context.require_lease()
        indexes.after_storing(dataset, len(moved))
        for begin in range(0, len(moved), AT_ONCE):
            waiting.model._default_manager.filter(pk__in=moved[begin : begin + AT_ONCE]).update(stored=True)
        indexes.count(dataset)
    return len(moved)


def _batches(rows: QuerySet[Any]) -> Iterator[list[tuple[Any, ...]]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1][0]
        yield batch


@contextmanager
def _alone(dataset: Dataset, context: JobContext | None) -> Iterator[None]:
    """Nobody else stores into this dataset meanwhile, on any machine that shares our database."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            while not _locked(cursor, dataset.pk):
                _wait(context)
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, dataset.pk])
        return
    settings.DATA_DIR.joinpath("locks").mkdir(exist_ok=True)
    with settings.DATA_DIR.joinpath("locks", f"storing-{dataset.storage_key}").open("w") as lock:
        while not _flocked(lock):
            _wait(context)
        yield


_LOCK = 7_341
"""Of all advisory locks, those for storing."""


def _locked(cursor: Any, key: int) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, key])
    return bool(cursor.fetchone()[0])


def _flocked(lock: Any) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(context: JobContext | None) -> None:
    if context:
        context.check()
    time.sleep(_PAUSE)
