"""What a dataset keeps on disk, and how folders go."""

import shutil
from pathlib import Path

from personalize_web.engine import schemas
from personalize_web.engine.columns import ColumnStore
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset


def schema_of(dataset: Dataset) -> schemas.Schema:
    """The dataset's schema, parsed."""
    return schemas.parse(dataset.schema.text, domain=dataset.schema.domain)


def store_of(dataset: Dataset) -> ColumnStore:
    """The dataset's columns."""
    return ColumnStore(locations.columns_folder(dataset.storage_key))


def remove(folder: Path) -> None:
    """Remove a folder with all it holds; one that is gone already is no error."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
