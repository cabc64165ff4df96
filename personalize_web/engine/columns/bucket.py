"""Segments and manifests on S3: this machine keeps copies of segments, which never change, as long as there is room."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from personalize_web.engine.columns import manifest as manifests
from personalize_web.engine.columns.disk import GONE, LocalDisk, Overtaken
from personalize_web.engine.columns.manifest import Manifest, Segment, is_segment
from personalize_web.engine.errors import DataError
from personalize_web.engine.objects import Objects

IN_USE = 3600.0
"""Seconds since a copy was last asked for, for which it stays: somebody may be reading it."""


@dataclass(frozen=True)
class Cache:
    """The copies of all datasets on this machine: each dataset has a folder of its own below ``root``."""

    root: Path
    bytes: int
    """How many they may have; those in use stay even if they have more."""

    def make_room(self) -> None:
        """Remove the copies that were not asked for longest, until the others are few enough."""
        copies = []
        for path in self.root.glob("*/*.parquet"):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            copies.append((stat.st_mtime, stat.st_size, path))
        total = sum(size for _, size, _ in copies)
        for used, size, path in sorted(copies):
            if total <= self.bytes or used > time.time() - IN_USE:
                return
            path.unlink(missing_ok=True)
            total -= size


class BucketDisk:
    """A prefix of a bucket; a manifest is swapped by a write on condition that nobody else came first."""

    def __init__(self, objects: Objects, cache: Cache, folder: str) -> None:
        self.objects = objects
        self.cache = cache
        self.root = cache.root / folder
        self.root.mkdir(parents=True, exist_ok=True)
        self._local = LocalDisk(self.root)
        self._seen: int | None = None

    def load(self) -> tuple[Manifest, str | None]:
        found = self.objects.read(manifests.NAME)
        if found is None:
            return Manifest(), None
        manifest = manifests.loads(found[0])
        if manifest.version != self._seen:
            self._forget(manifest.erased)
            self._seen = manifest.version
        return manifest, found[1]

    def swap(self, manifest: Manifest, mark: str | None) -> None:
        content = manifests.dumps(manifest)
        if self.objects.write_if(manifests.NAME, content, mark):
            return
        present = self.objects.read(manifests.NAME)
        if present is None or present[0] != content:  # else it was ours, whose answer got lost and was sent again
            raise Overtaken

    def take(self, path: Path, file: str) -> None:
        self.objects.upload(path, file)
        (self.root / file).hardlink_to(path)  # the path stays, in case that the change has to be made once more

    def fetch(self, segments: Iterable[Segment]) -> None:
        fetched = False
        for segment in segments:
            path = self.root / segment.file
            try:
                os.utime(path)
                whole = path.stat().st_size == segment.bytes
            except FileNotFoundError:
                whole = False
            if whole:
                continue
            try:
                self.objects.download(segment.file, path)
            except FileNotFoundError as error:
                raise DataError(GONE) from error
            fetched = True
        if fetched:
            self.cache.make_room()

    def open(self, file: str) -> IO[bytes]:
        try:
            return (self.root / file).open("rb")
        except FileNotFoundError:
            pass
        try:
            return self.objects.open(file)
        except FileNotFoundError as error:
            raise DataError(GONE) from error

    def copy(self, file: str) -> Path:
        path = self.root / file
        if not path.exists():
            self.objects.download(file, path)
        return path

    def files(self) -> dict[str, float]:
        stored = {name: when.timestamp() for name, when in self.objects.listing().items() if is_segment(name)}
        return self._local.files() | stored

    def remove(self, files: Iterable[str]) -> None:
        names = list(files)
        self.objects.remove(name for name in names if is_segment(name))
        self._local.remove(names)

    def _forget(self, erased: Iterable[str]) -> None:
        """Remove this machine's copies of files that must not be kept anywhere."""
        self._local.remove(erased)
