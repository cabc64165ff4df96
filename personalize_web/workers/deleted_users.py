"""Where the rows of users stand: in columns, in the event log, in records that wait."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet

from personalize_web.engine.columns import duck
from personalize_web.resources.models import Dataset, DatasetGroup, Event, Record
from personalize_web.workers import folders

OF_USERS = ("INTERACTIONS", "USERS", "ACTION_INTERACTIONS")
"""Dataset types whose rows belong to a user."""
AT_ONCE = 5_000
"""Ids that one database query names."""


@dataclass
class Found:
    """What a group holds of some users."""

    users: set[str] = field(default_factory=set)
    """Those of whom there is anything."""
    rows: dict[str, int] = field(default_factory=dict)
    """By dataset type; stored rows of both origins and all versions, and those that wait to be stored."""

    @property
    def known(self) -> int:
        """How many of the users the group knows."""
        return len(self.users)

    def add(self, dataset_type: str, rows: int) -> None:
        """Count ``rows`` more."""
        self.rows[dataset_type] = self.rows.get(dataset_type, 0) + rows


def count(group: DatasetGroup, ids: Collection[str]) -> Found:
    """What the group holds of the users ``ids``; events that belong to them by their session too."""
    found = Found()
    for dataset in datasets(group):
        _count_stored(dataset, ids, found)
        for rows in waiting(dataset, ids):
            owners = list(rows.values_list("user_id" if rows.model is Event else "key", flat=True))
            found.users.update(owners)
            found.add(dataset.dataset_type, len(owners))
    for dataset_id, events in anonymous(group, ids).items():
        found.add(group.datasets.get(pk=dataset_id).dataset_type, len(events))
    return found


def datasets(group: DatasetGroup) -> list[Dataset]:
    """The group's datasets that may hold rows of users, in whatever state: also one whose deletion failed."""
    return list(group.datasets.filter(dataset_type__in=OF_USERS).select_related("schema").order_by("pk"))


def with_columns(group: DatasetGroup) -> list[Dataset]:
    """Those of them whose columns have been made."""
    return [dataset for dataset in datasets(group) if folders.store_of(dataset).snapshot().columns]


def waiting(dataset: Dataset, ids: Collection[str]) -> Iterator[QuerySet[Any]]:
    """The rows of these users that are not in the columns yet."""
    for some in in_parts(ids):
        if dataset.dataset_type == "USERS":
            yield Record.objects.filter(dataset=dataset, key__in=some, stored=False)
        else:
            yield Event.objects.filter(dataset=dataset, user_id__in=some, stored=False)


def anonymous(group: DatasetGroup, ids: Collection[str]) -> dict[int, list[int]]:
    """Anonymous events that belong to these users, by the key of their dataset.

    As in training, an event belongs to the user of the next event of its session that names one, else of the last.
    """
    log = Event.objects.filter(dataset__dataset_group=group)
    sessions: set[str] = set()
    for some in in_parts(ids):
        sessions.update(log.filter(user_id__in=some).values_list("session_id", flat=True).distinct())
    found: dict[int, list[int]] = {}
    for part in in_parts(sessions):
        unnamed = log.filter(session_id__in=part, user_id__isnull=True)
        for session in list(unnamed.values_list("session_id", flat=True).distinct()):
            named = log.filter(session_id=session, user_id__isnull=False).order_by("pk").values_list("pk", "user_id")
            places, users = zip(*named, strict=True)
            for pk, dataset_id in log.filter(session_id=session, user_id__isnull=True).values_list("pk", "dataset_id"):
                if users[min(bisect_right(places, pk), len(places) - 1)] in ids:
                    found.setdefault(dataset_id, []).append(pk)
    return found


def in_parts(values: Collection[Any]) -> Iterator[list[Any]]:
    """The values in lists that one query may name."""
    rest = iter(values)
    while part := list(islice(rest, AT_ONCE)):
        yield part


def _count_stored(dataset: Dataset, ids: Collection[str], found: Found) -> None:
    snapshot = folders.store_of(dataset).snapshot()
    if not snapshot.segments or "USER_ID" not in snapshot.columns:
        return
    with duck.connect() as connection:
        connection.register("wanted", pa.table({"USER_ID": pa.array(list(ids), pa.string())}))
        connection.sql(snapshot.stored_sql()).create_view("stored")
        owners = connection.execute(
            "SELECT USER_ID, count(*) FROM stored SEMI JOIN wanted USING (USER_ID) GROUP BY USER_ID"
        ).fetchall()
    found.users.update(owner for owner, _ in owners)
    found.add(dataset.dataset_type, sum(rows for _, rows in owners))
