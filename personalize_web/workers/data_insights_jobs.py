"""The body of a data analysis."""

from typing import Any

from personalize_web.engine import statistics
from personalize_web.engine.columns import Snapshot
from personalize_web.engine.errors import DataError
from personalize_web.resources import statuses
from personalize_web.resources.models import DataInsightsJob
from personalize_web.workers import events, folders
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

ANALYSED = ("INTERACTIONS", "ITEMS", "USERS")


def create(context: JobContext, analysis: DataInsightsJob) -> Publication:
    """Look at the group's interactions, items and users as they are now."""
    snapshots: dict[str, Snapshot] = {}
    schemas: dict[str, Any] = {}
    group = analysis.dataset_group
    for dataset in group.datasets.filter(status=statuses.ACTIVE, dataset_type__in=ANALYSED).select_related("schema"):
        events.store_waiting(dataset)
        snapshot = folders.store_of(dataset).snapshot()
        if snapshot.segments:
            snapshots[dataset.dataset_type] = snapshot
            schemas[dataset.dataset_type] = folders.schema_of(dataset)
    if not snapshots:
        raise DataError("The dataset group has no data to analyse. Import some first.")
    result = statistics.analyse(
        snapshots.get("INTERACTIONS"), snapshots.get("ITEMS"), snapshots.get("USERS"), schemas, context
    )
    return lambda: {"result": result}
