"""Resources by their tags, ours beside the 79: for lists that are filtered by ``tag:Key=Value``."""

from typing import Any

from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import Tag


@own_operation()
def list_tagged_resources(caller: Caller, *, key: str, value: str | None = None) -> dict[str, Any]:
    """The ARNs of the caller's resources that have a tag ``key``, with ``value`` where one is asked for.

    Both are compared without regard to case, so that what is typed into a filter is found.
    """
    own = f":personalize:{caller.region}:{caller.account}:"
    rows = Tag.objects.filter(key__iexact=key, arn__contains=own)
    if value is not None:
        rows = rows.filter(value__iexact=value)
    return {"arns": sorted(set(rows.values_list("arn", flat=True)))}
