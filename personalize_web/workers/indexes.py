"""What serving and pages read of a dataset, made anew when its columns changed enough."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db.models import Max, QuerySet

from personalize_web.engine import attributes, indexing_histories
from personalize_web.engine import counts as counting
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.columns import Snapshot
from personalize_web.engine.history import Covered, HistoryIndex
from personalize_web.engine.schemas import Schema
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, Event
from personalize_web.workers import folders

OF_EVENTS = tuple(indexing_histories.NEWEST_OF_TYPE)
"""Dataset types with an index of users' newest events; the others have one of their newest records."""
QUICK_ROWS = 500_000
"""Up to so many rows an index is made in about a second, and made anew whenever records were stored."""
MOST_EVENTS = 100_000
MOST_SHARE = 0.05
"""An index of many events is made anew when more than both came: so many, and so large a share of what it holds."""
COUNT_SECONDS = 3600.0
"""How old the counts of many rows may be; rows themselves are always up to date."""


def renew(dataset: Dataset) -> None:
    """Rebuild what requests read of this dataset; readers see the old or the new, never a half."""
    if dataset.dataset_type in OF_EVENTS:
        _renew_history(dataset, _covered(dataset.events.filter(stored=True)))
    elif dataset.dataset_type in attributes.KEYS:
        snapshot = folders.store_of(dataset).snapshot()
        path = locations.columns_folder(dataset.storage_key) / locations.ATTRIBUTES
        attributes.build(snapshot, folders.schema_of(dataset), path)
        folders.publish_index(dataset, locations.ATTRIBUTES, snapshot.version)


def after_storing(dataset: Dataset, moved: int) -> None:
    """All that waited went into the columns and is not marked yet: do what that asks for, and no more.

    Serving reads events that are not in the index from the event log, so an index of many events is left alone until
    many more came, or some that are older than those it holds. Records are read from their index alone, which is made
    anew; the timetable sees to it that storing takes a small share of the time only.
    """
    if not moved:
        return
    if dataset.dataset_type not in OF_EVENTS:
        renew(dataset)
    elif _is_behind(dataset):
        _renew_history(dataset, _covered(dataset.events.filter(user_id__isnull=False), _newest_marked(dataset)))


def _renew_history(dataset: Dataset, covered: Covered) -> None:
    """``covered`` was looked up before: the snapshot holds those events and perhaps more."""
    snapshot = folders.store_of(dataset).snapshot()
    path = locations.columns_folder(dataset.storage_key) / locations.HISTORY
    indexing_histories.build(snapshot, path, covered=covered)
    folders.publish_index(dataset, locations.HISTORY, snapshot.version)


def _is_behind(dataset: Dataset) -> bool:
    """Whether the index lacks so much of what the columns hold that it should be made anew now."""
    index = _history(dataset)
    rows = folders.store_of(dataset).snapshot().rows()
    if index is None or rows <= QUICK_ROWS:
        return True
    about = index.about
    if rows - about.stored_rows > max(MOST_EVENTS, MOST_SHARE * about.stored_rows):
        return True
    # events of sessions whose user became known late have small numbers: serving would not find them in the log
    return _covered(dataset.events.filter(user_id__isnull=False), about.covered.upto) != about.covered


def _covered(events: QuerySet[Event], upto: int | None = None) -> Covered:
    """Some events up to a number, or all of them."""
    if upto is None:
        upto = events.aggregate(upto=Max("pk"))["upto"] or 0
    return Covered(upto, events.filter(pk__lte=upto).count() if upto else 0)


def _newest_marked(dataset: Dataset) -> int:
    return dataset.events.filter(stored=True).aggregate(upto=Max("pk"))["upto"] or 0


def _history(dataset: Dataset) -> HistoryIndex | None:
    path = locations.columns_folder(dataset.storage_key) / locations.HISTORY
    return HistoryIndex.open(path) if path.exists() else None


def lay_beside(model: Path, snapshots: Mapping[str, tuple[Snapshot, Schema]]) -> None:
    """Put what the training saw of users into the model's folder: bulk rows of later imports change no answer."""
    for kind, name in (("INTERACTIONS", locations.HISTORY), ("ACTION_INTERACTIONS", locations.ACTION_HISTORY)):
        if kind in snapshots:
            happened = snapshots[kind][0]
            if not _linked(happened, locations.HISTORY, HistoryIndex.open, model / name):
                indexing_histories.build(happened, model / name)
    if "USERS" in snapshots:
        snapshot, schema = snapshots["USERS"]
        if not _linked(snapshot, locations.ATTRIBUTES, Attributes.open, model / locations.USERS):
            attributes.build(snapshot, schema, model / locations.USERS)


def _linked(snapshot: Snapshot, name: str, opener: Callable[[Path], Any], target: Path) -> bool:
    """Whether the dataset's own index is of this snapshot; then it lies at ``target`` as well."""
    present = snapshot.root / name
    if not present.exists():
        return False
    try:
        os.link(present, target)
    except OSError:  # copies of columns on S3 may lie on another file system than models
        shutil.copyfile(present, target)
    if opener(target).version == snapshot.version:
        return True
    target.unlink()
    return False


def counts(dataset: Dataset) -> dict[str, Any]:
    """The cheap counts of the dataset's present columns, and when they were counted."""
    snapshot = folders.store_of(dataset).snapshot()
    index = _history(dataset) if dataset.dataset_type in OF_EVENTS else None
    if index is not None and index.version == snapshot.version and index.about.counts:
        found = counting.stored(snapshot) | index.about.counts
    else:
        found = counting.count(snapshot)
    return found | {"counted_at": int(time.time())}


def count(dataset: Dataset) -> None:
    """Keep the present counts on the dataset's row; of many rows, all but their number may be an hour old."""
    dataset.refresh_from_db(fields=["statistics"])
    snapshot = folders.store_of(dataset).snapshot()
    known = dataset.statistics
    lately = time.time() - known.get("counted_at", 0) < COUNT_SECONDS
    if lately and snapshot.rows() > QUICK_ROWS and not _counted(dataset, snapshot):
        now = counting.stored(snapshot)
        came = sum(now.values()) - sum(known.get(name, 0) for name in now)
        found = known | now | {"rows": known.get("rows", 0) + came}
    else:
        found = counts(dataset)
    Dataset.objects.filter(pk=dataset.pk).update(statistics=found)


def _counted(dataset: Dataset, snapshot: Snapshot) -> bool:
    """Whether the index has the counts of this version."""
    index = _history(dataset) if dataset.dataset_type in OF_EVENTS else None
    return index is not None and index.version == snapshot.version
