"""The numbers behind the data analysis: insights, statistics and charts."""

from collections.abc import Mapping
from typing import Any

from personalize_web.engine.columns import Snapshot
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.schemas import Schema
from personalize_web.engine.statistics import charts, columns, general, insights
from personalize_web.engine.statistics.tables import Tables, laid_out

PHASES = ("Read datasets", "Count interactions", "Describe columns", "Draw conclusions")
"""What an analysis does, in order; its progress names them."""


def analyse(
    interactions: Snapshot | None,
    items: Snapshot | None,
    users: Snapshot | None,
    schemas: Mapping[str, Schema],
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Everything the data analysis page shows, JSON-able.

    ``rows``: interactions that count. ``insights``: see :func:`insights.find`. ``statistics``: by dataset type,
    ``general`` and ``columns``. ``charts``: over_time, event_types, per_user, popularity, completeness, overlap,
    new_items and columns; those that the data do not allow are left out. Only rows of known users count, each once.
    """
    report = reporter or Silent()
    given = {"INTERACTIONS": interactions, "ITEMS": items, "USERS": users}
    snapshots = {kind: snapshot for kind, snapshot in given.items() if snapshot is not None and kind in schemas}
    _begin(report, 0)
    with laid_out(snapshots, schemas) as tables:
        _begin(report, 1)
        heads = {
            kind: general.interactions(tables, table) if kind == "INTERACTIONS" else general.records(tables, table)
            for kind, table in tables.by_type.items()
        }
        _begin(report, 2)
        described = {}
        for at, (kind, table) in enumerate(tables.by_type.items()):
            report.check()
            report.progress(at / len(tables.by_type))
            described[kind] = columns.describe(tables, table)
        _begin(report, 3)
        drawn = _charts(tables, heads, described)
        found = insights.find(tables, heads, described)
        report.progress(1.0)
    return {
        "rows": heads.get("INTERACTIONS", {}).get("rows", 0),
        "insights": found,
        "statistics": {kind: {"general": heads[kind], "columns": described[kind]} for kind in described},
        "charts": drawn,
    }


def _begin(reporter: Reporter, at: int) -> None:
    reporter.check()
    reporter.phase(PHASES[at], at + 1, len(PHASES))


def _charts(
    tables: Tables, heads: Mapping[str, Mapping[str, Any]], described: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    labelled = {kind: (tables[kind].label, entries) for kind, entries in described.items()}
    drawn: dict[str, Any] = {
        "completeness": charts.completeness(labelled),
        "columns": charts.columns(labelled),
        "overlap": charts.overlap(tables),
        "new_items": charts.new_items(tables),
    }
    if tables.get("INTERACTIONS") is not None:
        types = {entry["value"]: entry["rows"] for entry in heads["INTERACTIONS"]["eventTypes"]}
        drawn |= {
            "over_time": charts.over_time(tables, list(types)),
            "event_types": types,
            "per_user": charts.per_user(tables),
            "popularity": charts.popularity(tables),
        }
    return {name: numbers for name, numbers in drawn.items() if numbers}
