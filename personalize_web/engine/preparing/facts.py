"""What the cells of each column look like: the facts that guesses about a table rest on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.preparing import converters
from personalize_web.engine.preparing.source import Source

SAMPLED = 10_000
"""Rows that are looked at."""

_SHOWN = 60


@dataclass(frozen=True)
class Facts:
    """One column of the sample. Counts are of rows with a value unless said otherwise."""

    column: str
    rows: int
    """All rows of the sample, with or without value."""
    filled: int
    distinct: int
    mean_length: float
    """Characters."""
    longest: int
    bars: int
    """Values that hold a vertical bar."""
    lists: int
    """Values that are a JSON list."""
    commas: int
    """Values of several words between commas, none longer than a name."""
    whole: int
    """Whole numbers of at most 18 digits."""
    whole_floats: int
    """Whole numbers written with .0."""
    numbers: int
    loose_numbers: int
    """Numbers with currency signs or commas between thousands."""
    comma_numbers: int
    """Numbers with a decimal comma."""
    odd: int
    """Different values that are no numbers."""
    low: float | None
    """Of the numbers."""
    high: float | None
    iso_dates: int
    day_first: int
    month_first: int
    samples: tuple[str, ...]
    """The first five different values, shortened."""

    @property
    def missing(self) -> int:
        """Rows without value."""
        return self.rows - self.filled

    def all(self, count: int, *, share: float = 1.0) -> bool:
        """Whether ``count`` is (nearly, by ``share``) every value there is."""
        return self.filled > 0 and count >= share * self.filled


_MEASURED = tuple(one.name for one in fields(Facts) if one.name not in ("column", "samples"))
"""What one query counts, in its order."""


def gather(source: Source, connection: duckdb.DuckDBPyConnection) -> list[Facts]:
    """Facts about every column from the first 10,000 rows, which stay as the table ``sample`` of the connection."""
    connection.execute("SET TimeZone = 'UTC'")
    names = [f"c{at}" for at in range(len(source.columns))]
    tidy = ", ".join(f"nullif(trim({name}, ' \t\r\n\u00a0'), '') AS {name}" for name in names)
    connection.execute(f"CREATE TEMP TABLE sample AS SELECT {tidy} FROM {source.sql()} LIMIT {SAMPLED}")
    return [_facts(connection, column, name) for column, name in zip(source.columns, names, strict=True)]


def _facts(connection: duckdb.DuckDBPyConnection, column: str, name: str) -> Facts:
    number = f"TRY_CAST({name} AS DOUBLE)"
    finite = f"CASE WHEN isfinite({number}) AND regexp_full_match({name}, '[-+0-9.eE]+') THEN {number} END"
    money = r"(\s|[$€£¥₹%]|EUR|USD|GBP|CHF|JPY|INR)*"
    loose = rf"{money}[+-]?{money}(\d{{1,3}}(,\d{{3}})+|\d+)(\.\d+)?{money}"
    comma = rf"{money}[+-]?{money}(\d{{1,3}}(\.\d{{3}})+|\d+),\d+{money}"
    several = r"[^,]{1,30}(,\s?[^,]{1,30})+"
    found = connection.execute(
        f"""SELECT count(*), count({name}), count(DISTINCT {name}),
        coalesce(avg(length({name})), 0), coalesce(max(length({name})), 0),
        count(*) FILTER (WHERE contains({name}, '|')),
        count(*) FILTER (WHERE regexp_full_match({name}, '\\[.*\\]')),
        count(*) FILTER (WHERE regexp_full_match({name}, {duck.text(several)})),
        count(*) FILTER (WHERE regexp_full_match({name}, '[+-]?\\d{{1,18}}')),
        count(*) FILTER (WHERE regexp_full_match({name}, '\\d{{1,15}}\\.0+')),
        count({finite}),
        count(*) FILTER (WHERE regexp_full_match({name}, {duck.text(loose)})),
        count(*) FILTER (WHERE regexp_full_match({name}, {duck.text(comma)})),
        count(DISTINCT {name}) FILTER (WHERE {finite} IS NULL),
        min({finite}), max({finite}),
        count({converters.iso_seconds(name)}),
        count({converters.CONVERTERS["date-day-first"].sql(name)}),
        count({converters.CONVERTERS["date-month-first"].sql(name)})
        FROM sample"""
    ).fetchone()
    assert found is not None
    measured = dict(zip(_MEASURED, found, strict=True))
    return Facts(column, samples=_samples(connection, name), **measured)


def _samples(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...]:
    query = f"SELECT {name} FROM sample WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY min(rowid) LIMIT 5"
    values: Sequence[tuple[str]] = connection.execute(query).fetchall()
    return tuple(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…" for (value,) in values)
