"""The one file that says which segments a dataset consists of."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal
from uuid import uuid4

Origin = Literal["BULK", "PUT"]

NAME = "manifest.json"

ORDER = "_order"
"""Segments put together from rows of several kinds carry each row's place among all of them in this column."""


def new_file(origin: Origin) -> str:
    """A name for a segment's file that no other file has."""
    return f"{origin.lower()}-{uuid4().hex}.parquet"


def is_segment(file: str) -> bool:
    """Whether a file of this name is, was or was to be a segment."""
    return file.startswith(("bulk-", "put-")) and file.endswith(".parquet")


@dataclass(frozen=True)
class Segment:
    """One immutable Parquet file."""

    file: str
    origin: Origin
    rows: int
    bytes: int
    columns: tuple[str, ...] = ()
    """The columns the file holds; those added to the schema later read as null."""
    rank: int = 0
    """Its place among the segments; those put together from rows of several kinds share one, and ORDER decides."""
    span: int = 0
    """Places that its rows, and those of the segments that share its rank, were numbered with; 0: as many as rows."""
    incremental: bool = False
    """Of bulk rows: whether they were added to those there were, by an import of mode INCREMENTAL."""

    @property
    def kind(self) -> tuple[Origin, bool]:
        """How its rows came: rows of different kinds never share a segment."""
        return self.origin, self.incremental

    @property
    def places(self) -> int:
        """How many places its rank takes up."""
        return max(self.span, self.rows)


@dataclass(frozen=True)
class Manifest:
    """A version of a dataset: its segments from oldest to newest."""

    version: int = 0
    dataset_type: str | None = None
    key: str | None = None
    """The column that names a record; events have none."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """SQL type by column name, in the schema's order."""
    segments: tuple[Segment, ...] = ()
    individual_upto: int = 0
    """The last sequence number of individually imported records that the segments hold."""
    retired: Mapping[str, float] = field(default_factory=dict)
    """When each file left the manifest, in Unix seconds."""
    erased: Mapping[str, float] = field(default_factory=dict)
    """When files were removed because of what they held; every machine removes its copies of them."""

    def next(self, **changes: Any) -> "Manifest":
        """The version after this one."""
        return replace(self, version=self.version + 1, **changes)

    @property
    def files(self) -> frozenset[str]:
        """The names of the segments' files."""
        return frozenset(segment.file for segment in self.segments)

    @property
    def next_rank(self) -> int:
        """The rank of a segment that comes after all others."""
        return max((segment.rank for segment in self.segments), default=-1) + 1


def dumps(manifest: Manifest) -> bytes:
    """The manifest as it is stored."""
    return json.dumps(asdict(manifest)).encode()


def loads(content: bytes) -> Manifest:
    """The manifest that was stored; segments of an earlier release of this service get their ranks."""
    raw = json.loads(content)
    known = {each.name for each in fields(Segment)}
    segments = []
    for number, entry in enumerate(raw.pop("segments")):
        about = {"rank": number} | {name: value for name, value in entry.items() if name in known}
        segments.append(Segment(**{**about, "columns": tuple(entry["columns"])}))
    return Manifest(**raw, segments=tuple(segments))
