"""SQL over segments: everything that was stored, and what counts of it."""

from collections.abc import Sequence
from pathlib import Path

from personalize_web.engine.columns import duck
from personalize_web.engine.columns.manifest import Manifest, Segment

EVENT_ID = "_event_id"
"""Beside the schema's columns, segments of individual events may carry the event's id in this column."""

PLACE = "_place"
"""The row's place in the order of arrival: segment number times 2^40, plus row number."""

_SEGMENT_SHIFT = 1 << 40


def stored(manifest: Manifest, root: Path, segments: Sequence[Segment] | None = None) -> str:
    """A query for every stored row with its place, of all segments or of some."""
    chosen = manifest.segments if segments is None else segments
    if not chosen:
        return _nothing(manifest)
    return " UNION ALL ".join(_segment(manifest, root, segment) for segment in chosen)


def effective(manifest: Manifest, root: Path) -> str:
    """A query for the rows that count, with their places, in no particular order.

    Records with a key: the newest of each key. Events: those with a user, exact duplicates and repeated event ids once,
    at the place of the first.
    """
    if not manifest.segments:
        return _nothing(manifest)
    return _newest(manifest, root) if manifest.key else _distinct(manifest, root)


def _nothing(manifest: Manifest) -> str:
    columns = [f"NULL::{type_} AS {duck.name(column)}" for column, type_ in manifest.columns.items()]
    return f"SELECT {', '.join([*columns, f'0::BIGINT AS {PLACE}'])} WHERE false"


def _segment(manifest: Manifest, root: Path, segment: Segment, extra: str = "") -> str:
    number = manifest.segments.index(segment)
    columns = [
        duck.name(column) if column in segment.columns else f"NULL::{type_} AS {duck.name(column)}"
        for column, type_ in manifest.columns.items()
    ]
    place = f"file_row_number + {number * _SEGMENT_SHIFT} AS {PLACE}"
    path = duck.text(root / segment.file)
    return f"SELECT {', '.join([*columns, place])}{extra} FROM read_parquet({path}, file_row_number = true)"


def _newest(manifest: Manifest, root: Path) -> str:
    key = duck.name(manifest.key or "")
    parts = []
    for number, segment in enumerate(manifest.segments):
        part = f"({_segment(manifest, root, segment)})"
        if not segment.unique:
            last = f"SELECT max({PLACE}) AS {PLACE} FROM {part} GROUP BY {key}"
            part = f"(SELECT * FROM {part} SEMI JOIN ({last}) USING ({PLACE}))"
        newer = [root / later.file for later in manifest.segments[number + 1 :]]
        if newer:
            ids = f"SELECT {key} FROM read_parquet([{duck.texts(newer)}], union_by_name = true)"
            part = f"(SELECT * FROM {part} ANTI JOIN ({ids}) USING ({key}))"
        parts.append(f"SELECT * FROM {part}")
    return " UNION ALL ".join(parts)


def _distinct(manifest: Manifest, root: Path) -> str:
    parts = []
    for segment in manifest.segments:
        event_id = EVENT_ID if EVENT_ID in segment.columns else "NULL::VARCHAR"
        parts.append(_segment(manifest, root, segment, extra=f", {event_id} AS {EVENT_ID}"))
    every = " UNION ALL ".join(parts)
    known = "USER_ID IS NOT NULL" if "USER_ID" in manifest.columns else "true"
    rows = f"SELECT * FROM ({every}) WHERE {known}"
    if any(EVENT_ID in segment.columns for segment in manifest.segments):
        first = f"SELECT min({PLACE}) AS {PLACE} FROM ({rows}) WHERE {EVENT_ID} IS NOT NULL GROUP BY {EVENT_ID}"
        rows = (
            f"SELECT * FROM ({rows}) WHERE {EVENT_ID} IS NULL "
            f"UNION ALL SELECT * FROM ({rows}) SEMI JOIN ({first}) USING ({PLACE})"
        )
    columns = duck.names(manifest.columns)
    return f"SELECT {columns}, min({PLACE}) AS {PLACE} FROM ({rows}) GROUP BY {columns}"
