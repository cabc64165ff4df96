"""Data deletion jobs: create, describe, list; and what one would find."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from personalize_web.engine import user_lists
from personalize_web.engine.errors import DataError
from personalize_web.operations import lookup, paging, quotas, storage
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import ADMINISTRATOR, Caller
from personalize_web.operations.errors import InvalidInputException, LimitExceededException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DataDeletionJob, DatasetGroup, Job
from personalize_web.workers import deleted_users, job, lease, user_files


@operation
def create_data_deletion_job(
    caller: Caller,
    *,
    job_name: str,
    dataset_group_arn: str,
    data_source: dict[str, str],
    role_arn: str,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin to remove users, and everything they did, from a group: data, event log, models and reports."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    lookup.refuse_taken(DataDeletionJob, caller, job_name, field="job_name")
    lookup.require_state(group, statuses.ACTIVE, doing="used")
    location = data_source.get("dataLocation", "")
    storage.checked(location, field="data_source")
    _room(group)
    made = lookup.create(
        DataDeletionJob,
        caller,
        name=job_name,
        field="job_name",
        dataset_group=group,
        data_location=location,
        role_arn=role_arn,
        status=statuses.PENDING,
        tags=tags,
    )
    job.enqueue("create-data-deletion-job", made, caller=caller)
    return {"dataDeletionJobArn": made.arn}


def _room(group: DatasetGroup) -> None:
    most = quotas.limit("pending_data_deletion_jobs")
    if group.data_deletion_jobs.filter(status=statuses.PENDING).count() >= most:
        raise LimitExceededException(
            f"More than {most} resources with PENDING status. Wait until data deletion jobs of the group have ended."
        )


@operation
def describe_data_deletion_job(caller: Caller, *, data_deletion_job_arn: str) -> dict[str, Any]:
    """One data deletion job with everything about it."""
    found = lookup.get(DataDeletionJob, caller, data_deletion_job_arn)
    return {
        "dataDeletionJob": _summary(found)
        | present(
            dataSource={"dataLocation": found.data_location},
            roleArn=found.role_arn,
            numDeleted=found.num_deleted if found.status == statuses.COMPLETED else None,
        )
    }


@operation
def list_data_deletion_jobs(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The data deletion jobs of a group, or of the account, newest first."""
    rows = lookup.of(DataDeletionJob, caller).select_related("dataset_group")
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        _summary,
        key="dataDeletionJobs",
        operation="list_data_deletion_jobs",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@own_operation()
def describe_data_deletion_job_details(caller: Caller, *, data_deletion_job_arn: str) -> dict[str, Any]:
    """Ours, for its page: how many users were named and known, what went where, and what could not go at once.

    ``rows`` is by dataset type; ``users``, ``known``, ``seconds`` are None until the job is COMPLETED. ``remains`` are
    sentences for the group's owner. ``waitingFor`` are the jobs (kind, resourceArn, state) that a PENDING one lets end.
    """
    found = lookup.get(DataDeletionJob, caller, data_deletion_job_arn)
    summary = found.summary
    return {
        "waitingFor": _running(found) if found.status == statuses.PENDING else [],
        "users": summary.get("users"),
        "known": summary.get("known"),
        "rows": summary.get("rows", {}),
        "models": summary.get("models"),
        "seconds": summary.get("seconds"),
        "remains": summary.get("remains", []),
    }


def _running(found: DataDeletionJob) -> list[dict[str, str]]:
    row = Job.objects.filter(resource_arn=found.arn).order_by("-pk").first()
    rivals = lease.rivals(row) if row else None
    return [] if rivals is None else [_shown(each) for each in rivals.filter(state=Job.State.IN_PROGRESS)]


def _shown(row: Job) -> dict[str, str]:
    return {"kind": row.kind, "resourceArn": row.resource_arn, "state": row.state}


@own_operation(role=ADMINISTRATOR, recorded=False)
def preview_data_deletion(
    caller: Caller,
    *,
    dataset_group_arn: str,
    user_ids: Iterable[str] | None = None,
    data_location: str | None = None,
) -> dict[str, Any]:
    """Ours, for the form: how many users ``user_ids`` or the files name, how many of them the group knows, how many
    interactions they have, and which jobs of the group run at this moment."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    if (user_ids is None) == (data_location is None):
        raise InvalidInputException("Give either user ids or the location of files with them.", field="user_ids")
    ids = user_lists.check(user_ids) if user_ids is not None else _listed(str(data_location))
    found = deleted_users.count(group, ids)
    running = Job.objects.filter(dataset_group_arn=group.arn, state__in=Job.UNFINISHED).order_by("pk")
    return {
        "users": len(ids),
        "known": found.known,
        "interactions": found.rows.get("INTERACTIONS", 0) + found.rows.get("ACTION_INTERACTIONS", 0),
        "running": [_shown(each) for each in running],
    }


def _listed(data_location: str) -> set[str]:
    """The ids in the files at the location."""
    location = storage.checked(data_location, field="data_location")
    with tempfile.TemporaryDirectory(prefix="personalize-users-") as folder:
        try:
            return user_files.read(location, quotas.limit("data_deletion_bytes"), Path(folder) / "copies")
        except DataError as error:
            raise InvalidInputException(str(error), field="data_location") from error


@own_operation(role=ADMINISTRATOR, writes=True, sensitive={"user_ids"})
def create_data_deletion_job_from_ids(
    caller: Caller,
    *,
    job_name: str,
    dataset_group_arn: str,
    user_ids: Iterable[str],
    role_arn: str,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Ours, for the console: a data deletion job for a list of ids, which is kept as a file in the uploads bucket."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    lookup.refuse_taken(DataDeletionJob, caller, job_name, field="job_name")
    try:
        content = user_lists.write(sorted(user_lists.check(user_ids)))
    except DataError as error:
        raise InvalidInputException(str(error), field="user_ids") from error
    location = locations.Location(settings.UPLOAD_BUCKET, f"{group.name}/data-deletion/{job_name}.csv")
    with tempfile.TemporaryDirectory(prefix="personalize-users-") as folder:
        file = Path(folder) / "users.csv"
        file.write_bytes(content)
        locations.put(file, location)
    return create_data_deletion_job(
        caller,
        job_name=job_name,
        dataset_group_arn=dataset_group_arn,
        data_source={"dataLocation": str(location)},
        role_arn=role_arn,
        tags=list(tags),
    )


def _summary(found: DataDeletionJob) -> dict[str, Any]:
    return present(
        dataDeletionJobArn=found.arn,
        datasetGroupArn=found.dataset_group.arn,
        jobName=found.name,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
