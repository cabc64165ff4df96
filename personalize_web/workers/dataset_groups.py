"""The life of a dataset group in the background."""

from personalize_web.resources.models import DatasetGroup, Tag
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, group: DatasetGroup) -> None:
    """A group needs nothing but its row."""


def delete(context: JobContext, group: DatasetGroup) -> Publication:
    """The group goes, and the finished imports and analyses with it."""

    def publish() -> None:
        DatasetGroup.objects.select_for_update().get(
            pk=group.pk
        )  # what is written behind answers comes before, or never
        gone = [group.arn, *group.import_jobs.values_list("arn", flat=True)]
        Tag.objects.filter(arn__in=gone).delete()
        group.delete()

    return publish
