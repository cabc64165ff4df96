"""What each column holds: completeness, spread, the most frequent values."""

from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.schemas import Field
from personalize_web.engine.statistics.tables import Table, Tables, missing

TOP = 20
_BINS = 30
_SHORTEST_WORD = 4
_LISTED = ("categorical", "string", "event_type", "boolean")


def describe(tables: Tables, table: Table) -> list[dict[str, Any]]:
    """One entry a column, in the schema's order, JSON-able.

    Every entry: name, type, kind, rows, missing, missingShare, validShare. Numbers: min, max, mean, median, deviation,
    quartiles, outliers, outlierBounds, histogram. Categories and plain texts: distinct, top. Long texts: length
    statistics and words. Times: earliest, latest, distinct. Identifiers: distinct.
    """
    wanted = ", ".join(f"count(*) FILTER (WHERE {missing(field)})" for field in table.fields)
    absent = tables.row(f"SELECT {wanted} FROM {table.view}") if table.fields else ()
    found = []
    for field, empty in zip(table.fields, absent, strict=True):
        share = empty / table.rows if table.rows else 0.0
        entry: dict[str, Any] = {
            "name": field.name,
            "type": field.type,
            "kind": field.kind,
            "nullable": field.nullable,
            "rows": table.rows,
            "missing": empty,
            "missingShare": share,
            "validShare": 1 - share,
        }
        if empty < table.rows:
            entry |= _details(tables, table, field)
        found.append(entry)
    return found


def incomplete_rows(tables: Tables, table: Table) -> int:
    """Rows with at least one missing value."""
    anything = " OR ".join(missing(field) for field in table.fields) or "false"
    return int(tables.row(f"SELECT count(*) FILTER (WHERE {anything}) FROM {table.view}")[0])


def _details(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    if field.kind == "numeric":
        return _numbers(tables, table, field)
    if field.kind == "timestamp":
        return _times(tables, table, field)
    if field.kind == "textual":
        return _texts(tables, table, field)
    if field.kind in _LISTED:
        return _values(tables, table, field)
    column = duck.name(field.name)
    return {"distinct": tables.row(f"SELECT count(DISTINCT {column}) FROM {table.view} WHERE NOT {missing(field)}")[0]}


def _numbers(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    column, view = duck.name(field.name), table.view
    low, high, mean, median, deviation, first, third, distinct = tables.row(
        f"SELECT min({column}), max({column}), avg({column}), median({column}), coalesce(stddev_samp({column}), 0), "
        f"quantile_cont({column}, 0.25), quantile_cont({column}, 0.75), count(DISTINCT {column}) FROM {view}"
    )
    spread = third - first
    bounds = (first - 3 * spread, third + 3 * spread) if spread else (mean - 5 * deviation, mean + 5 * deviation)
    outliers = tables.row(
        f"SELECT count(*) FILTER (WHERE {column} < {bounds[0]!r} OR {column} > {bounds[1]!r}) FROM {view}"
    )[0]
    return {
        "min": low,
        "max": high,
        "mean": mean,
        "median": median,
        "deviation": deviation,
        "quartiles": [first, third],
        "distinct": distinct,
        "outliers": outliers,
        "outlierBounds": list(bounds),
        "histogram": _histogram(tables, view, column, low, high, distinct),
    }


def _histogram(tables: Tables, view: str, column: str, low: float, high: float, distinct: int) -> dict[str, Any]:
    """Edges (n + 1) and counts (n) of equally wide bins; few whole numbers get one each."""
    whole = float(low).is_integer() and float(high).is_integer() and high - low < _BINS
    bins = int(high - low) + 1 if whole else min(_BINS, max(distinct, 1))
    start, width = (low - 0.5, 1.0) if whole else (low, (high - low) / bins or 1.0)
    found = dict(
        tables.all(
            f"SELECT least(greatest(floor(({column} - {start!r}) / {width!r}), 0), {bins - 1})::BIGINT AS bin, "
            f"count(*) FROM {view} WHERE {column} IS NOT NULL GROUP BY bin"
        )
    )
    return {
        "edges": [start + at * width for at in range(bins + 1)],
        "counts": [found.get(at, 0) for at in range(bins)],
    }


def _times(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    column = duck.name(field.name)
    earliest, latest, distinct = tables.row(
        f"SELECT min({column}), max({column}), count(DISTINCT {column}) FROM {table.view}"
    )
    return {"earliest": earliest, "latest": latest, "distinct": distinct}


def _values(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    column = f"{duck.name(field.name)}::VARCHAR"
    one = f"unnest(string_split({column}, '|'))" if field.kind == "categorical" else column
    value = "trim(value)" if field.kind == "categorical" else "value"
    counts = (
        f"SELECT {value} AS value, count(*) AS n FROM (SELECT {one} AS value FROM {table.view} "
        f"WHERE NOT {missing(field)}) WHERE {value} <> '' GROUP BY 1"
    )
    distinct = tables.row(f"SELECT count(*) FROM ({counts})")[0]
    top = tables.all(f"SELECT value, n FROM ({counts}) ORDER BY n DESC, value LIMIT {TOP}")
    return {
        "distinct": distinct,
        "top": [{"value": value, "rows": n, "share": n / table.rows} for value, n in top],
    }


def _texts(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    column = duck.name(field.name)
    mean, longest = tables.row(
        f"SELECT avg(length({column})), max(length({column})) FROM {table.view} WHERE NOT {missing(field)}"
    )
    words = tables.all(
        f"SELECT word, count(*) AS n FROM (SELECT unnest(regexp_extract_all(lower({column}), '[\\p{{L}}]+')) AS word "
        f"FROM {table.view} USING SAMPLE 100000 ROWS (reservoir, 1)) WHERE length(word) >= {_SHORTEST_WORD} "
        f"GROUP BY word ORDER BY n DESC, word LIMIT {TOP}"
    )
    return {
        "meanLength": mean,
        "maxLength": longest,
        "words": [{"value": word, "rows": n} for word, n in words],
    }
