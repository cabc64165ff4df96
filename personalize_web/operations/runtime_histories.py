"""A user's history at this moment: what the columns hold, and what was recorded since; of items or of actions."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from django.db import connection
from django.db.models import F, QuerySet, Window
from django.db.models.functions import Lower, RowNumber

from personalize_web.engine.serving import History, PastEvents
from personalize_web.operations import runtime_columns
from personalize_web.operations.runtime_datasets import Place, Places
from personalize_web.operations.runtime_deployments import Deployment
from personalize_web.resources.models import Event

NEWEST = 300
"""Recorded events of a user, and of a session, that are looked at; of each type where a filter looks."""
AT_ONCE = 500
"""Users named in one statement."""

_LOG = """
SELECT * FROM (
    SELECT timestamp, item_id, event_type, event_value, id, stored FROM resources_event
    WHERE dataset_id = %s AND user_id = %s AND repeated = %s ORDER BY id DESC LIMIT %s) AS named
UNION ALL SELECT * FROM (
    SELECT timestamp, item_id, event_type, event_value, id, stored FROM resources_event
    WHERE dataset_id = %s AND session_id = %s AND repeated = %s AND user_id IS NULL AND id > %s
    ORDER BY id DESC LIMIT %s) AS anonymous
"""
"""The newest recorded events of a user and of a session of that name. Written out, as the ORM would take longer to
write it than any database to answer it."""


class Past(NamedTuple):
    """One event."""

    timestamp: float
    item_id: str
    event_type: str | None
    value: float | None


@dataclass(frozen=True)
class Recorded:
    """One event of the event log. A ``stored`` one is in the dataset's columns as well."""

    past: Past
    sequence: int
    stored: bool


@dataclass(frozen=True)
class UserEvents:
    """Everything that is known of what one user did, or of what was done in one session."""

    user_id: str
    places: Places
    log: list[Recorded]
    """Oldest first."""
    deployment: Deployment | None = None
    of_actions: bool = False
    """Whether these are events with actions, whose ids then stand for items."""
    by_type: bool = True
    """Whether the log holds the newest of each type, and not those of all types together alone."""

    @property
    def place(self) -> Place | None:
        """The dataset of the events."""
        return _place(self.places, of_actions=self.of_actions)

    def trained(self) -> History:
        """What the model answers from: what its training saw, and what was recorded since.

        What was imported in bulk since then counts from the next training on, which is why the index that was laid
        beside the model is read, and not the dataset's.
        """
        read = runtime_columns.action_history_of_model if self.of_actions else runtime_columns.history_of_model
        index = read(self.deployment.storage_key) if self.deployment else None
        if index is None or self.deployment is None:
            return self.stored()
        cutoff = self.deployment.event_cutoff
        return joined(index.of(self.user_id), (event.past for event in self.log if event.sequence > cutoff))

    def stored(self) -> History:
        """What the dataset holds now: what its index has of the user, and what was recorded since it was made."""
        place = self.place
        index = runtime_columns.history_of_dataset(place.storage_key) if place else None
        upto = index.event_upto if index else 0
        log = self.log if self.by_type or place is None else _newest_by_type(place, self.user_id, self.deployment)
        since = (event.past for event in log if event.sequence > upto or not event.stored)
        return joined(index.of(self.user_id) if index else PastEvents(), since)

    def items_of_types(self, event_types: Collection[str] | None, newest: int) -> set[str]:
        """Items of the user's ``newest`` events of each of some types in lower case, or of every type."""
        history = self.stored()
        left: dict[str, int] = {}
        found = set()
        for item, kind in zip(reversed(history.item_ids), reversed(history.event_types), strict=True):
            own = (kind or "").lower()
            if (event_types is None or own in event_types) and left.setdefault(own, newest) > 0:
                left[own] -= 1
                found.add(item)
        return found

    def items_of_type(self, event_type: str, newest: int) -> set[str]:
        """Items of the user's ``newest`` events of one type, spelled in whatever case."""
        wanted = event_type.casefold()
        history = self.stored()
        pairs = zip(history.item_ids, history.event_types, strict=True)
        return set([item for item, kind in pairs if kind is not None and kind.casefold() == wanted][-newest:])


def look_up(
    places: Places, user_id: str, deployment: Deployment | None = None, *, of_actions: bool = False
) -> UserEvents:
    """The events of ``user_id``; where it is a session's id, those without a user that no training has seen."""
    log: list[Recorded] = []
    if place := _place(places, of_actions=of_actions):
        named = (place.pk, user_id, False)
        with connection.cursor() as cursor:
            cursor.execute(_LOG, (*named, NEWEST, *named, deployment.event_cutoff if deployment else 0, NEWEST))
            rows = cursor.fetchall()
        log = [Recorded(Past(at, item, kind, value), pk, bool(stored)) for at, item, kind, value, pk, stored in rows]
        log.sort(key=_in_time)
    return UserEvents(user_id, places, log, deployment, of_actions, by_type=len(log) < NEWEST)


def _in_time(event: Recorded) -> tuple[float, int]:
    return event.past.timestamp, event.sequence


def _newest_by_type(place: Place, user_id: str, deployment: Deployment | None) -> list[Recorded]:
    """Of somebody who did much: the newest recorded events of each type, so that many of one hide none of another."""
    log: dict[str, list[Recorded]] = {user_id: []}
    rows = Event.objects.filter(dataset_id=place.pk, repeated=False)
    cutoff = deployment.event_cutoff if deployment else 0
    _add_newest(log, rows.filter(user_id=user_id), "user_id")
    _add_newest(log, rows.filter(user_id__isnull=True, session_id=user_id, pk__gt=cutoff), "session_id")
    return sorted(log[user_id], key=_in_time)


def _place(places: Places, *, of_actions: bool) -> Place | None:
    return places.action_interactions if of_actions else places.interactions


def look_up_many(
    places: Places, user_ids: Collection[str], deployment: Deployment, *, event_upto: int
) -> dict[str, UserEvents]:
    """The events of many users as :func:`look_up` finds them, of which those recorded after ``event_upto`` are left
    out."""
    logs: dict[str, list[Recorded]] = {user_id: [] for user_id in user_ids}
    if places.interactions and event_upto:
        kept = Event.objects.filter(dataset_id=places.interactions.pk, repeated=False, pk__lte=event_upto)
        anonymous = kept.filter(user_id__isnull=True, pk__gt=deployment.event_cutoff)
        ids = list(logs)
        for begin in range(0, len(ids), AT_ONCE):
            some = ids[begin : begin + AT_ONCE]
            _add_newest(logs, kept.filter(user_id__in=some), "user_id")
            _add_newest(logs, anonymous.filter(session_id__in=some), "session_id")
    for log in logs.values():
        log.sort(key=_in_time)
    return {user_id: UserEvents(user_id, places, log, deployment) for user_id, log in logs.items()}


def _add_newest(logs: dict[str, list[Recorded]], rows: QuerySet[Event], key: str) -> None:
    newest = Window(RowNumber(), partition_by=[F(key), Lower("event_type")], order_by=F("pk").desc())
    rows = rows.annotate(place=newest).filter(place__lte=NEWEST)
    columns = (key, "timestamp", "item_id", "event_type", "event_value", "pk", "stored")
    for user_id, at, item, kind, value, pk, stored in rows.values_list(*columns):
        logs[user_id].append(Recorded(Past(at, item, kind, value), pk, stored))


def joined(kept: History, since: Iterable[Past]) -> History:
    """Both in the order of time. An event that is in the log and in the columns counts once."""
    new = list(since)
    if not new:
        return kept
    if kept.timestamps and int(min(event.timestamp for event in new)) <= kept.timestamps[-1]:
        known = set(zip(kept.timestamps, kept.item_ids, kept.event_types, strict=True))
        new = [event for event in new if (int(event.timestamp), event.item_id, event.event_type) not in known]
        old = zip(kept.timestamps, kept.item_ids, kept.event_types, kept.values, strict=True)
        new = [*map(Past._make, old), *new]
        kept = PastEvents()
    new.sort(key=itemgetter(0))
    return PastEvents(
        [*kept.item_ids, *(event.item_id for event in new)],
        [*kept.event_types, *(event.event_type for event in new)],
        [*kept.timestamps, *(int(event.timestamp) for event in new)],
        [*kept.values, *(event.value for event in new)],
    )
