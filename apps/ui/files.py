"""Tables and answers as files to download."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """Rows under their columns; texts that a spreadsheet would take for a formula begin with an apostrophe."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(columns)
    lines.writerows([_plain(value) for value in row] for row in rows)
    return _download(written.getvalue(), "text/csv; charset=utf-8", name)


def json_file(answer: Any, name: str) -> HttpResponse:
    """An operation's answer."""
    return _download(json.dumps(answer, indent=1, default=str) + "\n", "application/json", name)


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _download(content: str, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
