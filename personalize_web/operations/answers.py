"""Answers as the service model shapes them."""

from datetime import UTC, datetime
from typing import Any

from personalize_web.resources import statuses
from personalize_web.resources.models import Resource, StatefulResource


def present(**members: Any) -> dict[str, Any]:
    """``members`` without those that are absent: callers test with ``'failureReason' in answer``."""
    return {name: value for name, value in members.items() if value is not None}


def dates(resource: Resource) -> dict[str, datetime]:
    """The two times that every Describe and every summary has."""
    return {"creationDateTime": resource.created_at, "lastUpdatedDateTime": resource.updated_at}


def failure(resource: StatefulResource) -> str | None:
    """Why a resource failed; nothing in any other state."""
    return resource.failure_reason if resource.status in (statuses.CREATE_FAILED, statuses.FAILED) else None


def latest_update(update: dict[str, Any] | None) -> dict[str, Any] | None:
    """A stored ``latest…Update``, its times read back from Unix seconds."""
    if not update:
        return None
    shown = {name: value for name, value in update.items() if value is not None}
    for name in ("creationDateTime", "lastUpdatedDateTime"):
        if name in shown:
            shown[name] = datetime.fromtimestamp(shown[name], UTC)
    return shown
