"""Trending: what rises from one interval to the next; the popular list where nothing does."""

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import trends
from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.popularity import id_ranks, popular_items
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.reporting import Reporter


class Trending:
    """The same list for everybody, evaluated again and again without a new training."""

    def train(self, dataset: Dataset, config: Config, options: Options, reporter: Reporter,
              warm: Model | None = None) -> Model:
        """``config["trend_discovery_frequency"]`` is a key of :data:`personalize_web.engine.trends.SECONDS`.

        The model itself knows what rose at the end of its data; the list that requests get is evaluated by the clock
        (:func:`personalize_web.engine.trends.evaluate`) and lies beside it.
        """
        reporter.check()
        interval = trends.SECONDS[str(config["trend_discovery_frequency"])]
        arrays = common_arrays(dataset, popular_items(dataset))
        arrays["rising"] = rising_at(dataset, dataset.latest, interval).astype(np.int32)
        return Model("trending", arrays, common_settings(dataset) | {"interval": interval},
                     details={"interval in seconds": interval, "rising at the end of the data": len(arrays["rising"])})


def rising_at(dataset: Dataset, now: float, interval: float) -> NDArray[np.int64]:
    """Rows of the items that were rising at a moment, the fastest first."""
    late, early = trends.increases(dataset.item, dataset.timestamp, dataset.weight, items=len(dataset.item_ids),
                                   now=now, interval=interval)
    return trends.rising(late, early, id_ranks(dataset))
