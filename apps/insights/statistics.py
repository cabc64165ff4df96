"""Dataset statistics: a section for each dataset, with a table of its columns and one column in detail."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.ui import column_charts, dataset_types
from apps.ui.formats import MISSING, number, percent

ROLES = {
    "identifier": "Identifier",
    "timestamp": "Timestamp",
    "event_type": "Event type",
    "impression": "Impression",
    "categorical": "Categorical",
    "textual": "Textual",
    "numeric": "Numeric",
    "boolean": "Not for training",
    "string": "Not for training",
}
ORDER = ("INTERACTIONS", "ITEMS", "USERS")


def parameter(kind: str) -> str:
    """The query parameter that names the chosen column of a dataset."""
    return f"column-{kind.lower()}"


def day(seconds: float | None) -> str:
    """Unix seconds as a date."""
    if seconds is None:
        return MISSING
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return number(seconds)
    return f"{moment:%b} {moment.day}, {moment:%Y}"


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
        "columns": [_row(column, chosen) for column in columns],
        "parameter": parameter(kind),
        "detail": _detail(kind, picked, with_chart) if picked else None,
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


def _row(column: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    is_time = column["kind"] == "timestamp"
    low, high = (column.get("earliest"), column.get("latest")) if is_time else (column.get("min"), column.get("max"))
    show = day if is_time else _figure
    return {
        "name": column["name"],
        "type": column["type"],
        "role": ROLES.get(column["kind"], column["kind"]),
        "complete": percent(column["validShare"]),
        "low": column["validShare"] < (0.85 if column["kind"] == "textual" else 0.7),
        "distinct": number(column.get("distinct")),
        "min": show(low),
        "median": _figure(column.get("median")),
        "max": show(high),
        "chosen": column["name"] == chosen,
    }


def _figure(value: float | None) -> str:
    return MISSING if value is None else number(value)


def _detail(kind: str, column: Mapping[str, Any], with_chart: Mapping[str, Any]) -> dict[str, Any]:
    """The chosen column: its figures and its chart."""
    name = column["name"]
    pairs: list[tuple[str, str]] = [
        ("Type", column["type"]),
        ("Role", ROLES.get(column["kind"], column["kind"])),
        ("Complete", percent(column["validShare"])),
        ("Missing", f"{number(column['missing'])} rows"),
    ]
    if "distinct" in column:
        pairs.append(("Distinct values", number(column["distinct"])))
    if column["kind"] == "numeric" and "mean" in column:
        low, high = column["outlierBounds"]
        pairs += [
            ("Smallest", _figure(column["min"])),
            ("Largest", _figure(column["max"])),
            ("Mean", number(float(column["mean"]), 2)),
            ("Median", _figure(column["median"])),
            ("Standard deviation", number(float(column["deviation"]), 2)),
            (
                "Outliers",
                f"{number(column['outliers'])} below {_figure(round(low, 2))} or above {_figure(round(high, 2))}",
            ),
        ]
    if column["kind"] == "timestamp" and "earliest" in column:
        pairs += [("Earliest", day(column["earliest"])), ("Latest", day(column["latest"]))]
    if column["kind"] == "textual" and "meanLength" in column:
        pairs += [
            ("Average length", f"{number(round(column['meanLength']))} characters"),
            ("Greatest length", f"{number(column['maxLength'])} characters"),
        ]
    found = with_chart.get(name)
    chart = column_charts.of_column(f"chart-column-{kind.lower()}", name, found) if found else None
    if chart is None and column.get("words"):
        top = [[word["value"], word["rows"]] for word in column["words"]]
        chart = column_charts.categories(f"chart-column-{kind.lower()}", name, top, column["rows"])
        chart |= {"title": f"Words of {name}"}
    return {"name": name, "pairs": [{"label": label, "value": value} for label, value in pairs], "chart": chart}
