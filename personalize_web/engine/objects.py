"""Objects under one prefix of an S3 endpoint: whole reads and writes, and a write on condition."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

_CONFLICTS = (404, 409, 412)
"""What an endpoint answers to a conditional write that came too late; 404 where the object has been removed."""


@dataclass(frozen=True)
class Objects:
    """The objects whose keys begin with ``bucket/prefix/``; names are relative to that."""

    filesystem: Any
    """An ``s3fs.S3FileSystem`` that caches no listings."""
    prefix: str
    """``bucket/folder`` without a slash at its end."""

    def within(self, folder: str) -> "Objects":
        """The objects of a folder below."""
        return Objects(self.filesystem, f"{self.prefix}/{folder}")

    def read(self, name: str) -> tuple[bytes, str] | None:
        """An object's bytes and the mark of this very content; None where there is none."""
        bucket, key = self._address(name)
        try:
            answer = self.filesystem.call_s3("get_object", Bucket=bucket, Key=key)
        except FileNotFoundError:
            return None
        return _body(self.filesystem, answer["Body"]), answer["ETag"]

    def open(self, name: str) -> IO[bytes]:
        """The object, of which only those parts come that are read. FileNotFoundError where there is none."""
        return self.filesystem.open(f"{self.prefix}/{name}", "rb", block_size=1 << 20)

    def write_if(self, name: str, content: bytes, mark: str | None) -> bool:
        """Write the object if its content is still that of ``mark`` (None: if there is none); whether it was."""
        bucket, key = self._address(name)
        condition = {"IfNoneMatch": "*"} if mark is None else {"IfMatch": mark}
        try:
            self.filesystem.call_s3("put_object", Bucket=bucket, Key=key, Body=content, **condition)
        except OSError as error:
            answer = getattr(error.__cause__, "response", {})
            if answer.get("Error", {}).get("Code") == "NoSuchBucket":
                raise
            if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") in _CONFLICTS:
                return False
            raise
        return True

    def upload(self, path: Path, name: str) -> None:
        """Store a local file; it appears whole or not at all."""
        self.filesystem.put_file(str(path), f"{self.prefix}/{name}")

    def download(self, name: str, path: Path) -> None:
        """Make the object a local file, which appears whole or not at all. FileNotFoundError where there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{uuid4().hex}.part")
        try:
            self.filesystem.get_file(f"{self.prefix}/{name}", str(aside))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are gone already are no error."""
        for name in names:
            bucket, key = self._address(name)
            self.filesystem.call_s3("delete_object", Bucket=bucket, Key=key)

    def listing(self) -> dict[str, datetime]:
        """When each object directly under the prefix was written, by name."""
        return {name: entry["LastModified"] for name, entry in self._entries() if entry["type"] == "file" and name}

    def folders(self) -> list[str]:
        """The names of the folders directly under the prefix."""
        return [name for name, entry in self._entries() if entry["type"] == "directory"]

    def remove_folder(self, folder: str) -> None:
        """Remove every object of a folder; one that is not there is no error."""
        try:
            self.filesystem.rm(f"{self.prefix}/{folder}", recursive=True)
        except FileNotFoundError:
            return

    def _entries(self) -> list[tuple[str, dict[str, Any]]]:
        try:
            found = self.filesystem.ls(self.prefix, detail=True)
        except FileNotFoundError:
            return []
        return [(entry["name"].rstrip("/").removeprefix(self.prefix).lstrip("/"), entry) for entry in found]

    def _address(self, name: str) -> tuple[str, str]:
        bucket, _, folder = self.prefix.partition("/")
        return bucket, f"{folder}/{name}" if folder else name


def _body(filesystem: Any, stream: Any) -> bytes:
    """The content of an answer, whose stream belongs to the file system's own loop."""
    from fsspec.asyn import sync

    return sync(filesystem.loop, stream.read)
