"""Every kind of job: the table its resource stands in, the body that does it, and the states it moves through."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.utils import timezone

from personalize_web.resources import statuses
from personalize_web.resources.models import (
    Campaign,
    DataInsightsJob,
    Dataset,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Job,
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

    def _move_update(
        self, resource: Any, status: str, *, reason: str | None = None, values: dict[str, Any] | None = None
    ) -> None:
        update = dict(resource.latest_update or {})
        update |= {"status": status, "failureReason": reason, "lastUpdatedDateTime": timezone.now().timestamp()}
        resource.change(**{"latest_update": update} | (values or {}))


def _create(model: type[StatefulResource], body: str) -> Kind:
    return Kind(
        model,
        body,
        statuses.CREATE_IN_PROGRESS,
        statuses.ACTIVE,
        statuses.CREATE_FAILED,
        may_begin_in=statuses.BUILDING,
    )


def _delete(model: type[StatefulResource], body: str, *, running: str = statuses.DELETE_IN_PROGRESS) -> Kind:
    """A failed deletion leaves a failed resource: that may be deleted again."""
    return Kind(model, body, running, None, statuses.CREATE_FAILED, may_begin_in=statuses.DELETING)


KINDS = {
    "create-dataset-group": _create(DatasetGroup, "dataset_groups:create"),
    "delete-dataset-group": _delete(DatasetGroup, "dataset_groups:delete", running=statuses.DELETE_PENDING),
    "create-dataset": _create(Dataset, "datasets:create"),
    "delete-dataset": _delete(Dataset, "datasets:delete"),
    "store-events": Kind(Dataset, "events:store"),
    "create-dataset-import-job": _create(DatasetImportJob, "dataset_import_jobs:create"),
    "create-event-tracker": _create(EventTracker, "event_trackers:create"),
    "delete-event-tracker": _delete(EventTracker, "event_trackers:delete"),
    "create-data-insights-job": _create(DataInsightsJob, "data_insights_jobs:create"),
    "create-solution": _create(Solution, "solutions:create"),
    "delete-solution": _delete(Solution, "solutions:delete"),
    "create-solution-version": _create(SolutionVersion, "solution_versions:create"),
    "create-campaign": _create(Campaign, "campaigns:create"),
    "update-campaign": Kind(Campaign, "campaigns:update", update=True),
    "delete-campaign": _delete(Campaign, "campaigns:delete"),
    "create-recommender": _create(Recommender, "recommenders:create"),
    "update-recommender": Kind(Recommender, "recommenders:update", update=True),
    "retrain-recommender": Kind(Recommender, "recommenders:retrain"),
    "start-recommender": Kind(
        Recommender,
        "recommenders:start",
        statuses.START_IN_PROGRESS,
        statuses.ACTIVE,
        statuses.INACTIVE,
        may_begin_in=(statuses.START_PENDING, statuses.START_IN_PROGRESS),
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


def lock_of(kind: str, resource: StatefulResource) -> str | None:
    """What jobs must not touch at the same time: the columns of one dataset."""
    if kind == "create-dataset-import-job":
        return getattr(resource, "dataset_arn", None)
    return resource.arn if kind in ("store-events", "delete-dataset") else None


def of(row: Job) -> Kind | None:
    """The kind of ``row``; None when this version of the service does not know it."""
    return KINDS.get(row.kind)
