"""What a schema says, once it has been found valid."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

DATASET_TYPES = ("INTERACTIONS", "USERS", "ITEMS", "ACTIONS", "ACTION_INTERACTIONS")
"""Dataset types as they stand in ARNs and answers."""

DOMAINS = ("ECOMMERCE", "VIDEO_ON_DEMAND")
"""The domains a dataset group may have; without one it is custom."""

RECORD_NAMES = {
    "INTERACTIONS": "Interactions",
    "USERS": "Users",
    "ITEMS": "Items",
    "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "ActionInteractions",
}
"""The Avro record's name for each dataset type."""

NAMESPACE = "com.amazonaws.personalize.schema"
VERSION = "1.0"

IDENTIFIERS = frozenset({"USER_ID", "ITEM_ID", "ACTION_ID"})
TIMESTAMPS = frozenset({"TIMESTAMP", "CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP"})
NUMERIC_TYPES = frozenset({"int", "long", "float", "double"})

Kind = Literal[
    "identifier", "timestamp", "event_type", "impression", "categorical", "textual", "numeric", "boolean", "string"
]


def dataset_type_of(record_name: str) -> str | None:
    """The dataset type an Avro record's name stands for; ``Action_Interactions`` is read in any spelling."""
    if record_name.replace("_", "").lower() == "actioninteractions":
        return "ACTION_INTERACTIONS"
    return next((kind for kind, name in RECORD_NAMES.items() if name == record_name), None)


@dataclass(frozen=True)
class Field:
    """One column."""

    name: str
    type: str
    """float, double, int, long, string or boolean."""
    nullable: bool = False
    """Whether an empty cell is a value."""
    categorical: bool = False
    textual: bool = False
    keyword: bool = False
    """Whether the name is required or reserved for the dataset type and domain."""

    @property
    def kind(self) -> Kind:
        """What the column is used as."""
        if self.name in IDENTIFIERS:
            return "identifier"
        if self.name in TIMESTAMPS:
            return "timestamp"
        if self.name == "EVENT_TYPE":
            return "event_type"
        if self.name == "IMPRESSION":
            return "impression"
        if self.categorical:
            return "categorical"
        if self.textual:
            return "textual"
        if self.type in NUMERIC_TYPES:
            return "numeric"
        return "boolean" if self.type == "boolean" else "string"

    @property
    def trainable(self) -> bool:
        """Whether a model may learn from the column as metadata."""
        return self.kind in ("categorical", "textual", "numeric")


@dataclass(frozen=True)
class Schema:
    """The columns of one dataset, valid for its type and domain."""

    dataset_type: str
    """INTERACTIONS, USERS, ITEMS, ACTIONS or ACTION_INTERACTIONS."""
    domain: str | None
    """ECOMMERCE, VIDEO_ON_DEMAND, or None in a custom group."""
    fields: tuple[Field, ...]
    text: str
    """The JSON as it was given."""
    avro: Any
    """fastavro's parsed form, for validating single records."""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by their names."""
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the schema's order."""
        return tuple(field.name for field in self.fields)

    @property
    def key(self) -> str | None:
        """The column that names a record of Users, Items and Actions; events have none."""
        return {"USERS": "USER_ID", "ITEMS": "ITEM_ID", "ACTIONS": "ACTION_ID"}.get(self.dataset_type)

    @property
    def metadata(self) -> tuple[Field, ...]:
        """Fields that are neither required nor reserved: those the limits count."""
        return tuple(field for field in self.fields if not field.keyword)

    @property
    def textual_field(self) -> Field | None:
        """The one textual field, if there is any."""
        return next((field for field in self.fields if field.textual), None)
