"""Every kind of job: the table its resource stands in, the body that does it, and the states it moves through."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from django.utils import timezone

from personalize_web.resources import statuses
from personalize_web.resources.models import (
    BatchInferenceJob,
    BatchSegmentJob,
    Campaign,
    DataCheck,
    DataDeletionJob,
    DataInsightsJob,
    DataPreparation,
    Dataset,
    DatasetExportJob,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    Job,
    MetricAttribution,
    Recommender,
    Solution,
    SolutionVersion,
    StatefulResource,
)

Publication = Callable[[], dict[str, Any] | None]
"""The one atomic step at the end of a body; may answer field values to be written with the last status."""


@dataclass(frozen=True)
class Kind:
    """How one kind of job moves its resource."""

    model: type[StatefulResource]
    body: str
    """``module:function`` in this package; imported when the job runs, so that nothing heavy is loaded before."""
    running: str | None = None
    done: str | None = None
    failed: str | None = None
    update: bool = False
    """The states are those of ``latest_update``; the resource's own status stays as it is."""
    may_begin_in: tuple[str, ...] | None = None
    """States the resource may be in when the work begins; None: any."""
    alone_on: Literal["dataset", "group"] | None = None
    """What no other job may touch meanwhile: the columns of the resource's dataset, or all data of its group."""
    uses_data: bool = False
    """It reads or writes data of its group, and waits while another job has these for itself."""

    def load(self) -> Callable[..., Publication | None]:
        """The body itself."""
        module, function = self.body.split(":")
        return getattr(import_module(f"personalize_web.workers.{module}"), function)

    def find(self, arn: str) -> StatefulResource | None:
        """The resource the job is about, or None when it is gone."""
        return self.model._default_manager.filter(arn=arn).first()

    def begin(self, resource: StatefulResource) -> bool:
        """Show that the work has begun; False when the resource is no longer in a state to be worked on."""
        if self.update:
            self._move_update(resource, statuses.CREATE_IN_PROGRESS)
            return True
        if self.running is None:
            return True
        return resource.move(self.running, come_from=self.may_begin_in)

    def finish(self, resource: StatefulResource, values: dict[str, Any]) -> None:
        """Show that the work succeeded."""
        if self.update:
            self._move_update(resource, statuses.ACTIVE, values=values)
        elif self.done is not None:
            resource.move(self.done, **{"failure_reason": None} | values)
        elif values:
            resource.change(**values)

    def fail(self, resource: StatefulResource, reason: str) -> None:
        """Show that the work failed, and why."""
        if self.update:
            self._move_update(resource, statuses.CREATE_FAILED, reason=reason)
        elif self.failed is not None:
            resource.move(self.failed, failure_reason=reason)

    def stop(self, resource: StatefulResource) -> None:
        """Show that the work ended because its owner asked for it."""
        if self.running == statuses.CREATE_IN_PROGRESS:
            resource.move(statuses.CREATE_STOPPED)
        elif self.running == statuses.BATCH_IN_PROGRESS:  # which can say no more than that it failed
            resource.move(statuses.CREATE_FAILED, failure_reason="The job was stopped.")

    def _move_update(
        self, resource: Any, status: str, *, reason: str | None = None, values: dict[str, Any] | None = None
    ) -> None:
        update = dict(resource.latest_update or {})
        update |= {"status": status, "failureReason": reason, "lastUpdatedDateTime": timezone.now().timestamp()}
        resource.change(**{"latest_update": update} | (values or {}))


def _create(model: type[StatefulResource], body: str, **more: Any) -> Kind:
    return Kind(
        model,
        body,
        statuses.CREATE_IN_PROGRESS,
        statuses.ACTIVE,
        statuses.CREATE_FAILED,
        may_begin_in=statuses.BUILDING,
        **more,
    )


def _delete(
    model: type[StatefulResource], body: str, *, running: str = statuses.DELETE_IN_PROGRESS, **more: Any
) -> Kind:
    """A failed deletion leaves a failed resource: that may be deleted again."""
    return Kind(model, body, running, None, statuses.CREATE_FAILED, may_begin_in=statuses.DELETING, **more)


def _batch(model: type[StatefulResource]) -> Kind:
    return Kind(
        model,
        "batch_jobs:create",
        statuses.BATCH_IN_PROGRESS,
        statuses.ACTIVE,
        statuses.CREATE_FAILED,
        may_begin_in=statuses.BATCH_RUNNING,
        uses_data=True,
    )


KINDS = {
    "create-dataset-group": _create(DatasetGroup, "dataset_groups:create"),
    "delete-dataset-group": _delete(DatasetGroup, "dataset_groups:delete", running=statuses.DELETE_PENDING),
    "delete-everything": Kind(
        DatasetGroup,
        "group_deletions:delete",
        statuses.DELETE_PENDING,
        None,
        statuses.ACTIVE,
        may_begin_in=(statuses.DELETE_PENDING,),
        alone_on="group",
    ),
    "create-dataset": _create(Dataset, "datasets:create"),
    "update-dataset": Kind(Dataset, "dataset_updates:update", update=True, alone_on="dataset", uses_data=True),
    "delete-dataset": _delete(Dataset, "datasets:delete", alone_on="dataset", uses_data=True),
    "delete-recorded-events": Kind(Dataset, "datasets:delete_recorded_events", alone_on="dataset", uses_data=True),
    "store-events": Kind(Dataset, "events:store", alone_on="dataset", uses_data=True),
    "create-dataset-import-job": _create(
        DatasetImportJob, "dataset_import_jobs:create", alone_on="dataset", uses_data=True
    ),
    "create-dataset-export-job": _create(DatasetExportJob, "dataset_export_jobs:create", uses_data=True),
    "create-data-deletion-job": Kind(
        DataDeletionJob,
        "data_deletion_jobs:create",
        statuses.IN_PROGRESS,
        statuses.COMPLETED,
        statuses.FAILED,
        may_begin_in=(statuses.PENDING, statuses.IN_PROGRESS),
        alone_on="group",
    ),
    "create-batch-inference-job": _batch(BatchInferenceJob),
    "create-batch-segment-job": _batch(BatchSegmentJob),
    "create-event-tracker": _create(EventTracker, "event_trackers:create"),
    "delete-event-tracker": _delete(EventTracker, "event_trackers:delete"),
    "create-metric-attribution": _create(MetricAttribution, "metric_attributions:create"),
    "delete-metric-attribution": _delete(MetricAttribution, "metric_attributions:delete"),
    "count-attribution": Kind(MetricAttribution, "metric_attributions:count", uses_data=True),
    "create-data-check": _create(DataCheck, "data_checks:create", uses_data=True),
    "create-data-preparation": _create(DataPreparation, "data_preparations:create", uses_data=True),
    "create-filter": _create(Filter, "filters:create"),
    "delete-filter": _delete(Filter, "filters:delete"),
    "create-data-insights-job": _create(DataInsightsJob, "data_insights_jobs:create", uses_data=True),
    "create-solution": _create(Solution, "solutions:create"),
    "delete-solution": _delete(Solution, "solutions:delete"),
    "create-solution-version": _create(SolutionVersion, "solution_versions:create", uses_data=True),
    "refresh-version-trends": Kind(SolutionVersion, "trends:refresh_version", uses_data=True),
    "refresh-recommender-trends": Kind(Recommender, "trends:refresh_recommender", uses_data=True),
    "update-version-model": Kind(SolutionVersion, "automatic_updates:update_version", uses_data=True),
    "update-recommender-model": Kind(Recommender, "automatic_updates:update_recommender", uses_data=True),
    "create-campaign": _create(Campaign, "campaigns:create"),
    "update-campaign": Kind(Campaign, "campaigns:update", update=True),
    "delete-campaign": _delete(Campaign, "campaigns:delete"),
    "create-recommender": _create(Recommender, "recommenders:create", uses_data=True),
    "update-recommender": Kind(Recommender, "recommenders:update", update=True, uses_data=True),
    "retrain-recommender": Kind(Recommender, "recommenders:retrain", uses_data=True),
    "start-recommender": Kind(
        Recommender,
        "recommenders:start",
        statuses.START_IN_PROGRESS,
        statuses.ACTIVE,
        statuses.INACTIVE,
        may_begin_in=(statuses.START_PENDING, statuses.START_IN_PROGRESS),
        uses_data=True,
    ),
    "stop-recommender": Kind(
        Recommender,
        "recommenders:stop",
        statuses.STOP_IN_PROGRESS,
        statuses.INACTIVE,
        statuses.ACTIVE,
        may_begin_in=(statuses.STOP_PENDING, statuses.STOP_IN_PROGRESS),
    ),
    "delete-recommender": _delete(Recommender, "recommenders:delete"),
}


def locks_of(kind: str, resource: StatefulResource, group: DatasetGroup | None) -> dict[str, str]:
    """What a job of ``kind`` keeps others from, as arguments of its row.

    ``lock`` is what it must be alone on: no two jobs with the same one run together. ``shares`` is a group whose data
    it uses beside others: it does not run together with a job that is alone on that group.
    """
    known = KINDS.get(kind)
    if known is None:
        return {}
    locks = {}
    if known.alone_on == "dataset":
        locks["lock"] = resource.arn if isinstance(resource, Dataset) else getattr(resource, "dataset_arn", "")
    elif known.alone_on == "group" and group is not None:
        locks["lock"] = group.arn
    if known.uses_data and group is not None:
        locks["shares"] = group.arn
    return locks


def of(row: Job) -> Kind | None:
    """The kind of ``row``; None when this version of the service does not know it."""
    return KINDS.get(row.kind)
