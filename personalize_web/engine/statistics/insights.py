"""What the owner of the data should know, in the documented sentences, and what to do about it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from personalize_web.engine.statistics.tables import Table, Tables

Insight = dict[str, Any]
Columns = Sequence[Mapping[str, Any]]

FEWEST_INTERACTIONS = 1_000
ADVISED_INTERACTIONS = 50_000
FEWEST_USERS = 25
ADVISED_USERS = 1_000
_COMPLETE = 0.70
_COMPLETE_TEXT = 0.85
_INCOMPLETE_ROWS = 0.30
_CATEGORIES = 1_000
_TYPES = 10
_DUPLICATES = 0.01

_FILL = (
    "Import complete rows again, drop incomplete ones, or fill the gaps before the import: the mean for numbers, the "
    "most frequent value for categories."
)
_EXPECTED = {"VIDEO_ON_DEMAND": ("Watch",), "ECOMMERCE": ("View", "Purchase")}


def percent(share: float) -> str:
    """A share as a percentage with up to two decimals and no trailing zeros."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def find(tables: Tables, general: Mapping[str, Mapping[str, Any]], columns: Mapping[str, Columns]) -> list[Insight]:
    """Every insight: number, severity, insight, action, datasetTypes, columns; the most severe first."""
    found: list[Insight] = []
    events = tables.by_type.get("INTERACTIONS")
    if events is not None:
        found += _amounts(general["INTERACTIONS"])
    for kind in ("ITEMS", "USERS"):
        if tables.get("INTERACTIONS") is not None and tables.get(kind) is not None:
            found += _without_interactions(kind, general[kind])
    for kind, table in tables.by_type.items():
        if table.rows:
            found += _completeness(table, general[kind], columns[kind])
            found += _values(table, columns[kind])
    if events is not None and events.rows:
        found += _events(events, general["INTERACTIONS"])
    order = {"High": 0, "Medium": 1, "Low": 2}
    return sorted(found, key=lambda insight: (order[insight["severity"]], int(insight["number"][1:])))


def _insight(
    number: str, severity: str, insight: str, action: str, kinds: Iterable[str], columns: Sequence[str] = ()
) -> Insight:
    return {
        "number": number,
        "severity": severity,
        "insight": insight,
        "action": action,
        "datasetTypes": list(kinds),
        "columns": list(columns),
    }


def _amounts(general: Mapping[str, Any]) -> Iterable[Insight]:
    rows, users = general["rows"], general["usersWithTwo"]
    if rows < ADVISED_INTERACTIONS:
        yield _insight(
            "I1",
            "High" if rows < FEWEST_INTERACTIONS else "Medium",
            f"The Interactions dataset has only {rows} interactions. Model training requires a minimum of 1,000 "
            "interactions. We recommend at least 50,000.",
            f"Import {ADVISED_INTERACTIONS - rows} additional unique interactions records before training a model.",
            ["INTERACTIONS"],
        )
    if users < ADVISED_USERS:
        yield _insight(
            "I2",
            "High" if users < FEWEST_USERS else "Medium",
            f"The Interactions dataset has only {users} unique users with two or more interactions. Model training "
            "requires at least 25 such users. We recommend at least 1,000.",
            f"Import at least 2 interactions records each for {ADVISED_USERS - users} additional users.",
            ["INTERACTIONS"],
        )


def _without_interactions(kind: str, general: Mapping[str, Any]) -> Iterable[Insight]:
    if not general["withoutInteractions"]:
        return
    share = percent(general["withoutInteractions"] / general["rows"])
    if kind == "ITEMS":
        yield _insight(
            "I3",
            "Medium",
            f"{share} of items in the Items dataset have no interactions in the Interactions dataset, so they might "
            "not be recommended.",
            "Check that every interactions file has been imported and that ITEM_ID is written alike in both datasets; "
            "compare the numbers of rows. Where the recipe explores, raise its exploration weight.",
            ["ITEMS", "INTERACTIONS"],
        )
    else:
        yield _insight(
            "I4",
            "Medium",
            f"{share} of users in the Users dataset have no interactions in the Interactions dataset. These users will "
            "receive recommendations for popular items.",
            "Check that every interactions file has been imported and that USER_ID is written alike in both datasets; "
            "import interactions of these users.",
            ["USERS", "INTERACTIONS"],
        )


def _completeness(table: Table, general: Mapping[str, Any], columns: Columns) -> Iterable[Insight]:
    kinds = [table.dataset_type]
    if general["incompleteShare"] > _INCOMPLETE_ROWS:
        yield _insight(
            "I5",
            "Medium",
            f"The {table.label} dataset has {percent(general['incompleteShare'])} rows with a missing value. This can "
            "negatively affect recommendations. We recommend that all required and optional fields be at least 70% "
            "complete.",
            _FILL,
            kinds,
        )
    low = [column["name"] for column in columns if column["validShare"] < _COMPLETE]
    if low:
        yield _insight(
            "I6",
            "Medium",
            f"The following column(s) in the {table.label} dataset are less than 70% complete: {', '.join(low)}. If "
            "this data is included in training, it can negatively affect recommendations. We recommend that columns "
            "that allow null values be at least 70% complete.",
            _FILL + " Or leave these columns out of training.",
            kinds,
            low,
        )
    texts = [
        column["name"] for column in columns if column["kind"] == "textual" and column["validShare"] < _COMPLETE_TEXT
    ]
    if texts:
        yield _insight(
            "I9",
            "Medium",
            "The following textual metadata column(s) are less than 85% percent complete and will not be used in model "
            f"training: {', '.join(texts)}.",
            "Import text for the items that have none.",
            kinds,
            texts,
        )


def _values(table: Table, columns: Columns) -> Iterable[Insight]:
    odd = [column["name"] for column in columns if column.get("outliers")]
    if odd:
        yield _insight(
            "I7",
            "Low",
            f"The following numerical column(s) have outliers: {', '.join(odd)}. Outliers are not always an issue, but "
            "sometimes negatively impact recommendations.",
            "Compare the smallest and the largest value of each column with what you expect, and look at how the data "
            "are collected.",
            [table.dataset_type],
            odd,
        )
    many = [
        column["name"]
        for column in columns
        if column["kind"] == "categorical" and column.get("distinct", 0) > _CATEGORIES
    ]
    if many:
        names = ", ".join(many)
        yield _insight(
            "I8",
            "Medium",
            f"The following column(s) have more than 1000 possible categories: {names}. If this data is included in "
            f"training, it can negatively impact recommendations: {names}.",
            "Merge categories that differ only in spelling, and import the data again.",
            [table.dataset_type],
            many,
        )


def _events(table: Table, general: Mapping[str, Any]) -> Iterable[Insight]:
    types = len(general["eventTypes"])
    columns = len(table.schema.metadata) + sum(table.field(name) is not None for name in ("EVENT_TYPE", "EVENT_VALUE"))
    if types and types + columns > _TYPES:
        yield _insight(
            "I10",
            "High",
            "The Interactions dataset has more than 10 unique event types, which will cause model training to fail.",
            f"Remove or merge event types and import the data again. The limit counts columns too: there are {types} "
            f"event types and {columns} columns (EVENT_TYPE, EVENT_VALUE and metadata).",
            ["INTERACTIONS"],
            ["EVENT_TYPE"],
        )
    if general["distinctTimestamps"] == 1 and general["rows"] > 1:
        yield _insight(
            "I11",
            "High",
            "The Interactions dataset has the same timestamp for all records. If you use a USER_SEGMENTATION recipe "
            "and all records have the same timestamp, model training will fail.",
            "Correct the timestamps and import the data again.",
            ["INTERACTIONS"],
            ["TIMESTAMP"],
        )
    if general["duplicateShare"] > _DUPLICATES:
        yield _insight(
            "I12",
            "Low",
            f"{percent(general['duplicateShare'])} of the records in the Interactions dataset are equal to another "
            "one. Equal records count once.",
            "Check whether files were imported twice or events recorded twice.",
            ["INTERACTIONS"],
        )
    if general["lastTimestamp"] > time.time() + 86_400:
        yield _insight(
            "I13",
            "Medium",
            "The Interactions dataset has timestamps in the future. They count as the newest interactions.",
            "Check the clock and the unit of the timestamps: they are Unix seconds.",
            ["INTERACTIONS"],
            ["TIMESTAMP"],
        )
    yield from _expected_types(table, general)


def _expected_types(table: Table, general: Mapping[str, Any]) -> Iterable[Insight]:
    counts: dict[str, int] = {}
    for entry in general["eventTypes"]:
        counts[entry["value"].lower()] = counts.get(entry["value"].lower(), 0) + entry["rows"]
    few = [
        name
        for name in _EXPECTED.get(table.schema.domain or "", ())
        if counts.get(name.lower(), 0) < FEWEST_INTERACTIONS
    ]
    if few:
        told = ", ".join(f"{name} ({counts.get(name.lower(), 0)})" for name in few)
        yield _insight(
            "I14",
            "Medium",
            f"The Interactions dataset has fewer than 1,000 interactions of event type(s) {told}, which use cases of "
            "this domain require.",
            "Import more events of these types, or choose a use case that does not need them.",
            ["INTERACTIONS"],
            ["EVENT_TYPE"],
        )
