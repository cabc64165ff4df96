"""What each column holds: completeness, spread, the most frequent values."""

from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.schemas import Field
from personalize_web.engine.statistics import languages, surveys
from personalize_web.engine.statistics.tables import Table, Tables, missing

TOP = 20
_SHORTEST_WORD = 4
_LISTED = ("categorical", "string", "event_type", "boolean")
_LOOKED_AT = 100_000
"""Values that are looked at to see whether nearly each is another; then counting every one would tell nothing."""
_FEW_ALIKE = 0.5
_READ, _READ_OF_EACH = 1_000, 1_000
"""Texts, and characters of each, that are read to tell their languages."""


def describe(tables: Tables, table: Table) -> list[dict[str, Any]]:
    """One entry a column, in the schema's order, JSON-able.

    Every entry: name, type, kind, nullable, rows, missing, missingShare, validShare. Numbers: min, max, mean, median,
    deviation, quartiles, outliers, outlierBounds, histogram, distinct. Categories and plain texts: distinct, top. Long
    texts: length statistics, words, and the languages of some. Times: earliest, latest, distinct. Identifiers and
    impressions: distinct. ``approximate`` names the figures that are not exact: of columns with very many values.
    """
    facts = surveys.survey(tables, table)
    found = []
    for field in table.fields:
        empty = facts.columns[field.name]["missing"]
        share = empty / facts.rows if facts.rows else 0.0
        entry: dict[str, Any] = {
            "name": field.name,
            "type": field.type,
            "kind": field.kind,
            "nullable": field.nullable,
            "rows": facts.rows,
            "missing": empty,
            "missingShare": share,
            "validShare": 1 - share,
        }
        if empty < facts.rows:
            entry |= _details(tables, table, field)
        found.append(entry)
    return found


def incomplete_rows(tables: Tables, table: Table) -> int:
    """Rows with at least one missing value."""
    return surveys.survey(tables, table).incomplete


def _details(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    if field.kind == "numeric":
        return _numbers(tables, table, field)
    if field.kind == "timestamp":
        return _times(tables, table, field)
    if field.kind == "textual":
        return _texts(tables, table, field)
    if field.kind == "identifier":
        return {"distinct": len(surveys.ids(tables, table, field.name).hashes)}
    if field.kind == "impression" or _nearly_all_differ(tables, table, field):
        return _estimates(tables, table, field)
    return _values(tables, table, field)


_PRESENT = "value IS NOT NULL AND value::VARCHAR <> ''"


def _numbers(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    facts = surveys.survey(tables, table).columns[field.name]
    spread = surveys.spread(tables, table, field)
    return {
        "min": facts["min"],
        "max": facts["max"],
        "mean": facts["mean"],
        "median": spread.median,
        "deviation": facts["deviation"],
        "quartiles": list(spread.quartiles),
        "distinct": spread.distinct,
        "outliers": spread.outliers,
        "outlierBounds": list(spread.outlier_bounds),
        "histogram": {"edges": spread.edges, "counts": spread.counts},
        "approximate": ["median", "quartiles", "distinct"] if spread.approximate else [],
    }


def _times(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    facts = surveys.survey(tables, table).columns[field.name]
    spread = surveys.spread(tables, table, field)
    return {
        "earliest": facts["min"],
        "latest": facts["max"],
        "distinct": spread.distinct,
        "approximate": ["distinct"] if spread.approximate else [],
    }


def _values(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    counts = f"SELECT value::VARCHAR AS value, n FROM {tables.counted(table, field.name)} WHERE {_PRESENT}"
    if field.kind == "categorical":
        single = f"SELECT trim(unnest(string_split(value, '|'))) AS value, n FROM ({counts})"
        counts = f"SELECT value, sum(n)::BIGINT AS n FROM ({single}) WHERE value <> '' GROUP BY 1"
    distinct = tables.row(f"SELECT count(*) FROM ({counts})")[0]
    top = tables.all(f"SELECT value, n FROM ({counts}) ORDER BY n DESC, value LIMIT {TOP}")
    return {
        "distinct": distinct,
        "top": [{"value": value, "rows": n, "share": n / table.rows} for value, n in top],
    }


def _nearly_all_differ(tables: Tables, table: Table, field: Field) -> bool:
    column = duck.name(field.name)
    seen, different = tables.row(
        f"SELECT count({column}), count(DISTINCT {column}) FROM (SELECT {column} FROM {table.view} LIMIT {_LOOKED_AT})"
    )
    return table.rows > _LOOKED_AT and different > _FEW_ALIKE * max(seen, 1)


def _estimates(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    found = tables.row(f"SELECT approx_count_distinct({duck.name(field.name)}) FROM {table.view}")[0]
    return {"distinct": found, "approximate": ["distinct"]}


def _texts(tables: Tables, table: Table, field: Field) -> dict[str, Any]:
    column = duck.name(field.name)
    facts = surveys.survey(tables, table).columns[field.name]
    words = tables.all(
        f"SELECT word, count(*) AS n FROM (SELECT unnest(regexp_extract_all(lower({column}), '[\\p{{L}}]+')) AS word "
        f"FROM {table.view} USING SAMPLE 100000 ROWS (reservoir, 1)) WHERE length(word) >= {_SHORTEST_WORD} "
        f"GROUP BY word ORDER BY n DESC, word LIMIT {TOP}"
    )
    some = tables.all(
        f"SELECT left({column}, {_READ_OF_EACH}) FROM {table.view} WHERE NOT {missing(field)} "
        f"USING SAMPLE {_READ} ROWS (reservoir, 1)"
    )
    return {
        "meanLength": facts["meanLength"],
        "maxLength": facts["maxLength"],
        "words": [{"value": word, "rows": n} for word, n in words],
        "languages": languages.shares(text for (text,) in some),
    }
