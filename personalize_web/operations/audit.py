"""Who asked for what, and what came of it."""

from typing import Any

from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import ServiceError
from personalize_web.resources.models import AuditRecord


def record(
    caller: Caller, event_name: str, *, parameters: Any = None, answer: Any = None, error: ServiceError | None = None
) -> None:
    """Append one record. ``parameters`` must hold nothing the service model calls sensitive, and no secret."""
    arns = [value for value in (answer or {}).values() if isinstance(value, str) and value.startswith("arn:")]
    asked = [v for k, v in (parameters or {}).items() if k.lower().endswith("arn") and isinstance(v, str)]
    AuditRecord.objects.create(
        account=caller.account,
        region=caller.region,
        caller_arn=caller.arn,
        access_key_id=caller.key_id,
        source=caller.source,
        event_name=event_name,
        resource_arn=next(iter(arns + asked), None),
        request_parameters=parameters or None,
        response_elements={k: v for k, v in (answer or {}).items() if isinstance(v, str | int | float | bool)} or None,
        error_code=error.code if error else None,
        error_message=error.message if error else None,
        request_id=caller.request_id,
        source_ip=caller.ip,
        user_agent=caller.user_agent,
    )
