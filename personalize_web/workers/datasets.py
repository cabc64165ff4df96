"""The life of a dataset in the background."""

from personalize_web.resources.models import Dataset, Tag
from personalize_web.workers import folders
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, dataset: Dataset) -> None:
    """An empty dataset with the columns of its schema."""
    folders.store_of(dataset).adopt(folders.schema_of(dataset))


def delete(context: JobContext, dataset: Dataset) -> Publication:
    """The dataset goes with its columns and its part of the event log; models trained on it stay."""
    folders.remove_columns(dataset)

    def publish() -> None:
        Tag.objects.filter(arn=dataset.arn).delete()
        dataset.events.all().delete()
        dataset.delete()

    return publish
