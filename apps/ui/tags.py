"""The tags of a resource as its page shows them."""

from personalize_web import operations
from personalize_web.operations import Caller
from personalize_web.operations.errors import ResourceInUseException


def of(caller: Caller, arn: str) -> list[dict[str, str]]:
    """Its tags; a resource that is being deleted has none to show."""
    try:
        return operations.list_tags_for_resource(caller, resource_arn=arn)["tags"]
    except ResourceInUseException:
        return []
