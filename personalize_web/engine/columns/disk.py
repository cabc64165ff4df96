"""Where segments and manifests lie: the interface, and a directory of this machine."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol
from uuid import uuid4

import duckdb

from personalize_web.engine.columns import manifest as manifests
from personalize_web.engine.columns.manifest import Manifest, Segment
from personalize_web.engine.errors import DataError

FULL = (
    "There is no room left on the disk. Remove files that are not needed or give DATA_DIR a larger disk, then try "
    "again. The dataset is as it was before."
)
GONE = "Rows have been deleted since this work read the dataset: start it again."

_STAGING = ".staging-"
_ALIVE = ".alive"
_LOCK = ".lock"


class Overtaken(Exception):
    """Another writer has changed the manifest since it was read: the change has to be made on the new one."""


class NoRoom(DataError):
    """The disk is full; nothing has changed."""


class Disk(Protocol):
    """What a column store needs of the place where it lies."""

    root: Path
    """A directory of this machine in which every fetched segment can be read."""

    def load(self) -> tuple[Manifest, str | None]:
        """The present manifest, and a mark of it for :meth:`swap`; an empty one before anything was written."""

    def swap(self, manifest: Manifest, mark: str | None) -> None:
        """Make ``manifest`` the present one in one step. Raises Overtaken when the mark is not of the present one."""

    def take(self, path: Path, file: str) -> None:
        """Keep a finished local file as the segment ``file``, safe from a loss of power. The path may be gone then."""

    def fetch(self, segments: Iterable[Segment]) -> None:
        """Make the segments readable in :attr:`root`. Raises DataError where one has been removed."""

    def open(self, file: str) -> IO[bytes]:
        """A segment's bytes, to read some parts of it."""

    def copy(self, file: str) -> Path:
        """Where this machine can read a file that :meth:`files` named."""

    def files(self) -> dict[str, float]:
        """When each Parquet file and each leftover was written, by name, in Unix seconds; none that is being made."""

    def remove(self, files: Iterable[str]) -> None:
        """Remove files, and this machine's copies of them."""


class LocalDisk:
    """A directory; a manifest is swapped by a rename, and a lock lets one writer in at a time."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def load(self) -> tuple[Manifest, str | None]:
        try:
            return manifests.loads((self.root / manifests.NAME).read_bytes()), None
        except FileNotFoundError:
            return Manifest(), None

    def swap(self, manifest: Manifest, mark: str | None) -> None:
        aside = self.root / f".{manifests.NAME}.{uuid4().hex}"
        try:
            with room():
                sync_directory(self.root)
                with aside.open("wb") as stream:
                    stream.write(manifests.dumps(manifest))
                    stream.flush()
                    os.fsync(stream.fileno())
                aside.replace(self.root / manifests.NAME)
        except Exception:
            aside.unlink(missing_ok=True)
            raise
        with suppress(OSError):  # the change is made: whoever is told that it failed would make it twice
            sync_directory(self.root)

    def take(self, path: Path, file: str) -> None:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
        path.replace(self.root / file)

    def fetch(self, segments: Iterable[Segment]) -> None:
        if not all((self.root / segment.file).exists() for segment in segments):
            raise DataError(GONE)

    def open(self, file: str) -> IO[bytes]:
        try:
            return (self.root / file).open("rb")
        except FileNotFoundError as error:
            raise DataError(GONE) from error

    def copy(self, file: str) -> Path:
        return self.root / file

    def files(self) -> dict[str, float]:
        found = {}
        for path in self.root.iterdir():
            leftover = path.name.startswith(".") and path.name != _LOCK
            if path.suffix != ".parquet" and (not leftover or _in_use(path)):
                continue
            try:
                found[path.name] = path.stat().st_mtime
            except FileNotFoundError:
                continue
        return found

    def remove(self, files: Iterable[str]) -> None:
        for file in files:
            path = self.root / file
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """One writer of this machine at a time."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """A directory beside the segments for files that are to become some; gone afterwards."""
    directory = root / f"{_STAGING}{uuid4().hex}"
    with room():
        directory.mkdir(parents=True)
        try:
            with (directory / _ALIVE).open("w") as alive:
                fcntl.flock(alive, fcntl.LOCK_EX)
                yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def abandoned(root: Path) -> list[Path]:
    """Staging directories whose process no longer lives, and that may hold something."""
    return [path for path in root.glob(f"{_STAGING}*") if (path / _ALIVE).exists() and not _in_use(path)]


def _in_use(path: Path) -> bool:
    """Whether a living process makes files in this staging directory."""
    try:
        with (path / _ALIVE).open("r") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    return False


@contextmanager
def room() -> Iterator[None]:
    """A full disk, whoever meets it, is told as one: DataError with what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom(FULL) from error
        raise
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if "No space left" in str(error) or "temp_directory_size" in str(error):
            raise NoRoom(FULL) from error
        raise


def sync_directory(directory: Path) -> None:
    """Make renames in ``directory`` survive a loss of power."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
