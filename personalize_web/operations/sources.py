"""The files at a location as one table to look at, of any form that can be prepared."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from personalize_web.engine.errors import DataError
from personalize_web.operations import storage
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources import locations

if TYPE_CHECKING:
    from personalize_web.engine.preparing import Source

HEAD = 1 << 26
"""Bytes of each text file that are looked at; packed files and Parquet are looked at as a whole."""


@contextmanager
def beginning(location: str, *, field: str) -> "Iterator[Source]":
    """The table at ``location`` with at least its first rows, or InvalidInput beside ``field``."""
    from personalize_web.engine.preparing import look  # a query engine: only loaded by processes that need it

    try:
        files = locations.files_to_import(storage.checked(location, field=field))
        with tempfile.TemporaryDirectory(prefix="personalize-look-") as folder:
            heads = [(_head(file, Path(folder) / str(at)), file.name) for at, file in enumerate(files)]
            with locations.local_copies(
                [file for file in files if file.bytes <= HEAD or _whole(file)], Path(folder) / "copies"
            ) as copies:
                whole = iter(copies)
                yield look([(head or next(whole), name) for head, name in heads])
    except DataError as error:
        raise InvalidInputException(str(error), field=field) from error


def _head(file: locations.StoredObject, target: Path) -> Path | None:
    """The first lines of a large text file; None for files that are looked at as a whole."""
    if file.bytes <= HEAD or _whole(file):
        return None
    with locations.open_file(file.location) as stream:
        head = stream.read(HEAD)
    target.write_bytes(head[: head.rfind(b"\n") + 1] or head)
    return target


def _whole(file: locations.StoredObject) -> bool:
    with locations.open_file(file.location) as stream:
        start = stream.read(4)
    return start == b"PAR1" or start[:2] == b"\x1f\x8b" or start[:1] == b"["
