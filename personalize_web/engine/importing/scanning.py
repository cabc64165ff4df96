"""A look at a file's bytes before it is parsed: encoding, line ends, header, and whether it needs rewriting."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from personalize_web.engine.errors import DataError
from personalize_web.engine.importing.outcome import MAXIMUM_LISTED, BadRow, BadRows, SourceFile
from personalize_web.engine.importing.rules import NUL
from personalize_web.engine.reporting import Reporter

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 1 << 21
"""Bytes of the longest line that is read."""

LONG_LINE = (
    f"Lines can have at most {LONGEST_LINE:,} bytes. Check that line ends are there, and that no quote is left open."
)
LONE_CARRIAGE = "Lines must end with a line feed, alone or after a carriage return; another carriage return was found."

_CHUNK = 1 << 20
_LINE_FEED = 10


@dataclass(frozen=True)
class Scan:
    """What is known of a file before parsing."""

    source: SourceFile
    header: tuple[str, ...]
    """Column names, blanks around them removed."""
    header_line: int
    """The line the header stands in, from 1; lines before it are blank."""
    size: int
    lines: int
    """Line feeds in the whole file: an upper bound of its rows."""
    quotes: bool
    """Whether a double quote occurs anywhere."""
    rewrite: bool
    """Whether quotes escaped by backslashes or mixed line ends ask for a plainer copy."""


def scan(source: SourceFile, reporter: Reporter, *, done: int = 0, total: int = 0) -> Scan:
    """Look through a file; raises :class:`BadRows` for bytes that are no UTF-8 text, :class:`DataError` without header.

    ``done`` of ``total`` bytes have been looked through in files before it.
    """
    header, header_line = read_header(source)
    size = source.path.stat().st_size
    line, quotes, backslashes, carriages = 0, False, False, 0
    bad: list[BadRow] = []
    with source.path.open("rb") as stream:
        for chunk in chunks(stream, source):
            if not chunk.isascii():
                bad += _not_text(chunk, source, line)
            if b"\0" in chunk:
                bad += _nulls(chunk, source, line)
            if len(bad) > MAXIMUM_LISTED:
                break
            quotes = quotes or b'"' in chunk
            backslashes = backslashes or b"\\" in chunk
            if b"\r" in chunk:
                pairs = chunk.count(b"\r\n")
                if chunk.count(b"\r") != pairs:
                    bad += _lone_carriages(chunk, source, line)
                carriages += pairs
            line += _feeds(chunk)
            done += len(chunk)
            reporter.check()
            reporter.progress(done / max(total, done, 1))
    if bad:
        raise BadRows(sorted(bad, key=lambda row: row.line))
    mixed = 0 < carriages < line
    return Scan(source, header, header_line, size, line, quotes, (quotes and backslashes) or mixed)


def read_header(source: SourceFile) -> tuple[tuple[str, ...], int]:
    """Column names and the number of their line; raises :class:`DataError` where there is none."""
    number = 0
    with source.path.open("rb") as stream:
        if stream.read(len(BOM)) != BOM:
            stream.seek(0)
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                raise DataError(f"{source.name}, line {number}: {LONG_LINE}")
            if line.strip(b"\r\n"):
                names = line.decode("utf-8", errors="replace").split(",")
                return tuple(name.strip() for name in names), number
    raise DataError(f"{source.name} is empty: the first line must name the columns.")


def chunks(stream: BinaryIO, source: SourceFile) -> Iterator[bytes]:
    """The stream in pieces of whole lines, about a megabyte each; raises :class:`BadRows` at a line without end."""
    feeds = 0
    while chunk := stream.read(_CHUNK):
        rest = stream.readline(LONGEST_LINE)
        feeds += _feeds(chunk)
        if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            raise BadRows([BadRow(source.name, feeds + 1, None, None, LONG_LINE)])
        feeds += rest.count(b"\n")
        yield chunk + rest


def is_text(line: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def line_numbers(
    path: Path,
    source: SourceFile,
    ordinals: list[int],
    skipped: Container[int],
    header_line: int,
    spans: Mapping[int, int] | None = None,
) -> list[int]:
    """The lines of rows given by their ordinals (from 1, ascending), where blank and ``skipped`` lines are no rows.

    ``spans`` has the further lines that rows with line ends inside go over, by their ordinals.
    """
    found: list[int] = []
    number = ordinal = inside = 0
    if not ordinals:
        return found
    with path.open("rb") as stream:
        for chunk in chunks(stream, source):
            for line in chunk.split(b"\n")[: -1 if chunk.endswith(b"\n") else None]:
                number += 1
                if inside:
                    inside -= 1
                    continue
                if number <= header_line or number in skipped or not line.strip(b"\r"):
                    continue
                ordinal += 1
                inside = spans.get(ordinal, 0) if spans else 0
                if ordinal == ordinals[len(found)]:
                    found.append(number)
                    if len(found) == len(ordinals):
                        return found
    return found + [number] * (len(ordinals) - len(found))


def _feeds(chunk: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == _LINE_FEED))


def _not_text(chunk: bytes, source: SourceFile, before: int) -> list[BadRow]:
    try:
        chunk.decode("utf-8")
        return []
    except UnicodeDecodeError:
        bad = []
        for number, line in enumerate(chunk.split(b"\n"), start=before + 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as mistake:
                found = line[mistake.start : mistake.end].hex(" ")
                rule = (
                    f"The text must be UTF-8; byte {mistake.start + 1} of the line is not (hexadecimal {found}). "
                    "Save the file with the encoding UTF-8."
                )
                bad.append(BadRow(source.name, number, None, None, rule))
        return bad


def _nulls(chunk: bytes, source: SourceFile, before: int) -> list[BadRow]:
    return [
        BadRow(source.name, number, None, None, NUL)
        for number, line in enumerate(chunk.split(b"\n"), start=before + 1)
        if b"\0" in line
    ]


def _lone_carriages(chunk: bytes, source: SourceFile, before: int) -> list[BadRow]:
    lines = chunk.replace(b"\r\n", b"\n").split(b"\n")
    return [
        BadRow(source.name, before + at, None, None, LONE_CARRIAGE) for at, line in enumerate(lines, 1) if b"\r" in line
    ]
