"""Every quota with its limit and use, ours beside the 79."""

from dataclasses import dataclass
from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import lookup, quotas
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import (
    BatchInferenceJob,
    BatchSegmentJob,
    Dataset,
    DatasetGroup,
    DatasetImportJob,
    Schema,
    SolutionVersion,
)

MOST_EVENT_TYPES = 10
"""Event types and optional columns of interactions together that a training takes."""


@dataclass(frozen=True)
class Fixed:
    """A limit of one call, job or value: there is nothing to count."""

    name: str
    label: str
    area: str
    scope: str
    limit: int | None = None
    """None: a setting of the same name."""
    unit: str = ""
    least: bool = False
    """The limit is the least that is needed."""


FIXED = (
    Fixed("import_full_bytes", "Files of a FULL import", "Imports", "job", unit="bytes"),
    Fixed("import_incremental_bytes", "Files of an INCREMENTAL import", "Imports", "job", unit="bytes"),
    Fixed("import_minimum_interactions", "Rows of an import of interactions", "Imports", "job", least=True),
    Fixed("id_characters", "Ids of users, items and actions", "Data", "value", 256, "characters"),
    Fixed("category_characters", "Categories and impressions", "Data", "value", 1000, "characters"),
    Fixed("text_characters", "Text, longer is cut", "Data", "value", 20_000, "characters"),
    Fixed("text_characters_cjk", "Text in Chinese or Japanese, longer is cut", "Data", "value", 7_000, "characters"),
    Fixed("textual_fields", "Text fields of Items", "Data", "dataset", 1),
    Fixed("schema_characters", "A schema", "Data", "value", 20_000, "characters"),
    Fixed("training_interactions", "Interactions to train on", "Training", "datasetGroup", 1000, least=True),
    Fixed("training_users", "Users with two interactions to train on", "Training", "datasetGroup", 25, least=True),
    Fixed("put_events_per_second", "PutEvents calls", "Single records", "datasetGroup", unit="a second"),
    Fixed(
        "put_action_interactions_per_second",
        "PutActionInteractions calls",
        "Single records",
        "datasetGroup",
        unit="a second",
    ),
    Fixed(
        "put_records_per_second",
        "PutUsers, PutItems and PutActions calls, each",
        "Single records",
        "datasetGroup",
        unit="a second",
    ),
    Fixed("put_records", "Records of a Put call", "Single records", "call", 10),
    Fixed("event_bytes", "An event", "Single records", "value", 10_240, "bytes"),
    Fixed("event_properties", "Properties of an event", "Single records", "value", 1_024, "characters"),
    Fixed("user_item_properties", "Properties of a user or an item", "Single records", "value", 24_000, "characters"),
    Fixed("action_properties", "Properties of an action", "Single records", "value", 32_000, "characters"),
    Fixed("impression_items", "Items of an impression", "Single records", "value", 25),
    Fixed("data_deletion_bytes", "Files of a data deletion job", "Deletion", "job", unit="bytes"),
    Fixed("tags", "Tags", "Resources", "resource"),
    Fixed("requests_per_second", "Requests for recommendations", "Recommendations", "deployment", unit="a second"),
    Fixed("account_requests_per_second", "Requests of all deployments", "Recommendations", "account", unit="a second"),
    Fixed("results", "Results of a request", "Recommendations", "call"),
    Fixed("results_with_metadata", "Results of a request with metadata", "Recommendations", "call"),
    Fixed("filter_action_interactions", "Action interactions of a user and type that filters see", "Filters", "value"),
    Fixed("action_results", "Actions of a request", "Recommendations", "call"),
    Fixed("batch_input_files", "Input files of a batch job", "Batch jobs", "job"),
    Fixed("batch_input_bytes", "Input of a batch job", "Batch jobs", "job", unit="bytes"),
    Fixed("batch_records", "Lines of an input file", "Batch jobs", "job"),
    Fixed("batch_theme_records", "Lines of an input file with themes", "Batch jobs", "job"),
    Fixed("batch_segment_item_queries", "Items of an input file for segments", "Batch jobs", "job"),
    Fixed("batch_segment_attribute_queries", "Queries of attributes of an input file", "Batch jobs", "job"),
    Fixed("batch_segment_users", "Users of a segment", "Batch jobs", "call"),
    Fixed("metadata_columns", "Metadata columns of a request", "Recommendations", "call"),
)


@own_operation()
def list_quotas(caller: Caller, *, dataset_group_arn: str | None = None) -> dict[str, Any]:
    """Ours, for the quotas page: every quota with its limit and, where there is something to count, its use.

    Each has name, label, area, scope (account, datasetGroup, dataset, deployment, job, call, value or resource), limit,
    used (None: not counted), unit, whether it is a least instead of a most, and setting, the name in the environment
    that changes it (None: fixed). With a group those that are counted in it too.
    """
    rows = [
        _counted("active_dataset_groups", "Dataset groups", "account", _active(lookup.of(DatasetGroup, caller))),
        _counted("active_schemas", "Schemas", "account", lookup.of(Schema, caller).count()),
        _counted("pending_import_jobs", "Imports at a time", "account", _running(lookup.of(DatasetImportJob, caller))),
        _counted(
            "pending_solution_versions", "Trainings at a time", "account", _running(lookup.of(SolutionVersion, caller))
        ),
        *(
            _counted(f"pending_batch_{kind}_jobs", label, "account", _batches(lookup.of(model, caller)), "Batch jobs")
            for kind, label, model in (
                ("inference", "Batch inference jobs at a time", BatchInferenceJob),
                ("segment", "Batch segment jobs at a time", BatchSegmentJob),
            )
        ),
    ]
    if dataset_group_arn is not None:
        rows += _of_group(lookup.get(DatasetGroup, caller, dataset_group_arn))
    rows += [_fixed(each) for each in FIXED]
    return {"quotas": rows + [_considered(most) for most in sorted({r.max_items for r in RECIPES.values()})]}


def _batches(jobs: Any) -> int:
    return int(jobs.filter(status__in=statuses.BATCH_RUNNING).count())


def _of_group(group: DatasetGroup) -> list[dict[str, Any]]:
    waiting = group.data_deletion_jobs.filter(status=statuses.PENDING).count()
    metrics = sum(len(each.metrics) for each in group.metric_attributions.all())
    sources = group.metric_counts.values("source").distinct().count()
    alive = group.filters.exclude(status__in=quotas.UNCOUNTED)
    fields = {field for each in alive.values_list("fields", flat=True) for field in each}
    rows = [
        _counted("active_solutions", "Solutions", "datasetGroup", _active(group.solutions.all())),
        _counted("active_campaigns", "Campaigns", "datasetGroup", _active(group.campaigns.all())),
        _counted("recommenders", "Recommenders", "datasetGroup", _active(group.recommenders.all())),
        _counted("filters", "Filters", "datasetGroup", _active(group.filters.all()), "Filters"),
        _counted("filter_fields", "Fields of all filters", "datasetGroup", len(fields), "Filters"),
        _counted("pending_data_deletion_jobs", "Data deletion jobs that wait", "datasetGroup", waiting, "Deletion"),
        _counted("attribution_metrics", "Metrics", "datasetGroup", metrics, "Metric attribution"),
        _counted("attribution_sources", "Sources of events", "datasetGroup", sources, "Metric attribution"),
    ]
    for dataset in group.datasets.select_related("schema").order_by("dataset_type"):
        rows += _of_dataset(dataset)
    return rows


def _of_dataset(dataset: Dataset) -> list[dict[str, Any]]:
    """Metadata fields; of interactions the event types and optional columns too, which are counted together."""
    parsed = avro.parse(dataset.schema.text, domain=dataset.schema.domain)
    kind = dataset.dataset_type
    limit, used = avro.MAXIMUM_METADATA[kind], len(parsed.metadata)
    rows = [_row(f"metadata_fields_{kind.lower()}", f"Metadata fields of {avro.RECORD_NAMES[kind]}", limit, used)]
    if kind == "INTERACTIONS":
        columns = sum(name in parsed.by_name for name in ("EVENT_TYPE", "EVENT_VALUE")) + used
        types = len(dataset.statistics.get("event_types") or ())
        rows.append(_row("event_types", "Event types and optional columns", MOST_EVENT_TYPES, columns + types))
    return [row | {"area": "Data", "scope": "dataset"} for row in rows]


def _counted(name: str, label: str, scope: str, used: int, area: str = "Resources") -> dict[str, Any]:
    return _row(name, label, quotas.limit(name), used) | {"area": area, "scope": scope, "setting": _setting(name)}


def _fixed(given: Fixed) -> dict[str, Any]:
    limit = quotas.limit(given.name) if given.limit is None else given.limit
    return _row(given.name, given.label, limit, None) | {
        "area": given.area,
        "scope": given.scope,
        "unit": given.unit,
        "least": given.least,
        "setting": _setting(given.name) if given.limit is None else None,
    }


def _considered(most: int) -> dict[str, Any]:
    titles = [recipe.name for recipe in RECIPES.values() if recipe.max_items == most]
    label = f"Items that a training of {titles[0]}{' and others' if len(titles) > 1 else ''} considers"
    return _row(f"items_considered_{most}", label, most, None) | {"area": "Training", "scope": "datasetGroup"}


def _row(name: str, label: str, limit: int, used: int | None) -> dict[str, Any]:
    return {"name": name, "label": label, "limit": limit, "used": used, "unit": "", "least": False, "setting": None}


def _setting(name: str) -> str:
    return f"QUOTA_{name.upper()}"


def _active(rows: Any) -> int:
    return rows.exclude(status__in=quotas.UNCOUNTED).count()


def _running(rows: Any) -> int:
    return rows.filter(status__in=statuses.BUILDING).count()
