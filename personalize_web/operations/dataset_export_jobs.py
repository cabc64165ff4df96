"""Dataset export jobs: create, describe, list."""

from collections.abc import Iterable
from typing import Any

from personalize_web.operations import lookup, paging, storage
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetExportJob
from personalize_web.workers import job

EXPORTED = ("INTERACTIONS", "USERS", "ITEMS")
"""Dataset types that can be exported."""


@operation
def create_dataset_export_job(
    caller: Caller,
    *,
    job_name: str,
    dataset_arn: str,
    role_arn: str,
    job_output: dict[str, dict[str, str]],
    ingestion_mode: str = "PUT",
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin to write a dataset's rows as CSV files below a folder of the store."""
    dataset = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn")
    lookup.refuse_taken(DatasetExportJob, caller, job_name, field="job_name")
    if dataset.dataset_type not in EXPORTED:
        raise InvalidInputException(
            f"A dataset of type {dataset.dataset_type} cannot be exported; those of type {', '.join(EXPORTED)} can.",
            field="dataset_arn",
        )
    lookup.require_state(dataset, statuses.ACTIVE, doing="used")
    path = job_output["s3DataDestination"]["path"]
    storage.checked(path if path.endswith("/") else f"{path}/", field="job_output")
    made = lookup.create(
        DatasetExportJob,
        caller,
        name=job_name,
        field="job_name",
        dataset_group=dataset.dataset_group,
        dataset=dataset,
        dataset_arn=dataset.arn,
        ingestion_mode=ingestion_mode,
        job_output=job_output,
        role_arn=role_arn,
        tags=tags,
    )
    job.enqueue("create-dataset-export-job", made, caller=caller)
    return {"datasetExportJobArn": made.arn}


@operation
def describe_dataset_export_job(caller: Caller, *, dataset_export_job_arn: str) -> dict[str, Any]:
    """One export with everything about it."""
    found = lookup.get(DatasetExportJob, caller, dataset_export_job_arn)
    return {
        "datasetExportJob": _summary(found)
        | {
            "datasetArn": found.dataset_arn,
            "ingestionMode": found.ingestion_mode,
            "roleArn": found.role_arn,
            "jobOutput": found.job_output,
        }
    }


@operation
def list_dataset_export_jobs(
    caller: Caller, *, dataset_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The exports of a dataset, or of the account, newest first."""
    rows = lookup.of(DatasetExportJob, caller)
    return paging.page(
        rows.filter(dataset_arn=dataset_arn) if dataset_arn else rows,
        _summary,
        key="datasetExportJobs",
        operation="list_dataset_export_jobs",
        filters={"dataset_arn": dataset_arn},
        max_results=max_results,
        next_token=next_token,
    )


@own_operation()
def describe_dataset_export_job_details(caller: Caller, *, dataset_export_job_arn: str) -> dict[str, Any]:
    """Ours, for its page: where the files lie, how much was written, and what was left out.

    ``folder`` is where they appear; ``rows``, ``bytes``, ``seconds`` and ``leftOut`` are None until the job is ACTIVE.
    ``files`` are locations with their bytes, in the order of the rows.
    """
    found = lookup.get(DatasetExportJob, caller, dataset_export_job_arn)
    summary = found.summary
    return {
        "folder": f"{found.job_output['s3DataDestination']['path'].removesuffix('/')}/{found.name}/",
        "rows": summary.get("rows"),
        "bytes": summary.get("bytes"),
        "seconds": summary.get("seconds"),
        "leftOut": summary.get("left_out"),
        "files": summary.get("files", []),
        "warnings": summary.get("warnings", []),
    }


def _summary(found: DatasetExportJob) -> dict[str, Any]:
    return present(
        datasetExportJobArn=found.arn,
        jobName=found.name,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
