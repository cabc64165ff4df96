"""Deleting a dataset group with everything in it, ours beside the 79: the plan, and the job that does it."""

from collections.abc import Iterable
from typing import Any

from personalize_web.operations import dependants, lookup
from personalize_web.operations.answers import present
from personalize_web.operations.caller import ADMINISTRATOR, Caller
from personalize_web.operations.errors import ResourceInUseException
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Schema, Solution, StatefulResource
from personalize_web.workers import group_deletions, job

STANDING = (statuses.ACTIVE, statuses.CREATE_FAILED, statuses.INACTIVE)
"""States in which a resource can go at once."""


@own_operation()
def describe_deletion_plan(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for the page before the deletion: what would go, in order, and what is in the way of each step.

    ``steps`` have kind (as in ARNs), name, arn, status, and ``blockedBy``: sentences that each name what has to end
    first. The last step is the group. ``schemas`` (name, schemaArn) are those that no dataset would use afterwards.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    steps = [_step(resource.KIND, resource, _blockers(resource)) for _, resource in group_deletions.ordered(group)] + [
        _step(group.KIND, group, _blockers_of_group(group))
    ]
    return {
        "steps": steps,
        "schemas": [present(name=schema.name, schemaArn=schema.arn) for schema in _unused_after(group)],
    }


@own_operation(role=ADMINISTRATOR, writes=True)
def delete_everything(caller: Caller, *, dataset_group_arn: str, schemas: bool = False) -> dict[str, Any]:
    """Ours, for the console: begin to delete the group with everything in it, as one job in the order of the plan.

    With ``schemas`` those that nothing uses afterwards go as well. Refused while anything in the group is being made,
    trained, filled or read: it names what. Batch jobs are stopped instead: nothing else ends them early.
    The job is the group's; it ends at the first step that fails.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    lookup.require_state(group, *statuses.DELETABLE, doing="deleted")
    blockers = [text for _, resource in group_deletions.ordered(group) for text in _blockers(resource)]
    blockers += _blockers_of_group(group)
    if blockers:
        raise ResourceInUseException(
            f"Resource {group.arn} cannot be deleted with everything in it at this moment. {' '.join(blockers[:5])} "
            "Wait until these have ended, or stop them."
        )
    for running in dependants.batch_jobs_of_group(group):
        job.request_stop(running)
        running.move(statuses.CREATE_FAILED, come_from=(statuses.PENDING,), failure_reason="The job was stopped.")
    unused = [schema.arn for schema in _unused_after(group)] if schemas else []
    lookup.move(group, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    job.enqueue("delete-everything", group, caller=caller, arguments={"schemas": unused})
    return {"datasetGroupArn": group.arn}


def _step(kind: str, resource: StatefulResource, blockers: Iterable[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": resource.name,
        "arn": resource.arn,
        "status": resource.status,
        "blockedBy": list(blockers),
    }


def _blockers(resource: StatefulResource) -> list[str]:
    """What has to end before the resource can go, a sentence each."""
    found = []
    if resource.status not in STANDING and resource.status not in statuses.DELETING:
        found.append(_busy(resource, resource.status))
    update = getattr(resource, "latest_update", None) or {}
    if update.get("status") in statuses.BUILDING:
        found.append(f"{resource.NOUN.capitalize()} {resource.name} is being updated.")
    if isinstance(resource, Solution):
        found += [_busy(version, version.status) for version in resource.versions.filter(status__in=statuses.TRAINING)]
    if isinstance(resource, Dataset):
        for jobs in (resource.import_jobs, resource.export_jobs):
            found += [_busy(each, each.status) for each in jobs.filter(status__in=statuses.BUILDING)]
    return found


def _blockers_of_group(group: DatasetGroup) -> list[str]:
    running = group.data_deletion_jobs.filter(status__in=dependants.RUNNING)
    return [_busy(each, each.status) for each in running]


def _busy(resource: StatefulResource, status: str) -> str:
    return f"{resource.NOUN.capitalize()} {resource.name} is in {status} state."


def _unused_after(group: DatasetGroup) -> list[Schema]:
    """The schemas of the group's datasets that no dataset of another group has."""
    mine = Schema.objects.filter(datasets__dataset_group=group)
    elsewhere = Dataset.objects.exclude(dataset_group=group).values("schema")
    return list(mine.exclude(pk__in=elsewhere).distinct().order_by("name"))
