"""The one file that says which segments a dataset consists of."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

Origin = Literal["BULK", "PUT"]

NAME = "manifest.json"


@dataclass(frozen=True)
class Segment:
    """One immutable Parquet file."""

    file: str
    origin: Origin
    rows: int
    bytes: int
    unique: bool = True
    """Whether no key occurs twice in it; true for events, which have none."""
    columns: tuple[str, ...] = ()
    """The columns the file holds; those added to the schema later read as null."""


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

    def next(self, **changes: Any) -> "Manifest":
        """The version after this one."""
        return replace(self, version=self.version + 1, **changes)


def load(root: Path) -> Manifest:
    """The present version; an empty one where nothing has been written."""
    try:
        raw = json.loads((root / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Manifest()
    segments = tuple(Segment(**{**entry, "columns": tuple(entry["columns"])}) for entry in raw.pop("segments"))
    return Manifest(**raw, segments=segments)


def swap(root: Path, manifest: Manifest) -> None:
    """Make ``manifest`` the present version in one step; a crash leaves the old or the new."""
    aside = root / f".{NAME}.{uuid4().hex}"
    with aside.open("w", encoding="utf-8") as stream:
        json.dump(asdict(manifest), stream)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(root / NAME)
    sync_directory(root)


def sync_directory(directory: Path) -> None:
    """Make renames in ``directory`` survive a loss of power."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
