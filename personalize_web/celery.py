"""The Celery app, its queues and its timetable."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalize_web.settings")

app = Celery("personalize_web")
app.config_from_object("django.conf:settings", namespace="CELERY")

QUEUES = ("default", "training", "timetable")
"""Short work; long work, one at a time a worker; the clock, which must never stand behind either."""


def _timetable() -> dict[str, dict]:
    from django.conf import settings

    times = {
        "personalize_web.workers.sweep": settings.JOB_SWEEP_SECONDS,
        "apps.timetable.store_events": 60.0,
        "apps.timetable.train": 30.0,
        "apps.timetable.clean_up": crontab(minute="17"),
    }
    return {
        name: {"task": name, "schedule": schedule, "options": {"queue": "timetable", "expires": 60}}
        for name, schedule in times.items()
    }


app.conf.beat_schedule = _timetable()
app.conf.task_routes = {
    "apps.timetable.*": {"queue": "timetable"},
    "personalize_web.workers.sweep": {"queue": "timetable"},
}
app.autodiscover_tasks(["personalize_web.workers", "apps.timetable"])
