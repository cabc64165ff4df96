"""Tags of resources: list, add, remove."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from personalize_web.operations import lookup
from personalize_web.operations import tags as tagging
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceInUseException,
    TooManyTagKeysException,
)
from personalize_web.operations.gate import operation
from personalize_web.resources import arns, statuses
from personalize_web.resources.models import (
    BatchInferenceJob,
    BatchSegmentJob,
    Campaign,
    DataDeletionJob,
    Dataset,
    DatasetExportJob,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    Recommender,
    Solution,
    SolutionVersion,
    StatefulResource,
    Tag,
)

TAGGABLE: tuple[type[StatefulResource], ...] = (
    BatchInferenceJob,
    BatchSegmentJob,
    Campaign,
    DataDeletionJob,
    Dataset,
    DatasetExportJob,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    Recommender,
    Solution,
)


@operation
def list_tags_for_resource(caller: Caller, *, resource_arn: str) -> dict[str, Any]:
    """The tags of a resource, by key."""
    return {"tags": tagging.of(_taggable(caller, resource_arn).arn)}


@operation
def tag_resource(caller: Caller, *, resource_arn: str, tags: Iterable[dict[str, str]]) -> dict[str, Any]:
    """Add tags; an existing key gets the new value."""
    tagging.store(_taggable(caller, resource_arn).arn, tagging.check(tags))
    return {}


@operation
def untag_resource(caller: Caller, *, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    """Remove tags by key; keys that are not there are no error."""
    limit = settings.QUOTAS["tags"]
    if len(tag_keys) > limit:
        raise TooManyTagKeysException(f"At most {limit} tag keys can be removed at once.", field="tag_keys")
    Tag.objects.filter(arn=_taggable(caller, resource_arn).arn, key__in=tag_keys).delete()
    return {}


def _taggable(caller: Caller, arn: str) -> StatefulResource:
    parts = arns.read(arn)
    model = next((model for model in TAGGABLE if parts and parts.kind == model.KIND), None)
    if model is Solution and parts and "/" in parts.name:
        model = SolutionVersion
    if model is None:
        raise InvalidInputException(f"Resource {arn} does not take tags.", field="resource_arn")
    found = lookup.get(model, caller, arn, field="resource_arn")
    if found.status in statuses.DELETING:
        raise ResourceInUseException(f"Resource {arn} is in {found.status} state.")
    return found
