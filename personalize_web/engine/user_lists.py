"""Lists of user ids as data deletion jobs take them: CSV files with the one column USER_ID."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from personalize_web.engine.errors import DataError

COLUMN = "USER_ID"
LONGEST = 256
"""Characters of a user id, at most."""


@dataclass(frozen=True)
class ListFile:
    """A file with user ids."""

    path: Path
    name: str
    """How its owner knows it; it stands in messages."""


def read(files: Iterable[ListFile]) -> set[str]:
    """Every id in the files, each once. DataError names the file and line of the first thing that is wrong."""
    found: set[str] = set()
    for file in files:
        with file.path.open("rb") as stream:
            found.update(_ids(stream, file.name))
    if not found:
        raise DataError("The files hold no user ids below their header.")
    return found


def check(ids: Iterable[str]) -> set[str]:
    """The ids themselves, where each can be one; DataError says which cannot."""
    found = set()
    for number, each in enumerate(ids, start=1):
        found.add(_checked(each, f"Entry {number}"))
    if not found:
        raise DataError("Name at least one user id.")
    return found


def write(ids: Iterable[str]) -> bytes:
    """A file that :func:`read` reads back."""
    lines = ("".join(('"', each.replace("\\", "\\\\").replace('"', '\\"'), '"')) for each in ids)
    return "\n".join([COLUMN, *lines, ""]).encode()


def _ids(stream: IO[bytes], name: str) -> Iterator[str]:
    """A quoted cell may escape quotes by backslashes or double them; blank lines are passed over."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    number = 0
    try:
        for number, line in enumerate(text, start=1):
            cells = _cells(line, f"{name}, line {number}")
            if number == 1:
                _check_header(cells, name)
            elif cells:
                if len(cells) > 1:
                    raise DataError(
                        f"{name}, line {number}: one user id is expected, and there are {len(cells)} cells."
                    )
                yield _checked(cells[0], f"{name}, line {number}")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}, after line {number}: the text is not UTF-8.") from error
    if not number:
        raise DataError(f"{name} is empty; its first line must be {COLUMN}.")


def _cells(line: str, place: str) -> list[str]:
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(",") if line.strip() else []
    try:
        return next(csv.reader([line], escapechar="\\", doublequote=True, strict=True), [])
    except csv.Error as error:
        raise DataError(f"{place}: the quotes do not match.") from error


def _check_header(cells: list[str], name: str) -> None:
    header = [cell.strip() for cell in cells]
    if header != [COLUMN]:
        raise DataError(f"{name}, line 1: the header must be {COLUMN} and nothing else; found {','.join(header)!r}.")


def _checked(value: str, place: str) -> str:
    if not value:
        raise DataError(f"{place}: a user id is missing.")
    if len(value) > LONGEST:
        raise DataError(f"{place}: a user id has at most {LONGEST} characters; this one has {len(value):,}.")
    return value
