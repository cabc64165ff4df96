"""Item metadata beside the items of an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from personalize_web.operations import quotas, runtime_columns
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.runtime_datasets import Place
from personalize_web.operations.runtime_deployments import Deployment

FIELD = "metadata_columns"


def check(deployment: Deployment, items: Place | None, wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Name as asked for -> column of the Items dataset. Raises InvalidInputException for what cannot be answered."""
    if not deployment.metadata:
        raise InvalidInputException(
            f"{deployment.arn} answers without metadata. Set enableMetadataWithRecommendations to change that.",
            field=FIELD,
        )
    if set(wanted) != {"ITEMS"}:
        raise InvalidInputException("metadataColumns must have the one key ITEMS.", field=FIELD)
    names = wanted["ITEMS"]
    most = quotas.limit("metadata_columns")
    if len(names) > most:
        raise InvalidInputException(f"At most {most} metadata columns can be asked for.", field=FIELD)
    columns = {column.lower(): column for column in items.schema.names} if items else {}
    unknown = [name for name in names if name.lower() not in columns]
    if unknown:
        raise InvalidInputException(f"The Items dataset has no column {', '.join(unknown)}.", field=FIELD)
    return {name: columns[name.lower()] for name in names}


def values(items: Place, item_ids: Sequence[str], columns: Mapping[str, str]) -> list[dict[str, str]]:
    """The values of each item as texts, under the names they were asked for by; a missing value is left out."""
    attributes = runtime_columns.attributes_of_dataset(items.storage_key)
    if attributes is None:
        return [{} for _ in item_ids]
    rows = attributes.values(item_ids, list(columns.values()))
    return [
        {name: text(row[column]) for name, column in columns.items() if row.get(column) is not None} for row in rows
    ]


def text(value: Any) -> str:
    """A value as the wire shows it: categories as they are stored, yes and no in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
