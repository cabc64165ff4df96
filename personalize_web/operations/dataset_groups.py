"""Dataset groups: create, describe, list, delete."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count

from personalize_web.operations import dependants, lookup, paging, quotas
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup
from personalize_web.workers import job


@operation
def create_dataset_group(
    caller: Caller,
    *,
    name: str,
    domain: str | None = None,
    role_arn: str | None = None,
    kms_key_arn: str | None = None,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin a group for the data and models of one application."""
    lookup.refuse_taken(DatasetGroup, caller, name)
    if (role_arn is None) != (kms_key_arn is None):
        raise InvalidInputException(
            "roleArn and kmsKeyArn belong together: give both or neither.",
            field="role_arn" if role_arn is None else "kms_key_arn",
        )
    quotas.room_for_active("active_dataset_groups", lookup.of(DatasetGroup, caller))
    group = lookup.create(
        DatasetGroup, caller, name=name, domain=domain, role_arn=role_arn, kms_key_arn=kms_key_arn, tags=tags
    )
    job.enqueue("create-dataset-group", group, caller=caller)
    return present(datasetGroupArn=group.arn, domain=group.domain)


@operation
def describe_dataset_group(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """One group with everything about it."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    return {"datasetGroup": _summary(group) | present(roleArn=group.role_arn, kmsKeyArn=group.kms_key_arn)}


@operation
def list_dataset_groups(
    caller: Caller, *, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The groups of the account, newest first."""
    return paging.page(
        lookup.of(DatasetGroup, caller),
        _summary,
        key="datasetGroups",
        operation="list_dataset_groups",
        filters={},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def delete_dataset_group(caller: Caller, *, dataset_group_arn: str) -> None:
    """Remove an empty group; its finished jobs vanish with it."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    lookup.require_state(group, *statuses.DELETABLE, doing="deleted")
    lookup.refuse_dependants(group, *dependants.of_group(group))
    lookup.move(group, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-dataset-group", group, caller=caller)


@own_operation()
def list_dataset_group_details(caller: Caller) -> dict[str, Any]:
    """Ours, for the list page: every group, the types of its datasets and how many recommenders it has."""
    groups = lookup.of(DatasetGroup, caller)
    kinds: dict[int, list[str]] = {}
    datasets = Dataset.objects.filter(dataset_group__in=groups).order_by("dataset_type")
    for group_id, kind in datasets.values_list("dataset_group_id", "dataset_type"):
        kinds.setdefault(group_id, []).append(kind)
    counted = groups.annotate(recommender_count=Count("recommenders")).order_by("-created_at", "-pk")
    return {
        "datasetGroups": [
            _summary(group) | {"datasets": kinds.get(group.pk, []), "recommenders": group.recommender_count}
            for group in counted
        ]
    }


def _summary(group: DatasetGroup) -> dict[str, Any]:
    return present(
        name=group.name,
        datasetGroupArn=group.arn,
        status=group.status,
        domain=group.domain,
        failureReason=failure(group),
        **dates(group),
    )
