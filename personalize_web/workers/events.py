"""From the event log to the columns: recorded events, and whose an anonymous session turned out to be."""

import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from django.db.models import Max

from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Event
from personalize_web.workers import folders, indexes
from personalize_web.workers.context import JobContext

BATCH = 50_000
"""Events moved in one step."""


def store(context: JobContext, dataset: Dataset) -> None:
    """Move what waits in the event log of this dataset into its columns."""
    context.phase("Storing recorded events", 1, 1)
    context.log(f"{store_waiting(dataset, context):,} events stored.")


def store_waiting(dataset: Dataset, context: JobContext | None = None) -> int:
    """Append the waiting events whose user is known; the answer is how many those were.

    An interruption does no harm: events that were appended but not yet marked are appended again, and equal rows count
    once. The history index is renewed before events are marked, so that a reader finds each event in one of the two.
    """
    waiting = dataset.events.filter(stored=False, user_id__isnull=False).order_by("pk")
    moved = 0
    while batch := list(waiting[:BATCH]):
        if context:
            context.check()
        schema = folders.schema_of(dataset)
        columns = [field.name for field in schema.fields]
        folders.store_of(dataset).append_individual(_table(batch, columns), time.time_ns(), schema)
        indexes.renew(dataset)
        Event.objects.filter(pk__in=[event.pk for event in batch]).update(stored=True)
        moved += len(batch)
    if moved:
        indexes.count(dataset)
    return moved


def link_sessions(group: DatasetGroup) -> int:
    """Give anonymous events to the user their session turned out to be of; the answer is the newest event looked at.

    An event goes to the user of the next event of its session that names one, else of the last.
    """
    log = Event.objects.filter(dataset__dataset_group=group, dataset__status=statuses.ACTIVE)
    newest = log.aggregate(newest=Max("pk"))["newest"] or 0
    known = log.filter(user_id__isnull=False)
    anonymous = log.filter(user_id__isnull=True, pk__lte=newest, session_id__in=known.values("session_id"))
    for session in list(anonymous.order_by().values_list("session_id", flat=True).distinct()):
        linked = list(known.filter(session_id=session).order_by("pk").values_list("pk", "user_id"))
        places = [pk for pk, _ in linked]
        for pk in anonymous.filter(session_id=session).values_list("pk", flat=True):
            _, user = linked[min(bisect_right(places, pk), len(linked) - 1)]
            Event.objects.filter(pk=pk).update(user_id=user)
    return newest


def _table(batch: Sequence[Event], columns: Sequence[str]) -> pa.Table:
    rows = [_row(event) for event in batch]
    table = {column: [row.get(column) for row in rows] for column in columns}
    return pa.table(table | {"_event_id": [event.event_id for event in batch]})


def _row(event: Event) -> dict[str, Any]:
    return {
        **event.properties,
        "USER_ID": event.user_id,
        "ITEM_ID": event.item_id,
        "EVENT_TYPE": event.event_type,
        "EVENT_VALUE": event.event_value,
        "TIMESTAMP": int(event.timestamp),
        "IMPRESSION": "|".join(event.impression) if event.impression else None,
        "RECOMMENDATION_ID": event.recommendation_id,
        "EVENT_ATTRIBUTION_SOURCE": event.attribution_source,
    }
