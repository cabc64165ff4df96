"""The files of a data deletion job: where they lie, and whom they name."""

from collections.abc import Iterator
from pathlib import Path

from personalize_web.engine import user_lists
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations


def find(location: locations.Location, most: int) -> list[locations.StoredObject]:
    """The file at ``location``, or every ``.csv`` file below that folder, in the order of their places.

    DataError where there is none, or where together they have more than ``most`` bytes.
    """
    if location.is_folder:
        found = sorted(_below(location), key=lambda file: str(file.location))
    else:
        found = [file for file in [locations.find(location)] if file]
    if not found:
        kind = "no .csv file below" if location.is_folder else "no file at"
        raise DataError(f"{locations.INVALID} There is {kind} {location}.")
    whole = sum(file.bytes for file in found)
    if whole > most:
        raise DataError(
            f"The files at {location} have {whole:,} bytes together; a data deletion job takes at most {most:,}. "
            "Divide them among several jobs."
        )
    return found


def read(location: locations.Location, most: int, scratch: Path) -> set[str]:
    """Every user id that the files name, each once."""
    files = find(location, most)
    with locations.local_copies(files, scratch) as paths:
        named = [str(file.location).removeprefix(f"{location}") or file.name for file in files]
        return user_lists.read(user_lists.ListFile(path, name) for path, name in zip(paths, named, strict=True))


def _below(folder: locations.Location) -> Iterator[locations.StoredObject]:
    folders, files = locations.listing(folder)
    yield from (file for file in files if file.name.endswith(".csv") and not file.name.startswith("."))
    for each in folders:
        yield from _below(each)
