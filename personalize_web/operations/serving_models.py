"""The trained models that this process has loaded, by the key of their folder."""

import threading
import time
from collections import defaultdict
from uuid import UUID

from personalize_web.engine import artifacts, serving
from personalize_web.engine.errors import DataError
from personalize_web.engine.serving import ServingModel
from personalize_web.operations.errors import ServiceUnavailable
from personalize_web.resources import locations

MOST = 24
"""Models kept at once; their arrays are memory-mapped, so that what many processes load lies in memory once."""
IDLE = 1800.0
"""Seconds after its last request until a model is let go: long enough for one that is asked now and then."""

TRIED_AGAIN = 15.0
"""Seconds until a model that could not be loaded is looked at again."""

_models: dict[UUID, tuple[ServingModel, float]] = {}
_loading: dict[UUID, threading.Lock] = defaultdict(threading.Lock)
_problems: dict[UUID, tuple[str, float]] = {}


def problem(key: UUID) -> str | None:
    """Why the model in the folder of ``key`` cannot answer; None when it can, and is loaded."""
    try:
        get(key)
    except ServiceUnavailable as error:
        return str(error)
    return None


def visible_problem(key: UUID) -> str | None:
    """The same without loading the model: what was found when it was loaded last, or what its folder shows at once."""
    if key in _models:
        return None
    if key in _problems:
        return _problems[key][0]
    folder = locations.model_folder(key)
    if not folder.is_dir():
        return "The model is not in place."
    try:
        artifacts.read(folder, verify=False)
    except DataError as error:
        return str(error)
    return None


def get(key: UUID) -> ServingModel:
    """The model in the folder of ``key``, loaded once. Raises ServiceUnavailable where it is missing or damaged."""
    now = time.monotonic()
    if found := _models.get(key):
        _models[key] = (found[0], now)
        return found[0]
    with _loading[key]:
        if found := _models.get(key):
            return found[0]
        _check_again(key, now)
        folder = locations.model_folder(key)
        if not folder.is_dir():
            raise ServiceUnavailable("The model is not in place at this moment. Try again later.")
        try:
            model = serving.load(folder)
        except DataError as error:
            _problems[key] = (str(error), now)
            raise ServiceUnavailable(str(error)) from error
        _problems.pop(key, None)
        _let_go(now)
        _models[key] = (model, now)
        return model


def _check_again(key: UUID, now: float) -> None:
    """Raise what was found lately: reading a damaged model takes long, and it rarely mends itself."""
    found = _problems.get(key)
    if found is not None and now - found[1] < TRIED_AGAIN:
        raise ServiceUnavailable(found[0])


def _let_go(now: float) -> None:
    """Forget models that nobody asks, and the longest unasked ones beyond the number we keep."""
    by_use = sorted(_models.copy().items(), key=lambda entry: entry[1][1], reverse=True)
    for place, (key, (_, used)) in enumerate(by_use):
        if place >= MOST - 1 or now - used > IDLE:
            _models.pop(key, None)
            _loading.pop(key, None)
