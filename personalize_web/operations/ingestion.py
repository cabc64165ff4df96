"""How recording goes, ours beside the 79: what Put calls brought, and what was refused and why."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from personalize_web.operations import lookup, paging
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import AccessDeniedException
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import DatasetGroup, IngestionCount, RejectedRecord

OPERATIONS = ("PutEvents", "PutActionInteractions", "PutUsers", "PutItems", "PutActions")
HOURS = 24


@own_operation()
def list_rejected_records(
    caller: Caller,
    *,
    dataset_group_arn: str,
    operation: str | None = None,
    text: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
    show_values: bool = False,
) -> dict[str, Any]:
    """Ours, for the page of rejected records: the group's newest, of one Put operation, or with ``text`` in the reason.

    ``shape`` tells the payload's keys and types; ``payload`` itself is there with ``show_values`` alone, which needs an
    analyst. ``total`` counts them all.
    """
    if show_values and not caller.may_as(ANALYST):
        raise AccessDeniedException(
            f"User: {caller.arn} may not see the values of rejected records. An analyst or an administrator may."
        )
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    rows = RejectedRecord.objects.filter(dataset_group=group).annotate(created_at=F("rejected_at"))
    if operation:
        rows = rows.filter(operation=operation)
    if text:
        rows = rows.filter(Q(reason__icontains=text) | Q(error_code__icontains=text))

    def present(row: RejectedRecord) -> dict[str, Any]:
        shown = {
            "id": row.pk,
            "rejectedAt": row.rejected_at,
            "operation": row.operation,
            "errorCode": row.error_code,
            "reason": row.reason,
            "place": row.place,
            "shape": shape(row.payload),
            "callerArn": row.caller_arn,
        }
        return shown | ({"payload": row.payload} if show_values else {})

    filters = {"group": dataset_group_arn, "operation": operation, "text": text}
    answer = paging.page(
        rows,
        present,
        key="rejectedRecords",
        operation="list_rejected_records",
        filters=filters,
        max_results=max_results,
        next_token=next_token,
    )
    return answer | {"total": rows.count()}


@own_operation()
def describe_ingestion(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, beside rejected records: what each Put operation brought the group in the last 24 hours.

    ``operations`` has for each of the five ``calls``, ``accepted`` (records of accepted calls), ``rejected`` and
    ``throttled`` (calls), and ``ignoredKeys``: key of properties that is no column -> events that had it, most first.
    ``since`` is the beginning of the first hour that counts. Counts are written once a second.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    since = (timezone.now() - timedelta(hours=HOURS)).replace(minute=0, second=0, microsecond=0)
    numbers = {name: Counter[str]() for name in OPERATIONS}
    ignored = {name: Counter[str]() for name in OPERATIONS}
    for row in IngestionCount.objects.filter(dataset_group=group, hour__gte=since):
        numbers[row.operation].update(
            calls=row.calls, accepted=row.accepted, rejected=row.rejected, throttled=row.throttled
        )
        ignored[row.operation].update(row.ignored)
    return {
        "since": since,
        "operations": [
            {"operation": name}
            | {key: numbers[name][key] for key in ("calls", "accepted", "rejected", "throttled")}
            | {"ignoredKeys": dict(ignored[name].most_common())}
            for name in OPERATIONS
        ],
    }


def shape(value: Any) -> Any:
    """``value`` with each value replaced by its type: what a payload looks like without saying what it says."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    if isinstance(value, str):
        return _shape_of_text(value)
    names = {bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names[type(value)]


def _shape_of_text(text: str) -> Any:
    """A text; where it holds a JSON object, as ``properties`` does, that object's shape."""
    if text.startswith("{"):
        try:
            inner = json.loads(text)
        except ValueError:
            return "text"
        if isinstance(inner, dict):
            return shape(inner)
    return "text"
