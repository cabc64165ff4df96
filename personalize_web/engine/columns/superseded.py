"""Which stored rows do not count: found once for a version of the dataset, and kept in a file beside its segments.

A row is superseded by a later record of the same key, or by an earlier event that is the same. What is known of the
first segments of a version is used for the version that has more: then only the new rows are compared.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from personalize_web.engine.columns import duck, views
from personalize_web.engine.columns.disk import room
from personalize_web.engine.columns.manifest import Manifest, Segment
from personalize_web.engine.columns.views import EVENT_ID, PLACE

PREFIX = "superseded-"

_HASHES_AT_ONCE = 1 << 26
"""Row hashes sorted in memory at a time: half a gibibyte."""
_FEW = 2_000_000
"""Rows that are always compared with what is known, however few rows that is."""


def file(manifest: Manifest, root: Path) -> Path | None:
    """The file that lists the places of the rows that do not count; None where every row with a user counts.

    Made at the first call for these segments. The file stays as long as somebody asked for it lately.
    """
    if not manifest.segments:
        return None
    path = root / _name(manifest, len(manifest.segments))
    if not path.exists():
        with room():
            _write(manifest, root, path)
    os.utime(path)
    return path if pq.read_metadata(path).num_rows else None


def names(manifest: Manifest) -> Iterator[str]:
    """The files that this version of the dataset, or the next one, may use."""
    for count in range(1, len(manifest.segments) + 1):
        yield _name(manifest, count)


def _name(manifest: Manifest, count: int) -> str:
    compared = [manifest.key] if manifest.key else manifest.columns
    about = [*compared, *(f"{each.file}:{each.rank}" for each in manifest.segments[:count])]
    return f"{PREFIX}{hashlib.sha256('|'.join(about).encode()).hexdigest()[:32]}.parquet"


def _write(manifest: Manifest, root: Path, path: Path) -> None:
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with duck.connect() as connection:
            connection.execute(f"CREATE TEMP TABLE places ({PLACE} BIGINT)")
            start = _known(manifest, root)
            if start:
                before = root / _name(manifest, start)
                os.utime(before)
                connection.execute(f"INSERT INTO places FROM read_parquet({duck.text(before)})")
            old, new = manifest.segments[:start], manifest.segments[start:]
            (_older_records if manifest.key else _repeated_events)(connection, manifest, root, old, new)
            connection.execute(f"COPY (FROM places ORDER BY 1) TO {duck.text(aside)} (FORMAT parquet)")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _known(manifest: Manifest, root: Path) -> int:
    """How many of the first segments have been looked at, and are worth building upon."""
    for count in range(len(manifest.segments) - 1, 0, -1):
        new = sum(segment.rows for segment in manifest.segments[count:])
        old = sum(segment.rows for segment in manifest.segments[:count])
        if new > max(_FEW, old // 2):
            return 0
        if (root / _name(manifest, count)).exists():
            return count
    return 0


def _older_records(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    root: Path,
    old: Sequence[Segment],
    new: Sequence[Segment],
) -> None:
    key = duck.name(manifest.key or "")
    connection.execute(f"CREATE TEMP VIEW fresh AS {views.known(manifest, root, new)}")
    if old:
        connection.execute(
            f"INSERT INTO places SELECT {PLACE} FROM ({views.known(manifest, root, old)}) "
            f"SEMI JOIN (SELECT {key} FROM fresh) USING ({key}) ANTI JOIN places USING ({PLACE})"
        )
    _all_but_one(connection, "fresh", [manifest.key or ""], keep="max", rows=sum(each.rows for each in new))


def _repeated_events(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    root: Path,
    old: Sequence[Segment],
    new: Sequence[Segment],
) -> None:
    rows = sum(segment.rows for segment in new)
    with_ids = any(EVENT_ID in segment.columns for segment in new)
    connection.execute(f"CREATE TEMP VIEW fresh AS {views.known(manifest, root, new, event_ids=with_ids)}")
    chosen = duck.names(manifest.columns)
    if with_ids:
        ids = [segment for segment in old if EVENT_ID in segment.columns]
        if ids:
            present = f"SELECT {EVENT_ID} FROM ({views.known(manifest, root, ids, event_ids=True)})"
            connection.execute(
                f"CREATE TEMP TABLE known_ids AS SELECT DISTINCT {EVENT_ID} FROM ({present}) "
                f"SEMI JOIN (SELECT {EVENT_ID} FROM fresh) USING ({EVENT_ID});"
                f"INSERT INTO places SELECT {PLACE} FROM fresh SEMI JOIN known_ids USING ({EVENT_ID})"
            )
        identified = f"SELECT {EVENT_ID}, {PLACE} FROM fresh WHERE {EVENT_ID} IS NOT NULL"
        connection.execute(f"CREATE TEMP VIEW identified AS {_less_places(connection, identified)}")
        _all_but_one(connection, "identified", [EVENT_ID], keep="min", rows=rows)
    remaining = _less_places(connection, f"SELECT {chosen}, {PLACE} FROM fresh")
    if old:
        meeting = duck.names(column for column in ("USER_ID", "TIMESTAMP") if column in manifest.columns)
        present = _less_places(connection, views.known(manifest, root, old))
        connection.execute(
            f"CREATE TEMP TABLE met AS SELECT * FROM ({present}) "
            f"SEMI JOIN (SELECT {meeting} FROM fresh) USING ({meeting})"
        )
        remaining = f"SELECT {chosen}, {PLACE} FROM met UNION ALL {remaining}"
    connection.execute(f"CREATE TEMP VIEW remaining AS {remaining}")
    _all_but_one(connection, "remaining", list(manifest.columns), keep="min", rows=rows)


def _less_places(connection: duckdb.DuckDBPyConnection, rows: str) -> str:
    """The rows without those that are known to be superseded."""
    found = connection.execute("SELECT count(*) FROM places").fetchone()
    return f"SELECT * FROM ({rows}) ANTI JOIN places USING ({PLACE})" if found and found[0] else rows


def _all_but_one(
    connection: duckdb.DuckDBPyConnection, view: str, columns: Sequence[str], *, keep: str, rows: int
) -> None:
    """Add to ``places`` those rows of the view that equal another in ``columns``, but for the first or last of each.

    Hashes are compared first, in sorted runs of bounded size; only rows whose hash occurs twice are compared in full.
    """
    chosen = duck.names(columns)
    suspects = _suspects(connection, view, chosen, rows)
    if not len(suspects):
        return
    connection.register("suspects", pa.table({"hash": suspects}))
    connection.execute(
        f"CREATE TEMP TABLE alike_in_{view} AS SELECT {chosen}, {PLACE} FROM {view} "
        f"SEMI JOIN suspects ON hash({chosen}) = suspects.hash"
    )
    connection.unregister("suspects")
    connection.execute(
        f"INSERT INTO places SELECT {PLACE} FROM alike_in_{view} ANTI JOIN "
        f"(SELECT {keep}({PLACE}) AS {PLACE} FROM alike_in_{view} GROUP BY {chosen}) USING ({PLACE})"
    )
    connection.execute(f"DROP TABLE alike_in_{view}")


def _suspects(connection: duckdb.DuckDBPyConnection, view: str, columns: str, rows: int) -> NDArray[np.uint64]:
    """The hashes that occur more than once, found part by part of the hashes' range."""
    parts = -(-rows // _HASHES_AT_ONCE)
    found = [np.empty(0, np.uint64)]
    for part in range(parts):
        chosen = f"WHERE hash % {parts} = {part}" if parts > 1 else ""
        query = f"SELECT hash FROM (SELECT hash({columns}) AS hash FROM {view}) {chosen}"
        hashes = _gathered(connection.execute(query).to_arrow_reader(1 << 20))
        hashes.sort()
        found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    return np.concatenate(found)


def _gathered(batches: Iterable[pa.RecordBatch]) -> NDArray[np.uint64]:
    """One array of all batches, which grows in place so that no second copy is held."""
    whole, length = np.empty(1 << 20, np.uint64), 0
    for batch in batches:
        values = batch.column(0).to_numpy()
        if length + len(values) > len(whole):
            whole.resize(max(2 * len(whole), length + len(values)), refcheck=False)
        whole[length : length + len(values)] = values
        length += len(values)
    return whole[:length]
