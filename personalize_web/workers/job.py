"""Pending, in progress, done or failed: the life of a background job, written once."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from personalize_web.resources.models import Job
from personalize_web.resources.models.base import StatefulResource


def enqueue(
    kind: str,
    resource: StatefulResource,
    *,
    caller: Any,
    queue: str = "default",
    arguments: dict[str, Any] | None = None,
    delay: float = 0,
) -> Job:
    """Ask for work of ``kind`` on ``resource``: a row in the present transaction, a wake-up after its commit."""
    group = resource if resource.KIND == "dataset-group" else getattr(resource, "dataset_group", None)
    row = Job.objects.create(
        kind=kind,
        resource_arn=resource.arn,
        dataset_group_arn=group.arn if group else None,
        account=resource.account,
        region=resource.region,
        arguments=arguments or {},
        queue=queue,
        requested_by=caller.name,
        not_before=timezone.now() + timedelta(seconds=delay),
    )
    transaction.on_commit(lambda: wake(row))
    return row


def wake(row: Job) -> None:
    """Tell a worker that ``row`` waits; a lost message is made good by the timetable."""
    from personalize_web.celery import app

    app.send_task("personalize_web.workers.run", args=[row.pk], queue=row.queue)
