"""Why an item stands where it does: what the model would have said of it without each thing it knows.

Each cause is taken away by itself and the item's logit computed again (occlusion, after Zeiler and Fergus, "Visualizing
and Understanding Convolutional Networks", 2014): nothing is estimated by another model, and nothing is made up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from personalize_web.engine.serving.requests import PastEvents, Request, ServingModel

EVENTS = 25
"""Newest events that are taken away one by one; older ones all at once."""
LEAST = 0.005
"""Causes that move the logit less are left out."""


@dataclass(frozen=True)
class Cause:
    """One thing the answer rests on."""

    kind: str
    """event, older_events, user, context, related, popular, rising or new."""
    name: str = ""
    """The event's item, the column, or the item that the answer is related to."""
    value: Any = None
    """Event type, the column's value, or a count."""
    timestamp: int | None = None
    """Of an event, in seconds."""
    effect: float | None = None
    """How much it raises the item's logit; None where the model keeps an order alone."""

    @property
    def times(self) -> float | None:
        """How many times as likely the item is with it as without."""
        return None if self.effect is None else float(np.exp(min(self.effect, 50.0)))


@dataclass(frozen=True)
class Explanation:
    """What an item's place rests on, the strongest cause first."""

    item_id: str
    causes: tuple[Cause, ...]
    known: bool = True
    """False for an item that the model cannot judge."""


def by_taking_away(item_id: str, request: Request, logit: Callable[[Request], float]) -> Explanation:
    """The causes of a personal answer; ``logit`` computes the item's logit for a request."""
    whole = logit(request)
    if not np.isfinite(whole):
        return Explanation(item_id, (), known=False)
    causes = [*_events(request, whole, logit)]
    for name, value in request.user_attributes.items():
        left = {key: each for key, each in request.user_attributes.items() if key != name}
        causes += _taken("user", name, value, whole, logit, replace(request, user_attributes=left))
    for name, value in request.context.items():
        left = {key: each for key, each in request.context.items() if key != name}
        causes += _taken("context", name, value, whole, logit, replace(request, context=left))
    kept = [cause for cause in causes if abs(cause.effect or 0.0) >= LEAST]
    return Explanation(item_id, tuple(sorted(kept, key=lambda cause: -abs(cause.effect or 0.0))))


def _taken(kind: str, name: str, value: Any, whole: float, logit: Callable[[Request], float], without: Request
           ) -> list[Cause]:
    """The cause that ``without`` lacks; none where the user has no such value."""
    return [] if value is None else [Cause(kind, name, value, effect=whole - logit(without))]


def _events(request: Request, whole: float, logit: Callable[[Request], float]) -> list[Cause]:
    history = request.history
    count = len(history.item_ids)
    first = max(0, count - EVENTS)
    causes = [
        Cause("event", history.item_ids[place], history.event_types[place], int(history.timestamps[place]),
              effect=whole - logit(replace(request, history=_without(history, [place]))))
        for place in range(first, count)
    ]
    if first:
        older = replace(request, history=_without(history, range(first)))
        causes.append(Cause("older_events", value=first, effect=whole - logit(older)))
    return causes


def _without(history: Any, places: Sequence[int]) -> PastEvents:
    gone = set(places)
    kept = [place for place in range(len(history.item_ids)) if place not in gone]
    columns = (history.item_ids, history.event_types, history.timestamps, history.values)
    return PastEvents(*([column[place] for place in kept] for column in columns))


def by_popularity(model: ServingModel, item_id: str) -> Explanation:
    """The cause of a place in a popular list."""
    row = model.items.row(item_id)
    if row < 0:
        return Explanation(item_id, (), known=False)
    return Explanation(item_id, (Cause("popular", item_id, int(model.arrays["interactions"][row])),))
