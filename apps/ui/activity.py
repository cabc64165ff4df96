"""How much work runs right now, for the indicator in the top bar."""

from personalize_web import operations
from personalize_web.operations import Caller, ServiceError


def running(caller: Caller) -> int:
    """How many jobs of the account are waiting or running; 0 where that cannot be told."""
    count = getattr(operations, "count_running_jobs", None)
    if count is None:
        return 0
    try:
        return int(count(caller)["count"])
    except ServiceError:
        return 0
