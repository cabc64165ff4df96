"""Files on their way in from a browser: received in chunks, kept aside, and moved to their place when complete."""

import fcntl
import json
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from personalize_web.engine.errors import DataError
from personalize_web.resources import locations

KEPT_SECONDS = 7 * 24 * 3600
"""How long an upload that nobody continues is kept."""


@dataclass(frozen=True)
class Upload:
    """A file that is being received."""

    id: str
    location: locations.Location
    bytes: int
    owner: str
    """ARN of the person who began it."""

    @property
    def part(self) -> Path:
        """What has been received so far."""
        return _folder() / f"{self.id}.part"

    @property
    def received(self) -> int:
        return self.part.stat().st_size


def begin(location: locations.Location, size: int, *, owner: str) -> str:
    """Make ready to receive ``size`` bytes for ``location``; answers the upload's id."""
    if not 0 < size <= settings.UPLOAD_LIMIT:
        raise DataError(f"A file to upload must have from 1 to {settings.UPLOAD_LIMIT:,} bytes; this one has {size:,}.")
    _forget_abandoned()
    free = shutil.disk_usage(_folder()).free
    if size > free:
        raise DataError(f"The server has {free:,} bytes of disk left, and the file has {size:,}.")
    upload = Upload(uuid.uuid4().hex, location, size, owner)
    upload.part.touch()
    _about(upload.id).write_text(json.dumps({"location": str(location), "bytes": size, "owner": owner}))
    return upload.id


def find(upload_id: str) -> Upload | None:
    """The upload of that id, or None."""
    if not upload_id.isalnum() or len(upload_id) != 32:
        return None
    try:
        about = json.loads(_about(upload_id).read_text())
    except FileNotFoundError:
        return None
    return Upload(upload_id, locations.parse(about["location"]), about["bytes"], about["owner"])


def append(upload: Upload, offset: int, chunk: bytes) -> int:
    """Add ``chunk`` at ``offset``, which must be where the last one ended; answers how much has been received."""
    with upload.part.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        received = file.seek(0, 2)
        if offset + len(chunk) <= received:
            return received  # sent again after an answer that got lost
        if offset != received:
            raise DataError(f"The next chunk must begin at {received}, not at {offset}.")
        if received + len(chunk) > upload.bytes:
            raise DataError(f"More arrived than the {upload.bytes:,} bytes that were announced.")
        file.write(chunk)
        return received + len(chunk)


def finish(upload: Upload) -> locations.StoredObject:
    """Move the complete file to its place."""
    if upload.received != upload.bytes:
        raise DataError(f"The file is not complete: {upload.received:,} of {upload.bytes:,} bytes have arrived.")
    stored = locations.put(upload.part, upload.location)
    _about(upload.id).unlink(missing_ok=True)
    return stored


def discard(upload: Upload) -> None:
    """Forget the upload and what was received."""
    for path in (upload.part, _about(upload.id)):
        path.unlink(missing_ok=True)


def _forget_abandoned() -> None:
    for path in _folder().iterdir():
        if path.stat().st_mtime < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _about(upload_id: str) -> Path:
    return _folder() / f"{upload_id}.json"


def _folder() -> Path:
    folder = settings.DATA_DIR / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
