"""Many rows out of the database, without reading them and without holding it for long."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

BATCH = 20_000
"""Rows removed at a time."""


def remove(rows: QuerySet[Any], *, check: Callable[[], None] = lambda: None) -> int:
    """Delete ``rows``, to which no other row refers and of which nobody is told; the answer is how many they were.

    ``check`` is called between two batches and may raise to end it.
    """
    gone = 0
    while True:
        last = rows.order_by("pk").values_list("pk", flat=True)[BATCH - 1 : BATCH].first()
        batch = rows.order_by() if last is None else rows.order_by().filter(pk__lte=last)
        gone += batch._raw_delete(batch.db) or 0
        check()
        if last is None:
            return gone
