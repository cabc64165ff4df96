"""JSON Lines: bytes to questions, answers to bytes; a broken line is answered with what is wrong with it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, NoReturn

LONGEST = 1 << 20
"""Bytes of a line that are read; a longer one is answered with an error, and is never in memory as a whole."""
ECHOED = 1000
"""Characters of an unreadable line that its answer repeats."""
BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Line:
    """One line that is not blank."""

    number: int
    """From 1."""
    value: Mapping[str, Any] | None = None
    """The object it holds; None where it holds none."""
    text: str = ""
    """Of a line without an object, the beginning."""
    error: str = ""
    """Why there is no object."""


def read(file: IO[bytes], begin: int, end: int, first: int = 1) -> Iterator[Line]:
    """The lines between two bytes of a file; ``first`` is the number of the line that starts at ``begin``.

    Blank lines are counted and left out, and so is a byte order mark at the beginning of the file.
    """
    file.seek(begin)
    place, number = begin, first
    while place < end:
        raw = file.readline(LONGEST + 1)
        if not raw:
            return
        place += len(raw)
        whole = raw.endswith(b"\n") or len(raw) <= LONGEST
        while not raw.endswith(b"\n") and not whole:
            rest = file.readline(_BLOCK)
            place += len(rest)
            if not rest or rest.endswith(b"\n"):
                break
        if number == 1:
            raw = raw.removeprefix(BOM)
        if raw.strip():
            yield parsed(number, raw) if whole else _broken(
                number, raw, f"The line is longer than {LONGEST:,} bytes. Put fewer values into it."
            )
        number += 1


def parsed(number: int, raw: bytes) -> Line:
    """What one line says."""
    try:
        value = _DECODER.decode(raw.decode("utf-8").strip())
    except UnicodeDecodeError as error:
        return _broken(number, raw, f"The line is not UTF-8: byte {error.start + 1} fits no character.")
    except json.JSONDecodeError as error:
        return _broken(number, raw, f"The line is not valid JSON: {error.msg} at character {error.pos + 1}.")
    except (ValueError, RecursionError) as error:
        return _broken(number, raw, f"The line is not valid JSON: {error}.")
    if not isinstance(value, dict):
        return _broken(number, raw, "The line is not a JSON object. Write one object in braces on each line.")
    return Line(number, value)


def written(answer: Mapping[str, Any]) -> bytes:
    """One line of an output file, its end included."""
    try:
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # a half of a character, which JSON can only escape
        return json.dumps(answer).encode() + b"\n"


def _broken(number: int, raw: bytes, error: str) -> Line:
    return Line(number, None, raw[: 4 * ECHOED].decode("utf-8", "replace").strip()[:ECHOED], error)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
