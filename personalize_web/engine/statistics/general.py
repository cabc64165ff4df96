"""The head figures of each dataset."""

import time
from typing import Any

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
    users = f"(SELECT n FROM {tables.counted(table, 'USER_ID')})"
    number, with_two, mean, median, many = tables.row(
        "SELECT count(*), count(*) FILTER (WHERE n > 1), coalesce(avg(n), 0), coalesce(median(n), 0), "
        f"coalesce(quantile_disc(n, {_MOST_USERS}), 0) FROM {users}"
    )
    most = max(many, MANY_EACH)
    busy, theirs = tables.row(f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM {users} WHERE n > {most}")
    items = tables.row(f"SELECT count(*) FROM {tables.counted(table, 'ITEM_ID')}")[0]
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
        "users": number,
        "items": items,
        "usersWithTwo": with_two,
        "interactionsPerUser": {"mean": mean, "median": median},
        "busyUsers": {"users": busy, "moreThan": most, "rows": theirs},
        "eventTypes": [{"value": value, "rows": n} for value, n in types],
        **_times(tables, table),
        **_missing(tables, table),
    }


def records(tables: Tables, table: Table) -> dict[str, Any]:
    """Rows of Users or Items, and how many of their ids have interactions."""
    key = duck.name(table.schema.key or "")
    used, events = 0, tables.get("INTERACTIONS")
    if events is not None:
        seen = f"SELECT value AS {key} FROM {tables.counted(events, table.schema.key or '')}"
        used = tables.row(f"SELECT count(*) FROM {table.view} SEMI JOIN ({seen}) USING ({key})")[0]
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


def _times(tables: Tables, table: Table) -> dict[str, Any]:
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
    if field is None or not table.rows:
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
