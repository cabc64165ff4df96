"""Dataset import jobs: create, describe, list."""

from collections.abc import Iterable
from typing import Any

from personalize_web.operations import attribution_rules, lookup, paging, quotas, storage
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetImportJob
from personalize_web.workers import job


@operation
def create_dataset_import_job(
    caller: Caller,
    *,
    job_name: str,
    dataset_arn: str,
    data_source: dict[str, str],
    role_arn: str | None = None,
    tags: Iterable[dict[str, str]] = (),
    import_mode: str = "FULL",
    publish_attribution_metrics_to_s3: bool = False,
) -> dict[str, Any]:
    """Begin to read a CSV file, or the files of a folder, into a dataset: all of it or nothing."""
    dataset = lookup.get(Dataset, caller, dataset_arn, field="dataset_arn")
    lookup.refuse_taken(DatasetImportJob, caller, job_name, field="job_name")
    lookup.require_state(dataset, statuses.ACTIVE, doing="used")
    location = data_source.get("dataLocation", "")
    storage.checked(location, field="data_source")
    if import_mode == "INCREMENTAL" and not dataset.import_jobs.filter(status=statuses.ACTIVE).exists():
        raise InvalidInputException(
            "importMode INCREMENTAL adds to imported data, and there is none yet. The first import must be FULL.",
            field="import_mode",
        )
    if publish_attribution_metrics_to_s3:
        attribution_rules.check_publication(dataset, field="publish_attribution_metrics_to_s3")
    quotas.room_for_running("pending_import_jobs", lookup.of(DatasetImportJob, caller))
    made = lookup.create(
        DatasetImportJob,
        caller,
        name=job_name,
        field="job_name",
        dataset_group=dataset.dataset_group,
        dataset=dataset,
        dataset_arn=dataset.arn,
        data_location=location,
        role_arn=role_arn,
        import_mode=import_mode,
        publish_attribution_metrics=publish_attribution_metrics_to_s3,
        tags=tags,
    )
    job.enqueue("create-dataset-import-job", made, caller=caller)
    return {"datasetImportJobArn": made.arn}


@operation
def describe_dataset_import_job(caller: Caller, *, dataset_import_job_arn: str) -> dict[str, Any]:
    """One import with everything about it."""
    found = lookup.get(DatasetImportJob, caller, dataset_import_job_arn)
    return {
        "datasetImportJob": _summary(found)
        | present(
            datasetArn=found.dataset_arn,
            dataSource={"dataLocation": found.data_location},
            roleArn=found.role_arn,
            publishAttributionMetricsToS3=found.publish_attribution_metrics,
        )
    }


@operation
def list_dataset_import_jobs(
    caller: Caller, *, dataset_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The imports into a dataset, or of the account, newest first."""
    rows = lookup.of(DatasetImportJob, caller)
    return paging.page(
        rows.filter(dataset_arn=dataset_arn) if dataset_arn else rows,
        _summary,
        key="datasetImportJobs",
        operation="list_dataset_import_jobs",
        filters={"dataset_arn": dataset_arn},
        max_results=max_results,
        next_token=next_token,
    )


@own_operation()
def describe_dataset_import_job_details(caller: Caller, *, dataset_import_job_arn: str) -> dict[str, Any]:
    """Ours, for its page: how much was read, and each bad row."""
    summary = lookup.get(DatasetImportJob, caller, dataset_import_job_arn).summary
    return {
        "rows": summary.get("rows"),
        "bytes": summary.get("bytes"),
        "files": summary.get("files"),
        "seconds": summary.get("seconds"),
        "warnings": summary.get("warnings", []),
        "badRows": summary.get("bad_rows", []),
        **present(attributionReport=summary.get("attribution_file")),
    }


def _summary(found: DatasetImportJob) -> dict[str, Any]:
    return present(
        datasetImportJobArn=found.arn,
        jobName=found.name,
        importMode=found.import_mode,
        status=found.status,
        failureReason=failure(found),
        **dates(found),
    )
