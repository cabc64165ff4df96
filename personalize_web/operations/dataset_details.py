"""What the console shows of datasets beyond the service model: counts, the latest import, some rows."""

from typing import Any

from django.db.models import OuterRef, Subquery

from personalize_web.operations import lookup
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources.models import Dataset, DatasetGroup, DatasetImportJob

MOST_ROWS = 200


@own_operation()
def list_dataset_details(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for a group's pages: its datasets with counts, schema and latest import."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    imports = DatasetImportJob.objects.filter(dataset=OuterRef("pk")).order_by("-created_at", "-pk")
    rows = list(
        group.datasets.select_related("schema").annotate(latest=Subquery(imports.values("pk")[:1])).order_by("pk")
    )
    latest = DatasetImportJob.objects.in_bulk([row.latest for row in rows if row.latest])
    return {"datasets": [_described(row, latest.get(row.latest)) for row in rows]}


@own_operation(recorded=True)
def list_dataset_rows(caller: Caller, *, dataset_arn: str, limit: int = 20) -> dict[str, Any]:
    """Ours, for a dataset's page: some of its rows, as they are stored."""
    from personalize_web.workers import folders  # a query engine: only loaded by processes that need it

    dataset = lookup.get(Dataset, caller, dataset_arn)
    snapshot = folders.store_of(dataset).snapshot()
    if not snapshot.segments:
        return {"columns": list(snapshot.columns), "rows": []}
    table = snapshot.sample(max(1, min(limit, MOST_ROWS)))
    return {"columns": table.column_names, "rows": [list(row.values()) for row in table.to_pylist()]}


def _described(dataset: Dataset, latest: DatasetImportJob | None) -> dict[str, Any]:
    return present(
        name=dataset.name,
        datasetArn=dataset.arn,
        datasetType=dataset.dataset_type,
        status=dataset.status,
        failureReason=failure(dataset),
        schemaArn=dataset.schema.arn,
        schemaName=dataset.schema.name,
        trackingId=dataset.tracking_id,
        statistics=dataset.statistics,
        **dates(dataset),
    ) | {"latestImport": _import(latest) if latest else None}


def _import(job: DatasetImportJob) -> dict[str, Any]:
    return present(
        jobName=job.name,
        datasetImportJobArn=job.arn,
        importMode=job.import_mode,
        status=job.status,
        failureReason=failure(job),
        **dates(job),
    )
