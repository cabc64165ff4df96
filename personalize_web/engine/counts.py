"""Cheap counts of a dataset: what its page shows without an analysis."""

from typing import Any

from personalize_web.engine.columns import Snapshot, duck

MOST_EVENT_TYPES = 50
"""Event types that are counted one by one, the most frequent first."""


def stored(snapshot: Snapshot) -> dict[str, int]:
    """Rows as they were stored, repetitions included: what can be told without reading any."""
    return {"rows_bulk": snapshot.rows("BULK"), "rows_individual": snapshot.rows("PUT")}


def count(snapshot: Snapshot) -> dict[str, Any]:
    """Counts of the rows that count, JSON-able.

    Every dataset: ``rows``, ``rows_bulk`` and ``rows_individual`` (as stored, repetitions included). Interactions also:
    ``users``, ``items``, ``users_with_two``, ``event_types`` (type -> rows) and ``last_timestamp`` (Unix seconds).
    """
    found: dict[str, Any] = {"rows": snapshot.effective_rows, **stored(snapshot)}
    if snapshot.manifest.dataset_type != "INTERACTIONS" or not snapshot.segments:
        return found
    with duck.connect() as connection:
        connection.execute(f"CREATE TEMP VIEW events AS {snapshot.sql()}")
        users, with_two = connection.execute(
            "SELECT count(*), count_if(n > 1) FROM (SELECT count(*) AS n FROM events GROUP BY USER_ID)"
        ).fetchone() or (0, 0)
        items, last = connection.execute("SELECT count(DISTINCT ITEM_ID), max(TIMESTAMP) FROM events").fetchone() or (
            0,
            None,
        )
        found |= {"users": users, "items": items, "users_with_two": with_two, "last_timestamp": last}
        if "EVENT_TYPE" in snapshot.columns:
            types = connection.execute(
                "SELECT EVENT_TYPE, count(*) FROM events WHERE EVENT_TYPE IS NOT NULL "
                f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_EVENT_TYPES}"
            ).fetchall()
            found["event_types"] = dict(types)
    return found
