"""What is rising: items whose interactions grow from one interval to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine import packing
from personalize_web.engine.columns import Snapshot, duck
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.recipes.recipe import Recipe

FILE = "trends"
"""In a model's folder: the rising items as they were last evaluated."""
SECONDS: Mapping[str, int] = {
    "30 minutes": 1800, "1 hour": 3600, "2 hours": 7200, "3 hours": 10800, "1 day": 86400,
}
"""Values of ``trend_discovery_frequency`` as lengths of an interval."""
KEPT = 5000
"""Most rising items kept."""


def interval(recipe: Recipe, config: Mapping[str, Any]) -> float:
    """Seconds of the interval that a configuration of a trending recipe stands for."""
    return SECONDS[str(typed(recipe, config)["trend_discovery_frequency"])]


def increases(item: NDArray, timestamp: NDArray[np.int64], weight: NDArray, *, items: int, now: float, interval: float
              ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Item -> interactions in ``(now - interval, now]``, and in the interval before it; both of length ``items``."""
    late = (timestamp > now - interval) & (timestamp <= now)
    early = (timestamp > now - 2 * interval) & (timestamp <= now - interval)
    counts = [np.bincount(item[each], weights=weight[each], minlength=items).astype(np.float64)
              for each in (late, early)]
    return counts[0], counts[1]


def rising(late: NDArray[np.float64], early: NDArray[np.float64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Items with an increase, the greatest first; ties by the ratio of both counts, then the later, then the rank."""
    order = np.lexsort((ranks, -late, -(late + 1) / (early + 1), -(late - early)))
    return order[(late - early)[order] > 0]


@dataclass(frozen=True)
class Trends:
    """The rising items at one moment, best first."""

    item_ids: list[str]
    evaluated: float
    """Unix seconds."""


def recent(snapshot: Snapshot, since: float) -> pa.Table:
    """The interactions after a moment, with the columns that a choice of events reads."""
    columns = [each for each in ("ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE") if each in snapshot.columns]
    with duck.connect() as connection:
        return connection.sql(
            f"SELECT {duck.names(columns)} FROM ({snapshot.sql()}) WHERE TIMESTAMP > {float(since)}").to_arrow_table()


def evaluate(interactions: pa.Table, weight: NDArray, *, now: float, interval: float) -> Trends:
    """The rising items of interactions (ITEM_ID, TIMESTAMP) that reach back at least two intervals from ``now``."""
    coded = pc.dictionary_encode(interactions["ITEM_ID"].combine_chunks())
    ids = np.array(coded.dictionary.to_pylist(), dtype=object)
    ranks = np.empty(len(ids), np.int64)
    ranks[np.argsort(ids, kind="stable")] = np.arange(len(ids))
    timestamp = pc.cast(interactions["TIMESTAMP"], pa.float64()).to_numpy()
    late, early = increases(coded.indices.to_numpy(), timestamp, weight, items=len(ids), now=now, interval=interval)
    return Trends(ids[rising(late, early, ranks)[:KEPT]].tolist(), now)


def write(folder: Path, trends: Trends) -> None:
    """Keep the trends beside a model; who reads sees the old ones or the new."""
    packing.write(folder / FILE, Vocabulary.of(trends.item_ids).arrays("items"), {"evaluated": trends.evaluated})


def read(path: Path) -> Trends:
    """The trends kept in the file ``path``."""
    arrays, about = packing.read(path)
    return Trends(list(Vocabulary.from_arrays(arrays, "items").all()), float(about["evaluated"]))
