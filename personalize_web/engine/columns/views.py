"""SQL over segments: everything that was stored, and what counts of it."""

from collections.abc import Sequence
from pathlib import Path

from personalize_web.engine.columns import duck
from personalize_web.engine.columns.manifest import ORDER, Manifest, Segment

EVENT_ID = "_event_id"
"""Beside the schema's columns, segments of individual events may carry the event's id in this column."""

PLACE = "_place"
"""The row's place in the order of arrival: the segment's rank times 2^40, plus the row's number in it."""

_RANK_SHIFT = 1 << 40


def stored(manifest: Manifest, root: Path, segments: Sequence[Segment] | None = None) -> str:
    """A query for every stored row with its place, of all segments or of some."""
    chosen = manifest.segments if segments is None else segments
    if not chosen:
        return _nothing(manifest)
    return " UNION ALL ".join(_segment(manifest, root, segment) for segment in chosen)


def effective(manifest: Manifest, root: Path, superseded: Path | None) -> str:
    """A query for the rows that count, with their places, in no particular order.

    Records with a key: the newest of each key. Events: those with a user, exact duplicates and repeated event ids once,
    at the place of the first. ``superseded`` lists the places of the others, but for events without a user.
    """
    rows = known(manifest, root, manifest.segments)
    if superseded is None:
        return rows
    return f"SELECT * FROM ({rows}) ANTI JOIN read_parquet({duck.text(superseded)}) USING ({PLACE})"


def known(manifest: Manifest, root: Path, segments: Sequence[Segment], *, event_ids: bool = False) -> str:
    """A query for the rows of some segments that have a user, where it is events; of all others every row."""
    if not segments:
        return _nothing(manifest, event_ids=event_ids)
    where = " WHERE USER_ID IS NOT NULL" if manifest.key is None and "USER_ID" in manifest.columns else ""
    return " UNION ALL ".join(_segment(manifest, root, segment, event_ids=event_ids) + where for segment in segments)


def _nothing(manifest: Manifest, *, event_ids: bool = False) -> str:
    types = {**manifest.columns, **({EVENT_ID: "VARCHAR"} if event_ids else {}), PLACE: "BIGINT"}
    columns = ", ".join(f"NULL::{type_} AS {duck.name(column)}" for column, type_ in types.items())
    return f"SELECT {columns} WHERE false"


def _segment(manifest: Manifest, root: Path, segment: Segment, *, event_ids: bool = False) -> str:
    wanted = {**manifest.columns, **({EVENT_ID: "VARCHAR"} if event_ids else {})}
    columns = [
        duck.name(column) if column in segment.columns else f"NULL::{type_} AS {duck.name(column)}"
        for column, type_ in wanted.items()
    ]
    number = ORDER if ORDER in segment.columns else "file_row_number"
    place = f"{number} + {segment.rank * _RANK_SHIFT} AS {PLACE}"
    path = duck.text(root / segment.file)
    return f"SELECT {', '.join([*columns, place])} FROM read_parquet({path}, file_row_number = true)"
