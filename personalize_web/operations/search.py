"""Finding resources by name, ours beside the 79."""

from typing import Any

from django.db.models import Q

from personalize_web.operations import lookup
from personalize_web.operations.answers import present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import (
    Campaign,
    Dataset,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    MetricAttribution,
    Recommender,
    Resource,
    Schema,
    Solution,
)

FOUND_BY_NAME: tuple[type[Resource], ...] = (
    DatasetGroup,
    Campaign,
    Recommender,
    Solution,
    Dataset,
    EventTracker,
    Filter,
    MetricAttribution,
    DatasetImportJob,
    Schema,
)


@own_operation()
def search_resources(caller: Caller, *, text: str, limit: int = 20) -> dict[str, Any]:
    """Ours, for the search box: resources whose name contains ``text``, or whose ARN it is."""
    found: list[Resource] = []
    wanted = text.strip()
    for model in FOUND_BY_NAME:
        if not wanted or len(found) >= limit:
            break
        rows: Any = lookup.of(model, caller).filter(Q(name__icontains=wanted) | Q(arn=wanted))
        if _has_group(model):
            rows = rows.select_related("dataset_group")
        found += rows.order_by("-updated_at", "-pk")[: limit - len(found)]
    return {"resources": [_described(resource) for resource in found]}


def _has_group(model: type[Resource]) -> bool:
    return any(field.name == "dataset_group" for field in model._meta.fields)


def _described(resource: Any) -> dict[str, Any]:
    group = resource.dataset_group if _has_group(type(resource)) else None
    return present(
        kind=resource.KIND,
        noun=resource.NOUN,
        name=resource.name,
        arn=resource.arn,
        status=getattr(resource, "status", None),
        datasetGroupArn=group.arn if group else None,
        datasetGroupName=group.name if group else None,
    )
