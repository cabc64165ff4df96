"""The life of a dataset in the background."""

from personalize_web.resources.models import Dataset, Tag
from personalize_web.workers import folders, indexes, rows
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, dataset: Dataset) -> None:
    """An empty dataset with the columns of its schema."""
    folders.store_of(dataset).adopt(folders.schema_of(dataset))


def delete(context: JobContext, dataset: Dataset) -> Publication:
    """The dataset goes with its columns and its part of the event log; models trained on it stay."""
    folders.remove_columns(dataset)
    for waiting in (dataset.events.all(), dataset.records.all()):
        rows.remove(waiting, check=context.check)

    def publish() -> None:
        Tag.objects.filter(arn=dataset.arn).delete()
        dataset.delete()

    return publish


def delete_recorded_events(context: JobContext, dataset: Dataset) -> None:
    """Every individually imported interaction goes; what was imported in bulk stays."""
    context.phase("Delete recorded events", 1, 2)
    gone = rows.remove(dataset.events.all(), check=context.check)
    context.require_lease()
    folders.store_of(dataset).clear("PUT")
    context.log(f"{gone:,} recorded events deleted.")
    context.phase("Build indexes", 2, 2)
    indexes.renew(dataset)
    indexes.count(dataset)
