"""A Celery app like the service's, in which the first attempt to make a dataset group takes for ever."""

import time
from pathlib import Path

import django
from django.conf import settings

from personalize_web.celery import app

django.setup()

from personalize_web.workers import dataset_groups  # noqa: E402 - needs the tables

__all__ = ["app"]


def create(context, group) -> None:
    """Says which attempt this is; the first one works until something ends it."""
    with Path(settings.DATA_DIR / "attempts").open("a") as file:
        file.write(f"{context.row.attempt}\n")
    context.phase("Working", 1, 1)
    while context.row.attempt == 1 and not (settings.DATA_DIR / "let-go").exists():
        context.check()
        context.progress(0.5)
        time.sleep(0.05)


dataset_groups.create = create
