"""Records written by hand, ours beside the 79: what to fill in, and one call that keeps them."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db import transaction

from personalize_web.engine.schemas import Field, Schema
from personalize_web.operations import lookup, rejections, runtime_event_log
from personalize_web.operations import runtime_values as values
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException, ServiceError
from personalize_web.operations.events import put_action_interactions, put_events
from personalize_web.operations.gate import own_operation
from personalize_web.operations.records import MEMBERS, put_actions, put_items, put_users
from personalize_web.resources.models import Dataset

MOST = 10
SESSION = "console"
"""Of events that name none."""
UNTYPED = "interaction"
"""The event type, which a call needs, where the schema has no column for it."""
_EVENT_MEMBERS = {
    "eventtype": "eventType",
    "eventid": "eventId",
    "impression": "impression",
    "recommendationid": "recommendationId",
}
_ITEM_EVENT_MEMBERS = _EVENT_MEMBERS | {
    "itemid": "itemId", "timestamp": "sentAt", "sentat": "sentAt", "eventvalue": "eventValue",
    "eventattributionsource": "metricAttribution",
}  # fmt: skip
_ACTION_EVENT_MEMBERS = _EVENT_MEMBERS | {
    "actionid": "actionId", "userid": "userId", "sessionid": "sessionId", "timestamp": "timestamp",
}  # fmt: skip


@own_operation()
def record_template(caller: Caller, *, dataset_arn: str) -> dict[str, Any]:
    """Ours, for the form: column -> what it takes, in the schema's order; the required ones; and the tracking ID that
    events need, or None."""
    dataset = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn")
    schema = values.parse_schema(dataset.schema.text, dataset.schema.domain)
    return {
        "template": {field.name: _takes(field, schema) for field in schema.fields},
        "required": [field.name for field in schema.fields if not field.nullable],
        "trackingId": _tracking_id(dataset),
    }


@own_operation(role=ANALYST, writes=True, atomic=False, sensitive={"records"})
def create_records(caller: Caller, *, dataset_arn: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Ours, for the form: keep one to ten records, all or none, with the same rules as the dataset's Put call.

    Keys are column names, or the same in camel case. ``records`` of the answer has, for each, ``index``, ``id``,
    ``result`` (success or failure) and ``message``.
    """
    dataset = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn")
    if not isinstance(records, list) or not all(isinstance(record, dict) and record for record in records):
        raise InvalidInputException("records must be a list of JSON objects, none of them empty.", field="records")
    if not 1 <= len(records) <= MOST:
        raise InvalidInputException(f"Give 1 to {MOST} records; these are {len(records)}.", field="records")
    put = {"INTERACTIONS": _put_events, "ACTION_INTERACTIONS": _put_action_interactions}.get(
        dataset.dataset_type, _put_records
    )
    try:
        with rejections.held(), runtime_event_log.on_disk(), transaction.atomic():
            put(caller, dataset, records)
    except _Refused as refused:
        return {"records": [_failed(at, record, dataset, refused) for at, record in enumerate(records)]}
    return {
        "records": [
            {"index": at, "id": _id(record, dataset), "result": "success", "message": "The record was created."}
            for at, record in enumerate(records)
        ]
    }


class _Refused(Exception):
    def __init__(self, at: int | None, error: ServiceError) -> None:
        self.at = at
        self.error = error


def _failed(at: int, record: Mapping[str, Any], dataset: Dataset, refused: _Refused) -> dict[str, Any]:
    if refused.at is None or refused.at == at:
        message = refused.error.message
    else:
        message = f"Not created: record {refused.at + 1} was refused, and records are created all or none."
    return {"index": at, "id": _id(record, dataset), "result": "failure", "message": message}


def _attempt(call: Callable[[], None], member: str, at: int | None = None) -> None:
    try:
        call()
    except ServiceError as error:
        place = rejections.place_of(error.message, member)
        if at is None and place:
            at = int(place.rpartition(".")[2]) - 1
        raise _Refused(at, error) from error


def _put_events(caller: Caller, dataset: Dataset, records: list[dict[str, Any]]) -> None:
    """One call a record: a call is of one user and one session."""
    tracking_id = _tracking_id(dataset)
    if tracking_id is None:
        raise InvalidInputException(
            "Recording item interactions needs an event tracker. Create one for this dataset group first.",
            field="dataset_arn",
        )
    typed = "EVENT_TYPE" in values.parse_schema(dataset.schema.text, dataset.schema.domain).by_name
    for at, record in enumerate(records):
        event, rest = _members(record, _ITEM_EVENT_MEMBERS)
        if not typed:
            event.setdefault("eventType", UNTYPED)
        user, session = _take(rest, "userid"), _take(rest, "sessionid")
        if source := event.pop("metricAttribution", None):
            event["metricAttribution"] = {"eventAttributionSource": source}
        if isinstance(event.get("impression"), str):
            event["impression"] = event["impression"].split("|")
        call = {"session_id": _text(session) or SESSION, "user_id": _text(user), "event_list": [_with(event, rest)]}
        _attempt(partial(put_events, caller, tracking_id=tracking_id, **call), "eventList", at)


def _put_action_interactions(caller: Caller, dataset: Dataset, records: list[dict[str, Any]]) -> None:
    given = []
    for record in records:
        event, rest = _members(record, _ACTION_EVENT_MEMBERS)
        if isinstance(event.get("impression"), str):
            event["impression"] = event["impression"].split("|")
        event.setdefault("sessionId", SESSION)
        for member in ("userId", "actionId", "sessionId"):
            event[member] = _text(event.get(member))
        given.append(_with(event, rest))
    tracking_id = _tracking_id(dataset) or ""
    _attempt(
        lambda: put_action_interactions(caller, tracking_id=tracking_id, action_interactions=given),
        "actionInteractions",
    )


def _put_records(caller: Caller, dataset: Dataset, records: list[dict[str, Any]]) -> None:
    kind = dataset.dataset_type
    member = MEMBERS[kind]
    given = []
    for record in records:
        beside, rest = _members(record, {member.lower(): member})
        given.append(_with({member: _text(beside.get(member))}, rest))
    puts: dict[str, Callable[..., None]] = {"USERS": put_users, "ITEMS": put_items, "ACTIONS": put_actions}
    _attempt(partial(puts[kind], caller, dataset_arn=dataset.arn, **{kind.lower(): given}), kind.lower())


def _members(record: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of ``record`` stands beside the properties, under the member's name, and the rest."""
    beside, rest = {}, {}
    for key, value in record.items():
        member = names.get(values.normal(key))
        if member is None:
            rest[key] = value
        elif value is not None and value != "":
            beside[member] = value
    return beside, rest


def _with(beside: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    return beside | ({"properties": json.dumps(rest, ensure_ascii=False)} if rest else {})


def _take(rest: dict[str, Any], name: str) -> Any:
    key = next((key for key in rest if values.normal(key) == name), None)
    return rest.pop(key) if key is not None else None


def _text(value: Any) -> Any:
    """A number as the text it stands for: ids are often written as numbers by hand."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value or None


def _id(record: Mapping[str, Any], dataset: Dataset) -> str:
    """What a person knows the record by: its key; of an event, the user and what it is about."""
    names = {"INTERACTIONS": ("userid", "itemid"), "ACTION_INTERACTIONS": ("userid", "actionid")}.get(
        dataset.dataset_type, (MEMBERS.get(dataset.dataset_type, "").lower(),)
    )
    given = {values.normal(key): value for key, value in record.items()}
    return " / ".join(str(given[name])[:256] for name in names if given.get(name) is not None)


def _tracking_id(dataset: Dataset) -> str | None:
    if dataset.dataset_type != "INTERACTIONS":
        return dataset.tracking_id
    tracker = dataset.dataset_group.event_trackers.first()
    return tracker.tracking_id if tracker else None


def _takes(field: Field, schema: Schema) -> str:
    """In a few words, what a column takes."""
    kinds = {
        "timestamp": "time in Unix seconds",
        "categorical": "text, several categories joined by |",
        "textual": "long text",
        "impression": "item ids joined by |",
        "boolean": "true or false",
    }
    numeric = {"int": "whole number", "long": "whole number", "float": "number", "double": "number"}
    text = kinds.get(field.kind) or numeric.get(field.type, "text")
    if schema.dataset_type == "ACTION_INTERACTIONS" and field.name == "EVENT_TYPE":
        text = "Taken, Not Taken or Viewed"
    if schema.dataset_type == "ACTIONS" and field.keyword and field.name in values.ACTION_BOUNDS:
        low, high = values.ACTION_BOUNDS[field.name]
        text = f"whole number from {low} to {high}"
    return text if not field.nullable else f"{text}, or null"
