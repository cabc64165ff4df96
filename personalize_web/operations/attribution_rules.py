"""What the metrics of a metric attribution must be, given the group's datasets."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from personalize_web.engine import attribution, schemas
from personalize_web.engine.schemas.fields import NUMERIC_TYPES
from personalize_web.operations import lookup, quotas, storage
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import Dataset, DatasetGroup

LABELS = {"INTERACTIONS": "Interactions", "ITEMS": "Items"}


def interactions(group: DatasetGroup) -> Dataset:
    """The dataset whose events are counted, which needs to tell types of events apart."""
    dataset = group.datasets.filter(dataset_type="INTERACTIONS").select_related("schema").first()
    if dataset is None:
        raise InvalidInputException(
            f"Dataset group {group.arn} has no Item interactions dataset, whose events a metric attribution counts. "
            "Create it first.",
            field="dataset_group_arn",
        )
    lookup.require_state(dataset, statuses.ACTIVE, doing="used")
    if "EVENT_TYPE" not in _schema(dataset).by_name:
        raise InvalidInputException(
            f"Schema {dataset.schema.arn} of the Item interactions dataset has no EVENT_TYPE field. Metrics count "
            "events by their type: use a schema with that field.",
            field="dataset_group_arn",
        )
    return dataset


def check_count(metrics: Sequence[Mapping[str, str]], *, field: str) -> None:
    """From one metric to as many as the quota says."""
    most = quotas.limit("attribution_metrics")
    if not metrics:
        raise InvalidInputException("A metric attribution needs at least one metric.", field=field)
    if len(metrics) > most:
        raise InvalidInputException(
            f"A metric attribution can have at most {most} metrics, not {len(metrics)}.", field=field
        )


def check_metrics(metrics: Iterable[Mapping[str, str]], group: DatasetGroup, *, field: str) -> None:
    """Refuse a metric that has no name or type, whose expression is none, or whose column cannot be summed."""
    datasets = {
        each.dataset_type: each
        for each in group.datasets.filter(dataset_type__in=LABELS, status=statuses.ACTIVE).select_related("schema")
    }
    for metric in metrics:
        name = metric["metricName"]
        for member in ("metricName", "eventType"):
            if not metric[member].strip():
                raise InvalidInputException(f"{member} of metric {name!r} must not be empty.", field=field)
        expression = attribution.parse(metric["expression"])
        if expression.dataset_type:
            _check_sum(name, expression, datasets.get(expression.dataset_type), field)


def check_output(config: Mapping[str, Any], *, field: str = "metrics_output_config") -> None:
    """The path of reports, where there is one, must name a folder of the store."""
    path = (config.get("s3DataDestination") or {}).get("path")
    if path is None:
        return
    location = storage.checked(folder_path(path), field=field)
    named = locations.parse(path) if not path.endswith("/") and location.key else None
    if named and locations.find(named):
        raise InvalidInputException(
            f"{path} is a file. Reports go into a folder: use s3://bucket/folder/.", field=field
        )


def check_publication(dataset: Dataset, *, field: str) -> None:
    """An import can publish metrics where there are events to count, and a metric attribution that says where to."""
    if dataset.dataset_type != "INTERACTIONS":
        raise InvalidInputException(
            "publishAttributionMetricsToS3 is for imports into the Item interactions dataset: only its events are "
            "counted. Leave it out.",
            field=field,
        )
    group = dataset.dataset_group
    found = group.metric_attributions.filter(status=statuses.ACTIVE).first()
    if found is None:
        raise InvalidInputException(
            f"publishAttributionMetricsToS3 needs an active metric attribution with an S3 path in dataset group "
            f"{group.arn}. Create one first, or leave it out.",
            field=field,
        )
    if not found.metrics_output_config.get("s3DataDestination"):
        raise InvalidInputException(
            f"publishAttributionMetricsToS3 needs to know where to publish, and metric attribution {found.arn} has no "
            "S3 path. Update it with an s3DataDestination, or leave it out.",
            field=field,
        )


def folder_path(path: str) -> str:
    """A folder's path with the slash at its end that may be left out."""
    return path if path.endswith("/") else f"{path}/"


def _check_sum(name: str, expression: attribution.Expression, dataset: Dataset | None, field: str) -> None:
    label = LABELS[str(expression.dataset_type)]
    if dataset is None:
        raise InvalidInputException(
            f"Metric {name}: {expression} needs an active {label} dataset in the dataset group. Create it first.",
            field=field,
        )
    fields = _schema(dataset).by_name
    found = fields.get(expression.column or "")
    if found is None:
        numeric = [each.name for each in fields.values() if each.type in NUMERIC_TYPES]
        close = difflib.get_close_matches((expression.column or "").upper(), numeric, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Numeric columns: {', '.join(numeric) or 'none'}."
        raise InvalidInputException(
            f"Metric {name}: the {label} dataset has no column {expression.column}. {hint}", field=field
        )
    if found.type not in NUMERIC_TYPES:
        raise InvalidInputException(
            f"Metric {name}: column {found.name} of the {label} dataset is of type {found.type}. SUM() needs a numeric "
            "column (int, long, float or double).",
            field=field,
        )
    if dataset.dataset_type == "ITEMS" and (problem := items_problem(dataset)):
        raise InvalidInputException(f"Metric {name}: {expression}: {problem}", field=field)


def items_problem(dataset: Dataset | None) -> str:
    """Why columns of items cannot be summed; empty when they can."""
    if dataset is None or dataset.status != statuses.ACTIVE:
        return "There is no active Items dataset in the dataset group. Create it first."
    imported = dataset.import_jobs.filter(status=statuses.ACTIVE).exists()
    if imported or dataset.statistics.get("rows") or dataset.records.exists():
        return ""
    return "No item metadata has been imported. Import items first."


def _schema(dataset: Dataset) -> schemas.Schema:
    return schemas.parse(dataset.schema.text, domain=dataset.schema.domain)
