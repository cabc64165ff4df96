"""A dataset's columns: immutable segments, changed by swapping one manifest."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine.columns import disk as disks
from personalize_web.engine.columns import duck, rewriting, superseded
from personalize_web.engine.columns.disk import Disk, LocalDisk, Overtaken
from personalize_web.engine.columns.manifest import ORDER, Manifest, Origin, Segment, is_segment, new_file
from personalize_web.engine.columns.snapshot import Snapshot
from personalize_web.engine.columns.views import EVENT_ID
from personalize_web.engine.errors import DataError
from personalize_web.engine.schemas import Schema

GRACE = 6 * 3600.0
"""Seconds that a file stays after it left the manifest, for those who still read an older snapshot."""
MANY = 32
"""Segments from which on putting small ones together is worth its while."""

_SMALL = 200_000
"""Rows up to which new rows are put together with the last segment at once."""
_MERGED = 2_000_000
"""Rows of the largest segments that are put together with their neighbours."""
_ERASED_SECONDS = 90 * 86400.0
_ATTEMPTS = 50


Change = Callable[[Manifest, "Attempt"], Manifest | None]
"""Makes the next manifest out of the present one; None where nothing changes."""


@dataclass(frozen=True)
class Deletion:
    """What a deletion of rows left and what it took."""

    snapshot: Snapshot
    rows: int
    """Rows removed, of both origins and all versions."""


class Attempt:
    """The files of one attempt to change a dataset."""

    def __init__(self, disk: Disk, aside: Path) -> None:
        self.disk = disk
        self.aside = aside
        """Files that are to become segments are made here."""
        self.taken: list[str] = []

    def take(
        self, path: Path, origin: Origin, rank: int, *, span: int = 0, incremental: bool = False
    ) -> Segment:
        """Move a finished file into the store under a new name; it counts only once a manifest names it."""
        metadata = pq.read_metadata(path)
        size = path.stat().st_size
        file = new_file(origin)
        self.taken.append(file)
        self.disk.take(path, file)
        return Segment(file, origin, metadata.num_rows, size, tuple(metadata.schema.names), rank, span, incremental)

    def take_all(self, paths: Sequence[Path], rank: int, *, incremental: bool) -> tuple[Segment, ...]:
        """Take several files of bulk rows, one after another in rank."""
        return tuple(
            self.take(path, "BULK", rank + number, incremental=incremental) for number, path in enumerate(paths)
        )

    def join_last(
        self, segments: tuple[Segment, ...], kind: tuple[Origin, bool], tables: Callable[[], Sequence[pa.Table]],
        rows: int,
    ) -> tuple[Segment, ...] | None:
        """Few rows go into the last segment, if that is small and of their kind too: so segments stay few."""
        last = segments[-1] if segments else None
        if last is None or last.kind != kind or last.rows + rows > _SMALL or ORDER in last.columns:
            return None
        self.disk.fetch([last])
        older = pq.read_table(self.disk.root / last.file)
        path = self.aside / f"joined-{len(self.taken)}.parquet"
        pq.write_table(pa.concat_tables([older, *tables()], promote_options="default"), path)
        return (*segments[:-1], self.take(path, last.origin, last.rank, incremental=last.incremental))


class ColumnStore:
    """The columns of one dataset, in a directory or on another :class:`Disk`.

    Readers take a :meth:`snapshot` and never wait. Each change is prepared aside and becomes visible in one step, so
    that a crash leaves the dataset as it was before or as it is after. A change that another writer overtook is made
    again on what that writer left. A full disk is a DataError, and the dataset as it was.
    """

    def __init__(self, place: Path | Disk, *, grace: float = GRACE) -> None:
        self.disk: Disk = LocalDisk(place) if isinstance(place, Path) else place
        self.root = self.disk.root
        self.grace = grace

    def snapshot(self) -> Snapshot:
        """The dataset as it is now."""
        return Snapshot(self.disk, self.disk.load()[0])

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A directory on the same disk for files that are to become segments; gone afterwards."""
        with disks.staging(self.root) as directory:
            yield directory

    def replace_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        """Put Parquet files in the place of all bulk segments; they count as newer than what was imported before."""

        def change(before: Manifest, attempt: Attempt) -> Manifest:
            kept = tuple(segment for segment in before.segments if segment.origin == "PUT")
            added = attempt.take_all(files, before.next_rank, incremental=False)
            return _described(before, schema).next(segments=(*kept, *added))

        return self._changed(change)

    def append_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        """Add Parquet files to the bulk segments; in Users, Items and Actions they replace records of the same id."""
        rows = sum(pq.read_metadata(path).num_rows for path in files)

        def change(before: Manifest, attempt: Attempt) -> Manifest:
            joined = attempt.join_last(
                before.segments, ("BULK", True), lambda: [pq.read_table(path) for path in files], rows
            )
            whole = joined or (*before.segments, *attempt.take_all(files, before.next_rank, incremental=True))
            return _described(before, schema).next(segments=whole)

        return self._changed(change)

    def append_individual(self, table: pa.Table, upto_sequence: int, schema: Schema) -> Snapshot:
        """Add individually imported records, the last of which has sequence number ``upto_sequence``.

        The table has the schema's columns, and may carry ``_event_id``. Records up to a number that is already stored
        are ignored as a whole, so that a repeated call does no harm. Call it before a bulk import is published where
        older records wait: what comes later counts as newer.
        """

        def change(before: Manifest, attempt: Attempt) -> Manifest | None:
            if upto_sequence <= before.individual_upto:
                return None
            after = _described(before, schema).next(individual_upto=upto_sequence)
            if not table.num_rows:
                return after
            shaped = _shaped(table, schema)
            joined = attempt.join_last(before.segments, ("PUT", False), lambda: [shaped], table.num_rows)
            if joined is None:
                path = attempt.aside / "individual.parquet"
                pq.write_table(shaped, path)
                joined = (*before.segments, attempt.take(path, "PUT", before.next_rank))
            return replace(after, segments=joined)

        return self._changed(change)

    def adopt(self, schema: Schema) -> Snapshot:
        """Let the dataset have the columns of a new schema; rows stored before read null in new ones."""
        return self._changed(lambda before, attempt: _described(before, schema).next())

    def clear(self, origin: Origin | None = None) -> Snapshot:
        """Forget every row, of one origin or of both."""

        def change(before: Manifest, attempt: Attempt) -> Manifest:
            return before.next(segments=tuple(each for each in before.segments if origin not in (None, each.origin)))

        return self._changed(change)

    def delete_rows(self, column: str, values: Sequence[str]) -> Deletion:
        """Remove every row that has one of ``values`` in ``column``, of both origins and all versions.

        The segments that hold such rows are written again without them. Then no file of the dataset holds the rows any
        more: older files that had them go at once, so that older snapshots can no longer be read.
        """
        removed, tainted = 0, list[str]()

        def change(before: Manifest, attempt: Attempt) -> Manifest | None:
            nonlocal removed, tainted
            self.disk.fetch(before.segments)
            segments: list[Segment] = []
            removed, tainted = 0, self._unnamed(before, wanted)
            for segment in before.segments:
                rows = wanted.rows(self.root / segment.file) if column in segment.columns else rewriting.NO_ROWS
                if not len(rows):
                    segments.append(segment)
                    continue
                removed += len(rows)
                tainted.append(segment.file)
                path = attempt.aside / f"less-{segment.file}"
                if rewriting.without(self.root / segment.file, rows, path):
                    segments.append(
                        attempt.take(
                            path, segment.origin, segment.rank, span=segment.places, incremental=segment.incremental
                        )
                    )
            if not tainted:
                return None
            erased = {**before.erased, **dict.fromkeys(tainted, time.time())}
            return before.next(segments=tuple(segments), erased=erased)

        with rewriting.looking_for(column, values) as wanted:
            snapshot = self._changed(change)
        self.disk.remove([*tainted, *(path.name for path in disks.abandoned(self.root))])
        return Deletion(snapshot, removed)

    def compact(self) -> Snapshot:
        """Put small neighbouring segments together; every row, version and origin stays, in the same order."""

        def change(before: Manifest, attempt: Attempt) -> Manifest | None:
            segments = before.segments
            for run in rewriting.runs(before, _MERGED):
                self.disk.fetch(run)
                merged = [
                    attempt.take(new.path, new.origin, new.rank, span=new.span, incremental=new.incremental)
                    for new in rewriting.merge(self.root, before, run, attempt.aside)
                ]
                at = segments.index(run[0])
                segments = (*segments[:at], *merged, *segments[at + len(run) :])
            return before.next(segments=segments) if segments != before.segments else None

        return self._changed(change)

    def sweep(self) -> None:
        """Remove files that no manifest has named for longer than the grace."""
        with disks.locked(self.root):
            self._sweep(self.disk.load()[0])

    def _changed(self, change: Change) -> Snapshot:
        """Make a change, anew as often as another writer comes first."""
        with disks.room(), disks.locked(self.root), disks.staging(self.root) as aside:
            for _ in range(_ATTEMPTS):
                before, mark = self.disk.load()
                attempt = Attempt(self.disk, aside)
                try:
                    after = change(before, attempt)
                except BaseException:
                    self.disk.remove(attempt.taken)
                    raise
                if after is None:
                    return Snapshot(self.disk, before)
                present = self._with_retired(after, before)
                try:
                    self.disk.swap(present, mark)
                except Overtaken:
                    self.disk.remove(attempt.taken)
                    continue
                except disks.NoRoom:
                    self.disk.remove(attempt.taken)
                    raise
                with suppress(OSError):  # the change is made; what is left over goes with a later one
                    self._sweep(present)
                return Snapshot(self.disk, present)
        raise DataError("Other changes of the dataset kept coming first; try again.")

    def _unnamed(self, present: Manifest, wanted: rewriting.Wanted) -> list[str]:
        """Segments that the manifest does not name any more, or not yet, and that hold what is to go."""
        left = [name for name in self.disk.files() if is_segment(name) and name not in present.files]
        return [name for name in left if wanted.are_in(self.disk.copy(name))]

    def _with_retired(self, after: Manifest, before: Manifest) -> Manifest:
        now = time.time()
        left = dict.fromkeys(before.files - after.files - set(after.erased), now)
        gone = now - 2 * self.grace
        waiting = {file: since for file, since in before.retired.items() if since > gone and file not in after.erased}
        erased = {file: since for file, since in after.erased.items() if since > now - _ERASED_SECONDS}
        return replace(after, retired={**waiting, **left}, erased=erased)

    def _sweep(self, present: Manifest) -> None:
        kept = present.files | set(superseded.names(present))
        oldest = time.time() - self.grace
        gone = [
            name
            for name, written in self.disk.files().items()
            if name in present.erased or (name not in kept and present.retired.get(name, written) <= oldest)
        ]
        self.disk.remove(gone)


def _described(manifest: Manifest, schema: Schema) -> Manifest:
    """The manifest with the columns of ``schema``."""
    columns = {field.name: duck.SQL_TYPES[field.type] for field in schema.fields}
    if schema.domain == "ECOMMERCE" and "CREATION_TIMESTAMP" in columns:
        columns["CREATION_TIMESTAMP"] = "BIGINT"
    return replace(manifest, dataset_type=schema.dataset_type, key=schema.key, columns=columns)


def _shaped(table: pa.Table, schema: Schema) -> pa.Table:
    """The table with exactly the schema's columns and types, and the event ids if it has them."""
    columns = {}
    for column, type_ in _described(Manifest(), schema).columns.items():
        arrow = rewriting.ARROW_TYPES[type_]
        present = column in table.column_names
        columns[column] = table[column].cast(arrow) if present else pa.nulls(table.num_rows, arrow)
    if EVENT_ID in table.column_names:
        columns[EVENT_ID] = table[EVENT_ID].cast(pa.string())
    return pa.table(columns)
