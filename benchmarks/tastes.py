"""Made-up interactions of any size in which there is something to learn: tastes, series watched in order, habits.

Items stand in series of a hundred. A user loves three series and follows the one begun last at a pace of their own
(every title, every second or every third), changes between them, and now and then takes what everybody takes.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from personalize_web.engine.columns import ColumnStore, Snapshot
from personalize_web.engine.schemas import Schema, parse

SERIES = 100
"""Items of a series."""
LOVED = 3
"""Series of a user."""
MEAN, SPREAD, LEAST, MOST = 50, 0.8, 3, 500
"""Events of a user: the mean and the spread of the logarithm, the fewest and the most."""
GOES_ON, CHANGES = 0.55, 0.3
"""Chances that the next event follows its series, or begins somewhere in a loved one; else it is what is popular."""
BEGIN, SPAN = 1_600_000_000, 94_608_000
"""Seconds: when the first users come, and within how long all do."""
PART = 2_500_000
"""Rows of one segment."""

_FIELDS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRE", "type": "string", "categorical": True},
        {"name": "CREATION_TIMESTAMP", "type": "long"},
    ],
}


def schema(name: str) -> Schema:
    """The schema of Interactions or Items."""
    return parse(json.dumps({"type": "record", "name": name, "fields": _FIELDS[name], "version": "1.0"}))


def stored(folder: Path, rows: int, items: int, seed: int = 0) -> None:
    """Both datasets as Parquet segments in stores of their own under ``folder``, in the order of time."""
    rng = np.random.default_rng(seed)
    user, item, timestamp = events(rows, items, rng)
    store = ColumnStore(folder / "interactions")
    with store.staging() as aside:
        files = []
        for begin in range(0, len(user), PART):
            part = slice(begin, begin + PART)
            size = len(user[part])
            files.append(aside / f"{begin}.parquet")
            pq.write_table(pa.table({
                "USER_ID": _named("user_", user[part]), "ITEM_ID": _named("item_", item[part]),
                "TIMESTAMP": timestamp[part],
                "EVENT_TYPE": pa.array(["watch", "like"]).take(pa.array((rng.random(size) < 0.1).astype(np.int8))),
                "DEVICE": pa.array(["phone", "tv", None]).take(pa.array(rng.integers(0, 3, size))),
            }), files[-1])
        store.replace_bulk(files, schema("Interactions"))
    store.snapshot().sql()
    store = ColumnStore(folder / "items")
    with store.staging() as aside:
        pq.write_table(pa.table({
            "ITEM_ID": _named("item_", np.arange(items)),
            "GENRE": _named("genre ", np.arange(items) // SERIES % 100),
            "CREATION_TIMESTAMP": BEGIN - rng.integers(0, SPAN, items),
        }), aside / "items.parquet")
        store.replace_bulk([aside / "items.parquet"], schema("Items"))


def snapshots(folder: Path) -> dict[str, tuple[Snapshot, Schema]]:
    """What :func:`stored` kept."""
    return {name.upper(): (ColumnStore(folder / name.lower()).snapshot(), schema(name)) for name in _FIELDS}


def events(rows: int, items: int, rng: np.random.Generator
           ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """User, item and second of each event, in the order of time; popular items have small numbers."""
    lengths = _lengths(rows, rng)
    users, series = len(lengths), max(1, items // SERIES)
    loved = (series * rng.random((users, LOVED)) ** 2).astype(np.int32)
    pace = rng.integers(1, 4, users).astype(np.int32)
    chosen, place = np.zeros(users, np.int32), rng.integers(0, SERIES, users).astype(np.int32)
    moment = BEGIN + rng.integers(0, SPAN, users)
    order = np.argsort(-lengths, kind="stable")  # users who still go on are always the first ones
    found: list[tuple[NDArray, NDArray, NDArray]] = []
    for step in range(int(lengths.max())):
        active = order[:int(np.searchsorted(-lengths[order], -step))]
        drawn = rng.random(len(active))
        changes = (drawn >= GOES_ON) & (drawn < GOES_ON + CHANGES)
        elsewhere = drawn >= GOES_ON + CHANGES
        goes_on = active[drawn < GOES_ON]
        place[goes_on] = (place[goes_on] + pace[goes_on]) % SERIES
        new = active[changes]
        chosen[new] = rng.integers(0, LOVED, len(new))
        place[new] = (SERIES * rng.random(len(new)) ** 2).astype(np.int32)
        item = np.minimum(loved[active, chosen[active]] * SERIES + place[active], items - 1)
        item[elsewhere] = (items * rng.random(int(elsewhere.sum())) ** 3).astype(np.int32)
        seconds = rng.exponential(1, len(active)) * np.where(rng.random(len(active)) < 0.8, 600, 2 * 86400)
        moment[active] += seconds.astype(np.int64) + 1
        found.append((active.astype(np.int32), item.astype(np.int32), moment[active]))
    user, item, timestamp = (np.concatenate([each[column] for each in found]) for column in range(3))
    in_time = np.argsort(timestamp, kind="stable")
    return user[in_time], item[in_time], timestamp[in_time]


def _lengths(rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    drawn = rng.lognormal(np.log(MEAN) - SPREAD**2 / 2, SPREAD, 2 * rows // MEAN + 10)
    lengths = np.clip(drawn, LEAST, MOST).astype(np.int64)
    users = int(np.searchsorted(np.cumsum(lengths), rows))
    return lengths[:max(1, users)]


def _named(prefix: str, numbers: NDArray) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(prefix), pc.cast(pa.array(numbers), pa.string()), "")
