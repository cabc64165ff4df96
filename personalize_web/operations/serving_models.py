"""The trained models that this process has loaded, by the key of their folder."""

import threading
import time
from collections import defaultdict
from uuid import UUID

from personalize_web.engine import serving
from personalize_web.engine.serving import ServingModel
from personalize_web.operations.errors import ServiceUnavailable
from personalize_web.resources import locations

MOST = 24
"""Models kept at once; their arrays are memory-mapped, so that what many processes load lies in memory once."""
IDLE = 1800.0
"""Seconds after its last request until a model is let go: long enough for one that is asked now and then."""

_models: dict[UUID, tuple[ServingModel, float]] = {}
_loading: dict[UUID, threading.Lock] = defaultdict(threading.Lock)


def get(key: UUID) -> ServingModel:
    """The model in the folder of ``key``, loaded once. Raises ServiceUnavailable where the folder is not there."""
    now = time.monotonic()
    if found := _models.get(key):
        _models[key] = (found[0], now)
        return found[0]
    with _loading[key]:
        if found := _models.get(key):
            return found[0]
        folder = locations.model_folder(key)
        if not folder.is_dir():
            raise ServiceUnavailable("The model is not in place at this moment. Try again later.")
        model = serving.load(folder)
        _let_go(now)
        _models[key] = (model, now)
        return model


def _let_go(now: float) -> None:
    """Forget models that nobody asks, and the longest unasked ones beyond the number we keep."""
    by_use = sorted(_models.copy().items(), key=lambda entry: entry[1][1], reverse=True)
    for place, (key, (_, used)) in enumerate(by_use):
        if place >= MOST - 1 or now - used > IDLE:
            _models.pop(key, None)
            _loading.pop(key, None)
