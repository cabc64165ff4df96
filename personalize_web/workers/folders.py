"""What a dataset keeps on disk or on S3, and how folders go."""

import shutil
from pathlib import Path

from django.conf import settings

from personalize_web.engine import schemas
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.columns.bucket import BucketDisk, Cache
from personalize_web.resources import locations, shared_columns
from personalize_web.resources.models import Dataset


def schema_of(dataset: Dataset) -> schemas.Schema:
    """The dataset's schema, parsed."""
    return schemas.parse(dataset.schema.text, domain=dataset.schema.domain)


def store_of(dataset: Dataset) -> ColumnStore:
    """The dataset's columns, where COLUMNS_URL says that they lie."""
    objects = shared_columns.objects_of(dataset.storage_key)
    if objects is None:
        return ColumnStore(locations.columns_folder(dataset.storage_key))
    cache = Cache(settings.COLUMNS_CACHE_DIR, settings.COLUMNS_CACHE_BYTES)
    return ColumnStore(BucketDisk(objects, cache, str(dataset.storage_key)))


def publish_index(dataset: Dataset, name: str, version: int) -> None:
    """Let other machines have an index that has been made in the dataset's folder of this version of its columns."""
    shared_columns.publish(dataset.storage_key, name, version)


def remove_columns(dataset: Dataset) -> None:
    """Remove the dataset's columns and indexes wherever they lie; those that are gone already are no error."""
    every = shared_columns.all_objects()
    if every is not None:
        every.remove_folder(str(dataset.storage_key))
    remove(locations.columns_folder(dataset.storage_key))


def remove(folder: Path) -> None:
    """Remove a folder with all it holds; one that is gone already is no error."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
