"""The numbers of an analysis as the page shows them: key numbers, insights, charts, statistics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from apps.insights import charts, statistics
from apps.ui import dataset_types, figures
from apps.ui.formats import MISSING, number, percent

Numbers = Mapping[str, Any]
SEVERITIES = {"High": ("error", "red"), "Medium": ("warning", "amber"), "Low": ("info", "blue")}
IMPORTED = frozenset({"I1", "I2", "I3", "I4", "I5", "I14"})
"""Insights that an import mends."""
REPEATED, QUIET, BOOLEANS = "I12", "I17", "I18"
ANALYSED = ("INTERACTIONS", "ITEMS", "USERS")


def rows(numbers: Numbers) -> int:
    """How many interactions were looked at."""
    return int(numbers.get("rows") or 0)


def context(numbers: Numbers, query: Mapping[str, str], links: Mapping[str, str], noun: str) -> dict[str, Any]:
    """Everything insights/report.html draws.

    ``links``: own, trackers, imports by dataset type, and for each dataset type ``dataset-`` and ``schema-`` before it;
    ``noun``: Item, Title, …
    """
    text, kind = query.get("q", "").strip(), query.get("dataset", "")
    changes = numbers.get("changes")
    new = {_identity(one) for one in changes["new"]} if changes else set()
    found = [_insight(one, links, query) | {"new": _identity(one) in new} for one in numbers["insights"]]
    return {
        "key_numbers": key_numbers(numbers, noun),
        "insights": [one for one in found if _matches(one, text, kind)],
        "insight_count": len(found),
        "severities": _severities(found),
        "compared": _compared(changes),
        "previous_at": changes["creationDateTime"] if changes else None,
        "resolved": [_insight(one, links, query) for one in changes["resolved"]] if changes else [],
        "insight_query": text,
        "insight_dataset": kind,
        "insight_datasets": [
            (one, dataset_types.BY_KEY[one].title) for one in ANALYSED if one in numbers["statistics"]
        ],
        "charts": drawn(numbers["charts"], noun),
        "sections": statistics.sections(numbers, query),
    }


def key_numbers(numbers: Numbers, noun: str) -> list[dict[str, Any]]:
    """The tiles at the top: label, value, detail, and change since the last run."""
    known = numbers["statistics"]
    general = known.get("INTERACTIONS", {}).get("general", {})
    items = known.get("ITEMS", {}).get("general", {})
    types = [entry["value"] for entry in general.get("eventTypes", ())]
    columns = [column for kind in known.values() for column in kind["columns"]]
    complete = [column for column in columns if column["validShare"] >= charts.ADVISED]
    least = min(columns, key=lambda column: column["validShare"], default=None)
    users, with_two = general.get("users", 0), general.get("usersWithTwo", 0)
    per_user = general.get("interactionsPerUser", {})
    catalogue = f"of {number(items['rows'])} in catalogue" if items else ""
    return [
        _tile("Interactions", number(general.get("rows")), _growth(numbers), _change(numbers, "rows")),
        _tile(
            "Users",
            number(users),
            "all with 2 or more" if users == with_two else f"{number(with_two)} with 2 or more",
            _change(numbers, "users"),
        ),
        _tile(
            f"{noun}s with events",
            number(items.get("withInteractions", general.get("items"))),
            catalogue,
            _change(numbers, "withInteractions", "ITEMS") if items else _change(numbers, "items"),
        ),
        _tile("Median per user", number(per_user.get("median")), f"mean {number(per_user.get('mean'), 1)}"),
        _tile("Event types", number(len(types)) if types else MISSING, figures.clip(", ".join(types), 36)),
        _tile(
            "Complete columns",
            f"{len(complete)} of {len(columns)}",
            f"{least['name']} is {percent(least['validShare'])} full"
            if least and least["validShare"] < 1
            else "all full",
        ),
    ]


def _tile(label: str, value: str, detail: str, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"label": label, "value": value, "detail": detail, "change": change}


def _change(numbers: Numbers, name: str, kind: str = "INTERACTIONS") -> dict[str, Any] | None:
    """How much more or less a figure is than at the last run; None where it is the same, or unknown."""
    figures = (numbers.get("changes") or {}).get("figures", {}).get(kind, ())
    for figure in figures:
        if figure["name"] == name and figure["now"] != figure["before"]:
            more = figure["now"] > figure["before"]
            by = number(abs(figure["now"] - figure["before"]))
            return {"text": by, "direction": "up" if more else "down", "good": more}
    return None


def _growth(numbers: Numbers) -> str:
    for figure in (numbers.get("changes") or {}).get("figures", {}).get("INTERACTIONS", ()):
        if figure["name"] == "rows" and figure["before"]:
            share = (figure["now"] - figure["before"]) / figure["before"]
            if not share:
                return "as many as last run"
            return f"{percent(abs(share))} {'more' if share > 0 else 'fewer'} than last run"
    return ""


def _identity(insight: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    return insight["number"], tuple(insight["datasetTypes"])


def _insight(insight: Mapping[str, Any], links: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
    head, _, rest = str(insight["insight"]).partition(". ")
    indicator, color = SEVERITIES[insight["severity"]]
    kinds = [dataset_types.BY_KEY[kind].title for kind in insight["datasetTypes"]]
    return {
        "number": insight["number"],
        "severity": insight["severity"],
        "indicator": indicator,
        "color": color,
        "title": f"{head.rstrip('.')}.",
        "text": rest,
        "action": insight["action"],
        "kinds": insight["datasetTypes"],
        "datasets": ", ".join(kinds),
        "fix": _fix(insight, links, query),
    }


def _fix(insight: Mapping[str, Any], links: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
    """The button that leads to where it is mended."""
    kind = insight["datasetTypes"][0]
    if insight["number"] == QUIET:
        return {"text": "View rejected records", "href": links["rejected"]}
    if insight["number"] == BOOLEANS and f"schema-{kind}" in links:
        return {"text": "Change schema", "href": links[f"schema-{kind}"]}
    if insight["columns"]:
        keep = {"run": query["run"]} if query.get("run") else {}
        chosen = urlencode(keep | {statistics.parameter(kind): insight["columns"][0]})
        return {"text": "View column", "href": f"{links['own']}?{chosen}#statistics-{kind}"}
    if insight["number"] in IMPORTED:
        return {"text": "Import", "href": links.get(kind, links["own"])}
    return {
        "text": "View imports" if insight["number"] == REPEATED else "View dataset",
        "href": links[f"dataset-{kind}"],
    }


def _matches(insight: Mapping[str, Any], text: str, kind: str) -> bool:
    """The exact text in finding or action, whatever its case; one dataset or any."""
    if kind and kind not in insight["kinds"]:
        return False
    spoken = f"{insight['title']} {insight['text']} {insight['action']}".lower()
    return text.lower() in spoken


def _severities(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counted = [(name, sum(one["severity"] == name for one in found)) for name in SEVERITIES]
    return [{"text": f"{n} {name.lower()}", "color": SEVERITIES[name][1]} for name, n in counted if n]


def _compared(changes: Mapping[str, Any] | None) -> str:
    """ "1 new, 2 resolved, 3 still there" since the analysis before."""
    if changes is None:
        return ""
    return f"{len(changes['new'])} new, {len(changes['resolved'])} resolved, {changes['remaining']} still there"


def drawn(numbers: Numbers, noun: str) -> list[figures.Chart]:
    """The charts there are numbers for, in the order of the page."""
    makers: tuple[tuple[str, Callable[[Any], figures.Chart]], ...] = (
        ("over_time", charts.over_time),
        ("per_user", charts.per_user),
        ("popularity", lambda found: charts.popularity(found, noun)),
        ("completeness", charts.completeness),
        ("event_types", charts.event_types),
        ("overlap", charts.overlap),
        ("new_items", charts.new_items),
    )
    return [make(numbers[name]) for name, make in makers if _any(numbers.get(name))]


def _any(found: Any) -> bool:
    """Whether there is something to draw."""
    return bool(found) and not (isinstance(found, Mapping) and found.get("counts") == [])
