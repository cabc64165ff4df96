"""What the owner of the data should know, in the documented sentences, and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from personalize_web.engine.statistics import event_insights
from personalize_web.engine.statistics import general as general_figures
from personalize_web.engine.statistics.sentences import Insight, insight, percent
from personalize_web.engine.statistics.tables import Table, Tables

Columns = Sequence[Mapping[str, Any]]

_COMPLETE = 0.70
_COMPLETE_TEXT = 0.85
_INCOMPLETE_ROWS = 0.30
_CATEGORIES = 1_000

_FILL = (
    "Import complete rows again, drop incomplete ones, or fill the gaps before the import: the mean for numbers, the "
    "most frequent value for categories."
)


def find(tables: Tables, general: Mapping[str, Mapping[str, Any]], columns: Mapping[str, Columns]) -> list[Insight]:
    """Every insight: number, severity, insight, action, datasetTypes, columns; the most severe first."""
    found: list[Insight] = []
    events = tables.by_type.get("INTERACTIONS")
    if events is not None:
        found += event_insights.amounts(general["INTERACTIONS"])
    for kind in ("ITEMS", "USERS"):
        if tables.get("INTERACTIONS") is not None and tables.get(kind) is not None:
            found += _without_interactions(kind, general[kind])
    for kind, table in tables.by_type.items():
        if table.rows:
            found += _completeness(table, general[kind], columns[kind])
            found += _values(table, columns[kind])
            found += _booleans(table, columns[kind])
    if events is not None and events.rows:
        found += event_insights.of_events(events, _with_times(tables, events, general["INTERACTIONS"]))
    order = {"High": 0, "Medium": 1, "Low": 2}
    return sorted(found, key=lambda one: (order[one["severity"]], int(one["number"][1:])))


def _with_times(tables: Tables, events: Table, head: Mapping[str, Any]) -> Mapping[str, Any]:
    return head if "futureRows" in head else {**general_figures.times(tables, events), **head}


def _without_interactions(kind: str, general: Mapping[str, Any]) -> Iterable[Insight]:
    if not general["withoutInteractions"]:
        return
    share = percent(general["withoutInteractions"] / general["rows"])
    if kind == "ITEMS":
        yield insight(
            "I3",
            "Medium",
            f"{share} of items in the Items dataset have no interactions in the Interactions dataset, so they might "
            "not be recommended.",
            "Check that every interactions file has been imported and that ITEM_ID is written alike in both datasets; "
            "compare the numbers of rows. Where the recipe explores, raise its exploration weight.",
            ["ITEMS", "INTERACTIONS"],
        )
    else:
        yield insight(
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
        yield insight(
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
        yield insight(
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
        yield insight(
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
        yield insight(
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
        yield insight(
            "I8",
            "Medium",
            f"The following column(s) have more than 1000 possible categories: {names}. If this data is included in "
            f"training, it can negatively impact recommendations: {names}.",
            "Merge categories that differ only in spelling, and import the data again.",
            [table.dataset_type],
            many,
        )


def _booleans(table: Table, columns: Columns) -> Iterable[Insight]:
    """Truth values are kept and shown, but no recipe learns from them and no filter may use them."""
    found = [column for column in columns if column["kind"] == "boolean" and column["validShare"] > 0]
    if found:
        told = ", ".join(f"{column['name']} ({percent(_share_of_true(column))} true)" for column in found)
        yield insight(
            "I18",
            "Low",
            f"The following column(s) in the {table.label} dataset are booleans, which are not used in model training "
            f"or filters: {told}.",
            "Replace them by categorical strings such as True and False, or by the numbers 0 and 1, in a new column.",
            [table.dataset_type],
            [column["name"] for column in found],
        )


def _share_of_true(column: Mapping[str, Any]) -> float:
    rows = {entry["value"]: entry["rows"] for entry in column.get("top", ())}
    return rows.get("true", 0) / max(sum(rows.values()), 1)
