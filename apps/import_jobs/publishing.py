"""Event metrics of an import: whether they can be published, or what is missing for it."""

from collections.abc import Mapping
from typing import Any

from apps.ui.dataset_types import DatasetType
from personalize_web import operations
from personalize_web.operations import Caller, statuses


def state(caller: Caller, group: Mapping[str, Any], kind: DatasetType) -> dict[str, Any] | None:
    """``blocked`` (why the box cannot be ticked, if so) and ``url`` of what would help; None for other datasets."""
    if kind.key != "INTERACTIONS":
        return None
    arn, name = group["datasetGroupArn"], group["name"]
    page = f"/console/dataset-groups/{name}/metric-attribution/"
    found = operations.list_metric_attributions(caller, dataset_group_arn=arn)["metricAttributions"]
    active = next((one for one in found if one["status"] == statuses.ACTIVE), None)
    if active is None:
        blocked = "Wait until the metric attribution is Active." if found else "Needs a metric attribution."
        return {"blocked": blocked, "url": page if found else f"{page}-new/configure/", "action": _action(bool(found))}
    described = operations.describe_metric_attribution(caller, metric_attribution_arn=active["metricAttributionArn"])
    output = described["metricAttribution"].get("metricsOutputConfig", {}).get("s3DataDestination", {}).get("path")
    if not output:
        return {"blocked": "The metric attribution has no output path.", "url": page, "action": _action(True)}
    return {"blocked": "", "url": page, "output": output, "action": _action(True)}


def _action(there: bool) -> str:
    return "Open metric attribution" if there else "Create metric attribution"
