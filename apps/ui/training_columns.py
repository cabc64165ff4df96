"""Which columns of a group's datasets a training reads, and which of them a person may leave out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.ui import dataset_types
from personalize_web import operations
from personalize_web.operations import Caller

KEYS = {"USER_ID", "ITEM_ID", "TIMESTAMP"}
NEVER = {
    "EVENT_VALUE": "chooses rows, is not learned from",
    "IMPRESSION": "never trained",
    "RECOMMENDATION_ID": "never trained",
    "EVENT_ATTRIBUTION_SOURCE": "never trained",
}
TRAINED = ("INTERACTIONS", "ITEMS", "USERS")


@dataclass(frozen=True)
class Column:
    """One column. ``locked`` says why it is always in or always out; then nobody chooses."""

    name: str
    kind: str
    used: bool
    locked: str = ""
    objective: bool = False
    """Whether a second objective may be a column like this: a number that is never missing."""


@dataclass(frozen=True)
class DatasetColumns:
    """The columns of one dataset that the training of a recipe reads."""

    dataset_type: str
    title: str
    columns: tuple[Column, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """Names a person may switch off."""
        return tuple(column.name for column in self.columns if not column.locked)


def of_group(caller: Caller, dataset_group_arn: str, recipe: Mapping[str, Any]) -> tuple[DatasetColumns, ...]:
    """For every dataset of the group that ``recipe`` (as describe_recipe_details answers) trains on."""
    trained = {kind for kind, standing in recipe["datasets"].items() if standing in ("required", "optional")}
    found = operations.list_dataset_details(caller, dataset_group_arn=dataset_group_arn)["datasets"]
    by_type = {each["datasetType"].upper(): each for each in found}
    return tuple(
        DatasetColumns(kind, dataset_types.of(kind).title, columns(fields(caller, by_type[kind]["schemaArn"]), kind))
        for kind in TRAINED
        if kind in trained and kind in by_type
    )


def events(columns: Iterable[DatasetColumns], counted: Mapping[str, int]) -> dict[str, Any]:
    """What forms know of events: event_types (type -> count; None without the column), and whether they have values."""
    names = {each.name for group in columns if group.dataset_type == "INTERACTIONS" for each in group.columns}
    return {"event_types": counted if "EVENT_TYPE" in names else None, "event_value": "EVENT_VALUE" in names}


def fields(caller: Caller, schema_arn: str) -> list[dict[str, Any]]:
    """The fields of a schema, as its JSON says."""
    schema = operations.describe_schema(caller, schema_arn=schema_arn)["schema"]["schema"]
    return json.loads(schema)["fields"]


def columns(given: Iterable[Mapping[str, Any]], dataset_type: str) -> tuple[Column, ...]:
    """The columns of one schema, keys of the rows left out."""
    return tuple(_column(field, dataset_type) for field in given if field["name"] not in KEYS)


def _column(field: Mapping[str, Any], dataset_type: str) -> Column:
    name, types = field["name"], field["type"]
    types = [types] if isinstance(types, str) else [each for each in types if isinstance(each, str)]
    if name == "EVENT_TYPE":
        return Column(name, "event type", used=True, locked="always used")
    if dataset_type == "INTERACTIONS" and name in NEVER:
        return Column(name, "reserved", used=False, locked=NEVER[name])
    if "boolean" in types:
        return Column(name, "boolean", used=False, locked="booleans are never trained")
    if "string" in types:
        if field.get("categorical"):
            return Column(name, "categorical", used=True)
        if field.get("textual"):
            return Column(name, "textual", used=True)
        return Column(name, "text", used=False, locked="neither categorical nor textual")
    return Column(name, "number", used=True, objective=name != "CREATION_TIMESTAMP" and "null" not in types)
