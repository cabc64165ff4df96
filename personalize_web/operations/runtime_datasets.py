"""The datasets of a group as requests need them: where their columns lie, and what columns there are."""

from dataclasses import dataclass
from uuid import UUID

from personalize_web.engine.schemas import Schema
from personalize_web.operations import runtime_values
from personalize_web.operations.runtime_rows import briefly
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset

_COLUMNS = ("dataset_type", "pk", "storage_key", "schema__text", "schema__domain")


@dataclass(frozen=True)
class Place:
    """One dataset."""

    pk: int
    storage_key: UUID
    schema_text: str
    domain: str | None

    @property
    def schema(self) -> Schema:
        return runtime_values.parse_schema(self.schema_text, self.domain)


@dataclass(frozen=True)
class Places:
    """The active datasets of a group; None where there is none of that type."""

    interactions: Place | None = None
    items: Place | None = None
    users: Place | None = None
    actions: Place | None = None
    action_interactions: Place | None = None


@briefly
def of_group(dataset_group: int) -> Places:
    """The active datasets of the group with this row number, in one query."""
    rows = Dataset.objects.filter(dataset_group_id=dataset_group, status=statuses.ACTIVE).values_list(*_COLUMNS)
    found = {dataset_type.lower(): Place(*place) for dataset_type, *place in rows}
    return Places(**{name: found.get(name) for name in Places.__dataclass_fields__})
