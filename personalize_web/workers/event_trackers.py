"""The life of an event tracker in the background."""

from personalize_web.resources.models import EventTracker, Tag
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, tracker: EventTracker) -> None:
    """A tracker needs nothing but its row."""


def delete(context: JobContext, tracker: EventTracker) -> Publication:
    """The tracking id dies; what was recorded stays in the dataset."""

    def publish() -> None:
        Tag.objects.filter(arn=tracker.arn).delete()
        tracker.delete()

    return publish
