"""Recorded events: put_events."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from personalize_web.engine.schemas import Schema
from personalize_web.operations import quotas, runtime_rates
from personalize_web.operations import runtime_values as values
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, Event, EventTracker

EVENT_BYTES = 10 * 1024
REFUSED = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})
"""Normal names that stand beside ``properties``, never in them."""
FROM_THE_EVENT = frozenset({"USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"})
"""Columns that every event fills by itself; a user may still be unknown."""
SPARED = frozenset({"EVENT_VALUE", "IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"})
"""Columns that members of the event fill, where the schema has them."""


@operation
def put_events(
    caller: Caller, *, tracking_id: str, session_id: str, event_list: list[dict[str, Any]], user_id: str | None = None
) -> None:
    """Keep what a user did. When the call returns it is on disk, and the user's next answer takes it into account.

    All events of a call are kept, or none. An event equal to one that is there is not kept twice; one with a known
    ``eventId`` is kept, but never trained on. Without ``user_id`` the events belong to the session alone.
    """
    dataset = _dataset(caller, tracking_id)
    runtime_rates.take(f"put_events {dataset.dataset_group_id}", limit=quotas.limit("put_events_per_second"))
    schema = values.parse_schema(dataset.schema.text, dataset.schema.domain)
    keywords = values.keywords_of("INTERACTIONS", schema.domain)
    _refuse_keyword(user_id, keywords, "userId")
    rows = [
        _row(event, f"eventList.{number}", schema, keywords, dataset=dataset, session_id=session_id, user_id=user_id)
        for number, event in enumerate(event_list, start=1)
    ]
    with _on_disk(), transaction.atomic():
        _mark_repeated(dataset, rows)
        Event.objects.bulk_create(rows, ignore_conflicts=True)


def _dataset(caller: Caller, tracking_id: str) -> Dataset:
    """The Item interactions dataset behind a tracking ID. PutEvents declares no other error than InvalidInput."""
    tracker = EventTracker.objects.filter(tracking_id=tracking_id, account=caller.account, region=caller.region).first()
    if tracker is None:
        raise InvalidInputException("There is no event tracker with this trackingId.", field="tracking_id")
    if tracker.status != statuses.ACTIVE:
        raise InvalidInputException(
            f"Event tracker {tracker.arn} is in {tracker.status} state. It must be ACTIVE.", field="tracking_id"
        )
    dataset = (
        Dataset.objects.filter(dataset_group_id=tracker.dataset_group_id, dataset_type="INTERACTIONS")
        .select_related("schema")
        .first()
    )
    if dataset is None or dataset.status != statuses.ACTIVE:
        raise InvalidInputException(
            "The dataset group of this event tracker has no active Item interactions dataset.", field="tracking_id"
        )
    return dataset


def _row(
    event: dict[str, Any], where: str, schema: Schema, keywords: frozenset[str], *, dataset: Dataset, **whose: Any
) -> Event:
    if len(json.dumps(event, ensure_ascii=False, default=str).encode()) > EVENT_BYTES:
        raise InvalidInputException(f"{where} is larger than 10 KB.", field="event_list")
    given = values.read_properties(event.get("properties"), f"{where}.properties")
    if refused := REFUSED & set(given):
        raise InvalidInputException(
            f"{where}.properties must not contain {', '.join(sorted(refused))}: give it beside properties.",
            field="event_list",
        )
    item_id = _item(event, given, where)
    for value, member in ((item_id, "itemId"), (event["eventType"], "eventType")):
        _refuse_keyword(value, keywords, f"{where}.{member}")
    value = event.get("eventValue", given.get("eventvalue"))
    impression = event.get("impression")
    if impression and len("|".join(impression)) > values.CATEGORICAL_LIMIT:
        raise InvalidInputException(
            f"{where}.impression can have at most {values.CATEGORICAL_LIMIT} characters in all.", field="event_list"
        )
    row = Event(
        dataset=dataset,
        event_id=event.get("eventId") or str(uuid.uuid4()),
        item_id=item_id,
        event_type=event["eventType"],
        event_value=None if value is None or value == "" else values.number(value, f"{where}.eventValue"),
        timestamp=event["sentAt"].timestamp(),
        impression=impression,
        recommendation_id=event.get("recommendationId"),
        attribution_source=(event.get("metricAttribution") or {}).get("eventAttributionSource"),
        properties=values.fill(
            schema, given, keywords=keywords, leave=FROM_THE_EVENT | SPARED, where=f"{where}.properties"
        ),
        **whose,
    )
    _check_complete(row, schema, where)
    row.digest = _digest(row)
    return row


def _item(event: dict[str, Any], given: dict[str, Any], where: str) -> str:
    """``itemId``, beside the properties or in them; what stands beside them counts."""
    found = event.get("itemId", given.get("itemid"))
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not 1 <= len(found) <= 256:
        raise InvalidInputException(f"{where}.itemId must be a text of 1 to 256 characters.", field="event_list")
    return found


def _refuse_keyword(value: str | None, keywords: frozenset[str], where: str) -> None:
    if value in keywords:
        raise InvalidInputException(f"{where} is the name of a column, which is no value.")


def _check_complete(row: Event, schema: Schema, where: str) -> None:
    """Columns that members of the event fill must be filled where the schema does not allow null."""
    filled = {
        "EVENT_VALUE": row.event_value,
        "IMPRESSION": row.impression,
        "RECOMMENDATION_ID": row.recommendation_id,
        "EVENT_ATTRIBUTION_SOURCE": row.attribution_source,
    }
    for name, value in filled.items():
        if value is None and name in schema.by_name and not schema.by_name[name].nullable:
            raise InvalidInputException(f"{where} needs a value for {name}: the schema does not allow null.")


def _digest(row: Event) -> str:
    """Of everything that makes two events equal."""
    equal = [
        row.user_id,
        row.session_id,
        row.item_id,
        row.event_type,
        row.event_value,
        row.timestamp,
        sorted(row.properties.items()),
    ]
    return hashlib.blake2b(json.dumps(equal, ensure_ascii=False).encode(), digest_size=20).hexdigest()


def _mark_repeated(dataset: Dataset, rows: list[Event]) -> None:
    known = set(
        Event.objects.filter(dataset=dataset, event_id__in=[row.event_id for row in rows]).values_list(
            "event_id", flat=True
        )
    )
    for row in rows:
        row.repeated = row.event_id in known
        known.add(row.event_id)


@contextmanager
def _on_disk() -> Iterator[None]:
    """Let SQLite wait for the disk at the commit inside; other databases always do."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=NORMAL")
