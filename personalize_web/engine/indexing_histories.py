"""Writes the index of users' newest events, in memory that does not grow with their number."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from personalize_web.engine import packing
from personalize_web.engine.columns import PLACE, Snapshot, duck
from personalize_web.engine.history import NOTHING, Covered
from personalize_web.engine.ids import VocabularyWriter

NEWEST = 300
"""Events kept of each user."""
NEWEST_OF_TYPE = {"INTERACTIONS": 100, "ACTION_INTERACTIONS": 300}
"""Events kept of each user and event type, however old: what filters look at."""
MOST_EVENT_TYPES = 50
"""Event types that are counted one by one, the most frequent first."""

_MEMORY = "700MB"
_BATCH = 500_000
_PART_ROWS = 2_000_000
"""Events that are put in order at once."""
_MOST_PARTS = 400
_EVENT = np.dtype([("at", "i8"), ("place", "i8"), ("user", "i4"), ("item", "i4"), ("kind", "i4"), ("value", "f4")])


def build(snapshot: Snapshot, path: Path, *, covered: Covered = NOTHING) -> dict[str, Any]:
    """Write the index of ``snapshot`` to the file ``path``; a reader sees the old index or the new one.

    The answer, kept in the index too, are counts of all events that count: rows, users, items, users_with_two,
    event_types (type -> rows) and last_timestamp (Unix seconds; None without events); of action interactions actions
    instead of items.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(duck.connect(memory=_MEMORY))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="personalize-history-")))
        source = _Source.of(connection, snapshot)
        out = stack.enter_context(packing.Writer(path))
        users = source.write_ids(out, "users", "USER_ID")
        items = source.write_ids(out, "items", source.item)
        parts = _Parts(folder, len(users), snapshot.rows(), stack)
        for batch in source.batches(users, items):
            parts.add(batch)
        counts = _Counts(len(source.kinds))
        end = np.int64(0)
        out.append("offsets", np.zeros(1, np.int64))
        for begin, length, events in parts.in_turn():
            kept = _newest(events, NEWEST_OF_TYPE[snapshot.manifest.dataset_type or "INTERACTIONS"], counts)
            ends = end + np.bincount(kept["user"] - begin, minlength=length).cumsum()
            out.append("offsets", ends)
            end = ends[-1] if length else end
            out.append("item_rows", kept["item"])
            out.append("kind_rows", kept["kind"])
            out.append("timestamps", kept["at"])
            out.append("values", kept["value"])
        things = "actions" if source.item == "ACTION_ID" else "items"
        found = counts.told(source.kinds) | {"users": len(users), things: len(items)}
        out.about = {
            "event_types": source.kinds,
            "version": snapshot.version,
            "stored_rows": snapshot.rows(),
            "counts": found,
            "covered": [covered.upto, covered.events],
        }
    return found


class _Ranks:
    """Places in an ascending array of hashes, which are spread evenly: a table leads close to each."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._hashes = hashes
        bits = min(max(len(hashes).bit_length() + 2, 8), 26)
        self._shift = np.uint64(64 - bits)
        self._starts = np.searchsorted(hashes, np.arange(1 << bits, dtype=np.uint64) << self._shift).astype(np.int32)

    def __len__(self) -> int:
        return len(self._hashes)

    def of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The place of each hash; all of them are in the array."""
        found = self._starts[hashes >> self._shift]
        later = np.flatnonzero(self._hashes[found] < hashes)
        while len(later):
            found[later] += 1
            later = later[self._hashes[found[later]] < hashes[later]]
        return found


@dataclass(frozen=True)
class _Source:
    """The events that count, with users and items named by hashes."""

    connection: DuckDBPyConnection
    item: str
    kinds: list[str]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, connection: DuckDBPyConnection, snapshot: Snapshot) -> "_Source":
        connection.execute(f"CREATE TEMP VIEW events AS {snapshot.sql()}")
        kinds = []
        if "EVENT_TYPE" in snapshot.columns:
            named = "SELECT DISTINCT EVENT_TYPE FROM events WHERE EVENT_TYPE IS NOT NULL ORDER BY 1"
            kinds = [kind for (kind,) in connection.execute(named).fetchall()]
        if kinds:
            connection.execute(f"CREATE TYPE kind AS ENUM ({duck.texts(kinds)})")
        item = "ACTION_ID" if snapshot.manifest.dataset_type == "ACTION_INTERACTIONS" else "ITEM_ID"
        return cls(connection, item, kinds, snapshot.columns)

    def write_ids(self, out: packing.Writer, name: str, column: str) -> _Ranks:
        """Write the vocabulary of a column in the order of its hashes."""
        query = f"SELECT hash(id) AS hashed, id FROM (SELECT DISTINCT {column} AS id FROM events) ORDER BY hashed"
        vocabulary = VocabularyWriter(out, name)
        hashes = [np.zeros(0, np.uint64)]
        for batch in self._read(query):
            vocabulary.append(batch.column("id"))
            hashes.append(batch.column("hashed").to_numpy())
        vocabulary.finish()
        found = np.concatenate(hashes)
        if (found[1:] == found[:-1]).any():
            raise RuntimeError(f"Two ids in {column} have the same hash.")
        return _Ranks(found)

    def batches(self, users: _Ranks, items: _Ranks) -> Iterator[NDArray[Any]]:
        """Every event, in no particular order."""
        kind = "coalesce(enum_code(EVENT_TYPE::kind), -1)" if self.kinds else "-1"
        value = "coalesce(EVENT_VALUE, 'nan'::DOUBLE)" if "EVENT_VALUE" in self.columns else "'nan'"
        query = (
            f'SELECT hash(USER_ID) AS "user", hash({self.item}) AS item, ({kind})::INTEGER AS kind, '
            f"({value})::FLOAT AS value, TIMESTAMP AS at, {PLACE} AS place FROM events"
        )
        for batch in self._read(query):
            events = np.empty(batch.num_rows, _EVENT)
            for name in ("at", "place", "kind", "value"):
                events[name] = batch.column(name).to_numpy()
            events["user"] = users.of(batch.column("user").to_numpy())
            events["item"] = items.of(batch.column("item").to_numpy())
            yield events

    def _read(self, query: str) -> Iterator[pa.RecordBatch]:
        yield from self.connection.sql(query).to_arrow_reader(_BATCH)


class _Parts:
    """Events on disk, each part with all events of some users."""

    def __init__(self, folder: Path, users: int, rows: int, stack: ExitStack) -> None:
        count = max(1, min(_MOST_PARTS, rows // _PART_ROWS))
        self._users, self._width = users, max(1, -(-users // count))
        paths = [folder / f"{number}.events" for number in range(-(-users // self._width))]
        self._files: list[IO[bytes]] = [stack.enter_context(path.open("w+b")) for path in paths]

    def add(self, events: NDArray[Any]) -> None:
        """Put events into their parts."""
        part = (events["user"] // self._width).astype(np.uint16)
        events = np.take(events, np.argsort(part, kind="stable"))
        begin = 0
        for file, count in zip(self._files, np.bincount(part, minlength=len(self._files)), strict=True):
            file.write(events[begin : begin + count].data)
            begin += count

    def in_turn(self) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """The first user, the number of users and the events of each part."""
        for number, file in enumerate(self._files):
            begin = number * self._width
            file.seek(0)
            yield begin, min(self._width, self._users - begin), np.fromfile(file, _EVENT)
            file.truncate(0)


class _Counts:
    """What is counted on the way."""

    def __init__(self, kinds: int) -> None:
        self.rows = self.with_two = 0
        self.last: int | None = None
        self.of_kind = np.zeros(kinds + 1, np.int64)

    def add(self, events: NDArray[Any], lengths: NDArray[np.int64]) -> None:
        """Count the events of users with so many each."""
        self.rows += len(events)
        self.with_two += int((lengths > 1).sum())
        self.of_kind += np.bincount(events["kind"] + 1, minlength=len(self.of_kind))
        newest = int(events["at"].max())
        self.last = newest if self.last is None else max(newest, self.last)

    def told(self, kinds: list[str]) -> dict[str, Any]:
        """The counts, JSON-able."""
        types = sorted(zip(kinds, self.of_kind[1:].tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
        return {
            "rows": self.rows,
            "users_with_two": self.with_two,
            "last_timestamp": self.last,
            "event_types": dict(types[:MOST_EVENT_TYPES]),
        }


def _newest(events: NDArray[Any], of_type: int, counts: _Counts) -> NDArray[Any]:
    """The events to keep of one part, by user and time."""
    events = np.take(events, _order(events))  # much faster than an index on records
    user = events["user"]
    ends = np.flatnonzero(np.r_[user[1:] != user[:-1], True]) + 1
    lengths = np.diff(ends, prepend=0)
    counts.add(events, lengths)
    if lengths.max() <= NEWEST:
        return events
    keep = np.repeat(ends, lengths) - np.arange(len(events)) <= NEWEST
    long = np.flatnonzero(np.repeat(lengths > NEWEST, lengths))
    kind = events["kind"][long]
    group = user[long].astype(np.int64) * (int(kind.max()) + 2) + kind
    order = np.argsort(group, kind="stable")
    group = group[order]
    ends = np.flatnonzero(np.r_[group[1:] != group[:-1], True]) + 1
    newest = np.repeat(ends, np.diff(ends, prepend=0)) - np.arange(len(group)) <= of_type
    keep[long[order[newest]]] = True
    return np.take(events, np.flatnonzero(keep))


def _order(events: NDArray[Any]) -> NDArray[np.int64]:
    """The events' order by user, time and place."""
    user, at = events["user"].astype(np.int64), events["at"]
    first, span = int(at.min()), int(at.max()) - int(at.min()) + 1
    user -= int(user.min())
    if (int(user.max()) + 1) * span >= 1 << 63:
        return np.lexsort((events["place"], at, user))
    key = user * span + (at - first)
    order = np.argsort(key)
    key = key[order]
    tied = np.r_[False, key[1:] == key[:-1]]
    tied = np.flatnonzero(tied | np.r_[tied[1:], False])
    order[tied] = order[tied][np.lexsort((events["place"][order[tied]], key[tied]))]
    return order
