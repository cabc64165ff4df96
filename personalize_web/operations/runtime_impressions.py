"""What was shown: impressions of recorded events, which make exploration of an item rarer.

An event says what was shown with it by a list of items, or by the id of the recommendations that it answers; where it
has both, the list counts. Impressions never train a model.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from personalize_web.operations.runtime_datasets import Places
from personalize_web.resources.models import Event, ServedList

LOOK_BACK = timedelta(days=30)
"""How long an item counts as shown to a user in vain."""
EVENTS_OF_USER = 100
"""Newest events with impressions that are looked at for one user."""
EVENTS_OF_ALL = 5_000
"""Newest events with impressions that are looked at for everybody together."""
FRESH = 60.0
"""Seconds for which the counts of everybody are kept."""

_SHOWN = Q(impression__isnull=False) | Q(recommendation_id__isnull=False)
_of_all: dict[int, tuple[float, Mapping[str, int]]] = {}


def of_everybody(places: Places) -> Mapping[str, int]:
    """Item -> how often it was shown lately, to whomever; at most a minute old."""
    if places.interactions is None:
        return {}
    dataset, now = places.interactions.pk, time.monotonic()
    found = _of_all.get(dataset)
    if found is None or now - found[0] > FRESH:
        rows = Event.objects.filter(_SHOWN, dataset_id=dataset).order_by("-pk")
        counted: Counter[str] = Counter()
        for shown, _ in _lists(rows.values_list("impression", "recommendation_id", "item_id")[:EVENTS_OF_ALL]):
            counted.update(shown)
        found = _of_all[dataset] = (now, counted)
    return found[1]


def in_vain(places: Places, user_id: str) -> Mapping[str, int]:
    """Item -> how often it was shown to this user lately, and the user did nothing with it."""
    if places.interactions is None:
        return {}
    rows = Event.objects.filter(
        _SHOWN,
        Q(user_id=user_id) | Q(user_id__isnull=True, session_id=user_id),
        dataset_id=places.interactions.pk,
        received_at__gt=timezone.now() - LOOK_BACK,
    ).order_by("-pk")
    counted: Counter[str] = Counter()
    chosen: set[str] = set()
    for shown, item in _lists(rows.values_list("impression", "recommendation_id", "item_id")[:EVENTS_OF_USER]):
        counted.update(shown)
        chosen.add(item)
    return {item: count for item, count in counted.items() if item not in chosen}


def _lists(rows: Iterable[tuple[Any, str | None, str]]) -> list[tuple[set[str], str]]:
    """What each event shows, and the item it is about. A list that is no longer known shows nothing."""
    events = list(rows)
    implicit = {served for listed, served, _ in events if not listed and served}
    known = dict(
        ServedList.objects.filter(recommendation_id__in=implicit).values_list("recommendation_id", "item_ids")
    )
    return [(set(_items(listed) if listed else known.get(served or "", ())), item) for listed, served, item in events]


def _items(listed: Any) -> list[str]:
    return json.loads(listed) if isinstance(listed, str) else listed
