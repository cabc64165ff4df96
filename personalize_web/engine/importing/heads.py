"""Copies of files for a check: the first rows of one, or all of it with unreadable lines left blank."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from personalize_web.engine.importing import scanning
from personalize_web.engine.importing.findings import Findings
from personalize_web.engine.importing.outcome import BadRow, SourceFile
from personalize_web.engine.importing.rules import NUL
from personalize_web.engine.importing.scanning import LONE_CARRIAGE, LONG_LINE, LONGEST_LINE
from personalize_web.engine.reporting import Reporter

NOT_TEXT = "The text must be UTF-8. Save the file with the encoding UTF-8."
_CHUNK = 1 << 20


def first_lines(source: SourceFile, copy: Path, lines: int) -> SourceFile:
    """The first ``lines`` lines of a CSV file under the same name; a line too long to be read ends them."""
    with source.path.open("rb") as stream, copy.open("wb") as out:
        for line in islice(iter(lambda: stream.readline(LONGEST_LINE), b""), lines):
            out.write(line)
    return SourceFile(copy, source.name)


def without_faults(source: SourceFile, copy: Path, found: Findings, reporter: Reporter) -> SourceFile:
    """A copy in which lines that are no text are blank, so that the numbers of lines stay; they go to ``found``."""
    number = 0
    with source.path.open("rb") as stream, copy.open("wb") as out:
        for chunk, cut in _pieces(stream):
            reporter.check()
            lines = chunk.split(b"\n")
            if cut:  # the last line goes on beyond what can be read
                lines[-1] = b""
                _note(found, source, LONG_LINE, number + len(lines))
            for at, line in enumerate(lines):
                rule = _fault(line.removesuffix(b"\r"))
                if rule is not None:
                    lines[at] = b""
                    _note(found, source, rule, number + at + 1)
            out.write(b"\n".join(lines) + (b"\n" if cut else b""))
            number += len(lines) - (0 if cut else 1)
    return SourceFile(copy, source.name)


def _pieces(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Whole lines, about a megabyte at a time, and whether the last one was too long and has been skipped."""
    while chunk := stream.read(_CHUNK):
        rest = stream.readline(LONGEST_LINE)
        cut = len(rest) == LONGEST_LINE and not rest.endswith(b"\n")
        while cut and (more := stream.readline(LONGEST_LINE)) and not more.endswith(b"\n"):
            pass
        yield chunk + (b"" if cut else rest), cut


def _fault(line: bytes) -> str | None:
    if b"\0" in line:
        return NUL
    if b"\r" in line:
        return LONE_CARRIAGE
    if line.isascii() or scanning.is_text(line):
        return None
    return NOT_TEXT


def _note(found: Findings, source: SourceFile, rule: str, line: int) -> None:
    found.bad_rows += 1
    found.add(rule, None, 1, [BadRow(source.name, line, None, None, rule)])
