"""From the event log to the columns: what was recorded, and whose an anonymous session turned out to be."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from personalize_web.engine.schemas import Field
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Event
from personalize_web.workers import folders, storing
from personalize_web.workers.context import JobContext

OF_EVENTS = ("INTERACTIONS", "ACTION_INTERACTIONS")
_COLUMNS = (
    "pk", "event_id", "user_id", "item_id", "event_type", "event_value", "timestamp", "impression",
    "recommendation_id", "attribution_source", "properties",
)  # fmt: skip
_MEMBERS: Mapping[str, Callable[[Sequence[Any]], Sequence[Any]]] = {
    "USER_ID": lambda rows: rows[2],
    "ITEM_ID": lambda rows: rows[3],
    "ACTION_ID": lambda rows: rows[3],
    "EVENT_TYPE": lambda rows: rows[4],
    "EVENT_VALUE": lambda rows: rows[5],
    "TIMESTAMP": lambda rows: [int(moment) for moment in rows[6]],
    "IMPRESSION": lambda rows: ["|".join(items) if items else None for items in rows[7]],
    "RECOMMENDATION_ID": lambda rows: rows[8],
    "EVENT_ATTRIBUTION_SOURCE": lambda rows: rows[9],
}
"""Column -> its values, from the columns of the log. Every other column stands in the properties."""


def store(context: JobContext, dataset: Dataset) -> None:
    """Move what waits for this dataset into its columns."""
    context.phase("Storing individually imported records", 1, 1)
    context.log(f"{store_waiting(dataset, context):,} records stored.")


def store_waiting(dataset: Dataset, context: JobContext | None = None) -> int:
    """Append everything imported by itself that waits for this dataset; the answer is how many rows that were.

    Of events, those whose user is known: anonymous ones wait until their session is linked. An interruption does no
    harm: rows that were appended but not yet marked are appended again, and equal rows count once. What serving reads
    is renewed before rows are marked, so that a reader finds each event in the log or in the columns.
    """
    if dataset.dataset_type in OF_EVENTS:
        waiting = dataset.events.filter(stored=False, user_id__isnull=False)
        return storing.store(dataset, waiting, _COLUMNS, _table, context)
    return storing.store(dataset, dataset.records.filter(stored=False), ("pk", "key", "values"), _records, context)


def link_sessions(group: DatasetGroup) -> int:
    """Give anonymous events to the user their session turned out to be of; the answer is the newest event looked at.

    A session is the same in both event datasets of a group. An event goes to the user of the next event of its session
    that names one, else of the last.
    """
    datasets = list(group.datasets.filter(dataset_type__in=OF_EVENTS, status=statuses.ACTIVE))
    log = Event.objects.filter(dataset__in=datasets)
    newest = log.aggregate(newest=Max("pk"))["newest"] or 0
    known = log.filter(user_id__isnull=False)
    anonymous = log.filter(user_id__isnull=True, pk__lte=newest)
    for sessions in _in_parts(anonymous.filter(session_id__in=known.values("session_id"))):
        of_session = known.filter(session_id=OuterRef("session_id"))
        following = of_session.filter(pk__gt=OuterRef("pk")).order_by("pk").values("user_id")[:1]
        last = of_session.filter(pk__lt=OuterRef("pk")).order_by("-pk").values("user_id")[:1]
        linked = Coalesce(Subquery(following), Subquery(last))
        anonymous.filter(session_id__in=sessions).update(user_id=linked)
    return newest


def _in_parts(events: QuerySet[Event]) -> Iterator[list[str]]:
    """Their sessions, some at a time, so that the database is never held for long."""
    sessions = list(events.order_by().values_list("session_id", flat=True).distinct())
    for begin in range(0, len(sessions), storing.AT_ONCE):
        yield sessions[begin : begin + storing.AT_ONCE]


def _table(dataset: Dataset, batch: Sequence[tuple[Any, ...]]) -> pa.Table:
    rows = list(zip(*batch, strict=True))
    properties = rows[10]
    columns = {}
    for field in folders.schema_of(dataset).fields:
        member = _MEMBERS.get(field.name)
        given = member(rows) if member else [each.get(field.name) for each in properties]
        columns[field.name] = _array(field, given)
    return pa.table(columns | {"_event_id": pa.array(rows[1], pa.string())})


def _records(dataset: Dataset, batch: Sequence[tuple[Any, ...]]) -> pa.Table:
    _, keys, values = zip(*batch, strict=True)
    schema = folders.schema_of(dataset)
    return pa.table(
        {
            field.name: _array(field, keys if field.name == schema.key else [each.get(field.name) for each in values])
            for field in schema.fields
        }
    )


def _array(field: Field, given: Sequence[Any]) -> pa.Array:
    if field.type in ("float", "double"):
        return pa.array([None if value is None else float(value) for value in given], pa.float64())
    types = {"string": pa.string(), "boolean": pa.bool_()}
    return pa.array(given, types.get(field.type, pa.int64()))
