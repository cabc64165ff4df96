"""What Celery calls: one task for every kind of job, two to look after them, and a worker's hello and goodbye."""

from typing import Any

from celery import signals
from django.db import connections

from personalize_web.celery import app
from personalize_web.resources.models import Job
from personalize_web.workers import housekeeping, job, lease
from personalize_web.workers import sweep as sweeping


@app.task(name="personalize_web.workers.run")
def run(job_id: int) -> None:
    """Do the job of this row."""
    job.run(job_id)


@app.task(name="personalize_web.workers.help_batch_job")
def help_batch_job(job_id: int) -> None:
    """Answer one chunk of a batch job, then stand behind what waits."""
    from personalize_web.workers import batch_jobs

    if batch_jobs.help_once(job_id):
        job.ask_for_help(Job.objects.get(pk=job_id))


@app.task(name="personalize_web.workers.sweep")
def sweep() -> None:
    """Put back lost jobs."""
    sweeping.sweep()


@app.task(name="personalize_web.workers.clean_up")
def clean_up() -> None:
    """Remove what nobody needs."""
    housekeeping.clean_up()


@signals.celeryd_init.connect
def _name(**_: Any) -> None:
    lease.name_worker()


@signals.worker_ready.connect
def _resume(**_: Any) -> None:
    sweeping.sweep()
    connections.close_all()  # children that are forked later must not share them


@signals.worker_shutting_down.connect
def _give_back(**_: Any) -> None:
    lease.give_all_back()
    connections.close_all()
