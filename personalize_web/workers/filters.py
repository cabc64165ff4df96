"""The life of a filter in the background."""

from personalize_web.resources.models import Filter, Tag
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, filter: Filter) -> None:
    """A filter needs nothing but its row: requests evaluate it over the present columns."""


def delete(context: JobContext, filter: Filter) -> Publication:
    """The filter goes; what was answered with it stays."""

    def publish() -> None:
        Tag.objects.filter(arn=filter.arn).delete()
        filter.delete()

    return publish
