"""Stored files, ours beside the 79: list, preview, upload, delete."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from personalize_web.engine.errors import DataError
from personalize_web.operations.answers import present
from personalize_web.operations.caller import ADMINISTRATOR, ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import locations, uploads

PREVIEWED = 2**18
"""Most bytes that a preview reads."""
NO_UPLOAD = "There is no such upload. Begin it again."


def checked(text: str, *, field: str) -> locations.Location:
    """The location that ``text`` names, or InvalidInput beside ``field``."""
    try:
        return locations.parse(text)
    except DataError as error:
        raise InvalidInputException(str(error), field=field) from error


@own_operation()
def list_stored_objects(caller: Caller, *, location: str | None = None) -> dict[str, Any]:
    """What lies directly in a folder; without a location the buckets.

    ``folders`` are locations that end with a slash; ``objects`` have location, name, bytes and time of change.
    """
    if not location:
        return {"folders": [f"s3://{name}/" for name in locations.buckets()], "objects": []}
    folder = checked(location if location.endswith("/") else f"{location}/", field="location")
    folders, files = locations.listing(folder)
    return {
        "folders": [str(each) for each in folders],
        "objects": [_described(file) for file in files if not file.name.startswith(".")],
    }


@own_operation(recorded=True)
def preview_stored_object(caller: Caller, *, location: str, lines: int = 50, first: int = 1) -> dict[str, Any]:
    """``lines`` lines of a file from line ``first``, as text; ``complete`` when nothing else is in it."""
    found = _existing(location)
    with locations.open_file(found.location) as file:
        passed = _pass(file, first - 1)
        head = file.read(PREVIEWED + 1)
    text = head[:PREVIEWED].decode("utf-8-sig", errors="replace").splitlines()
    if len(head) > PREVIEWED and len(text) > 1:
        text.pop()  # the last line was cut
    complete = not passed and len(head) <= PREVIEWED and len(text) <= lines
    return {"object": _described(found), "lines": text[:lines], "first": passed + 1, "complete": complete}


@own_operation(role=ANALYST, writes=True, atomic=False)
def begin_upload(caller: Caller, *, location: str, bytes: int) -> dict[str, Any]:
    """Make ready to receive a file of ``bytes`` bytes for ``location``; answers the upload's id."""
    return {"uploadId": uploads.begin(_file(location), bytes, owner=caller.arn)}


@own_operation(role=ANALYST, writes=True, atomic=False, recorded=False)
def append_upload(caller: Caller, *, upload_id: str, offset: int, chunk: bytes) -> dict[str, Any]:
    """Take the next ``chunk`` of the file, which begins at ``offset``; answers how much has been received."""
    with _unless_cancelled():
        return {"received": uploads.append(_own(caller, upload_id), offset, chunk)}


@own_operation()
def describe_upload(caller: Caller, *, upload_id: str) -> dict[str, Any]:
    """How much of a file has been received: where an interrupted upload goes on."""
    upload = _own(caller, upload_id)
    with _unless_cancelled():
        return {"location": str(upload.location), "bytes": upload.bytes, "received": upload.received}


@own_operation(role=ANALYST, writes=True, atomic=False)
def finish_upload(caller: Caller, *, upload_id: str) -> dict[str, Any]:
    """Put the received file in its place."""
    with _unless_cancelled():
        stored = uploads.finish(_own(caller, upload_id))
    return {"location": str(stored.location), "bytes": stored.bytes}


@own_operation(role=ANALYST, writes=True, atomic=False)
def cancel_upload(caller: Caller, *, upload_id: str) -> dict[str, Any]:
    """Forget an upload and what was received of it."""
    uploads.discard(_own(caller, upload_id))
    return {}


@own_operation(role=ADMINISTRATOR, writes=True, atomic=False)
def delete_stored_object(caller: Caller, *, location: str) -> dict[str, Any]:
    """Remove a file, or a folder with everything in it. A whole bucket is not removed at once."""
    target = checked(location, field="location")
    if not target.key:
        raise InvalidInputException("A bucket cannot be deleted here. Delete the folders in it.", field="location")
    if not locations.exists(target):
        raise ResourceNotFoundException(f"There is nothing at {target}.", field="location")
    locations.delete(target)
    return {}


def _pass(file: IO[bytes], lines: int) -> int:
    """Read over ``lines`` lines, or as many as there are; answers how many these were."""
    for number in range(lines):
        if not file.readline():
            return number
    return lines


def _file(text: str) -> locations.Location:
    location = checked(text, field="location")
    if location.is_folder:
        raise InvalidInputException("The location must name a file, not a folder.", field="location")
    return location


def _existing(text: str) -> locations.StoredObject:
    found = locations.find(_file(text))
    if found is None:
        raise ResourceNotFoundException(f"There is no file at {text}.", field="location")
    return found


def _own(caller: Caller, upload_id: str) -> uploads.Upload:
    upload = uploads.find(upload_id)
    if upload is None or upload.owner != caller.arn:
        raise ResourceNotFoundException(NO_UPLOAD, field="upload_id")
    return upload


@contextmanager
def _unless_cancelled() -> Iterator[None]:
    """What was received may go while a call looks at it: cancelled from another window, or before its answer."""
    try:
        yield
    except FileNotFoundError as error:
        raise ResourceNotFoundException(NO_UPLOAD, field="upload_id") from error


def _described(file: locations.StoredObject) -> dict[str, Any]:
    return present(location=str(file.location), name=file.name, bytes=file.bytes, modified=file.modified)
