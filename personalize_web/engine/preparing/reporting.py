"""The quality of mapped rows before they are mended or imported: summary, warnings, duplicates, gaps, columns."""

from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from personalize_web.engine.columns import duck
from personalize_web.engine.preparing import fixing
from personalize_web.engine.preparing.recipe import Recipe
from personalize_web.engine.preparing.source import Source
from personalize_web.engine.preparing.staging import SAMPLE, Staged, staged
from personalize_web.engine.reporting import Reporter, Silent
from personalize_web.engine.schemas import Schema
from personalize_web.engine.statistics import columns as statistics
from personalize_web.engine.statistics import insights
from personalize_web.engine.statistics.tables import Table, Tables

_LISTED = 20
_SPARSE = 0.5
_KINDS = {
    "numeric": "numeric",
    "categorical": "categorical",
    "event_type": "categorical",
    "textual": "text",
    "string": "text",
    "identifier": "text",
    "impression": "categorical",
    "timestamp": "datetime",
    "boolean": "binary",
}


def report(
    source: Source,
    recipe: Recipe,
    schema: Schema,
    *,
    full: bool = False,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """The report on ``source`` as the recipe maps it, of its first 50,000 rows or in ``full``, JSON-able.

    ``summary``, ``columns``, ``insights`` (single-dataset ones), ``duplicates`` and ``incomplete`` (rows, share, and
    the first of them), ``unfit`` (field -> cells that are no value of it), ``leftOut``, ``fixed`` (rows before and
    after, and the steps of the recipe's fixes), ``sample`` (first rows after them) and ``sampled``.
    """
    with TemporaryDirectory(prefix="personalize-report-") as directory:
        limit = None if full else SAMPLE
        with staged(source, recipe, schema, Path(directory), reporter or Silent(), limit=limit) as mapped:
            found = describe(mapped)
            result = fixing.fixed(mapped, recipe)
            first = mapped.connection.execute(f"SELECT * FROM ({result.sql}) LIMIT 5").fetchall()
    return found | {
        "sampled": not full and found["summary"]["rows"] >= SAMPLE,
        "fixed": {"before": mapped.rows, "after": result.rows, "steps": list(result.steps)},
        "sample": [dict(zip(schema.names, row, strict=True)) for row in first],
    }


def describe(mapped: Staged) -> dict[str, Any]:
    """Everything of a report that is about the mapped rows before any fix."""
    tables = _tables(mapped)
    table = tables.by_type[mapped.schema.dataset_type]
    described = statistics.describe(tables, table)
    cells = mapped.rows * len(table.fields)
    gaps = sum(entry["missing"] for entry in described)
    incomplete = statistics.incomplete_rows(tables, table)
    duplicates = _duplicates(mapped)
    summary = {
        "features": len(table.fields),
        "rows": mapped.rows,
        "missingShare": gaps / cells if cells else 0.0,
        "validShare": 1 - gaps / cells if cells else 0.0,
        "duplicateShare": duplicates["share"],
        "distinctRows": duplicates["distinct"],
        "sparseShare": _sparse(tables, table),
        "kinds": _kinds(mapped.schema),
        **_people(mapped),
    }
    head = _head(mapped, tables, summary, incomplete)
    found = _insights(tables, table, head, described)
    for entry in described:
        entry["problems"] = int(entry["name"] in mapped.unfit)
        entry["warnings"] = sum(entry["name"] in one["columns"] for one in found)
    return {
        "summary": summary,
        "columns": described,
        "insights": found,
        "duplicates": duplicates,
        "incomplete": {
            "rows": incomplete,
            "share": incomplete / mapped.rows if mapped.rows else 0.0,
            "listed": _examples(mapped, " OR ".join(f"{duck.name(name)} IS NULL" for name in mapped.schema.names)),
        },
        "unfit": dict(mapped.unfit),
        "leftOut": mapped.left_out,
    }


def _tables(mapped: Staged) -> Tables:
    schema = mapped.schema
    view = schema.dataset_type.lower()
    names = duck.names(schema.names)
    mapped.connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {names} FROM {mapped.table}")
    stored: Any = SimpleNamespace(columns=schema.names)
    return Tables(mapped.connection, {schema.dataset_type: Table(schema.dataset_type, schema, stored, mapped.rows)})


def _duplicates(mapped: Staged) -> dict[str, Any]:
    names = duck.names(mapped.schema.names)
    groups = f"SELECT {names}, count(*) AS n FROM {mapped.table} GROUP BY {names}"
    distinct, repetitions, repeated = mapped.row(
        f"SELECT count(*), count(*) FILTER (WHERE n > 1), coalesce(sum(n) FILTER (WHERE n > 1), 0) FROM ({groups})"
    )
    rows = int(str(repeated))
    examples = mapped.connection.execute(
        f"SELECT * FROM ({groups}) WHERE n > 1 ORDER BY n DESC, {names} LIMIT {_LISTED}"
    ).fetchall()
    return {
        "rows": rows,
        "share": rows / mapped.rows if mapped.rows else 0.0,
        "distinct": int(str(distinct)),
        "groups": int(str(repetitions)),
        "listed": [
            {"values": dict(zip(mapped.schema.names, row[:-1], strict=True)), "times": row[-1]} for row in examples
        ],
    }


def _examples(mapped: Staged, condition: str) -> list[dict[str, Any]]:
    names = mapped.schema.names
    found = mapped.connection.execute(
        f"SELECT {duck.names(names)}, file_row_number + 1 FROM {mapped.table} WHERE {condition} "
        f"ORDER BY file_row_number LIMIT {_LISTED}"
    ).fetchall()
    return [{"row": row[-1], "values": dict(zip(names, row[:-1], strict=True))} for row in found]


def _sparse(tables: Tables, table: Table) -> float:
    missing = " + ".join(f"({duck.name(field.name)} IS NULL)::INT" for field in table.fields) or "0"
    sparse = tables.row(f"SELECT count(*) FILTER (WHERE {missing} > {_SPARSE * len(table.fields)}) FROM {table.view}")
    return float(sparse[0] / table.rows) if table.rows else 0.0


def _kinds(schema: Schema) -> dict[str, int]:
    counts = dict.fromkeys(("numeric", "categorical", "text", "datetime", "binary", "unknown"), 0)
    for field in schema.fields:
        counts[_KINDS.get(field.kind, "unknown")] += 1
    return counts


def _people(mapped: Staged) -> dict[str, int]:
    """Users, items, and users with at least two rows, as far as the dataset names them."""
    found: dict[str, int] = {}
    for label, name in (("users", "USER_ID"), ("items", "ITEM_ID"), ("actions", "ACTION_ID")):
        if name in mapped.schema.by_name:
            found[label] = int(str(mapped.row(f"SELECT count(DISTINCT {name}) FROM {mapped.table}")[0]))
    if mapped.schema.dataset_type.endswith("INTERACTIONS"):
        groups = f"SELECT count(*) AS n FROM {mapped.table} WHERE USER_ID IS NOT NULL GROUP BY USER_ID"
        found["usersWithTwo"] = int(str(mapped.row(f"SELECT count(*) FILTER (WHERE n > 1) FROM ({groups})")[0]))
    return found


def _head(mapped: Staged, tables: Tables, summary: dict[str, Any], incomplete: int) -> dict[str, Any]:
    """The head figures that insights are drawn from; repeated rows count once, as in an analysis."""
    head: dict[str, Any] = {
        "rows": summary["distinctRows"],
        "incompleteRows": incomplete,
        "incompleteShare": incomplete / mapped.rows if mapped.rows else 0.0,
        "duplicateShare": summary["duplicateShare"],
        "usersWithTwo": summary.get("usersWithTwo", 0),
        "withoutInteractions": 0,
    }
    if mapped.schema.dataset_type != "INTERACTIONS":
        return head
    times, last = mapped.row(f"SELECT count(DISTINCT TIMESTAMP), max(TIMESTAMP) FROM {mapped.table}")
    types: list[tuple[Any, ...]] = []
    if "EVENT_TYPE" in mapped.schema.by_name:
        types = tables.all(
            f"SELECT EVENT_TYPE, count(*) AS n FROM {mapped.table} WHERE EVENT_TYPE IS NOT NULL GROUP BY 1 "
            "ORDER BY n DESC, 1"
        )
    return head | {
        "distinctTimestamps": times,
        "lastTimestamp": last or 0,
        "eventTypes": [{"value": kind, "rows": n} for kind, n in types],
    }


def _insights(tables: Tables, table: Table, head: dict[str, Any], described: list[dict[str, Any]]) -> list[Any]:
    kind = table.dataset_type
    return insights.find(tables, {kind: head}, {kind: described})
