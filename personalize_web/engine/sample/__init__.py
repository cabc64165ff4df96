"""A streaming catalogue of our own making, to try the service with: the same for the same seed."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from personalize_web.engine.sample import catalogue, viewing
from personalize_web.engine.sample.catalogue import DAY
from personalize_web.engine.schemas import written

__all__ = ["DOMAIN", "SampleFiles", "write"]

DOMAIN = "VIDEO_ON_DEMAND"
"""The domain the schemas are for."""

_UNTIL = 1_767_225_600
_NULLABLE_TEXT = ["null", "string"]

_SCHEMAS: dict[str, list[dict[str, Any]]] = {
    "INTERACTIONS": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "DEVICE", "type": _NULLABLE_TEXT, "categorical": True},
    ],
    "ITEMS": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": _NULLABLE_TEXT},
        {"name": "GENRES", "type": ["string"], "categorical": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
        {"name": "YEAR", "type": ["null", "int"]},
        {"name": "DURATION", "type": ["null", "float"]},
        {"name": "CONTENT_CLASSIFICATION", "type": _NULLABLE_TEXT, "categorical": True},
        {"name": "PRODUCT_DESCRIPTION", "type": _NULLABLE_TEXT, "textual": True},
    ],
    "USERS": [
        {"name": "USER_ID", "type": "string"},
        {"name": "SUBSCRIPTION_MODEL", "type": _NULLABLE_TEXT, "categorical": True},
        {"name": "AGE_GROUP", "type": _NULLABLE_TEXT, "categorical": True},
    ],
}


@dataclass(frozen=True)
class SampleFiles:
    """Where the files were written, and what is in them."""

    directory: Path
    files: dict[str, Path]
    """CSV file by dataset type."""
    schemas: dict[str, str]
    """Schema text by dataset type; the same lies beside the files as ``<type>.json``."""
    rows: dict[str, int]
    """Rows by dataset type."""


def write(
    directory: Path, *, seed: int = 7, users: int = 1000, items: int = 1500, events: int = 60_000, until: int = _UNTIL
) -> SampleFiles:
    """Write interactions.csv, items.csv, users.csv and their schemas: a year of watching that ends at ``until``.

    About ``events`` events; tastes follow age groups, hidden traits, genres of the evening and series in progress.
    """
    random = np.random.default_rng(seed)
    start = until - 365 * DAY
    titles = catalogue.make(random, items, start, until)
    viewers = viewing.people(random, users, titles.latent.shape[1])
    watched = viewing.events(random, viewers, titles, events, start, until)
    directory.mkdir(parents=True, exist_ok=True)
    tables = {
        "INTERACTIONS": [
            (viewers.ids[event.user], titles.ids[event.item], event.type, event.timestamp, event.device)
            for event in watched
        ],
        "ITEMS": list(
            zip(
                titles.ids,
                titles.titles,
                ("|".join(kinds) for kinds in titles.genres),
                titles.added.tolist(),
                titles.years.tolist(),
                titles.minutes.tolist(),
                titles.classifications,
                titles.descriptions,
                strict=True,
            )
        ),
        "USERS": list(zip(viewers.ids, viewers.subscriptions, viewers.ages, strict=True)),
    }
    files, schemas = {}, {}
    for kind, fields in _SCHEMAS.items():
        files[kind] = directory / f"{kind.lower()}.csv"
        schemas[kind] = written(kind, fields)
        _write_table(files[kind], [str(field["name"]) for field in fields], tables[kind])
        (directory / f"{kind.lower()}.json").write_text(schemas[kind], encoding="utf-8")
    return SampleFiles(directory, files, schemas, {kind: len(rows) for kind, rows in tables.items()})


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
