"""The event log's writer: what several calls recorded goes to disk in one commit, and only then do they return.

A disk commits some hundred times a second at most, however little each commit holds. So the calls of a process hand
their rows to one thread, which writes all that waits in one transaction and then lets every call go on. Nothing is
answered that is not on disk; nothing waits for anything but the commit.
"""

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from personalize_web.resources.models import Event

logger = logging.getLogger(__name__)

MOST = 5_000
"""Rows of one transaction; a call's rows stay together."""
IDLE = 5.0
"""Seconds without work after which the writer's connection is closed."""
AGE = 30.0
"""Seconds after which a connection is looked at again: it may be too old, or useless."""
PATIENCE = 120.0
"""Seconds until a call gives up waiting."""


class Row(NamedTuple):
    """One event, its values in the order of the log's columns; JSON values are texts."""

    dataset_id: int
    digest: str
    event_id: str
    named: bool
    """Whether the sender gave ``event_id``: one that was made up repeats none."""
    user_id: str | None
    session_id: str
    item_id: str
    event_type: str
    event_value: float | None
    timestamp: float
    properties: str
    impression: str | None
    recommendation_id: str | None
    attribution_source: str | None


_NAMES = [
    "dataset_id", "digest", "event_id", "user_id", "session_id", "item_id", "event_type", "event_value",
    "timestamp", "properties", "impression", "recommendation_id", "attribution_source", "repeated",
]  # fmt: skip
_INTO = ["INSERT INTO", Event._meta.db_table, "(", ", ".join([*_NAMES, "received_at", "stored"]), ")"]
_ONCE = "ON CONFLICT (dataset_id, digest) DO NOTHING"
_ONE_BY_ONE = " ".join([*_INTO, "VALUES (", ", ".join(["%s"] * (len(_NAMES) + 2)), ")", _ONCE])

_TYPES = {
    "dataset_id": "bigint", "event_value": "float8", "timestamp": "float8", "repeated": "bool", "named": "bool",
    "place": "int",
}  # fmt: skip
_AS = {"properties": "new.properties::jsonb", "impression": "new.impression::jsonb",
       "repeated": "new.repeated OR found.there IS NOT NULL"}  # fmt: skip
_AT_ONCE = " ".join(
    [
        *_INTO, "SELECT", ", ".join(_AS.get(name, f"new.{name}") for name in _NAMES), ", %s, false",
        "FROM json_to_recordset(%s::json) AS new (",
        ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in [*_NAMES, "named", "place"]),
        ") LEFT JOIN LATERAL (SELECT true AS there FROM", Event._meta.db_table, "AS known WHERE",
        "known.event_id = new.event_id AND known.dataset_id = new.dataset_id LIMIT 1) AS found ON new.named",
        "ORDER BY place", _ONCE,
    ]
)  # fmt: skip
"""For PostgreSQL one statement, which is a transaction by itself: it takes the rows as JSON, which is quickest to
write, and looks into the index once for each id: a list of ids would make it read a fresh table whole."""
_LOOK_UP = " ".join(
    [
        "SELECT event_id FROM", Event._meta.db_table,
        "WHERE event_id IN (SELECT value FROM json_each(%s)) AND dataset_id = %s",
    ]
)  # fmt: skip


class Removed(Exception):
    """The dataset went while its events were on their way."""


def keep(rows: Sequence[Row]) -> None:
    """Have ``rows`` in the event log, all or none; they are on disk when this returns.

    Equal events are kept once; one whose given id is known is marked as repeated. Inside a transaction they are written
    with it. Raises :class:`Removed` when the dataset is gone.
    """
    if connection.in_atomic_block:
        _insert(rows, timezone.now())
        return
    _writer().write(rows)


class _Call:
    """The rows of one call, which waits until its lock is released."""

    __slots__ = ("done", "error", "rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def end(self, error: BaseException | None) -> None:
        """Let the call go on; the first word counts."""
        if self.done.locked():
            self.error = error
            self.done.release()


class _Writer:
    """One thread and what waits for it."""

    def __init__(self) -> None:
        self._waiting: list[_Call] = []
        self._came = threading.Condition()
        self._opened = 0.0
        self._tuned: Any = None
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """False in a process that was forked from the one that made it."""
        return self._thread.is_alive()

    def write(self, rows: Sequence[Row]) -> None:
        """Have ``rows`` written, and wait for it."""
        call = _Call(rows)
        with self._came:
            self._waiting.append(call)
            self._came.notify()
        if not call.done.acquire(timeout=PATIENCE):
            raise OperationalError("the event log's writer does not answer")
        if call.error is not None:
            raise call.error

    def _run(self) -> None:
        while True:
            calls = self._next()
            try:
                self._make_ready()
                _write(calls)
            except OperationalError:
                self._once_more(calls)
            except BaseException as error:  # the calls learn it: nobody else is there to
                _end(calls, error)

    def _once_more(self, calls: list[_Call]) -> None:
        """After the database went away, on a new connection: what was written after all is not written twice."""
        logger.warning("the event log could not be written; trying once more", exc_info=True)
        try:
            self._make_ready()
            _write(calls)
        except BaseException as error:
            _end(calls, error)

    def _make_ready(self) -> None:
        """A connection that works, and on which SQLite waits for the disk at each commit; other databases always do.

        One that was in use just now is not asked whether it still works, unless something went wrong on it.
        """
        if connection.errors_occurred or time.monotonic() - self._opened > AGE:
            connection.close_if_unusable_or_obsolete()
            self._opened = time.monotonic()
        if connection.vendor == "sqlite" and (
            connection.connection is None or connection.connection is not self._tuned
        ):
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous=FULL")
            self._tuned = connection.connection

    def _next(self) -> list[_Call]:
        with self._came:
            while not self._waiting:
                if not self._came.wait(IDLE):
                    connection.close()
            rows = count = 0
            for call in self._waiting:
                rows += len(call.rows)
                if rows > MOST and count:
                    break
                count += 1
            calls = self._waiting[:count]
            del self._waiting[:count]
        return calls


@contextmanager
def on_disk() -> Iterator[None]:
    """Let SQLite wait for the disk at the commits inside; other databases always do."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=NORMAL")


def _write(calls: list[_Call]) -> None:
    """All calls in one transaction; where that fails, each in its own, so that one cannot spoil another."""
    try:
        _commit([row for call in calls for row in call.rows])
    except OperationalError:
        raise
    except DatabaseError as error:
        if len(calls) == 1:
            _end(calls, Removed() if isinstance(error, IntegrityError) else error)
            return
        for call in calls:
            _write([call])
        return
    _end(calls, None)


def _end(calls: list[_Call], error: BaseException | None) -> None:
    for call in calls:
        call.end(error)


def _commit(rows: Sequence[Row]) -> None:
    with nullcontext() if connection.vendor == "postgresql" else transaction.atomic():
        _insert(rows, timezone.now())


def _insert(rows: Sequence[Row], now: datetime) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = [*_NAMES, "named", "place"]
            table = [
                dict(zip(names, (*each, row.named, place), strict=True))
                for place, (row, each) in enumerate(zip(rows, _marked(rows, set()), strict=True))
            ]
            cursor.execute(_AT_ONCE, [now, json.dumps(table)])
        else:
            moment = connection.ops.adapt_datetimefield_value(now)
            cursor.executemany(_ONE_BY_ONE, [(*each, moment, False) for each in _marked(rows, _known(cursor, rows))])


def _marked(rows: Sequence[Row], known: set[tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    """The values of each row, and whether its given id is ``known`` or came before in these rows."""
    for row in rows:
        key = (row.dataset_id, row.event_id)
        yield (*row[:3], *row[4:], row.named and key in known)
        known.add(key)


def _known(cursor: Any, rows: Sequence[Row]) -> set[tuple[int, str]]:
    """Dataset and event id of those given ids that the log has already."""
    given = defaultdict(list)
    for row in rows:
        if row.named:
            given[row.dataset_id].append(row.event_id)
    known = set()
    for dataset, ids in given.items():
        cursor.execute(_LOOK_UP, [json.dumps(ids), dataset])
        known |= {(dataset, event_id) for (event_id,) in cursor.fetchall()}
    return known


_present: _Writer | None = None
_making = threading.Lock()


def _writer() -> _Writer:
    global _present
    if _present is None or not _present.alive:
        with _making:
            if _present is None or not _present.alive:
                _present = _Writer()
    return _present
