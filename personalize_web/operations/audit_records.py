"""The audit log, ours beside the 79: who asked for what, and what came of it."""

from datetime import datetime
from typing import Any

from personalize_web.operations.answers import present
from personalize_web.operations.caller import ADMINISTRATOR, Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import AuditRecord

MOST = 200


@own_operation()
def list_audit_records(
    caller: Caller,
    *,
    event_name: str | None = None,
    resource_arn: str | None = None,
    caller_arn: str | None = None,
    failed: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    max_results: int = 50,
) -> dict[str, Any]:
    """Ours, for the audit log: records, newest first; all to administrators, to others their own.

    ``before`` is the ``next`` of the last answer: where the list goes on.
    """
    rows = AuditRecord.objects.filter(account=caller.account)
    exact = {
        "event_name": event_name,
        "resource_arn": resource_arn,
        "caller_arn": caller_arn if caller.may_as(ADMINISTRATOR) else caller.arn,
        "error_code__isnull": None if failed is None else not failed,
        "at__gte": since,
        "at__lt": until,
        "pk__lt": before,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    size = max(1, min(max_results, MOST))
    found = list(rows.order_by("-pk")[: size + 1])
    return present(
        records=[_described(row) for row in found[:size]], next=found[size - 1].pk if len(found) > size else None
    )


def _described(row: AuditRecord) -> dict[str, Any]:
    return present(
        id=row.pk,
        eventTime=row.at,
        eventName=row.event_name,
        callerArn=row.caller_arn,
        accessKeyId=row.access_key_id,
        source=row.source,
        region=row.region,
        resourceArn=row.resource_arn,
        requestParameters=row.request_parameters,
        responseElements=row.response_elements,
        errorCode=row.error_code,
        errorMessage=row.error_message,
        requestId=row.request_id,
        sourceIpAddress=row.source_ip,
        userAgent=row.user_agent,
    )
