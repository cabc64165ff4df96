"""What was shown: impressions of recorded events, which make exploration of an item rarer.

An event says what was shown with it by a list of items, or by the id of the recommendations that it answers; where it
has both, the list counts. Impressions never train a model.
"""

import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from personalize_web.operations.runtime_datasets import Places
from personalize_web.resources.models import Event, ServedList

LOOK_BACK = timedelta(days=30)
"""How long an item counts as shown to a user in vain."""
EVENTS_OF_USER = 100
"""Newest events with impressions that are looked at for one user."""
EVENTS_OF_ALL = 5_000
"""Newest events with impressions that are looked at for everybody together."""
AT_ONCE = 500
"""Users named in one statement."""
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
    own = Q(user_id=user_id) | Q(user_id__isnull=True, session_id=user_id)
    rows = _lately(places.interactions.pk).filter(own)
    newest = rows.order_by("-pk").values_list("impression", "recommendation_id", "item_id")[:EVENTS_OF_USER]
    return _not_chosen(_lists(newest))


def in_vain_for_many(places: Places, user_ids: Collection[str], *, event_upto: int) -> dict[str, Mapping[str, int]]:
    """What :func:`in_vain` finds for each of many users, of whose events those after ``event_upto`` are left out."""
    events: dict[str, list[tuple[int, Any]]] = {user_id: [] for user_id in user_ids}
    if places.interactions is not None and event_upto:
        kept = _lately(places.interactions.pk).filter(pk__lte=event_upto)
        ids = iter(events)
        while some := list(islice(ids, AT_ONCE)):
            _add_newest(events, kept.filter(user_id__in=some), "user_id")
            _add_newest(events, kept.filter(user_id__isnull=True, session_id__in=some), "session_id")
    newest = {user: [event for _, event in sorted(own, reverse=True)[:EVENTS_OF_USER]] for user, own in events.items()}
    lists = iter(_lists(event for own in newest.values() for event in own))
    return {user: _not_chosen(islice(lists, len(own))) for user, own in newest.items()}


def _lately(dataset: int) -> QuerySet[Event]:
    return Event.objects.filter(_SHOWN, dataset_id=dataset, received_at__gt=timezone.now() - LOOK_BACK)


def _add_newest(events: dict[str, list[tuple[int, Any]]], rows: QuerySet[Event], key: str) -> None:
    newest = Window(RowNumber(), partition_by=F(key), order_by=F("pk").desc())
    rows = rows.annotate(place=newest).filter(place__lte=EVENTS_OF_USER)
    for user, number, *event in rows.values_list(key, "pk", "impression", "recommendation_id", "item_id"):
        events[user].append((number, tuple(event)))


def _not_chosen(lists: Iterable[tuple[set[str], str]]) -> Mapping[str, int]:
    counted: Counter[str] = Counter()
    chosen: set[str] = set()
    for shown, item in lists:
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
