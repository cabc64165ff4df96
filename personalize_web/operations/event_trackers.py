"""Event trackers: create, describe, list, delete."""

import uuid
from collections.abc import Iterable
from typing import Any

from personalize_web.operations import legacy_events, lookup, paging
from personalize_web.operations.answers import dates
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import ResourceAlreadyExistsException
from personalize_web.operations.gate import operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, EventTracker
from personalize_web.workers import job


@operation
def create_event_tracker(
    caller: Caller, *, name: str, dataset_group_arn: str, tags: Iterable[dict[str, str]] = ()
) -> dict[str, Any]:
    """Begin to take events for a group; its tracking ID works once the tracker is ACTIVE."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    lookup.refuse_taken(EventTracker, caller, name)
    if other := group.event_trackers.first():
        raise ResourceAlreadyExistsException(
            f"Dataset group {group.arn} already has an event tracker: {other.arn}.", field="dataset_group_arn"
        )
    lookup.require_state(group, statuses.ACTIVE, doing="used")
    tracker = lookup.create(
        EventTracker, caller, name=name, dataset_group=group, tracking_id=str(uuid.uuid4()), tags=tags
    )
    legacy_events.note_tracker(group)
    job.enqueue("create-event-tracker", tracker, caller=caller)
    return {"eventTrackerArn": tracker.arn, "trackingId": tracker.tracking_id}


@operation
def describe_event_tracker(caller: Caller, *, event_tracker_arn: str) -> dict[str, Any]:
    """One tracker with its tracking ID."""
    tracker = lookup.get(EventTracker, caller, event_tracker_arn)
    return {
        "eventTracker": _summary(tracker)
        | {
            "accountId": tracker.account,
            "trackingId": tracker.tracking_id,
            "datasetGroupArn": tracker.dataset_group.arn,
        }
    }


@operation
def list_event_trackers(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The trackers of a group, or of the account, newest first."""
    rows = lookup.of(EventTracker, caller)
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        _summary,
        key="eventTrackers",
        operation="list_event_trackers",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def delete_event_tracker(caller: Caller, *, event_tracker_arn: str) -> None:
    """Remove a tracker; its tracking ID stops working, what it recorded stays."""
    tracker = lookup.get(EventTracker, caller, event_tracker_arn)
    lookup.move(tracker, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-event-tracker", tracker, caller=caller)


def _summary(tracker: EventTracker) -> dict[str, Any]:
    return {
        "name": tracker.name,
        "eventTrackerArn": tracker.arn,
        "status": tracker.status,
        **dates(tracker),
    }
