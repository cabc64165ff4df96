"""What serving and pages read of a dataset, made anew when its columns change."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personalize_web.engine import attributes, history
from personalize_web.engine import counts as counting
from personalize_web.engine.columns import Snapshot
from personalize_web.engine.history import HistoryIndex
from personalize_web.engine.schemas import Schema
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset
from personalize_web.workers import folders


def renew(dataset: Dataset) -> None:
    """Rebuild what requests read of this dataset; readers see the old or the new, never a half."""
    snapshot = folders.store_of(dataset).snapshot()
    folder = locations.columns_folder(dataset.storage_key)
    if dataset.dataset_type == "INTERACTIONS":
        history.build(snapshot, folder / locations.HISTORY)
    elif dataset.dataset_type in attributes.KEYS:
        attributes.build(snapshot, folders.schema_of(dataset), folder / locations.ATTRIBUTES)


def lay_beside(model: Path, snapshots: Mapping[str, tuple[Snapshot, Schema]]) -> None:
    """Put what the training saw of users into the model's folder: bulk rows of later imports change no answer."""
    interactions = snapshots["INTERACTIONS"][0]
    present = interactions.root / locations.HISTORY
    if present.exists() and HistoryIndex.open(present).version == interactions.version:
        os.link(present, model / locations.HISTORY)
    else:
        history.build(interactions, model / locations.HISTORY)
    if "USERS" in snapshots:
        snapshot, schema = snapshots["USERS"]
        attributes.build(snapshot, schema, model / locations.USERS)


def counts(dataset: Dataset) -> dict[str, Any]:
    """The cheap counts of the dataset's present columns."""
    return counting.count(folders.store_of(dataset).snapshot())


def count(dataset: Dataset) -> None:
    """Keep the present counts on the dataset's row."""
    Dataset.objects.filter(pk=dataset.pk).update(statistics=counts(dataset))
