"""Deleting a dataset group with everything in it: one step after another, in the order that each needs."""

import logging
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from personalize_web.engine.errors import DataError, Stopped
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Schema, Solution, StatefulResource
from personalize_web.workers import dataset_groups, kinds, lease
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

logger = logging.getLogger(__name__)


def ordered(group: DatasetGroup) -> Iterator[tuple[str, StatefulResource]]:
    """What goes before the group itself, with the kind of job that deletes it: what uses something before that."""
    steps: tuple[tuple[str, QuerySet[Any]], ...] = (
        ("delete-campaign", group.campaigns.all()),
        ("delete-recommender", group.recommenders.all()),
        ("delete-solution", group.solutions.all()),
        ("delete-event-tracker", group.event_trackers.all()),
        ("delete-metric-attribution", group.metric_attributions.all()),
        ("delete-filter", group.filters.all()),
        ("delete-dataset", group.datasets.all()),
    )
    for kind, rows in steps:
        for resource in rows.order_by("pk"):
            yield kind, resource


def delete(context: JobContext, group: DatasetGroup) -> Publication:
    """Delete what the group holds, one resource after another, then the group and the schemas that were asked for.

    The first that cannot be deleted ends it; what is gone by then stays gone. An attempt that was interrupted is
    continued with what is left.
    """
    steps = list(ordered(group))
    for number, (kind, resource) in enumerate(steps, start=1):
        context.phase(f"Delete {resource.NOUN} {resource.name}", number, len(steps) + 1)
        _delete(context, kind, resource)
        context.log(f"Deleted {resource.NOUN} {resource.name}.")
    context.phase(f"Delete {group.NOUN} {group.name}", len(steps) + 1, len(steps) + 1)
    last = dataset_groups.delete(context, group)

    def publish() -> dict[str, Any] | None:
        last()
        for schema in Schema.objects.filter(arn__in=context.arguments.get("schemas", ()), datasets__isnull=True):
            schema.delete()
        return None

    return publish


def _delete(context: JobContext, name: str, resource: StatefulResource) -> None:
    """One step, as the job of that kind would do it."""
    kind = kinds.KINDS[name]
    with lease.held(context.row):
        resource.move(statuses.DELETE_PENDING)
        if isinstance(resource, Solution):
            resource.versions.update(status=statuses.DELETE_PENDING, updated_at=timezone.now())
        kind.begin(resource)
    try:
        publication = kind.load()(context, resource)
        context.check()
        with lease.held(context.row):
            if publication:
                publication()
    except (Stopped, lease.LeaseLost):
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, DataError) else "The server's log has the details."
        logger.exception("%s could not be deleted with its group.", resource.arn)
        with lease.held(context.row):
            kind.fail(resource, reason)
        raise DataError(
            f"Could not delete {resource.NOUN} {resource.name}. {reason} What comes after it in the plan is there "
            "still."
        ) from error
