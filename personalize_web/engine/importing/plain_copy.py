"""A plainer copy of a CSV file: quotes doubled instead of escaped by backslashes, one kind of line end."""

import re
from pathlib import Path

from personalize_web.engine.importing.outcome import SourceFile
from personalize_web.engine.importing.scanning import chunks
from personalize_web.engine.reporting import Reporter

_ESCAPED_LINE = re.compile(rb"^.*\\.*$", re.MULTILINE)
_CELL = re.compile(rb'(^|,)("(?:[^"\\]|\\.|"")*"(?=,|$)|[^,]*)')
_ESCAPE = re.compile(rb'\\(["\\])')


def write(source: SourceFile, path: Path, reporter: Reporter) -> None:
    """Write the copy of ``source`` to ``path``; line numbers stay the same."""
    with source.path.open("rb") as stream, path.open("wb") as copy:
        for chunk in chunks(stream, source):
            if b"\r" in chunk:
                chunk = chunk.replace(b"\r\n", b"\n")
            if b"\\" in chunk:
                chunk = _ESCAPED_LINE.sub(_doubled_line, chunk)
            copy.write(chunk)
            reporter.check()


def _doubled_line(line: re.Match[bytes]) -> bytes:
    return _CELL.sub(_doubled_cell, line[0])


def _doubled_cell(cell: re.Match[bytes]) -> bytes:
    value = cell[2]
    if len(value) < 2 or not value.startswith(b'"'):
        return cell[0]
    plain = _ESCAPE.sub(lambda escape: b'""' if escape[1] == b'"' else b"\\", value[1:-1])
    return cell[1] + b'"' + plain + b'"'
