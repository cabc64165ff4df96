"""Pending, in progress, done or failed: the life of a background job, written once."""

import errno
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone

from personalize_web.engine.errors import DataError, Stopped
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Job
from personalize_web.resources.models.base import StatefulResource
from personalize_web.workers import kinds, lease
from personalize_web.workers.context import JobContext

logger = logging.getLogger(__name__)

TRY_AGAIN_AFTER = 5
"""Seconds until a job is tried again that the database interrupted."""


@dataclass(frozen=True)
class Requester:
    """Who asked for a job, where no caller did."""

    name: str


SERVICE = Requester("the service")
"""Work that follows from other work."""


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
    group = resource if isinstance(resource, DatasetGroup) else getattr(resource, "dataset_group", None)
    if group is None and (solution := getattr(resource, "solution", None)):
        group = solution.dataset_group
    row = Job.objects.create(
        kind=kind,
        resource_arn=resource.arn,
        dataset_group_arn=group.arn if group else None,
        account=resource.account,
        region=resource.region,
        arguments={**(arguments or {}), **kinds.locks_of(kind, resource, group)},
        queue=queue,
        requested_by=caller.name,
        not_before=timezone.now() + timedelta(seconds=delay),
    )
    if not delay:
        transaction.on_commit(lambda: wake(row))
    return row


def wake(row: Job) -> None:
    """Tell a worker that ``row`` waits; a message that cannot be sent, or gets lost, is made good by the timetable."""
    from personalize_web.celery import app

    try:
        app.send_task("personalize_web.workers.run", args=[row.pk], queue=row.queue, retry=False)
    except Exception:
        logger.warning("The broker cannot be reached; job %s waits for the timetable.", row.pk, exc_info=True)


def ask_for_help(row: Job) -> None:
    """Ask another worker to do a part of ``row``, behind what waits; nothing is lost where none does."""
    from personalize_web.celery import app

    try:
        app.send_task("personalize_web.workers.help_batch_job", args=[row.pk], queue=row.queue, retry=False)
    except Exception:
        logger.warning("The broker cannot be reached; job %s goes on without help.", row.pk, exc_info=True)


def request_stop(resource: StatefulResource) -> bool:
    """Stop the unfinished work on ``resource``: at once where it has not begun, else as soon as it looks.

    False when there is nothing to stop. Moves the resource to CREATE STOPPED or CREATE STOPPING.
    """
    with transaction.atomic():
        unfinished = Job.objects.filter(resource_arn=resource.arn, state__in=Job.UNFINISHED)
        waiting = unfinished.filter(state=Job.State.PENDING, attempt=0)
        if waiting.update(state=Job.State.STOPPED, stop_requested=True, finished_at=timezone.now()):
            return resource.move(statuses.CREATE_STOPPED, come_from=statuses.BUILDING)
        if unfinished.update(stop_requested=True):
            return resource.move(statuses.CREATE_STOPPING, come_from=statuses.BUILDING)
    return False


def run(job_id: int, *, threaded: bool = True) -> None:
    """Do the job, if it is there to be done; returns whatever comes of it, and never raises for it."""
    row = lease.take(job_id)
    if row is None:
        return
    with JobContext(row, threaded=threaded) as context:
        try:
            _attempt(row, context)
        except lease.LeaseLost:
            logger.info("Job %s (%s) is no longer ours; nothing was published.", row.pk, row.kind)
        except OperationalError:
            logger.warning("The database interrupted job %s (%s).", row.pk, row.kind, exc_info=True)
            _try_later(row)
    _wake_next(row)


def _try_later(row: Job) -> None:
    """Give the job back, if attempts are left and the database answers; else the sweep finds it when its lease ends."""
    connection.close_if_unusable_or_obsolete()
    if row.attempt < settings.JOB_MAX_ATTEMPTS:
        with suppress(DatabaseError):
            lease.give_back(row, after=TRY_AGAIN_AFTER, counts=True)


def _attempt(row: Job, context: JobContext) -> None:
    kind = kinds.of(row)
    resource = kind.find(row.resource_arn) if kind else None
    if kind is None or resource is None:
        with lease.held(row):
            lease.end(row, Job.State.STOPPED, reason="There is nothing to work on: the resource no longer exists.")
        return
    if row.attempt > 1:
        context.log(f"Started again: attempt {row.attempt} of {settings.JOB_MAX_ATTEMPTS}.", level="warning")
    try:
        if row.stop_requested:
            raise Stopped
        with lease.held(row):
            begins = kind.begin(resource)
            if not begins:
                row.refresh_from_db(fields=["stop_requested"])
                if row.stop_requested:
                    raise Stopped
                lease.end(row, Job.State.STOPPED, reason=f"The resource was in {resource.status} state.")
        if begins:
            publication = kind.load()(context, resource)
            context.check()
            _publish(row, context, kind, resource, publication)
    except Stopped:
        _close(row, context, Job.State.STOPPED, lambda: kind.stop(resource), reason="Stopped on request.")
    except (lease.LeaseLost, OperationalError):
        raise
    except Exception as error:
        reason = _words(error, row)
        _close(row, context, Job.State.FAILED, lambda: kind.fail(resource, reason), reason=reason)


def _publish(
    row: Job, context: JobContext, kind: kinds.Kind, resource: StatefulResource, publication: kinds.Publication | None
) -> None:
    """The one step that others see: what the body made, the resource's last status, the job's end. All or nothing."""
    context.flush()
    with lease.held(row):
        values = publication() if publication else None
        kind.finish(resource, values or {})
        Job.objects.filter(pk=row.pk).update(fraction=1.0)
        lease.end(row, Job.State.DONE)


def _close(row: Job, context: JobContext, state: str, move: Any, *, reason: str) -> None:
    context.log(reason, level="error" if state == Job.State.FAILED else "info")
    context.flush()
    with lease.held(row):
        move()
        lease.end(row, state, reason=reason)


def _words(error: Exception, row: Job) -> str:
    """What the owner of the resource reads. What is theirs to mend, word for word; what is ours, in general words."""
    if isinstance(error, DataError):
        return str(error)
    logger.error("Job %s (%s of %s) failed.", row.pk, row.kind, row.resource_arn, exc_info=error)
    if isinstance(error, MemoryError):
        return "There was not enough memory for this job. Use less data, or give the workers more memory."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The server's disk is full. Make room under its data directory and try again."
    return f"An internal error ended this job. The server's log has the details under job {row.pk}."


def _wake_next(row: Job) -> None:
    """The jobs that waited for what this one had; those that have to wait for one another sort it out themselves."""
    rivals = lease.rivals(row)
    if rivals is not None:
        for waiting in rivals.filter(state=Job.State.PENDING, not_before__lte=timezone.now()).order_by("pk"):
            transaction.on_commit(partial(wake, waiting))


def run_pending(limit: int = 1000) -> int:
    """Do every job that waits, in this process and one after another; the answer is how many were begun.

    For tests and scripts; jobs that are not due yet stay.
    """
    begun = 0
    while begun < limit:
        tried = 0
        for job_id in _waiting():
            before = Job.objects.values_list("attempt", flat=True).get(pk=job_id)
            run(job_id, threaded=False)
            tried += Job.objects.filter(pk=job_id).exclude(attempt=before, state=Job.State.PENDING).count()
        if not tried:
            break
        begun += tried
    return begun


def _waiting() -> list[int]:
    due = Job.objects.filter(state=Job.State.PENDING, not_before__lte=timezone.now())
    return list(due.order_by("pk").values_list("pk", flat=True))
