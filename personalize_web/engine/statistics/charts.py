"""The numbers behind the charts; whoever draws them makes the figures."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.columns import duck
from personalize_web.engine.statistics import surveys
from personalize_web.engine.statistics.tables import Tables

_DAY = 86_400
_CALENDAR = (-62_135_596_800, 253_402_300_799)
"""Unix seconds of the years 1 to 9999."""
_SERIES = 8
_UNITS = (("day", 120), ("week", 6 * 366), ("month", 60 * 366))
"""Unit of time and the longest span, in days, that it is used for."""
_POINTS = 120


def over_time(tables: Tables, types: Sequence[str]) -> dict[str, Any] | None:
    """Events per unit of time: unit, x (ISO dates, none left out) and series (counts by event type, at most eight).

    Times beyond the calendar, such as those in milliseconds, are left out.
    """
    named = list(types[:_SERIES] if len(types) <= _SERIES else types[: _SERIES - 1])
    kind = "'Interactions'"
    if types:
        kind = f"CASE WHEN EVENT_TYPE IN ({duck.texts(named)}) THEN EVENT_TYPE ELSE 'Other' END"
    tables.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE days AS SELECT (floor(TIMESTAMP / {_DAY}.0) * {_DAY})::BIGINT AS moment, "
        f"{kind} AS kind, count(*) AS n FROM interactions WHERE {_on_calendar('TIMESTAMP')} GROUP BY 1, 2"
    )
    span = tables.row("SELECT min(moment), max(moment) FROM days")
    if span[0] is None:
        return None
    unit = unit_for(*span)
    rows = tables.all(f"SELECT {_bucket(unit, 'moment')}, kind, sum(n)::BIGINT FROM days GROUP BY 1, 2")
    x = _dates(unit, min(row[0] for row in rows), max(row[0] for row in rows))
    place = {day: at for at, day in enumerate(x)}
    found = {row[1] for row in rows}
    series = {name: [0] * len(x) for name in [*named, "Other", "Interactions"] if name in found}
    for day, name, n in rows:
        series[name][place[day]] = n
    return {"unit": unit, "x": [day.isoformat() for day in x], "series": series}


def per_user(tables: Tables) -> dict[str, Any]:
    """Users by number of interactions: edges (n + 1), counts (n), and the 2nd, 50th, 95th and 99th percentile."""
    events, users = _spread(tables, "USER_ID")
    if not len(events):
        return {"edges": [], "counts": [], "users": 0}
    edges = _edges(int(events[-1]))
    counts = np.zeros(len(edges) - 1, np.int64)
    np.add.at(counts, np.searchsorted(edges, events, side="right") - 1, users)
    shares = users.cumsum() / users.sum()
    marks = {name: int(events[np.searchsorted(shares, at)]) for name, at in
             (("p2", 0.02), ("median", 0.5), ("p95", 0.95), ("p99", 0.99))}  # fmt: skip
    return {"edges": edges.tolist(), "counts": counts.tolist(), "users": int(users.sum()), **marks}


def popularity(tables: Tables) -> dict[str, Any]:
    """Interactions by item rank at log-spaced ranks, with the share of all events up to each rank."""
    events, items = (side[::-1] for side in _spread(tables, "ITEM_ID"))
    total_items = int(items.sum())
    if not total_items:
        return {"ranks": [], "counts": [], "cumulative": [], "items": 0, "top_share": 0.0, "single": 0}
    ends = items.cumsum()
    sums = (events * items).cumsum()
    ranks = np.unique(np.geomspace(1, total_items, _POINTS).round().astype(np.int64))
    at = np.searchsorted(ends, ranks)

    def up_to(rank: NDArray[np.int64]) -> NDArray[np.float64]:
        place = np.searchsorted(ends, rank)
        return (sums[place] - (ends[place] - rank) * events[place]) / sums[-1]

    return {
        "ranks": ranks.tolist(),
        "counts": events[at].tolist(),
        "cumulative": up_to(ranks).tolist(),
        "items": total_items,
        "top_share": float(up_to(np.array([max(1, total_items // 10)]))[0]),
        "single": int(items[events == 1].sum()),
    }


def completeness(described: Mapping[str, tuple[str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """Share of rows with a value for every column; ``described`` has label and columns by dataset type."""
    return [
        {
            "name": column["name"],
            "dataset": label,
            "share": column["validShare"],
            "textual": column["kind"] == "textual",
        }
        for label, columns in described.values()
        for column in columns
    ]


def overlap(tables: Tables) -> list[dict[str, Any]]:
    """Ids of Items and Users: with interactions, without, and only known from interactions."""
    found = []
    for kind, name, key in (("ITEMS", "Items", "ITEM_ID"), ("USERS", "Users", "USER_ID")):
        table = tables.get(kind)
        if table is None or tables.get("INTERACTIONS") is None:
            continue
        known, seen = surveys.ids(tables, table, key), surveys.ids(tables, tables["INTERACTIONS"], key)
        used = known.among(seen)
        unknown = len(seen.hashes) - used
        found.append({"name": name, "used": used, "unused": table.rows - used, "unknown": unknown})
    return found


def new_items(tables: Tables) -> dict[str, Any] | None:
    """Items by the week (or longer unit) of their creation: unit, x, counts."""
    table = tables.get("ITEMS")
    if table is None or table.field("CREATION_TIMESTAMP") is None:
        return None
    sane = _on_calendar("CREATION_TIMESTAMP")
    low, high = tables.row(f"SELECT min(CREATION_TIMESTAMP), max(CREATION_TIMESTAMP) FROM items WHERE {sane}")
    if low is None:
        return None
    unit = unit_for(low, high, shortest="week")
    rows = dict(
        tables.all(f"SELECT {_bucket(unit, 'CREATION_TIMESTAMP')}, count(*) FROM items WHERE {sane} GROUP BY 1")
    )
    x = _dates(unit, min(rows), max(rows))
    return {"unit": unit, "x": [day.isoformat() for day in x], "counts": [rows.get(day, 0) for day in x]}


def columns(described: Mapping[str, tuple[str, list[dict[str, Any]]]]) -> dict[str, dict[str, Any]]:
    """The distribution of each column that has one, by dataset type and column name."""
    found: dict[str, dict[str, Any]] = {}
    for kind, (_, entries) in described.items():
        found[kind] = {}
        for entry in entries:
            if "histogram" in entry:
                box = [entry["min"], *_box(entry), entry["max"]]
                found[kind][entry["name"]] = {
                    "kind": "histogram",
                    **entry["histogram"],
                    "median": entry["median"],
                    "quartiles": entry["quartiles"],
                    "box": box,
                }
            elif entry.get("top"):
                found[kind][entry["name"]] = {
                    "kind": "categories",
                    "top": [[value["value"], value["rows"]] for value in entry["top"]],
                    "rows": entry["rows"],
                }
    return found


def unit_for(low: int, high: int, *, shortest: str = "day") -> str:
    """The unit of time that suits a span of Unix seconds."""
    days = (high - low) / _DAY
    for unit, most in _UNITS:
        if days <= most and not (unit == "day" and shortest == "week"):
            return unit
    return "year"


def _box(entry: Mapping[str, Any]) -> tuple[float, float, float]:
    low, high = entry["quartiles"]
    return low, entry["median"], high


def _on_calendar(column: str) -> str:
    return f"{column} BETWEEN {_CALENDAR[0]} AND {_CALENDAR[1]}"


def _bucket(unit: str, column: str) -> str:
    return f"date_trunc('{unit}', make_timestamp({column} * 1000000))::DATE"


def _dates(unit: str, first: date, last: date) -> list[date]:
    """Every beginning of a unit from ``first`` to ``last``."""
    found = [first]
    while (day := found[-1]) < last:
        if unit in ("day", "week"):
            found.append(day + timedelta(days=1 if unit == "day" else 7))
        elif unit == "month":
            found.append(date(day.year + day.month // 12, day.month % 12 + 1, 1))
        else:
            found.append(date(day.year + 1, 1, 1))
    return found


def _spread(tables: Tables, key: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct numbers of interactions, ascending, and how many users or items have each."""
    return np.unique(surveys.ids(tables, tables["INTERACTIONS"], key).rows, return_counts=True)


def _edges(most: int) -> NDArray[np.int64]:
    """Whole-numbered edges, about five to each doubling beyond ten, the last above ``most``."""
    steps = np.unique(np.round(10 ** np.arange(0, np.log10(max(most, 1)) + 0.2, 0.1)).astype(np.int64))
    return np.append(steps[steps <= most], steps[steps > most][:1] if (steps > most).any() else most + 1)
