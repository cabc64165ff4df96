"""The statistics of a column as pages show them: a row of a table, and one column in detail with its chart."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.ui import column_charts
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


def day(seconds: float | None) -> str:
    """Unix seconds as a date."""
    if seconds is None:
        return MISSING
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return number(seconds)
    return f"{moment:%b} {moment.day}, {moment:%Y}"


def row(column: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    """A column as a row of a table; ``chosen`` is the name of the one that is shown in detail."""
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


def detail(id: str, column: Mapping[str, Any], drawn: Mapping[str, Any] | None) -> dict[str, Any]:
    """A column: its figures and its chart. ``drawn``: the chart's numbers, kind histogram or categories."""
    name = column["name"]
    pairs: list[tuple[str, str]] = [
        ("Type", column["type"]),
        ("Role", ROLES.get(column["kind"], column["kind"])),
        ("Complete", percent(column["validShare"])),
        ("Missing", f"{number(column['missing'])} rows"),
    ]
    if "distinct" in column:
        about = "about " if "distinct" in column.get("approximate", ()) else ""
        pairs.append(("Distinct values", f"{about}{number(column['distinct'])}"))
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
        if column.get("languages"):
            told = [f"{language['value']} {percent(language['share'])}" for language in column["languages"]]
            pairs.append(("Languages", ", ".join(told)))
    chart = column_charts.of_column(id, name, drawn) if drawn else None
    if chart is None and column.get("words"):
        top = [[word["value"], word["rows"]] for word in column["words"]]
        chart = column_charts.categories(id, name, top, column["rows"])
        chart |= {"title": f"Words of {name}"}
    return {"name": name, "pairs": [{"label": label, "value": value} for label, value in pairs], "chart": chart}


def drawn(column: Mapping[str, Any]) -> dict[str, Any] | None:
    """The numbers of the chart of a column that was described by itself; None where there is nothing to draw."""
    if "histogram" in column:
        return {
            "kind": "histogram",
            **column["histogram"],
            "median": column["median"],
            "quartiles": column["quartiles"],
        }
    if column.get("top"):
        top = [[value["value"], value["rows"]] for value in column["top"]]
        return {"kind": "categories", "top": top, "rows": column["rows"]}
    return None
