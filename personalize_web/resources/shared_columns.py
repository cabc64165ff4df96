"""Columns and their indexes on S3: where they lie, and how every machine comes by the newest indexes.

A small object in each dataset's folder says which index files are the newest. A machine looks at it every few seconds
while it is asked for that dataset, never while a request waits, but for the first.
"""

import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import fsspec
from django.conf import settings

from personalize_web.engine.objects import Objects
from personalize_web.resources import locations

POINTER = "indexes.json"
_FOLDER = "indexes"
_NOTE = "indexes-here.json"
_ATTEMPTS = 20
_UPLOAD = timedelta(hours=1)
"""An index that is being published has its name by then."""

log = logging.getLogger(__name__)

_looked: dict[Path, float] = {}
_lock = threading.Lock()


def objects_of(storage_key: UUID) -> Objects | None:
    """The objects of a dataset's columns; None where columns lie in a directory."""
    every = all_objects()
    return every.within(str(storage_key)) if every else None


def all_objects() -> Objects | None:
    """The folders of all datasets; None where columns lie in a directory."""
    return _open(settings.COLUMNS_URL, os.getpid()) if settings.COLUMNS_URL else None


def index(storage_key: UUID, name: str) -> Path:
    """Where this machine reads the index ``name``: the newest one, or one that was it some seconds ago.

    There may be no file at that path: then no machine has made the index.
    """
    path = locations.columns_folder(storage_key) / name
    if not settings.COLUMNS_URL:
        return path
    with _lock:
        before = _looked.get(path.parent)
        due = before is None or time.monotonic() - before > settings.INDEX_CHECK_SECONDS
        if due:
            _looked[path.parent] = time.monotonic()
    if not path.exists() and due:
        _look(storage_key)
    elif due:
        _background(os.getpid()).submit(_look, storage_key)
    return path


def _look(storage_key: UUID) -> None:
    try:
        fetch(storage_key)
    except OSError:
        log.warning("S3 did not say which indexes are the newest; the next look asks again.", exc_info=True)


def fetch(storage_key: UUID) -> None:
    """Get the indexes that are newer than this machine's copies; nothing to do where columns lie in a directory."""
    objects = objects_of(storage_key)
    found = objects.read(POINTER) if objects else None
    if objects is None or found is None:
        return
    with _noted(storage_key) as note:
        for name, about in json.loads(found[0]).items():
            path = locations.columns_folder(storage_key) / name
            if note.get(name) == about["file"] and path.exists():
                continue
            try:
                objects.download(f"{_FOLDER}/{about['file']}", path)
            except FileNotFoundError:
                continue  # a still newer one has taken its place; the next look finds it
            note[name] = about["file"]


def publish(storage_key: UUID, name: str, version: int) -> None:
    """Let every machine have the index ``name`` as this machine has just made it of that version of the columns."""
    objects = objects_of(storage_key)
    if objects is None:
        return
    file = f"{name}-{uuid4().hex}"
    objects.upload(locations.columns_folder(storage_key) / name, f"{_FOLDER}/{file}")
    for _ in range(_ATTEMPTS):
        found = objects.read(POINTER)
        present = json.loads(found[0]) if found else {}
        before = present.get(name)
        if before and before["version"] > version:
            objects.remove([f"{_FOLDER}/{file}"])
            return
        present[name] = {"file": file, "version": version}
        if objects.write_if(POINTER, json.dumps(present).encode(), found[1] if found else None):
            break
    else:
        objects.remove([f"{_FOLDER}/{file}"])
        raise TimeoutError("Other machines kept publishing indexes of the same dataset.")
    with _noted(storage_key) as note:
        note[name] = file
    _remove_unnamed(objects.within(_FOLDER), {about["file"] for about in present.values()}, before and before["file"])


def _remove_unnamed(files: Objects, named: Collection[str], replaced: str | None) -> None:
    """Remove the file that was replaced, and what a crash left before it was named."""
    old = datetime.now(UTC) - _UPLOAD
    written = files.listing().items()
    files.remove(file for file, when in written if file not in named and (file == replaced or when < old))


@contextmanager
def _noted(storage_key: UUID) -> Iterator[dict[str, Any]]:
    """Which of the published files this machine's copies are; one process of the machine at a time."""
    folder = locations.columns_folder(storage_key)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NOTE).open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        note = json.loads(file.read() or "{}")
        yield note
        file.seek(0)
        file.truncate()
        json.dump(note, file)


@cache
def _open(url: str, process: int) -> Objects:
    """Connections do not outlive a fork, hence ``process``."""
    filesystem, root = fsspec.url_to_fs(url, use_listings_cache=False)
    bucket = root.partition("/")[0]
    if not filesystem.exists(bucket):
        with suppress(FileExistsError):  # another thread or process came first
            filesystem.mkdir(bucket)
    return Objects(filesystem, root.rstrip("/"))


@cache
def _background(process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="indexes")
