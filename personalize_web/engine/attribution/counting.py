"""Events counted for metrics: by source and quarter of an hour, over streamed events or a new segment alike."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from personalize_web.engine.attribution.expressions import Expression
from personalize_web.engine.columns import duck

UNDEFINED = "SOURCE_NAME_UNDEFINED"
"""The source of an event that names none."""
WINDOW = 900
"""Seconds of one window; windows begin at whole quarters of an hour."""

_SOURCE = r"[\x20-\x7E]*[\x21-\x7E][\x20-\x7E]*"
_LONGEST = 1024
_CHUNK = 10_000


@dataclass(frozen=True)
class Measure:
    """One metric, as it is counted."""

    name: str
    event_type: str
    """Compared ignoring case."""
    expression: Expression
    since: float = 0.0
    """Events received before this moment, in Unix seconds, are not its."""


@dataclass(frozen=True)
class Count:
    """What a metric amounts to for one source in one window."""

    metric: int
    """Its place among the measures."""
    source: str
    window: int
    """The window's beginning, in Unix seconds."""
    value: float


class Counting:
    """One count of some events, in steps, with bounded memory.

    First :meth:`recommendation_ids` says which ids need a source; :meth:`count` takes those that are known; then
    :meth:`sources` lists the sources in the order they came, :meth:`keep` says which stay names of their own, and
    :meth:`counts` or :meth:`write` give the result. A context manager.
    """

    def __init__(
        self,
        events: str | pa.Table,
        measures: Sequence[Measure],
        *,
        columns: Iterable[str],
        items: str | None = None,
        oldest: float | None = None,
    ) -> None:
        """``events`` is a table, or a query, with ITEM_ID, EVENT_TYPE, TIMESTAMP (Unix seconds) and ``_place``.

        ``columns`` are those it has; EVENT_ATTRIBUTION_SOURCE, RECOMMENDATION_ID, ``_received`` (Unix seconds) and the
        columns that are summed may be absent. ``items`` is a query for ITEM_ID and the items' summed columns. Events
        before ``oldest``, in Unix seconds, are passed over.
        """
        self._events = events
        self._measures = list(measures)
        self._columns = frozenset(columns)
        self._items = items
        self._oldest = oldest
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._duck = self._stack.enter_context(duck.connect())
        if isinstance(self._events, pa.Table):
            self._duck.register("given", self._events)
        else:
            self._duck.execute(f"CREATE TEMP VIEW given AS {self._events}")
        self._duck.execute("CREATE TEMP TABLE served (RECOMMENDATION_ID VARCHAR, source VARCHAR)")
        self._duck.execute("CREATE TEMP TABLE kept (source VARCHAR)")
        self._name_measures()
        self._duck.execute(f"CREATE TEMP VIEW events AS {self._relevant()}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def recommendation_ids(self) -> Iterator[list[str]]:
        """The ids, in batches, that events name instead of a source."""
        found = self._duck.execute("SELECT DISTINCT asked FROM events WHERE asked IS NOT NULL")
        while batch := found.fetchmany(_CHUNK):
            yield [row[0] for row in batch]

    def count(self, served: pa.Table) -> None:
        """Count, with ``served`` (recommendation_id, source) naming the known recommendations."""
        self._duck.register("known", served)
        self._duck.execute("INSERT INTO served SELECT recommendation_id, min(source) FROM known GROUP BY 1")
        self._duck.execute(f"CREATE TEMP TABLE grouped AS {self._grouped()}")
        self._duck.execute(f"CREATE TEMP VIEW counted AS {self._counted()}")

    def sources(self) -> list[str]:
        """Every source that is named, in the order of its first event."""
        rows = self._duck.execute(
            "SELECT source FROM counted WHERE source <> ? GROUP BY source ORDER BY min(place), source", [UNDEFINED]
        )
        return [row[0] for row in rows.fetchall()]

    def keep(self, sources: Sequence[str]) -> None:
        """Let these stay names of their own; events of all others count as of no source."""
        self._duck.execute("DELETE FROM kept")
        if sources:
            self._duck.register("chosen", pa.table({"source": pa.array(sources, pa.string())}))
            self._duck.execute("INSERT INTO kept SELECT source FROM chosen")

    def counts(self) -> Iterator[list[Count]]:
        """The result in batches, by metric, window and source."""
        found = self._duck.execute(f"SELECT metric, source, start, value FROM ({_LIMITED}) ORDER BY 1, 3, 2")
        while batch := found.fetchmany(_CHUNK):
            yield [Count(int(row[0]), row[1], int(row[2]), float(row[3])) for row in batch]

    def write(self, path: Path) -> int:
        """The result as a CSV file in the form of the reports; the answer is its number of rows."""
        chosen = f"""
            SELECT m.name AS METRIC_NAME, m.shown_type AS EVENT_TYPE, l.value AS VALUE, m.function AS MATH_FUNCTION,
                l.source AS EVENT_ATTRIBUTION_SOURCE, l.start AS TIMESTAMP
            FROM ({_LIMITED}) l JOIN measures m ON m.metric = l.metric
            ORDER BY l.metric, l.start, l.source
        """
        options = "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"'"
        found = self._duck.execute(f"COPY ({chosen}) TO {duck.text(path)} ({options})").fetchone()
        return int(found[0]) if found else 0

    def _name_measures(self) -> None:
        self._duck.execute(
            "CREATE TEMP TABLE measures (metric INTEGER, name VARCHAR, shown_type VARCHAR, event_type VARCHAR, "
            "function VARCHAR)"
        )
        for number, measure in enumerate(self._measures):
            self._duck.execute(
                "INSERT INTO measures SELECT $1, $2, $3, lower($3), $4",
                [number, measure.name, measure.event_type, measure.expression.function],
            )

    def _relevant(self) -> str:
        """Every event of a type that is counted, with what its source may be."""
        given = self._present("EVENT_ATTRIBUTION_SOURCE", "VARCHAR")
        summed = {column for kind, column in self._summed() if kind == "INTERACTIONS"}
        columns = [
            "ITEM_ID",
            "lower(EVENT_TYPE) AS event_type",
            f"CAST(floor(TIMESTAMP / {WINDOW}) AS BIGINT) * {WINDOW} AS start",
            f"CASE WHEN length({given}) <= {_LONGEST} AND regexp_full_match({given}, {duck.text(_SOURCE)}) "
            f"THEN {given} END AS given_source",
            f"CASE WHEN given_source IS NULL THEN {self._present('RECOMMENDATION_ID', 'VARCHAR')} END AS asked",
            f"{self._present('_received', 'DOUBLE')} AS received",
            "_place AS place",
            *(f"{self._present(name, 'DOUBLE')} AS {duck.name(f'summed {name}')}" for name in sorted(summed)),
        ]
        recent = f" AND TIMESTAMP >= {float(self._oldest)!r}" if self._oldest is not None else ""
        return (
            f"SELECT {', '.join(columns)} FROM given "
            f"WHERE lower(EVENT_TYPE) IN (SELECT event_type FROM measures){recent}"
        )

    def _grouped(self) -> str:
        """One row a type, source and window, with the value of every measure; null where nothing is the measure's."""
        values = [
            f"sum({self._value(measure)}) FILTER (e.received IS NULL OR e.received >= {measure.since!r}) AS v{number}"
            for number, measure in enumerate(self._measures)
        ]
        return f"""
            SELECT e.event_type, coalesce(e.given_source, s.source, {duck.text(UNDEFINED)}) AS source, e.start,
                min(e.place) AS place, {", ".join(values)}
            FROM events e
            LEFT JOIN served s ON s.RECOMMENDATION_ID = e.asked
            {self._items_join()}
            GROUP BY ALL
        """

    def _counted(self) -> str:
        """One row a measure, source and window."""
        return " UNION ALL ".join(
            f"SELECT {number} AS metric, source, start, v{number} AS value, place FROM grouped JOIN measures USING "
            f"(event_type) WHERE metric = {number} AND v{number} IS NOT NULL"
            for number in range(len(self._measures))
        )

    def _items_join(self) -> str:
        summed = [column for kind, column in self._summed() if kind == "ITEMS"]
        if not summed or self._items is None:
            return ""
        columns = ", ".join(f"{duck.name(name)}::DOUBLE AS {duck.name(f'item {name}')}" for name in sorted(summed))
        needed = f"SELECT ITEM_ID, {columns} FROM ({self._items}) SEMI JOIN events USING (ITEM_ID)"
        return f"LEFT JOIN ({needed}) i ON i.ITEM_ID = e.ITEM_ID"

    def _value(self, measure: Measure) -> str:
        """What one event adds; a missing value adds nothing."""
        expression = measure.expression
        if expression.dataset_type is None:
            return "1.0::DOUBLE"
        if expression.dataset_type == "ITEMS":
            return "0.0" if self._items is None else f"coalesce(i.{duck.name(f'item {expression.column}')}, 0.0)"
        return f"coalesce(e.{duck.name(f'summed {expression.column}')}, 0.0)"

    def _summed(self) -> set[tuple[str, str]]:
        wanted = (measure.expression for measure in self._measures)
        return {(each.dataset_type, each.column) for each in wanted if each.dataset_type and each.column}

    def _present(self, column: str, type_: str) -> str:
        return f"{duck.name(column)}::{type_}" if column in self._columns else f"NULL::{type_}"


_LIMITED = f"""
    SELECT metric, CASE WHEN k.source IS NULL THEN {duck.text(UNDEFINED)} ELSE k.source END AS source, start,
        sum(value)::DOUBLE AS value
    FROM counted c LEFT JOIN kept k ON k.source = c.source GROUP BY ALL
"""
