"""The page of whatever has an ARN."""

from collections.abc import Callable

from django.urls import reverse

from apps.ui import dataset_types
from personalize_web import operations
from personalize_web.operations import Caller, ServiceError


def address(caller: Caller, arn: str) -> str:
    """The address of the page of ``arn``; empty where there is no such page or the resource is gone."""
    parts = arn.split(":", 5)
    kind, _, name = parts[5].partition("/") if len(parts) == 6 else ("", "", "")
    find = _PLACES.get(kind)
    try:
        return find(caller, arn, name) if find and name else ""
    except (ServiceError, KeyError):
        return ""


def _below(group_arn: str, *parts: str) -> str:
    group = group_arn.rpartition("/")[2]
    return "/".join(["/console/dataset-groups", group, *parts, ""])


def _dataset(caller: Caller, arn: str, name: str) -> str:
    group, _, key = name.partition("/")
    return reverse("datasets:detail", kwargs={"dsg": group, "kind": dataset_types.of(key).slug})


def _import(caller: Caller, arn: str, name: str) -> str:
    job = operations.describe_dataset_import_job(caller, dataset_import_job_arn=arn)["datasetImportJob"]
    group, _, key = job["datasetArn"].partition(":dataset/")[2].partition("/")
    kwargs = {"dsg": group, "kind": dataset_types.of(key).slug, "job": name}
    return reverse("import_jobs:detail", kwargs=kwargs)


def _export(caller: Caller, arn: str, name: str) -> str:
    job = operations.describe_dataset_export_job(caller, dataset_export_job_arn=arn)["datasetExportJob"]
    group, _, key = job["datasetArn"].partition(":dataset/")[2].partition("/")
    kwargs = {"dsg": group, "kind": dataset_types.of(key).slug, "job": name}
    return reverse("datasets:export", kwargs=kwargs)


def _deletion(caller: Caller, arn: str, name: str) -> str:
    job = operations.describe_data_deletion_job(caller, data_deletion_job_arn=arn)["dataDeletionJob"]
    return _below(job["datasetGroupArn"], "data-deletion-jobs", name)


def _check(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_data_check(caller, data_check_arn=arn)["dataCheck"]
    return _below(found["datasetGroupArn"], "data-checks", name)


def _preparation(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_data_preparation(caller, data_preparation_arn=arn)["dataPreparation"]
    return _below(found["datasetGroupArn"], "data-preparations", name)


def _analysis(caller: Caller, arn: str, name: str) -> str:
    job = operations.describe_data_insights_job(caller, data_insights_job_arn=arn)["dataInsightsJob"]
    return f"{_below(job['datasetGroupArn'], 'data-analysis')}?run={name}"


def _tracker(caller: Caller, arn: str, name: str) -> str:
    tracker = operations.describe_event_tracker(caller, event_tracker_arn=arn)["eventTracker"]
    return _below(tracker["datasetGroupArn"], "event-trackers", tracker["name"])


def _filter(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_filter(caller, filter_arn=arn)["filter"]
    return _below(found["datasetGroupArn"], "filters", name)


def _solution(caller: Caller, arn: str, name: str) -> str:
    solution, _, version = name.partition("/")
    solution_arn = arn.removesuffix(f"/{version}") if version else arn
    group = operations.describe_solution(caller, solution_arn=solution_arn)["solution"]["datasetGroupArn"]
    return _below(group, "solutions", solution, *(("versions", version) if version else ()))


def _campaign(caller: Caller, arn: str, name: str) -> str:
    version = operations.describe_campaign(caller, campaign_arn=arn)["campaign"]["solutionVersionArn"]
    solution_arn = version.rpartition("/")[0]
    group = operations.describe_solution(caller, solution_arn=solution_arn)["solution"]["datasetGroupArn"]
    return _below(group, "campaigns", name)


def _recommender(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_recommender(caller, recommender_arn=arn)["recommender"]
    return _below(found["datasetGroupArn"], "recommenders", name)


def _batch_inference(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_batch_inference_job_details(caller, batch_inference_job_arn=arn)
    return _below(found["datasetGroupArn"], "batch-inference-jobs", name)


def _batch_segment(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_batch_segment_job_details(caller, batch_segment_job_arn=arn)
    return _below(found["datasetGroupArn"], "batch-segment-jobs", name)


def _attribution(caller: Caller, arn: str, name: str) -> str:
    found = operations.describe_metric_attribution(caller, metric_attribution_arn=arn)["metricAttribution"]
    return _below(found["datasetGroupArn"], "metric-attribution")


_PLACES: dict[str, Callable[[Caller, str, str], str]] = {
    "dataset-group": lambda caller, arn, name: _below(name),
    "schema": lambda caller, arn, name: reverse("schemas:detail", kwargs={"schema": name}),
    "recipe": lambda caller, arn, name: f"/console/recipes/{name}/",
    "dataset": _dataset,
    "dataset-import-job": _import,
    "dataset-export-job": _export,
    "data-deletion-job": _deletion,
    "data-check": _check,
    "data-preparation": _preparation,
    "data-insights-job": _analysis,
    "event-tracker": _tracker,
    "filter": _filter,
    "solution": _solution,
    "campaign": _campaign,
    "recommender": _recommender,
    "batch-inference-job": _batch_inference,
    "batch-segment-job": _batch_segment,
    "metric-attribution": _attribution,
}
