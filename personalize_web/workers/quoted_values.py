"""Values that only deleted users had, in reports that quote the most frequent values of columns."""

from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa

from personalize_web.engine.columns import duck
from personalize_web.resources.models import DataInsightsJob, Dataset, DatasetGroup
from personalize_web.workers import deleted_users, erasing, folders

_PARTS = "SELECT DISTINCT unnest(list_append(string_split({column}, '|'), {column})) AS value FROM ({rows})"


def of_users(group: DatasetGroup, ids: Collection[str]) -> list[str]:
    """Texts of the group's analyses that are values of these users' rows."""
    listed = {text for row in _analyses(group) for text in _texts(row.result)}
    found: set[str] = set()
    for dataset in deleted_users.datasets(group) if listed else ():
        found |= _values(dataset, listed, owners=ids)
    return sorted(found)


def erase(group: DatasetGroup, values: Collection[str]) -> None:
    """Replace those of ``values`` in the group's analyses that no row has any more."""
    left = set(values)
    for dataset in group.datasets.select_related("schema") if left else ():
        left -= _values(dataset, left)
    if not left:
        return
    for row in _analyses(group):
        row.change(result=erasing.redacted(row.result, left, of_user=True))


def _analyses(group: DatasetGroup) -> Iterator[DataInsightsJob]:
    yield from group.insights_jobs.filter(result__isnull=False)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _values(dataset: Dataset, wanted: Collection[str], *, owners: Collection[str] | None = None) -> set[str]:
    """Which of ``wanted`` are values, or parts of them, in the stored rows of these owners or of all."""
    snapshot = folders.store_of(dataset).snapshot()
    texts = [name for name, type_ in snapshot.manifest.columns.items() if type_ == "VARCHAR" and name != "USER_ID"]
    if not snapshot.segments or not texts or not wanted:
        return set()
    rows = "SELECT * FROM stored"
    with duck.connect() as connection:
        connection.sql(snapshot.stored_sql()).create_view("stored")
        connection.register("wanted", pa.table({"value": pa.array(list(wanted), pa.string())}))
        if owners is not None:
            connection.register("owners", pa.table({"USER_ID": pa.array(list(owners), pa.string())}))
            rows = "SELECT * FROM stored SEMI JOIN owners USING (USER_ID)"
        found: set[str] = set()
        for column in texts:
            parts = connection.sql(_PARTS.format(column=duck.name(column), rows=rows))
            parts.create_view("parts", replace=True)
            held = connection.execute("SELECT DISTINCT value FROM parts SEMI JOIN wanted USING (value)").fetchall()
            found.update(value for (value,) in held)
    return found
