"""Stored files leave through here, ours beside the 79: one file as it is, or several in one archive."""

import zipfile
from collections.abc import Iterator
from typing import IO, Any, cast

from personalize_web.operations.answers import present
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import ResourceNotFoundException
from personalize_web.operations.gate import own_operation
from personalize_web.operations.storage import checked
from personalize_web.resources import locations

CHUNK = 2**20
"""Bytes that are read at a time."""


@own_operation(role=ANALYST, recorded=True)
def download_stored_object(caller: Caller, *, location: str) -> dict[str, Any]:
    """A whole file: its ``name``, its ``bytes`` and, as ``chunks``, an iterator over its content."""
    (found,) = _found([location])
    return present(name=found.name, bytes=found.bytes) | {"chunks": _read(found.location)}


@own_operation(role=ANALYST, recorded=True)
def download_stored_objects(caller: Caller, *, stored: list[str], name: str) -> dict[str, Any]:
    """Several files as one ZIP archive called ``name``: ``chunks`` iterates over it while it is being made."""
    return {"name": name, "chunks": _archive(_found(stored))}


def _found(texts: list[str]) -> list[locations.StoredObject]:
    found = []
    for text in texts:
        place = checked(text, field="location")
        file = None if place.is_folder else locations.find(place)
        if file is None:
            raise ResourceNotFoundException(f"There is no file at {text}. It may have been removed.", field="location")
        found.append(file)
    return found


def _read(location: locations.Location) -> Iterator[bytes]:
    with locations.open_file(location) as file:
        while chunk := file.read(CHUNK):
            yield chunk


class _Sink:
    """Takes what an archive writes and hands it on; it cannot be rewound, so nothing is held back."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self.parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing is kept here."""

    def take(self) -> bytes:
        whole, self.parts = b"".join(self.parts), []
        return whole


def _archive(files: list[locations.StoredObject]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            with archive.open(file.name, "w", force_zip64=True) as entry:
                for chunk in _read(file.location):
                    entry.write(chunk)
                    if part := sink.take():
                        yield part
    yield sink.take()
