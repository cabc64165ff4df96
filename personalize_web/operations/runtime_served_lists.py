"""What was answered under a recommendation id, kept without making the answer wait for the disk.

Lists gather in memory and are written together by a thread, at most a quarter of a second later, and when the process
ends. A process that is killed loses the lists of its last quarter of a second: recorded events that name one of them
are kept all the same, they only have no implicit impressions. Inside a transaction a list is written at once, with it.
"""

import atexit
import logging
import threading
import time

from django.db import DatabaseError, connection, transaction

from personalize_web.resources.models import ServedList

logger = logging.getLogger(__name__)

PAUSE = 0.25
"""Seconds that lists gather before they are written."""
AFTER_FAILURE = 5.0
"""Seconds until lists are tried again that the database did not take."""
MOST = 20_000
"""Lists that wait at most, when the database does not take them; the oldest are given up."""
BATCH = 500

_waiting: list[ServedList] = []
_lock = threading.Lock()
_came = threading.Event()
_writer: threading.Thread | None = None


def remember(served: ServedList) -> None:
    """Keep ``served`` soon."""
    if connection.in_atomic_block:
        served.save(force_insert=True)
        return
    with _lock:
        _waiting.append(served)
        if len(_waiting) > MOST:
            del _waiting[: len(_waiting) - MOST]
            logger.warning("served lists are given up: the database does not take them")
        _start()
    _came.set()


def flush() -> bool:
    """Write what waits; False when the database does not take it now, and it waits on."""
    while True:
        with _lock:
            batch = _waiting[:BATCH]
            del _waiting[:BATCH]
        if not batch:
            return True
        try:
            with transaction.atomic():
                ServedList.objects.bulk_create(batch, ignore_conflicts=True)
        except DatabaseError as error:
            logger.error("served lists could not be written: %s", type(error).__name__)
            with _lock:
                _waiting[:0] = batch
            return False


def _start() -> None:
    """Begin to write, also in a process that was forked from one that did."""
    global _writer
    if _writer is None or not _writer.is_alive():
        _writer = threading.Thread(target=_write_for_ever, name="served-lists", daemon=True)
        _writer.start()
        atexit.unregister(_at_exit)
        atexit.register(_at_exit)


def _write_for_ever() -> None:
    while True:
        _came.wait()
        _came.clear()
        time.sleep(PAUSE)
        while not flush():
            time.sleep(AFTER_FAILURE)
        connection.close()


def _at_exit() -> None:
    flush()
    connection.close()
