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
ANALYSED = ("INTERACTIONS", "ITEMS", "USERS")


def rows(numbers: Numbers) -> int:
    """How many interactions were looked at."""
    return int(numbers.get("rows") or 0)


def context(
    numbers: Numbers, before: Numbers | None, query: Mapping[str, str], links: Mapping[str, str], noun: str
) -> dict[str, Any]:
    """Everything insights/report.html draws. ``links``: own, and imports by dataset type; ``noun``: Item, Title, …"""
    text, kind = query.get("q", "").strip(), query.get("dataset", "")
    found = [_insight(one, before, links, query) for one in numbers["insights"]]
    shown = [one for one in found if _matches(one, text, kind)]
    return {
        "key_numbers": key_numbers(numbers, before, noun),
        "insights": shown,
        "insight_count": len(found),
        "severities": _severities(found),
        "compared": _compared(numbers, before),
        "insight_query": text,
        "insight_dataset": kind,
        "insight_datasets": [
            (one, dataset_types.BY_KEY[one].title) for one in ANALYSED if one in numbers["statistics"]
        ],
        "charts": drawn(numbers["charts"], noun),
        "sections": statistics.sections(numbers, query),
    }


def key_numbers(numbers: Numbers, before: Numbers | None, noun: str) -> list[dict[str, str]]:
    """The tiles at the top: label, value, detail."""
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
        _tile("Interactions", number(general.get("rows")), _growth(general.get("rows"), before)),
        _tile(
            "Users", number(users), "all with 2 or more" if users == with_two else f"{number(with_two)} with 2 or more"
        ),
        _tile(f"{noun}s with events", number(items.get("withInteractions", general.get("items"))), catalogue),
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


def _tile(label: str, value: str, detail: str) -> dict[str, str]:
    return {"label": label, "value": value, "detail": detail}


def _growth(count: int | None, before: Numbers | None) -> str:
    last = rows(before) if before else 0
    if not last or count is None:
        return ""
    change = (count - last) / last
    if not change:
        return "as many as last run"
    return f"{percent(abs(change))} {'more' if change > 0 else 'fewer'} than last run"


def _identity(insight: Mapping[str, Any]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return insight["number"], tuple(insight["datasetTypes"]), tuple(insight["columns"])


def _insight(
    insight: Mapping[str, Any], before: Numbers | None, links: Mapping[str, str], query: Mapping[str, str]
) -> dict[str, Any]:
    head, _, rest = str(insight["insight"]).partition(". ")
    indicator, color = SEVERITIES[insight["severity"]]
    known = {_identity(one) for one in before["insights"]} if before else set()
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
        "new": before is not None and _identity(insight) not in known,
        "fix": _fix(insight, links, query),
    }


def _fix(insight: Mapping[str, Any], links: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
    """The button that leads to where it is mended."""
    kind = insight["datasetTypes"][0]
    if insight["columns"]:
        keep = {"run": query["run"]} if query.get("run") else {}
        chosen = urlencode(keep | {statistics.parameter(kind): insight["columns"][0]})
        return {"text": "View column", "href": f"{links['own']}?{chosen}#statistics-{kind}"}
    if insight["number"] in IMPORTED:
        return {"text": "Import", "href": links.get(kind, links["own"])}
    return {"text": "View dataset", "href": links["datasets"]}


def _matches(insight: Mapping[str, Any], text: str, kind: str) -> bool:
    """The exact text in finding or action, whatever its case; one dataset or any."""
    if kind and kind not in insight["kinds"]:
        return False
    spoken = f"{insight['title']} {insight['text']} {insight['action']}".lower()
    return text.lower() in spoken


def _severities(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counted = [(name, sum(one["severity"] == name for one in found)) for name in SEVERITIES]
    return [{"text": f"{n} {name.lower()}", "color": SEVERITIES[name][1]} for name, n in counted if n]


def _compared(numbers: Numbers, before: Numbers | None) -> str:
    """ "1 new, 2 resolved" since the analysis before."""
    if before is None:
        return ""
    now, then = ({_identity(one) for one in run["insights"]} for run in (numbers, before))
    return f"{len(now - then)} new, {len(then - now)} resolved"


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
