"""s3:// -> storage; where columns and models lie."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import fsspec
from django.conf import settings

from personalize_web.engine.errors import DataError

INVALID = "Invalid Data location."
DENIED = "Insufficient privileges for accessing data in Amazon S3."
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True)
class Location:
    """``s3://bucket/key``; a key that is empty or ends with a slash is a folder."""

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_folder(self) -> bool:
        return not self.key or self.key.endswith("/")

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class StoredObject:
    """A file in the store."""

    location: Location
    bytes: int
    modified: datetime | None
    version: str = ""
    """Another one after each change of its content: on S3 the entity tag, else the inode and the time of change."""

    @property
    def name(self) -> str:
        return self.location.name


def parse(text: str) -> Location:
    """The location that ``text`` names; DataError when it is none, or leads out of its bucket."""
    scheme, _, rest = text.partition("://")
    bucket, slash, key = rest.partition("/")
    parts = key.removesuffix("/").split("/") if key else []
    if scheme != "s3" or not _BUCKET.fullmatch(bucket) or ".." in bucket or not slash:
        raise DataError(f"{INVALID} It must be s3://bucket/folder/file.csv or s3://bucket/folder/.")
    if _CONTROL.search(key) or any(part in ("", ".", "..") for part in parts):
        raise DataError(f"{INVALID} The path must not contain empty, . or .. parts, backslashes or control characters.")
    return Location(bucket, key)


def buckets() -> list[str]:
    """The names of the buckets there are."""
    filesystem, root = _store()
    return sorted(_name(entry) for entry in _ls(filesystem, root) if entry["type"] == "directory")


def listing(folder: Location) -> tuple[list[Location], list[StoredObject]]:
    """The folders and files directly in ``folder``, by name; a folder that is not there is empty."""
    filesystem, _ = _store()
    folders, files = [], []
    for entry in _ls(filesystem, _path(folder)):
        name = _name(entry)
        if not name or (entry["type"] != "directory" and folder.key and name == folder.name and not entry["size"]):
            continue  # the folder's own marker on S3
        if entry["type"] == "directory":
            folders.append(Location(folder.bucket, f"{folder.key}{name}/"))
        else:
            files.append(_stored(Location(folder.bucket, f"{folder.key}{name}"), entry))
    return sorted(folders, key=str), sorted(files, key=lambda file: file.name)


def exists(location: Location) -> bool:
    """Whether there is such a file, or a folder with anything in it."""
    if location.is_folder:
        return any(listing(location))
    return find(location) is not None


def find(location: Location) -> StoredObject | None:
    """The file at ``location``, or None."""
    filesystem, _ = _store()
    try:
        entry = filesystem.info(_path(location))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise DataError(f"{DENIED} Location: {location}") from error
    return _stored(location, entry) if entry["type"] == "file" else None


def files_to_import(location: Location) -> list[StoredObject]:
    """The file at ``location``, or the files directly in that folder that are neither hidden nor empty."""
    if location.is_folder:
        found = [file for file in listing(location)[1] if file.bytes and not file.name.startswith((".", "_SUCCESS"))]
    else:
        found = [file for file in [find(location)] if file]
    if not found:
        raise DataError(f"{INVALID} There is no data at {location}.")
    return found


def in_words(files: Sequence[StoredObject]) -> str:
    """ "1 file with 1,024 bytes", as a log says it."""
    return f"{len(files):,} {'file' if len(files) == 1 else 'files'} with {sum(file.bytes for file in files):,} bytes"


def files_with_prefix(prefix: Location) -> list[StoredObject]:
    """Every file of the bucket whose key starts with the key of ``prefix``, by key; hidden ones are left out."""
    filesystem, root = _store()
    bucket = "/".join(part for part in (root, prefix.bucket) if part)
    folder = prefix.key.rpartition("/")[0]
    try:
        if _is_local(filesystem):
            _path(prefix)  # says so where it leads out of the bucket
            entries = filesystem.find(f"{bucket}/{folder}".rstrip("/"), detail=True)
        else:
            entries = filesystem.find(bucket, detail=True, prefix=prefix.key)
    except PermissionError as error:
        raise DataError(f"{DENIED} Location: {prefix}") from error
    found = []
    for path, entry in entries.items():
        key = path.removeprefix(bucket).lstrip("/")
        if (
            key.startswith(prefix.key)
            and not key.endswith("/")
            and not any(part.startswith(".") for part in key[len(folder) :].split("/"))
        ):
            found.append(_stored(Location(prefix.bucket, key), entry))
    return sorted(found, key=lambda file: file.location.key)


def open_file(location: Location) -> IO[bytes]:
    """The file's bytes, to read from the beginning."""
    filesystem, _ = _store()
    try:
        return filesystem.open(_path(location), "rb")
    except FileNotFoundError as error:
        raise DataError(f"{INVALID} There is no file at {location}.") from error
    except PermissionError as error:
        raise DataError(f"{DENIED} Location: {location}") from error


@contextmanager
def local_copies(files: list[StoredObject], scratch: Path) -> Iterator[list[Path]]:
    """Paths on this machine with the files' content: the files themselves, or copies in ``scratch`` that go again."""
    filesystem, _ = _store()
    if _is_local(filesystem):
        for file in files:
            open_file(file.location).close()  # says so where it can't be read
        yield [Path(_path(file.location)) for file in files]
        return
    scratch.mkdir(parents=True, exist_ok=True)
    copies = []
    try:
        for number, file in enumerate(files):
            copy = scratch / f"{number:05d}-{file.name}"
            try:
                filesystem.get_file(_path(file.location), str(copy))
            except PermissionError as error:
                raise DataError(f"{DENIED} Location: {file.location}") from error
            except FileNotFoundError as error:
                raise DataError(f"{INVALID} There is no file at {file.location}.") from error
            copies.append(copy)
        yield copies
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def require_unchanged(files: Iterable[StoredObject]) -> None:
    """Raise DataError when one of ``files`` is not what it was when it was listed."""
    for file in files:
        present = find(file.location)
        if present is None or (present.bytes, present.version) != (file.bytes, file.version):
            happened = "removed" if present is None else "replaced or changed"
            raise DataError(
                f"{file.location} was {happened} while it was read. Nothing was imported; try again when its files "
                "stay as they are."
            )


def put(source: Path, location: Location) -> StoredObject:
    """Move the local file ``source`` into the store, where it appears whole or not at all."""
    filesystem, _ = _store()
    target = _path(location)
    if _is_local(filesystem):
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        aside = Path(target).with_name(f".{Path(target).name}.{os.getpid()}.part")
        shutil.move(source, aside)
        aside.replace(target)
    else:
        if not filesystem.exists(_path(Location(location.bucket))):
            with suppress(FileExistsError):  # somebody else came first
                filesystem.mkdir(_path(Location(location.bucket)))
        filesystem.put_file(str(source), target)
        source.unlink()
    return _stored(location, filesystem.info(target))


def delete(location: Location) -> None:
    """Remove a file, or a folder with everything in it."""
    filesystem, _ = _store()
    try:
        filesystem.rm(_path(location), recursive=location.is_folder)
    except FileNotFoundError as error:
        raise DataError(f"There is nothing at {location}.") from error
    except PermissionError as error:
        raise DataError(f"{DENIED} Location: {location}") from error


HISTORY = "history"
"""In a dataset's folder and in a model's: the index of users' newest events."""
ACTION_HISTORY = "action_history"
"""In a model's folder: the index of users' newest events with actions, where it was trained on those."""
ATTRIBUTES = "attributes"
"""In a dataset's folder: the newest record of every id."""
USERS = "users"
"""In a model's folder: the users' records as the training saw them."""


def columns_folder(storage_key: UUID) -> Path:
    """Where this machine reads a dataset's columns and their indexes: where they lie, or copies of what is on S3."""
    return (settings.COLUMNS_CACHE_DIR if settings.COLUMNS_URL else settings.COLUMNS_DIR) / str(storage_key)


def model_folder(storage_key: UUID) -> Path:
    """Where a trained model lies."""
    return settings.MODELS_DIR / str(storage_key)


@cache
def _open_store(url: str, folder: str, process: int) -> tuple[Any, str]:
    """The file system and the path of the buckets in it; connections do not outlive a fork, hence ``process``."""
    if not url:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return fsspec.filesystem("file"), folder
    filesystem, root = fsspec.url_to_fs(url, **({"use_listings_cache": False} if url.startswith("s3:") else {}))
    return filesystem, root.rstrip("/")


def _store() -> tuple[Any, str]:
    return _open_store(settings.OBJECT_STORE_URL, str(settings.BUCKETS_DIR), os.getpid())


def _is_local(filesystem: Any) -> bool:
    return "file" in ((filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol)


def _path(location: Location) -> str:
    filesystem, root = _store()
    path = "/".join(part for part in (root, location.bucket, location.key.removesuffix("/")) if part)
    if _is_local(filesystem):
        bucket = (Path(root) / location.bucket).resolve()
        if not Path(path).resolve().is_relative_to(bucket):
            raise DataError(f"{INVALID} {location} leads out of its bucket.")
    return path


def _ls(filesystem: Any, path: str) -> list[dict[str, Any]]:
    try:
        return filesystem.ls(path, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError as error:
        raise DataError(DENIED) from error


def _name(entry: dict[str, Any]) -> str:
    return entry["name"].rstrip("/").rsplit("/", 1)[-1]


def _stored(location: Location, entry: dict[str, Any]) -> StoredObject:
    modified = entry.get("LastModified") or entry.get("mtime")
    version = str(entry.get("ETag") or f"{entry.get('ino')}-{modified}")
    if isinstance(modified, int | float):
        modified = datetime.fromtimestamp(modified, UTC)
    return StoredObject(location, int(entry.get("size") or 0), modified, version)
