"""What the good rows of a check hold: head figures, repeated and incomplete rows."""

from collections.abc import Sequence
from typing import Any

import duckdb

from personalize_web.engine.columns import duck
from personalize_web.engine.importing.row_checks import NUMBER, CheckedFile
from personalize_web.engine.schemas import Field, Schema

LISTED = 20
"""How many repeated and incomplete rows are listed."""

_FILE = "_f"
_SPARSE = 0.5
_KINDS = {
    "numeric": "numeric",
    "categorical": "categorical",
    "event_type": "categorical",
    "impression": "categorical",
    "timestamp": "datetime",
    "boolean": "binary",
    "textual": "text",
    "string": "text",
    "identifier": "text",
}


def describe(checked: Sequence[CheckedFile], schema: Schema) -> dict[str, Any]:
    """``summary``, ``duplicates`` and ``incomplete``, JSON-able; files without good rows count as nothing."""
    files = [(at, file) for at, file in enumerate(checked) if file.good_rows]
    with duck.connect() as connection:
        parts = " UNION ALL ".join(
            f"SELECT *, {at} AS {_FILE} FROM read_parquet({duck.text(file.good)})" for at, file in files
        )
        if not files:
            nothing = ", ".join(f"NULL AS {duck.name(name)}" for name in (*schema.names, NUMBER, _FILE))
            parts = f"SELECT {nothing} WHERE false"
        connection.execute(f"CREATE VIEW good AS {parts}")
        duplicates = _duplicates(connection, checked, schema)
        incomplete = _incomplete(connection, checked, schema)
        summary = _summary(connection, schema, duplicates)
    return {"summary": summary, "duplicates": duplicates, "incomplete": incomplete}


def _missing(field: Field) -> str:
    column = duck.name(field.name)
    return f"({column} IS NULL OR {column} = '')" if field.type == "string" else f"({column} IS NULL)"


def _summary(connection: duckdb.DuckDBPyConnection, schema: Schema, duplicates: dict[str, Any]) -> dict[str, Any]:
    absent = [f"{_missing(field)}::INTEGER" for field in schema.fields]
    counts = ", ".join(f"coalesce(sum({flag}), 0)::BIGINT" for flag in absent)
    sparse = f"count(*) FILTER (WHERE {' + '.join(absent)} > {_SPARSE * len(absent)})"
    ids = [name for name in ("USER_ID", "ITEM_ID", "ACTION_ID") if name in schema.by_name]
    distinct = "".join(f", count(DISTINCT {name})" for name in ids)
    row = _row(connection, f"SELECT count(*), {sparse}, {counts} {distinct} FROM good")
    rows, few, gaps = int(row[0]), int(row[1]), row[2 : 2 + len(absent)]
    known = dict(zip(ids, row[2 + len(absent) :], strict=True))
    cells = rows * len(absent)
    missing = sum(gaps)
    summary = {
        "features": len(schema.fields),
        "rows": rows,
        "missingShare": missing / cells if cells else 0.0,
        "validShare": 1 - missing / cells if cells else 0.0,
        "duplicateShare": duplicates["rows"] / rows if rows else 0.0,
        "distinctRows": rows - duplicates["rows"] + duplicates["groups"],
        "sparseRows": few,
        "sparseShare": few / rows if rows else 0.0,
        "kinds": _kinds(schema, gaps, rows),
    }
    summary |= {_word(name): count for name, count in known.items()}
    if schema.key is None:
        columns = duck.names(schema.names)
        unique = f"SELECT DISTINCT {columns} FROM good" if duplicates["rows"] else "SELECT * FROM good"
        per_user = f"SELECT count(*) AS n FROM ({unique}) GROUP BY USER_ID"
        summary["usersWithTwo"] = int(_row(connection, f"SELECT count(*) FROM ({per_user}) WHERE n > 1")[0])
    return summary


def _word(name: str) -> str:
    return {"USER_ID": "users", "ITEM_ID": "items", "ACTION_ID": "actions"}[name]


def _kinds(schema: Schema, gaps: Sequence[int], rows: int) -> dict[str, int]:
    """Columns by kind; those without any value are of unknown kind."""
    found = dict.fromkeys(("numeric", "categorical", "text", "datetime", "binary", "unknown"), 0)
    for field, empty in zip(schema.fields, gaps, strict=True):
        found["unknown" if empty == rows else _KINDS[field.kind]] += 1
    return found


def _duplicates(
    connection: duckdb.DuckDBPyConnection, checked: Sequence[CheckedFile], schema: Schema
) -> dict[str, Any]:
    """Rows that have an equal partner: how many, in how many groups, and the first groups."""
    columns = duck.names(schema.names)
    connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT {columns}, count(*) AS n, min({_FILE} * {1 << 40} + {NUMBER}) AS place, "
        f"max({_FILE} * {1 << 40} + {NUMBER}) AS other FROM good SEMI JOIN "
        f"(SELECT hash({columns}) AS h FROM good GROUP BY h HAVING count(*) > 1) AS twice ON hash({columns}) = twice.h "
        f"GROUP BY {columns} HAVING count(*) > 1"
    )
    rows, groups = _row(connection, "SELECT coalesce(sum(n), 0)::BIGINT, count(*) FROM repeated")
    found = connection.execute(
        f"SELECT place, other, n, {columns} FROM repeated ORDER BY place LIMIT {LISTED}"
    ).fetchall()
    places = _places(checked, [row[0] for row in found] + [row[1] for row in found])
    return {
        "rows": int(rows),
        "groups": int(groups),
        "listed": [
            {
                "times": int(row[2]),
                "first": places[row[0]],
                "last": places[row[1]],
                "values": dict(zip(schema.names, row[3:], strict=True)),
            }
            for row in found
        ],
    }


def _incomplete(
    connection: duckdb.DuckDBPyConnection, checked: Sequence[CheckedFile], schema: Schema
) -> dict[str, Any]:
    """Rows with a missing value: how many, and the first."""
    anything = " OR ".join(_missing(field) for field in schema.fields)
    rows = _row(connection, f"SELECT count(*) FROM good WHERE {anything}")[0]
    found = connection.execute(
        f"SELECT {_FILE} * {1 << 40} + {NUMBER} AS place, {duck.names(schema.names)} FROM good WHERE {anything} "
        f"ORDER BY place LIMIT {LISTED}"
    ).fetchall()
    places = _places(checked, [row[0] for row in found])
    return {
        "rows": int(rows),
        "listed": [{**places[row[0]], "values": dict(zip(schema.names, row[1:], strict=True))} for row in found],
    }


def _places(checked: Sequence[CheckedFile], places: Sequence[int]) -> dict[int, dict[str, Any]]:
    """File and line of rows, by their place in the order of all."""
    by_file: dict[int, list[int]] = {}
    for place in places:
        by_file.setdefault(place >> 40, []).append(place)
    found = {}
    for at, mine in by_file.items():
        lines = checked[at].lines([(place & ((1 << 40) - 1)) + 1 for place in mine])
        for place in mine:
            line = lines[(place & ((1 << 40) - 1)) + 1]
            found[place] = {"file": checked[at].file.source.name, "line": line}
    return found


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    assert found is not None
    return found
