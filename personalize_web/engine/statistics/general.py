"""The head figures of each dataset."""

from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.statistics.columns import incomplete_rows
from personalize_web.engine.statistics.tables import Table, Tables


def interactions(tables: Tables, table: Table) -> dict[str, Any]:
    """Rows, users, items, repetitions, event types and time span of the events."""
    users, with_two, mean, median = tables.row(
        "SELECT count(*), count(*) FILTER (WHERE n > 1), coalesce(avg(n), 0), coalesce(median(n), 0) "
        "FROM (SELECT count(*) AS n FROM interactions GROUP BY USER_ID)"
    )
    items, first, last, times = tables.row(
        "SELECT count(DISTINCT ITEM_ID), min(TIMESTAMP), max(TIMESTAMP), count(DISTINCT TIMESTAMP) FROM interactions"
    )
    types: list[tuple[Any, ...]] = []
    if table.field("EVENT_TYPE") is not None:
        types = tables.all(
            "SELECT EVENT_TYPE, count(*) AS n FROM interactions WHERE EVENT_TYPE IS NOT NULL "
            "GROUP BY 1 ORDER BY n DESC, 1"
        )
    stored = table.snapshot.rows()
    repeated = _repeated(tables, table)
    return {
        "rows": table.rows,
        "storedRows": stored,
        "duplicateShare": repeated / stored if stored else 0.0,
        "bulkRows": table.snapshot.rows("BULK"),
        "individualRows": table.snapshot.rows("PUT"),
        "users": users,
        "items": items,
        "usersWithTwo": with_two,
        "interactionsPerUser": {"mean": mean, "median": median},
        "eventTypes": [{"value": value, "rows": n} for value, n in types],
        "firstTimestamp": first,
        "lastTimestamp": last,
        "distinctTimestamps": times,
        **_missing(tables, table),
    }


def records(tables: Tables, table: Table) -> dict[str, Any]:
    """Rows of Users or Items, and how many of their ids have interactions."""
    key = duck.name(table.schema.key or "")
    used = 0
    if tables.get("INTERACTIONS") is not None:
        used = tables.row(
            f"SELECT count(*) FROM {table.view} SEMI JOIN (SELECT DISTINCT {key} FROM interactions) USING ({key})"
        )[0]
    found: dict[str, Any] = {
        "rows": table.rows,
        "storedRows": table.snapshot.rows(),
        "ids": table.rows,
        "withInteractions": used,
        "withoutInteractions": table.rows - used,
        **_missing(tables, table),
    }
    if table.field("CREATION_TIMESTAMP") is not None:
        oldest, newest = tables.row(f"SELECT min(CREATION_TIMESTAMP), max(CREATION_TIMESTAMP) FROM {table.view}")
        found |= {"oldestCreation": oldest, "newestCreation": newest}
    return found


def _missing(tables: Tables, table: Table) -> dict[str, Any]:
    incomplete = incomplete_rows(tables, table)
    return {"incompleteRows": incomplete, "incompleteShare": incomplete / table.rows if table.rows else 0.0}


def _repeated(tables: Tables, table: Table) -> int:
    """Stored rows that have an equal partner."""
    if table.snapshot.rows() == table.rows:
        return 0
    columns = duck.names(table.snapshot.columns)
    return int(
        tables.row(
            f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM ({table.snapshot.stored_sql()}) "
            f"WHERE USER_ID IS NOT NULL GROUP BY {columns} HAVING count(*) > 1)"
        )[0]
    )
