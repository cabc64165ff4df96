"""A dataset's columns on disk: immutable segments, changed by swapping one manifest."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from personalize_web.engine.columns import duck
from personalize_web.engine.columns.manifest import Manifest, Origin, Segment, load, swap, sync_directory
from personalize_web.engine.columns.snapshot import Snapshot
from personalize_web.engine.columns.views import EVENT_ID
from personalize_web.engine.schemas import Schema

GRACE = 6 * 3600.0
"""Seconds that a file stays after it left the manifest, for those who still read an older snapshot."""

_COMPACT_ROWS = 200_000
_STAGING = ".staging-"


class ColumnStore:
    """The columns of one dataset in one directory.

    Readers take a :meth:`snapshot` and never wait. Writers queue up on a lock; each change is prepared aside and
    becomes visible in one rename, so that a crash leaves the dataset as it was before or as it is after.
    """

    def __init__(self, root: Path, *, grace: float = GRACE) -> None:
        self.root = Path(root)
        self.grace = grace

    def snapshot(self) -> Snapshot:
        """The dataset as it is now."""
        return Snapshot(self.root, load(self.root))

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A directory on the same disk for files that are to become segments; gone afterwards."""
        directory = self.root / f"{_STAGING}{uuid4().hex}"
        directory.mkdir(parents=True)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def replace_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        """Put Parquet files in the place of all bulk segments; they count as newer than what was imported before."""
        return self._publish(files, schema, keep=lambda segment: segment.origin == "PUT")

    def append_bulk(self, files: Sequence[Path], schema: Schema) -> Snapshot:
        """Add Parquet files to the bulk segments; in Users, Items and Actions they replace records of the same id."""
        return self._publish(files, schema, keep=lambda segment: True)

    def append_individual(self, table: pa.Table, upto_sequence: int, schema: Schema) -> Snapshot:
        """Add individually imported records, the last of which has sequence number ``upto_sequence``.

        The table has the schema's columns, and may carry ``_event_id``. Records up to a number that is already stored
        are ignored as a whole, so that a repeated call does no harm. Call it before a bulk import is published where
        older records wait: what comes later counts as newer.
        """
        with self._locked() as before:
            if upto_sequence <= before.individual_upto:
                return Snapshot(self.root, before)
            after = _described(before, schema)
            if not table.num_rows:
                return self._swap(after.next(individual_upto=upto_sequence), before)
            kept, whole = _with_last(self.root, before.segments, _shaped(table, schema))
            with self.staging() as aside:
                path = aside / "individual.parquet"
                pq.write_table(whole, path)
                added = self._take(path, "PUT", schema)
            return self._swap(after.next(segments=(*kept, added), individual_upto=upto_sequence), before)

    def adopt(self, schema: Schema) -> Snapshot:
        """Let the dataset have the columns of a new schema; rows stored before read null in new ones."""
        with self._locked() as before:
            return self._swap(_described(before, schema).next(), before)

    def clear(self) -> Snapshot:
        """Forget every row of both origins."""
        with self._locked() as before:
            return self._swap(before.next(segments=()), before)

    def sweep(self) -> None:
        """Remove files that no manifest has named for longer than the grace."""
        with self._locked() as present:
            self._sweep(present)

    def _publish(self, files: Sequence[Path], schema: Schema, keep: Callable[[Segment], bool]) -> Snapshot:
        with self._locked() as before:
            kept = tuple(segment for segment in before.segments if keep(segment))
            added = tuple(self._take(path, "BULK", schema) for path in files)
            return self._swap(_described(before, schema).next(segments=(*kept, *added)), before)

    def _take(self, path: Path, origin: Origin, schema: Schema) -> Segment:
        """Move a finished file into the store; it counts only once a manifest names it."""
        metadata = pq.read_metadata(path)
        unique = schema.key is None or _unique(path, schema.key, metadata.num_rows)
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        file = f"{origin.lower()}-{uuid4().hex}.parquet"
        path.replace(self.root / file)
        size = (self.root / file).stat().st_size
        return Segment(file, origin, metadata.num_rows, size, unique, tuple(metadata.schema.names))

    def _swap(self, after: Manifest, before: Manifest) -> Snapshot:
        now = time.time()
        named = {segment.file for segment in after.segments}
        left = {segment.file: now for segment in before.segments if segment.file not in named}
        waiting = {file: since for file, since in before.retired.items() if (self.root / file).exists()}
        sync_directory(self.root)
        present = replace(after, retired={**waiting, **left})
        swap(self.root, present)
        self._sweep(present)
        return Snapshot(self.root, present)

    def _sweep(self, present: Manifest) -> None:
        named = {segment.file for segment in present.segments}
        oldest = time.time() - self.grace
        for path in self.root.iterdir():
            leftover = path.suffix == ".parquet" or path.name.startswith((_STAGING, ".manifest"))
            if not leftover or path.name in named:
                continue
            try:
                since = present.retired.get(path.name) or path.stat().st_mtime
            except FileNotFoundError:
                continue
            if since <= oldest:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[Manifest]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield load(self.root)


def _described(manifest: Manifest, schema: Schema) -> Manifest:
    """The manifest with the columns of ``schema``."""
    columns = {field.name: duck.SQL_TYPES[field.type] for field in schema.fields}
    if schema.domain == "ECOMMERCE" and "CREATION_TIMESTAMP" in columns:
        columns["CREATION_TIMESTAMP"] = "BIGINT"
    return replace(manifest, dataset_type=schema.dataset_type, key=schema.key, columns=columns)


_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
}


def _shaped(table: pa.Table, schema: Schema) -> pa.Table:
    """The table with exactly the schema's columns and types, and the event ids if it has them."""
    columns = {}
    for column, type_ in _described(Manifest(), schema).columns.items():
        arrow = _ARROW_TYPES[type_]
        present = column in table.column_names
        columns[column] = table[column].cast(arrow) if present else pa.nulls(table.num_rows, arrow)
    if EVENT_ID in table.column_names:
        columns[EVENT_ID] = table[EVENT_ID].cast(pa.string())
    return pa.table(columns)


def _with_last(root: Path, segments: tuple[Segment, ...], table: pa.Table) -> tuple[tuple[Segment, ...], pa.Table]:
    """Join the table with a small last segment of individual records, so that segments stay few."""
    last = segments[-1] if segments else None
    if last is None or last.origin != "PUT" or last.rows + table.num_rows > _COMPACT_ROWS:
        return segments, table
    older = pq.read_table(root / last.file)
    return segments[:-1], pa.concat_tables([older, table], promote_options="default")


def _unique(path: Path, key: str, rows: int) -> bool:
    with duck.connect() as connection:
        query = f"SELECT count(DISTINCT {duck.name(key)}) FROM read_parquet({duck.text(path)})"
        found = connection.execute(query).fetchone()
    return found is not None and found[0] == rows
