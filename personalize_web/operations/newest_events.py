"""The newest recorded events, ours beside the 79: to see that what a site sends arrives."""

import heapq
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from personalize_web.operations import lookup
from personalize_web.operations.answers import present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import DatasetGroup, Event

MOST = 100


@own_operation()
def list_newest_events(caller: Caller, *, dataset_group_arn: str, limit: int = 50) -> dict[str, Any]:
    """The ``limit`` events, at most 100, that were recorded last in a group, the newest first.

    Each has sequence, receivedAt, sentAt, userId (not of an anonymous one), sessionId, eventType, itemId or actionId,
    eventValue, recommendationId and ``repeated`` (its event ID was known already, so no training counts it). They come
    from the event log, which is kept for some days.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    found = [
        _newest(dataset, stored, min(limit, MOST))
        for dataset in group.datasets.filter(dataset_type__in=("INTERACTIONS", "ACTION_INTERACTIONS"))
        for stored in (False, True)
    ]
    merged = heapq.merge(*found, key=lambda event: -event.pk)
    return {"events": [_described(event) for event in itertools.islice(merged, min(limit, MOST))]}


def _newest(dataset: Any, stored: bool, limit: int) -> Iterator[Event]:
    """By the index of dataset, stored and number, which has no order of number alone."""
    rows = Event.objects.filter(dataset=dataset, stored=stored).select_related("dataset").order_by("-pk")
    return iter(rows[:limit])


def _described(event: Event) -> dict[str, Any]:
    name = "actionId" if event.dataset.dataset_type == "ACTION_INTERACTIONS" else "itemId"
    return present(
        sequence=event.pk,
        receivedAt=event.received_at,
        sentAt=datetime.fromtimestamp(event.timestamp, UTC),
        userId=event.user_id,
        sessionId=event.session_id,
        eventType=event.event_type,
        eventValue=event.event_value,
        recommendationId=event.recommendation_id,
        repeated=event.repeated,
        **{name: event.item_id},
    )
