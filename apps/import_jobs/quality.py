"""The quality report of a check or a preparation as its page draws it (console.md F4b, step 3)."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui import column_statistics
from apps.ui.formats import MISSING, number, percent

Numbers = Mapping[str, Any]
SEVERITIES = {"High": "error", "Medium": "warning", "Low": "info"}
KINDS = ("numeric", "categorical", "text", "datetime", "binary", "unknown")
_SHOWN_ROWS = 10


def context(report: Numbers, chosen: str = "") -> dict[str, Any]:
    """Everything import_jobs/_quality.html draws. ``report``: the result of a check, or the report of a preparation."""
    columns = list(report.get("columns", ()))
    names = [column["name"] for column in columns]
    drawable = [column["name"] for column in columns if column_statistics.drawn(column)]
    shown = chosen if chosen in names else next(iter(drawable or names), "")
    picked = next((column for column in columns if column["name"] == shown), None)
    return {
        "tiles": _tiles(report["summary"]),
        "kinds": _kinds(report["summary"].get("kinds", {})),
        "problems": [_problem(one) for one in report.get("problems", ())],
        "unfit": [{"field": name, "cells": count} for name, count in report.get("unfit", {}).items()],
        "left_out": report.get("leftOut", 0),
        "warnings": list(report.get("warnings", ())),
        "insights": [one | {"indicator": SEVERITIES[one["severity"]]} for one in report.get("insights", ())],
        "duplicates": _listed(report["duplicates"], report["duplicates"].get("groups", 0)),
        "incomplete": _listed(report["incomplete"], report["incomplete"]["rows"]),
        "columns": [_column(column, shown) for column in columns],
        "detail": _detail(picked, report) if picked else None,
        "sampled": report.get("sampled", False),
    }


def _tiles(summary: Numbers) -> list[dict[str, str]]:
    tiles = [
        _tile("Rows", number(summary["rows"]), f"{number(summary['distinctRows'])} different"),
        _tile("Features", number(summary["features"]), "columns of the schema"),
        _tile("Valid", percent(summary["validShare"]), f"{percent(summary['missingShare'])} of cells missing"),
        _tile("Duplicate rows", percent(summary["duplicateShare"], 2), "equal to another row"),
    ]
    if "users" in summary:
        detail = f"{number(summary['usersWithTwo'])} with 2 or more" if "usersWithTwo" in summary else "unique ids"
        tiles.append(_tile("Users", number(summary["users"]), detail))
    if "items" in summary:
        tiles.append(_tile("Items", number(summary["items"]), "unique ids"))
    if len(tiles) < 6:
        tiles.append(_tile("Sparse rows", percent(summary["sparseShare"]), "more than half missing"))
    return tiles


def _tile(label: str, value: str, detail: str) -> dict[str, str]:
    return {"label": label, "value": value, "detail": detail}


def _kinds(counts: Numbers) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts.get(kind))


def _problem(one: Numbers) -> dict[str, Any]:
    places = [
        {
            "file": example.get("file", ""),
            "place": f"{'row' if 'row' in example else 'line'} {number(example['line'])}"
            if example.get("line")
            else "",
            "value": "(empty)" if example.get("value") in (None, "") else str(example["value"]),
        }
        for example in one.get("examples", ())
    ]
    return {"rule": one["rule"], "column": one.get("column") or "", "rows": one["rows"], "examples": places}


def _listed(found: Numbers, total: int) -> dict[str, Any]:
    """Rows of a list of ``total`` with where they stand and their values."""
    rows = list(found.get("listed", ()))[:_SHOWN_ROWS]
    return {
        "rows": found["rows"],
        "more": total > len(rows),
        "columns": list(rows[0]["values"]) if rows else [],
        "listed": [
            {
                "place": _place(row),
                "values": [MISSING if one is None else str(one)[:60] for one in row["values"].values()],
            }
            for row in rows
        ],
    }


def _place(row: Numbers) -> str:
    if "times" in row:
        first = row.get("first")
        return f"{number(row['times'])} times" + (f", first in line {number(first['line'])}" if first else "")
    if "line" in row:
        return f"{row.get('file', '')}, line {number(row['line'])}".lstrip(", ")
    return f"Row {number(row['row'])}"


def _column(column: Numbers, chosen: str) -> dict[str, Any]:
    findings = int(column.get("warnings", 0)) + int(column.get("problems", 0))
    return column_statistics.row(column, chosen) | {"missing": percent(column["missingShare"]), "findings": findings}


def _detail(column: Numbers, report: Numbers) -> dict[str, Any]:
    """The chosen column: its figures, its chart, and what was found about it."""
    name = column["name"]
    found = [one["insight"] for one in report.get("insights", ()) if name in one.get("columns", ())]
    found += [one["rule"] for one in report.get("problems", ()) if one.get("column") == name]
    if name in report.get("unfit", {}):
        found.append(_needed(column["type"], report["unfit"][name]))
    return column_statistics.detail("chart-quality-column", column, column_statistics.drawn(column)) | {
        "findings": found,
        "values": _values(column),
    }


def _needed(kind: str, cells: int) -> str:
    return f"{number(cells)} cells hold no value of the type {kind}; they count as missing."


def _values(column: Numbers) -> Sequence[dict[str, str]]:
    return [
        {"value": str(one["value"])[:60], "rows": number(one["rows"]), "share": percent(one["share"])}
        for one in list(column.get("top", ()))[:_SHOWN_ROWS]
    ]
