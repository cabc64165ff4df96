"""Recorded events: put_events and put_action_interactions."""

import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from personalize_web.operations import quotas, rejections, runtime_event_log, runtime_rates
from personalize_web.operations import runtime_values as values
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.operations.gate import operation
from personalize_web.operations.runtime_event_log import Row
from personalize_web.operations.runtime_event_targets import Target, of_actions, of_items

EVENT_BYTES = 10 * 1024
_SMALL = 800
"""Characters of properties, impressions and source with which an event is small enough in whatever script: its other
members have at most 808, and a character has at most six bytes in JSON."""
REFUSED = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})
"""Normal names that stand beside ``properties``, never in them."""
READ_HERE = frozenset({"itemid", "eventvalue"})
"""Normal names in ``properties`` that may also stand beside them."""
SPARED = ("EVENT_VALUE", "IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE")
"""Columns that members of the event fill, where the schema has them."""
FILLED_BY_MEMBERS = frozenset({"USER_ID", "ITEM_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE", *SPARED})
ACTION_EVENT_TYPES = frozenset({"TAKEN", "NOT_TAKEN", "VIEWED"})
_BETWEEN_WORDS = re.compile("[-_ ]")


@rejections.kept(records="event_list")
@operation
def put_events(
    caller: Caller, *, tracking_id: str, session_id: str, event_list: list[dict[str, Any]], user_id: str | None = None
) -> None:
    """Keep what a user did. When the call returns it is on disk, and the user's next answer takes it into account.

    All events of a call are kept, or none. An event equal to one that is there is not kept twice; one with a known
    ``eventId`` is kept, but never trained on. Without ``user_id`` the events belong to the session alone.
    """
    target = of_items(caller, tracking_id)
    target.require(InvalidInputException)
    runtime_rates.take(f"put_events {target.group_id}", limit=quotas.limit("put_events_per_second"))
    columns = values.columns(target.schema_text, target.domain, FILLED_BY_MEMBERS)
    _refuse_keyword(user_id, columns, "userId")
    ignored: list[str] = []
    rows = []
    for number, event in enumerate(event_list, start=1):
        where = f"eventList.{number}"
        _check_size(event, where)
        given = _properties(event, where)
        item_id = _item(event, given, where)
        for value, member in ((item_id, "itemId"), (event["eventType"], "eventType")):
            _refuse_keyword(value, columns, f"{where}.{member}")
        value = event.get("eventValue", given.get("eventvalue"))
        ignored += _unknown(event, given, columns, where)
        worth = None if value is None or value == "" else values.number(value, f"{where}.eventValue")
        about = (user_id, session_id, item_id, event["eventType"], worth, event["sentAt"].timestamp())
        rows.append(_row(target, columns, event, given, where, about))
    _keep(target, rows, InvalidInputException)
    rejections.count("PutEvents", target.group_id, accepted=len(rows), ignored=ignored)


@rejections.kept(records="action_interactions")
@operation
def put_action_interactions(caller: Caller, *, tracking_id: str, action_interactions: list[dict[str, Any]]) -> None:
    """Keep what users did with actions: TAKEN, NOT_TAKEN or VIEWED, in whatever spelling.

    All of a call is kept, on disk when it returns, or none. A call may hold several users and sessions.
    """
    target = of_actions(caller, tracking_id)
    target.require(ResourceInUseException)
    runtime_rates.take(
        f"put_action_interactions {target.group_id}", limit=quotas.limit("put_action_interactions_per_second")
    )
    columns = values.columns(target.schema_text, target.domain, FILLED_BY_MEMBERS)
    ignored: list[str] = []
    rows = []
    for number, event in enumerate(action_interactions, start=1):
        where = f"actionInteractions.{number}"
        _check_size(event, where)
        given = _properties(event, where)
        for member in ("userId", "actionId"):
            _refuse_keyword(event.get(member), columns, f"{where}.{member}")
        ignored += _unknown(event, given, columns, where)
        kind = _action_event_type(event["eventType"], where)
        about = (event.get("userId"), event["sessionId"], event["actionId"], kind, None, event["timestamp"].timestamp())
        rows.append(_row(target, columns, event, given, where, about))
    _keep(target, rows, ResourceNotFoundException)
    rejections.count("PutActionInteractions", target.group_id, accepted=len(rows), ignored=ignored)


def _keep(target: Target, rows: list[Row], otherwise: type[InvalidInputException | ResourceNotFoundException]) -> None:
    try:
        runtime_event_log.keep(rows)
    except runtime_event_log.Removed as error:
        raise otherwise(f"Dataset {target.dataset_arn} was deleted.", field="tracking_id") from error


About = tuple[str | None, str, str, str, float | None, float]
"""User, session, item or action, event type, value and time of an event."""


def _row(
    target: Target,
    columns: values.Columns,
    event: Mapping[str, Any],
    given: Mapping[str, Any],
    where: str,
    about: About,
) -> Row:
    """What is the same for both kinds of events: impressions, ids, properties, completeness and digest."""
    impression = event.get("impression")
    if impression and len("|".join(impression)) > values.CATEGORICAL_LIMIT:
        raise InvalidInputException(
            f"{where}.impression can have at most {values.CATEGORICAL_LIMIT} characters in all."
        )
    shown = json.dumps(impression) if impression else None
    recommendation_id = event.get("recommendationId")
    attribution = event.get("metricAttribution")
    source = attribution["eventAttributionSource"] if attribution else None
    for name, value in zip(SPARED, (about[4], shown, recommendation_id, source), strict=True):
        if value is None and name in columns.needed_beside:
            raise InvalidInputException(f"{where} needs a value for {name}: the schema does not allow null.")
    filled = values.fill(columns, given, where=f"{where}.properties") if given or columns.needed else {}
    equal = repr((about, shown, recommendation_id, source, sorted(filled.items())))
    event_id = event.get("eventId")
    user_id, session_id, item_id, event_type, event_value, timestamp = about
    return Row(
        target.dataset_id,
        _digest(timestamp, equal),
        event_id or _new_id(),
        event_id is not None,
        user_id,
        session_id,
        item_id,
        event_type,
        event_value,
        timestamp,
        json.dumps(filled) if filled else "{}",
        shown,
        recommendation_id,
        source,
    )


def _digest(timestamp: float, equal: str) -> str:
    """What only equal events share. It begins with the time, so that events of one time lie together on the disk."""
    return f"{int(timestamp):08x}" + hashlib.blake2b(equal.encode(), digest_size=16).hexdigest()


def _new_id() -> str:
    """A UUID of version 7, which begins with the present time, for the same reason."""
    random = int.from_bytes(os.urandom(10), "big")
    value = (time.time_ns() // 1_000_000 << 80 | random) & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return str(uuid.UUID(int=value))


def _check_size(event: Mapping[str, Any], where: str) -> None:
    characters = len(event.get("properties") or "") + sum(map(len, event.get("impression") or ()))
    if "metricAttribution" in event:
        characters += len(event["metricAttribution"]["eventAttributionSource"])
    if characters <= _SMALL:
        return
    if len(json.dumps(event, ensure_ascii=False, default=lambda moment: moment.timestamp()).encode()) > EVENT_BYTES:
        raise InvalidInputException(f"{where} is larger than 10 KB.")


def _properties(event: Mapping[str, Any], where: str) -> dict[str, Any]:
    text = event.get("properties")
    if text is None:
        return {}
    given = values.read_properties(text, f"{where}.properties")
    if refused := REFUSED.intersection(given):
        raise InvalidInputException(
            f"{where}.properties must not contain {', '.join(sorted(refused))}: give it beside properties."
        )
    return given


def _unknown(event: Mapping[str, Any], given: Mapping[str, Any], columns: values.Columns, where: str) -> list[str]:
    """Keys of ``properties`` that are no column: passed over and counted, or refused where settings are strict."""
    unknown = given.keys() - columns.by_normal.keys() - READ_HERE
    if not unknown:
        return []
    keys = values.spelled(event.get("properties"), unknown)
    if settings.STRICT_EVENT_PROPERTIES:
        raise InvalidInputException(f"{where}.properties has keys that are no column: {', '.join(keys)}.")
    return keys


def _item(event: Mapping[str, Any], given: Mapping[str, Any], where: str) -> str:
    """``itemId``, beside the properties or in them; what stands beside them counts."""
    found = event.get("itemId", given.get("itemid"))
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not 1 <= len(found) <= 256:
        raise InvalidInputException(f"{where}.itemId must be a text of 1 to 256 characters.")
    return found


def _action_event_type(given: str, where: str) -> str:
    found = _BETWEEN_WORDS.sub("_", given.strip()).upper()
    if found not in ACTION_EVENT_TYPES:
        raise InvalidInputException(f"{where}.eventType must be Taken, Not Taken or Viewed.")
    return found


def _refuse_keyword(value: str | None, columns: values.Columns, where: str) -> None:
    if value in columns.keywords:
        raise InvalidInputException(f"{where} is the name of a column, which is no value.")
