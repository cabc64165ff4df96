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
    return [_section(numbers, kind, query.get(parameter(kind), ""), kind in (chosen or kinds[:1])) for kind in kinds]


def _section(numbers: Mapping[str, Any], kind: str, asked: str, is_open: bool) -> dict[str, Any]:
    found, charts = numbers["statistics"][kind], numbers["charts"]
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
        "pairs": _head(numbers, kind),
        "columns": [column_statistics.row(column, chosen) for column in columns],
        "parameter": parameter(kind),
        "detail": column_statistics.detail(f"chart-column-{kind.lower()}", picked, with_chart.get(chosen))
        if picked
        else None,
    }


def _head(numbers: Mapping[str, Any], kind: str) -> list[dict[str, str]]:
    """Label and value of the dataset's own figures, with what changed since the last run."""
    general = numbers["statistics"][kind]["general"]
    if kind == "INTERACTIONS":
        top = numbers["charts"].get("popularity", {}).get("top_share")
        per_user = general.get("interactionsPerUser", {})
        pairs = [
            ("First event", day(general["firstTimestamp"]), ""),
            ("Last event", day(general["lastTimestamp"]), ""),
            ("Users", number(general["users"]), "users"),
            ("Items", number(general["items"]), "items"),
            ("Users with 2 or more", number(general["usersWithTwo"]), "usersWithTwo"),
            ("Interactions per user", f"{number(per_user.get('mean'), 1)} on average", ""),
            ("Rows with a missing value", percent(general["incompleteShare"]), "incompleteShare"),
            ("Equal to another row", percent(general["duplicateShare"]), "duplicateShare"),
            ("Imported", f"{number(general['bulkRows'])} rows", "bulkRows"),
            ("Recorded one by one", f"{number(general['individualRows'])} rows", "individualRows"),
            ("Events on the top 10% of items", percent(top) if top is not None else MISSING, ""),
        ]
    else:
        pairs = [
            ("With interactions", number(general["withInteractions"]), "withInteractions"),
            ("Without interactions", number(general["withoutInteractions"]), "withoutInteractions"),
            ("Rows with a missing value", percent(general["incompleteShare"]), "incompleteShare"),
        ]
        if "bulkRows" in general:
            pairs += [
                ("Imported", f"{number(general['bulkRows'])} rows", "bulkRows"),
                ("Put one by one", f"{number(general['individualRows'])} rows", "individualRows"),
            ]
        if "oldestCreation" in general:
            pairs += [("Oldest", day(general["oldestCreation"]), ""), ("Newest", day(general["newestCreation"]), "")]
    return [{"label": label, "value": value + _since(numbers, kind, name)} for label, value, name in pairs]


def _since(numbers: Mapping[str, Any], kind: str, name: str) -> str:
    """Such as " ↑ 200": by how much the figure rose or fell since the last run; empty where it did not."""
    for figure in (numbers.get("changes") or {}).get("figures", {}).get(kind, ()):
        by = figure["now"] - figure["before"]
        if figure["name"] == name and by:
            amount = f"{100 * abs(by):.2f} points" if name.endswith("Share") else number(abs(by))
            return f" {'↑' if by > 0 else '↓'} {amount}"
    return ""
