"""Any sequence of changes leaves what a plain list of rows would hold."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.columns import store as store_module
from personalize_web.engine.columns.bucket import BucketDisk, Cache
from tests.engine.columns.samples import INTERACTIONS, PLAN, USERS, events, people, rows_of, users_schema
from tests.engine.columns.shelf import Shelf

USER_IDS = st.sampled_from("abcdef")
RECORDS = st.lists(st.tuples(USER_IDS, st.none() | st.integers(0, 3)), max_size=6)
EVENTS = st.lists(st.tuples(st.none() | USER_IDS, st.sampled_from("xy"), st.integers(0, 1)), max_size=6)
EVENT_IDS = st.none() | st.sampled_from(["e1", "e2", "e3"])


@dataclass
class Row:
    origin: str
    values: tuple
    event_id: str | None = None
    added: bool = False
    """By an import of mode INCREMENTAL."""


class Life(RuleBasedStateMachine):
    """Changes of one dataset, and the list of its rows in the order of arrival."""

    keyed: bool
    in_a_bucket = False

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.shelf = Shelf()
        self.store = self.opened("one")
        self.rows: list[Row] = []
        self.number = 0
        self.taken = []
        self.schema = USERS if self.keyed else INTERACTIONS

    def opened(self, machine):
        if not self.in_a_bucket:
            return ColumnStore(self.root / "columns")
        return ColumnStore(BucketDisk(self.shelf, Cache(self.root / machine, 1 << 40), "columns"))

    @initialize(small=st.sampled_from([0, 4, 100]))
    def small_segments_are_joined(self, small):
        self.joined = small

    def teardown(self):
        self.folder.cleanup()

    def table(self, values):
        if not self.keyed:
            return events(*values)
        table = people(*(row[:2] for row in values))
        if len(self.schema.names) > 2:
            table = table.append_column("PLAN", pa.array(["gold"] * len(values), pa.string()))
        return table

    def valued(self, rows):
        return [(*row, "gold") if self.keyed and len(self.schema.names) > 2 else tuple(row) for row in rows]

    def files(self, rows, cut):
        parts = [rows[:cut], rows[cut:]] if cut else [rows]
        paths = []
        for part in parts:
            self.number += 1
            paths.append(self.root / f"{self.number}.parquet")
            pq.write_table(self.table(part), paths[-1])
        return paths

    def joining(self, change):
        before = store_module._SMALL
        store_module._SMALL = self.joined
        try:
            change()
        finally:
            store_module._SMALL = before

    def bulk(self, rows, cut, *, full):
        publish = self.store.replace_bulk if full else self.store.append_bulk
        self.joining(lambda: publish(self.files(rows, cut), self.schema))
        kept = [row for row in self.rows if row.origin == "PUT"] if full else self.rows
        self.rows = kept + [Row("BULK", values, added=not full) for values in self.valued(rows)]

    def put(self, rows, ids):
        self.number += 1
        table = self.table(rows)
        if ids:
            table = table.append_column("_event_id", pa.array(ids, pa.string()))
        self.joining(lambda: self.store.append_individual(table, self.number, self.schema))
        pairs = zip(self.valued(rows), ids or [None] * len(rows), strict=True)
        self.rows = self.rows + [Row("PUT", values, id) for values, id in pairs]

    @rule(users=st.lists(USER_IDS, max_size=2))
    def delete(self, users):
        before = len(self.rows)
        self.rows = [row for row in self.rows if row.values[0] not in users]
        assert self.store.delete_rows("USER_ID", users).rows == before - len(self.rows)
        if users:
            self.taken.clear()  # what they read may have held rows of these users

    @rule(largest=st.sampled_from([3, 8, 1000]))
    def compact(self, largest):
        before = store_module._MERGED
        store_module._MERGED = largest
        try:
            self.store.compact()
        finally:
            store_module._MERGED = before

    @rule()
    def take_a_snapshot(self):
        self.taken.append((self.store.snapshot(), self.effective()))

    @rule()
    def leave_out_what_was_added(self):
        snapshot = self.store.snapshot().without_incremental()
        if snapshot.columns:
            assert rows_of(snapshot.table()) == self.effective([row for row in self.rows if not row.added])

    @rule(machine=st.sampled_from(["one", "two"]))
    def go_on_elsewhere(self, machine):
        self.store = self.opened(machine)

    @rule()
    def clear(self):
        self.store.clear()
        self.rows = []

    def effective(self, rows=None):
        rows = self.rows if rows is None else rows
        if self.keyed:
            newest = {row.values[0]: number for number, row in enumerate(rows)}
            return [rows[number].values for number in sorted(newest.values())]
        seen, ids, found = set(), set(), []
        for row in rows:
            if row.values[0] is None or (row.event_id and row.event_id in ids):
                continue
            ids.add(row.event_id)
            if row.values not in seen:
                seen.add(row.values)
                found.append(row.values)
        return found

    @invariant()
    def every_view_is_that_of_the_list(self):
        snapshot = self.store.snapshot()
        for origin in ("BULK", "PUT", None):
            rows = [row.values for row in self.rows if origin in (None, row.origin)]
            assert snapshot.rows(origin) == len(rows)
            if snapshot.columns:
                assert rows_of(snapshot.raw(origin)) == rows
        if snapshot.columns:
            assert rows_of(snapshot.table()) == self.effective()
            assert snapshot.effective_rows == len(self.effective())

    @invariant()
    def older_snapshots_read_what_they_saw(self):
        for snapshot, rows in self.taken:
            if snapshot.columns:
                assert rows_of(snapshot.table()) == rows


class LifeOfRecords(Life):
    keyed = True

    @rule(rows=RECORDS, cut=st.integers(0, 6))
    def import_full(self, rows, cut):
        self.bulk(rows, cut, full=True)

    @rule(rows=RECORDS, cut=st.integers(0, 6))
    def import_more(self, rows, cut):
        self.bulk(rows, cut, full=False)

    @rule(rows=RECORDS)
    def put_some(self, rows):
        self.put(rows, None)

    @rule()
    def adopt(self):
        if len(self.schema.names) == 2:
            self.schema = users_schema(PLAN)
            self.rows = [replace(row, values=(*row.values, None)) for row in self.rows]
        self.store.adopt(self.schema)


class LifeOfEvents(Life):
    keyed = False

    @rule(rows=EVENTS, cut=st.integers(0, 6))
    def import_full(self, rows, cut):
        self.bulk(rows, cut, full=True)

    @rule(rows=EVENTS, cut=st.integers(0, 6))
    def import_more(self, rows, cut):
        self.bulk(rows, cut, full=False)

    @rule(rows=EVENTS, data=st.data())
    def put_some(self, rows, data):
        self.put(rows, data.draw(st.none() | st.lists(EVENT_IDS, min_size=len(rows), max_size=len(rows))))


class LifeOfRecordsInABucket(LifeOfRecords):
    in_a_bucket = True


class LifeOfEventsInABucket(LifeOfEvents):
    in_a_bucket = True


ANY_LIFE = settings(
    max_examples=8,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestLifeOfRecords = LifeOfRecords.TestCase
TestLifeOfRecords.settings = ANY_LIFE
TestLifeOfEvents = LifeOfEvents.TestCase
TestLifeOfEvents.settings = ANY_LIFE
TestLifeOfRecordsInABucket = LifeOfRecordsInABucket.TestCase
TestLifeOfRecordsInABucket.settings = ANY_LIFE
TestLifeOfEventsInABucket = LifeOfEventsInABucket.TestCase
TestLifeOfEventsInABucket.settings = ANY_LIFE
