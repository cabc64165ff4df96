"""Lines of output files as rows of a table."""

import json
from collections.abc import Sequence
from typing import Any

MOST = 8
"""Results of a line that are shown; the rest is counted."""


def rows_of(lines: Sequence[str], first: int) -> list[dict[str, Any]]:
    """A row for each line: number, input, results (id, score, reasons, relevance), more, theme, error.

    A line that was cut off because it is very long says so.
    """
    return [_row(number, line) for number, line in enumerate(lines, start=first)]


def _row(number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {"number": number, "input": line[:200], "error": "This line is too long to be shown here."}
    if not isinstance(value, dict):
        return {"number": number, "input": line[:200], "error": "No job has written this line."}
    asked = value.get("input", {name: each for name, each in value.items() if name not in ("output", "error")})
    output = value.get("output") or {}
    ids = output.get("recommendedItems") or output.get("recommendedUsers") or []
    columns = [output.get(name) or [] for name in ("scores", "reasons", "itemsThemeRelevanceScores")]
    results = [
        {"id": each, "score": _at(columns[0], place), "reasons": _at(columns[1], place) or [],
         "relevance": _at(columns[2], place)}
        for place, each in enumerate(ids[:MOST])
    ]  # fmt: skip
    return {
        "number": number,
        "input": asked if isinstance(asked, str) else json.dumps(asked, ensure_ascii=False),
        "results": results,
        "more": max(0, len(ids) - MOST),
        "theme": output.get("theme", ""),
        "error": value.get("error") or "",
    }


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
