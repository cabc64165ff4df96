"""The Celery app, its queues and its timetable."""

import os

from celery import Celery
from celery.schedules import crontab
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalize_web.settings")

QUEUES = ("default", "training", "timetable")
"""Short work; long work, one at a time a worker; the clock's own, which must never stand behind either."""

TRANSPORT_ALIASES["folder"] = "personalize_web.workers.broker:Transport"

app = Celery("personalize_web")
app.config_from_object("django.conf:settings", namespace="CELERY")


def _every(task: str, schedule: float | crontab, *, queue: str = "timetable") -> dict[str, object]:
    return {"task": task, "schedule": schedule, "options": {"queue": queue, "expires": 60}}


@app.on_after_configure.connect
def _set_timetable(sender: Celery, **_: object) -> None:
    from django.conf import settings

    sender.conf.beat_schedule = {
        "put back lost jobs": _every("personalize_web.workers.sweep", settings.JOB_SWEEP_SECONDS),
        "store recorded events": _every("apps.timetable.store_events", 60.0),
        "count recorded events": _every("apps.timetable.count_events", 60.0),
        "evaluate trends again": _every("apps.timetable.refresh_trends", 60.0),
        "let models take in new items": _every("apps.timetable.update_models", 60.0),
        "begin trainings that are due": _every("apps.timetable.train", 30.0),
        "clean up": _every("personalize_web.workers.clean_up", crontab(minute="17"), queue="default"),
    }


app.autodiscover_tasks(["personalize_web.workers", "apps.timetable"])
