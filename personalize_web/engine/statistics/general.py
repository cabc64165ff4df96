"""The head figures of each dataset."""

import time
from typing import Any

import numpy as np

from personalize_web.engine.columns import PLACE, duck, superseded
from personalize_web.engine.statistics import surveys
from personalize_web.engine.statistics.tables import Table, Tables

SOON = 86_400
"""Seconds by which a clock may be ahead before a time counts as one in the future."""
MILLISECONDS = 10**11
"""From here on a time is taken to be in milliseconds: as seconds it would be in the year 5138."""
MANY_EACH = 1_000
"""Interactions that a user must have to stand out."""
_MOST_USERS = 0.999


def interactions(tables: Tables, table: Table) -> dict[str, Any]:
    """Rows, users, items, repetitions, event types and time span of the events."""
    each = surveys.ids(tables, table, "USER_ID").rows
    most = max(MANY_EACH, int(np.quantile(each, _MOST_USERS, method="inverted_cdf")) if len(each) else 0)
    busy = each > most
    types: list[tuple[Any, ...]] = []
    if table.field("EVENT_TYPE") is not None:
        types = tables.all(
            f"SELECT value, n FROM {tables.counted(table, 'EVENT_TYPE')} WHERE value IS NOT NULL ORDER BY n DESC, 1"
        )
    stored = table.snapshot.rows()
    repeated = _repeated(tables, table)
    return {
        "rows": table.rows,
        "storedRows": stored,
        "duplicateShare": repeated / stored if stored else 0.0,
        "bulkRows": table.snapshot.rows("BULK"),
        "individualRows": table.snapshot.rows("PUT"),
        "users": len(each),
        "items": len(surveys.ids(tables, table, "ITEM_ID").rows),
        "usersWithTwo": int((each > 1).sum()),
        "interactionsPerUser": {
            "mean": float(each.mean()) if len(each) else 0,
            "median": float(np.median(each)) if len(each) else 0,
        },
        "busyUsers": {"users": int(busy.sum()), "moreThan": most, "rows": int(each[busy].sum())},
        "eventTypes": [{"value": value, "rows": n} for value, n in types],
        **times(tables, table),
        **_missing(tables, table),
    }


def records(tables: Tables, table: Table) -> dict[str, Any]:
    """Rows of Users or Items, and how many of their ids have interactions."""
    key = table.schema.key or ""
    used, events = 0, tables.get("INTERACTIONS")
    if events is not None:
        used = surveys.ids(tables, table, key).among(surveys.ids(tables, events, key))
    found: dict[str, Any] = {
        "rows": table.rows,
        "storedRows": table.snapshot.rows(),
        "bulkRows": table.snapshot.rows("BULK"),
        "individualRows": table.snapshot.rows("PUT"),
        "ids": table.rows,
        "withInteractions": used,
        "withoutInteractions": table.rows - used,
        **_missing(tables, table),
    }
    if table.field("CREATION_TIMESTAMP") is not None:
        created = surveys.survey(tables, table).columns["CREATION_TIMESTAMP"]
        found |= {"oldestCreation": created["min"], "newestCreation": created["max"]}
    return found


def times(tables: Tables, table: Table) -> dict[str, Any]:
    """When the events were; those of the future, and those that are written in milliseconds, are counted apart."""
    field = table.field("TIMESTAMP")
    facts = surveys.survey(tables, table).columns["TIMESTAMP"]
    found: dict[str, Any] = {
        "firstTimestamp": facts["min"],
        "lastTimestamp": facts["max"],
        "distinctTimestamps": 0,
        "futureRows": 0,
        "millisecondRows": 0,
        "newestPast": facts["max"],
    }
    if field is None or facts["max"] is None:
        return found
    found["distinctTimestamps"] = surveys.spread(tables, table, field).distinct
    soon = int(time.time()) + SOON
    if facts["max"] > soon:
        future, odd, past = tables.row(
            f"SELECT count(*) FILTER (WHERE TIMESTAMP > {soon} AND TIMESTAMP < {MILLISECONDS}), "
            f"count(*) FILTER (WHERE TIMESTAMP >= {MILLISECONDS}), max(TIMESTAMP) FILTER (WHERE TIMESTAMP <= {soon}) "
            f"FROM {table.view}"
        )
        found |= {"futureRows": future, "millisecondRows": odd, "newestPast": past}
    return found


def _missing(tables: Tables, table: Table) -> dict[str, Any]:
    incomplete = surveys.survey(tables, table).incomplete
    return {"incompleteRows": incomplete, "incompleteShare": incomplete / table.rows if table.rows else 0.0}


def _repeated(tables: Tables, table: Table) -> int:
    """Stored rows that have an equal partner."""
    snapshot = table.snapshot
    gone = superseded.file(snapshot.manifest, snapshot.root)
    if gone is None:
        return 0
    columns = duck.names(snapshot.columns)
    stored = f"SELECT * FROM ({snapshot.stored_sql()}) WHERE USER_ID IS NOT NULL"
    tables.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE seen_before AS SELECT DISTINCT hash({columns}) AS hashed FROM ({stored}) "
        f"SEMI JOIN read_parquet({duck.text(gone)}) USING ({PLACE})"
    )
    alike = f"SELECT {columns} FROM ({stored}) WHERE hash({columns}) IN (SELECT hashed FROM seen_before)"
    counted = f"SELECT count(*) AS n FROM ({alike}) GROUP BY {columns} HAVING count(*) > 1"
    return int(tables.row(f"SELECT coalesce(sum(n), 0) FROM ({counted})")[0])
