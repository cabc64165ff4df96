"""Dataset statistics: a section for each dataset, with a table of its columns and one column in detail."""

from collections.abc import Mapping
from typing import Any

from apps.ui import column_statistics, dataset_types
from apps.ui.column_statistics import day
from apps.ui.formats import MISSING, number, percent

ORDER = ("INTERACTIONS", "ITEMS", "USERS")


def parameter(kind: str) -> str:
    """The query parameter that names the chosen column of a dataset."""
    return f"column-{kind.lower()}"


def sections(numbers: Mapping[str, Any], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """One section a dataset; a dataset whose column was chosen is open, else the first."""
    known = numbers["statistics"]
    kinds = [kind for kind in ORDER if kind in known]
    chosen = [kind for kind in kinds if query.get(parameter(kind))]
    return [
        _section(kind, known[kind], numbers["charts"], query.get(parameter(kind), ""), kind in (chosen or kinds[:1]))
        for kind in kinds
    ]


def _section(
    kind: str, found: Mapping[str, Any], charts: Mapping[str, Any], asked: str, is_open: bool
) -> dict[str, Any]:
    columns = found["columns"]
    with_chart = charts.get("columns", {}).get(kind, {})
    first = next((column["name"] for column in columns if column["name"] in with_chart), "")
    names = [column["name"] for column in columns]
    chosen = asked if asked in names else first or (names[0] if names else "")
    picked = next((column for column in columns if column["name"] == chosen), None)
    return {
        "kind": kind,
        "title": dataset_types.BY_KEY[kind].title,
        "rows": found["general"]["rows"],
        "open": is_open,
        "pairs": _head(kind, found["general"], charts),
        "columns": [column_statistics.row(column, chosen) for column in columns],
        "parameter": parameter(kind),
        "detail": column_statistics.detail(f"chart-column-{kind.lower()}", picked, with_chart.get(chosen))
        if picked
        else None,
    }


def _head(kind: str, general: Mapping[str, Any], charts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Label and value of the dataset's own figures."""
    if kind == "INTERACTIONS":
        top = charts.get("popularity", {}).get("top_share")
        pairs = [
            ("First event", day(general["firstTimestamp"])),
            ("Last event", day(general["lastTimestamp"])),
            ("Users", number(general["users"])),
            ("Items", number(general["items"])),
            ("Users with 2 or more", number(general["usersWithTwo"])),
            ("Rows with a missing value", percent(general["incompleteShare"])),
            ("Equal to another row", percent(general["duplicateShare"])),
            ("Imported", f"{number(general['bulkRows'])} rows"),
            ("Recorded one by one", f"{number(general['individualRows'])} rows"),
            ("Events on the top 10% of items", percent(top) if top is not None else MISSING),
        ]
    else:
        pairs = [
            ("With interactions", number(general["withInteractions"])),
            ("Without interactions", number(general["withoutInteractions"])),
            ("Rows with a missing value", percent(general["incompleteShare"])),
        ]
        if "oldestCreation" in general:
            pairs += [("Oldest", day(general["oldestCreation"])), ("Newest", day(general["newestCreation"]))]
    return [{"label": label, "value": value} for label, value in pairs]
