"""The Celery app, its queues and its timetable."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalize_web.settings")

app = Celery("personalize_web")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["personalize_web.workers", "apps.timetable"])
