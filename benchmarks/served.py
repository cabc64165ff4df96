"""Ours as its clients meet it: a recipe trained by default and asked through the model that serves."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from personalize_web.engine import serving
from personalize_web.engine.algorithms import algorithm
from personalize_web.engine.algorithms.base import Options
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.hyperparameters import typed
from personalize_web.engine.reporting import Silent


@dataclass(frozen=True)
class Served:
    """A trained and loaded model."""

    model: Any
    seconds: float
    """Wall-clock time of the training."""
    busy: float
    """Its processor seconds, all threads together."""
    details: dict[str, Any]


@contextmanager
def trained(recipe_name: str, dataset: Dataset, options: Options | None = None) -> Iterator[Served]:
    """The default model of a recipe, trained on the whole dataset."""
    began, busy = time.monotonic(), time.process_time()
    recipe = RECIPES[recipe_name]
    model = algorithm(recipe.method).train(dataset, typed(recipe, None), options or Options(), Silent())
    seconds, busy = time.monotonic() - began, time.process_time() - busy
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        model.write(Path(directory) / "model")
        yield Served(serving.load(Path(directory) / "model"), seconds, busy, dict(model.details))


class Pasts:
    """Histories of a dataset in the form of requests."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._ids = np.array(dataset.item_ids.to_pylist(), dtype=object)

    def of(self, begin: int, end: int) -> serving.PastEvents:
        """The events at the places from ``begin`` to before ``end``."""
        data, span = self._dataset, slice(begin, end)
        return serving.PastEvents(self._ids[data.item[span]].tolist(),
                                  [data.event_types[each] for each in data.event_type[span]],
                                  data.timestamp[span].tolist(), data.value[span].tolist())

    def of_user(self, user: int) -> serving.PastEvents:
        """All events of a user row."""
        return self.of(int(self._dataset.starts[user]), int(self._dataset.starts[user + 1]))
