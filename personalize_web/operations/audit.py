"""Who asked for what, and what came of it."""

import math
from typing import Any

from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import ServiceError
from personalize_web.resources.models import AuditRecord

MOST_CHARACTERS = 2000
"""Of one text in a record; a longer one is cut."""


def record(
    caller: Caller, event_name: str, *, parameters: Any = None, answer: Any = None, error: ServiceError | None = None
) -> None:
    """Append one record. ``parameters`` must hold nothing the service model calls sensitive, and no secret."""
    asked = storable(parameters) or None
    answered = {k: v for k, v in (answer or {}).items() if isinstance(v, str | int | float | bool)}
    arns = [value for values in (answered, asked or {}) for value in values.values() if _is_resource(value)]
    AuditRecord.objects.create(
        account=caller.account,
        region=caller.region,
        caller_arn=caller.arn,
        access_key_id=caller.key_id,
        source=caller.source,
        event_name=event_name,
        resource_arn=str(arns[0])[:256] if arns else None,
        request_parameters=asked,
        response_elements=answered or None,
        error_code=error.code if error else None,
        error_message=storable(error.message) if error else None,
        request_id=caller.request_id,
        source_ip=caller.ip,
        user_agent=str(storable(caller.user_agent))[:512] if caller.user_agent else None,
    )


def storable(value: Any) -> Any:
    """``value`` as every database can keep it, whatever a caller sent: valid text of bounded length, finite numbers."""
    if isinstance(value, str):
        text = value.encode("utf-8", errors="replace").decode().replace("\x00", "\ufffd")
        return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
    if isinstance(value, dict):
        return {storable(str(name)): storable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [storable(member) for member in value[:100]]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | None) else str(value)


def _is_resource(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("arn:") and ":personalize:" in value
