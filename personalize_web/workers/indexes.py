"""What serving and pages read of a dataset, made anew when its columns change."""

from typing import Any

from personalize_web.engine import counts as counting
from personalize_web.resources.models import Dataset
from personalize_web.workers import folders


def renew(dataset: Dataset) -> None:
    """Rebuild what requests read of this dataset; readers see the old or the new, never a half."""


def counts(dataset: Dataset) -> dict[str, Any]:
    """The cheap counts of the dataset's present columns."""
    return counting.count(folders.store_of(dataset).snapshot())


def count(dataset: Dataset) -> None:
    """Keep the present counts on the dataset's row."""
    Dataset.objects.filter(pk=dataset.pk).update(statistics=counts(dataset))
