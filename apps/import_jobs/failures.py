"""What to do about a failed import: a hint and a next step beside the reason (console.md 9.1)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Advice:
    """``title`` names the failure, ``hint`` says what to check; ``step`` names the button beside the retry.

    ``step``: retry (no other), prepare, roles, row, activity or analysis.
    """

    title: str
    hint: str
    step: str = "retry"


_KNOWN: tuple[tuple[str, Advice], ...] = (
    (
        r"invalid data location|nothing (was )?found at|no such (file|object|bucket)",
        Advice(
            "The file was not found",
            "Check the s3:// path: one CSV file, or a folder that ends in / and holds CSV files.",
        ),
    ),
    (
        r"insufficient privileges|access denied|permission",
        Advice(
            "The file could not be opened", "The role or the storage settings do not allow reading this place.", "roles"
        ),
    ),
    (
        r"missing the following columns",
        Advice(
            "Columns are missing",
            "The first line of the file must name every field of the schema, spelled the same and without quotes. "
            "Prepare data maps other names.",
            "prepare",
        ),
    ),
    (
        r"length cannot be more than",
        Advice(
            "A value is too long",
            "Look for unquoted text or a line break in a text column before it: both push values into other columns.",
            "row",
        ),
    ),
    (
        r"millisecond|timestamp",
        Advice(
            "Timestamps are not in seconds",
            "Timestamps are whole Unix seconds (10 digits). Prepare data converts milliseconds and dates.",
            "prepare",
        ),
    ),
    (
        r"at least 1,?000|minimum of 1,?000|fewer than 1,?000|less than 1,?000",
        Advice(
            "There are too few records",
            "An import of interactions needs 1,000 records. Add records, or record single events instead.",
        ),
    ),
    (
        r"more than 5 resources",
        Advice("Five imports are already waiting", "Wait until one of them has finished.", "activity"),
    ),
    (
        r"more than 10 .*event types",
        Advice("There are too many event types", "Merge or remove event types in the file.", "analysis"),
    ),
    (
        r"utf-?8|encoding",
        Advice("The file is not UTF-8", "Save the file as UTF-8, or let Prepare data read it.", "prepare"),
    ),
    (
        r"worker|restart|out of memory|no space|disk",
        Advice("The work was interrupted", "Nothing was imported. Make sure there is memory and disk space left."),
    ),
)
_OTHER = Advice("The import failed", "Nothing was imported. Mend what the reason names, then import again.")
_ROWS = Advice(
    "Some rows could not be read",
    "Nothing was imported. Mend the rows below in the file, or let Prepare data convert or drop them.",
    "row",
)


def advice(reason: str | None, *, bad_rows: int = 0) -> Advice:
    """The advice for a failure reason; with bad rows listed, to mend them."""
    text = reason or ""
    if bad_rows:
        found = next((known for pattern, known in _KNOWN if re.search(pattern, text, re.IGNORECASE)), None)
        return Advice(_ROWS.title, f"{_ROWS.hint} {found.hint}" if found else _ROWS.hint, _ROWS.step)
    return next((known for pattern, known in _KNOWN if re.search(pattern, text, re.IGNORECASE)), _OTHER)


def buttons(
    found: Advice, links: Mapping[str, str], bad_rows: Sequence[Mapping[str, Any]], location: str
) -> list[dict[str, str]]:
    """The ways on: text and href. ``links``: again, prepare, roles, activity, analysis, row; those that are there."""
    ways = []
    first = bad_rows[0] if bad_rows else None
    if first and links.get("row") and first.get("unit", "line") == "line":
        where = f"{location}{first['file']}" if location.endswith("/") else location
        query = urlencode({"path": where, "line": first["line"]})
        ways.append({"text": "Show first bad row", "href": f"{links['row']}?{query}"})
    if links.get("prepare") and found.step in ("prepare", "row"):
        ways.append({"text": "Prepare data", "href": links["prepare"]})
    for step, text in (("roles", "Open role mapping"), ("activity", "Open Activity"), ("analysis", "Data analysis")):
        if found.step == step and links.get(step):
            ways.append({"text": text, "href": links[step]})
    if links.get("again"):
        ways.append({"text": "Create import job again", "href": links["again"]})
    return ways
