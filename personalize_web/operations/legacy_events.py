"""Recorded events as older clients know them: a dataset of their own, of type EVENT_INTERACTIONS.

They are stored in the group's interactions. The dataset exists in answers alone, from the first event tracker on.
"""

from typing import Any

from django.utils import timezone

from personalize_web.operations import lookup
from personalize_web.operations.caller import Caller
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup
from personalize_web.workers import job


def note_tracker(group: DatasetGroup) -> None:
    """Remember when the group got its first event tracker."""
    first = DatasetGroup.objects.filter(pk=group.pk, event_tracker_since__isnull=True)
    first.update(event_tracker_since=timezone.now())


def described(group: DatasetGroup) -> dict[str, Any]:
    """The group's virtual dataset."""
    return {
        "name": f"{group.name}/{lookup.EVENT_INTERACTIONS}",
        "datasetArn": lookup.virtual_arn(group),
        "datasetType": lookup.EVENT_INTERACTIONS,
        "status": statuses.ACTIVE,
        "creationDateTime": group.event_tracker_since,
        "lastUpdatedDateTime": group.event_tracker_since,
    }


def among(caller: Caller, datasets: list[dict[str, Any]], group_arn: str | None) -> list[dict[str, Any]]:
    """``datasets`` with the virtual ones of the group or of the account, newest first."""
    groups = lookup.of(DatasetGroup, caller).filter(event_tracker_since__isnull=False)
    if group_arn:
        groups = groups.filter(arn=group_arn)
    every = [*datasets, *(described(group) for group in groups)]
    return sorted(every, key=lambda one: (one["creationDateTime"], one["datasetArn"]), reverse=True)


def delete(caller: Caller, group: DatasetGroup) -> None:
    """Begin to delete the group's recorded events; refused while an event tracker may record more."""
    tracker = group.event_trackers.first()
    if tracker is not None:
        raise lookup.used(lookup.virtual_arn(group), [tracker.arn])
    interactions = group.datasets.filter(dataset_type="INTERACTIONS", status=statuses.ACTIVE).first()
    if interactions is not None:
        job.enqueue("delete-recorded-events", interactions, caller=caller)
