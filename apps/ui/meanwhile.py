"""An edit form says what stood when it was opened; what somebody else changed since is not lost without a word."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from personalize_web import operations
from personalize_web.operations import Caller
from personalize_web.operations.caller import ADMINISTRATOR

FIELD = "_standing"


def mark(edited: tuple[str, Any] | None) -> str:
    """Of what stands, another one after each change; empty where nothing is edited."""
    if edited is None:
        return ""
    return hashlib.sha256(json.dumps(edited, sort_keys=True, default=str).encode()).hexdigest()[:24]


def changed(caller: Caller, edited: tuple[str, Any] | None, posted: Mapping[str, str]) -> dict[str, Any] | None:
    """What to say where something else stands than the form was opened with: standing, by and at; else None.

    ``standing`` is the mark of now: the form sent again with it overwrites. A request without a mark says nothing of
    what it was opened with, and is let through.
    """
    if edited is None or posted.get(FIELD, "") in ("", mark(edited)):
        return None
    return {"standing": mark(edited)} | _last_change(caller, edited[0])


def _last_change(caller: Caller, arn: str) -> dict[str, Any]:
    """Who changed it last, and when; only administrators see what others did."""
    if not caller.may_as(ADMINISTRATOR):
        return {}
    found = operations.list_audit_records(caller, resource_arn=arn, failed=False, max_results=1)["records"]
    if not found:
        return {}
    return {"by": found[0]["callerArn"].rpartition("/")[2], "at": found[0]["eventTime"]}
