"""The data of the sample dataset group, ours beside the 79: written into the store for imports to read."""

import tempfile
from pathlib import Path
from typing import Any

from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import locations

BUCKET = "sample"
USERS, ITEMS, EVENTS = 600, 600, 30_000
"""Enough to learn tastes from, and small enough to be trained within the first two minutes."""
DATASETS = {"INTERACTIONS": "interactions", "ITEMS": "items", "USERS": "users"}


@own_operation(role=ANALYST, writes=True, atomic=False)
def write_sample_data(caller: Caller) -> dict[str, Any]:
    """Write the files of an invented streaming catalogue to the bucket ``sample``.

    ``datasets`` lists datasetType, location of the CSV file and schema text of each. The files are always the same.
    """
    from personalize_web.engine import sample

    with tempfile.TemporaryDirectory(prefix="sample-") as folder:
        written = Path(folder)
        sample.write(written, users=USERS, items=ITEMS, events=EVENTS)
        return {
            "datasets": [
                {
                    "datasetType": kind,
                    "schema": (written / f"{name}.json").read_text(encoding="utf-8"),
                    "location": str(_stored(written / f"{name}.csv")),
                }
                for kind, name in DATASETS.items()
            ]
        }


def _stored(file: Path) -> locations.Location:
    return locations.put(file, locations.Location(BUCKET, file.name)).location
