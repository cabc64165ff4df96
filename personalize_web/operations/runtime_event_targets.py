"""Which dataset a tracking ID stands for, read at most twice a second."""

from dataclasses import dataclass
from typing import Any

from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException, ServiceError
from personalize_web.operations.runtime_rows import briefly
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, EventTracker

_COLUMNS = ("pk", "arn", "status", "schema__text", "schema__domain")


@dataclass(frozen=True)
class Target:
    """Where the events of a tracking ID go. Without an active dataset they go nowhere, and ``problem`` says why."""

    group_id: int
    problem: str | None = None
    dataset_id: int = 0
    dataset_arn: str = ""
    schema_text: str = ""
    domain: str | None = None

    def require(self, otherwise: type[ServiceError]) -> None:
        """Raise ``otherwise`` unless events can go there."""
        if self.problem:
            raise otherwise(self.problem, field="tracking_id")


def of_items(caller: Caller, tracking_id: str) -> Target:
    """The Item interactions dataset behind an event tracker. PutEvents declares no other error than InvalidInput."""
    found = _of_tracker(caller.account, caller.region, tracking_id)
    if found is None:
        raise InvalidInputException("There is no event tracker with this trackingId.", field="tracking_id")
    return found


def of_actions(caller: Caller, tracking_id: str) -> Target:
    """The Action interactions dataset that has this tracking ID."""
    found = _of_dataset(caller.account, caller.region, tracking_id)
    if found is None:
        raise ResourceNotFoundException(
            "There is no Action interactions dataset with this trackingId.", field="tracking_id"
        )
    return found


def group_of(caller: Caller, *, tracking_id: Any = None, dataset_arn: Any = None) -> int | None:
    """The row number of the group that a tracking ID or a dataset's ARN belongs to; None when it is nobody's."""
    if isinstance(dataset_arn, str):
        return _group_of_dataset(caller.account, caller.region, dataset_arn)
    if not isinstance(tracking_id, str):
        return None
    found = _of_tracker(caller.account, caller.region, tracking_id)
    return found.group_id if found else None


@briefly
def _group_of_dataset(account: str, region: str, arn: str) -> int | None:
    rows = Dataset.objects.filter(arn=arn[:256], account=account, region=region)
    return rows.values_list("dataset_group_id", flat=True).first()


@briefly
def _of_tracker(account: str, region: str, tracking_id: str) -> Target | None:
    tracker = EventTracker.objects.filter(tracking_id=tracking_id, account=account, region=region).first()
    if tracker is None:
        of_actions = _of_dataset(account, region, tracking_id)
        return of_actions and Target(
            of_actions.group_id,
            "This trackingId belongs to an Action interactions dataset, for PutActionInteractions. PutEvents needs the "
            "trackingId of an event tracker.",
        )
    group = tracker.dataset_group_id
    if tracker.status != statuses.ACTIVE:
        return Target(group, f"Event tracker {tracker.arn} is in {tracker.status} state. It must be ACTIVE.")
    rows = Dataset.objects.filter(dataset_group_id=group, dataset_type="INTERACTIONS").values_list(*_COLUMNS)
    found = rows.first()
    if found is None or found[2] != statuses.ACTIVE:
        return Target(group, "The dataset group of this event tracker has no active Item interactions dataset.")
    pk, arn, _, text, domain = found
    return Target(group, None, pk, arn, text, domain)


@briefly
def _of_dataset(account: str, region: str, tracking_id: str) -> Target | None:
    rows = Dataset.objects.filter(tracking_id=tracking_id, account=account, region=region)
    found = rows.values_list("dataset_group_id", *_COLUMNS).first()
    if found is None:
        return None
    group, pk, arn, status, text, domain = found
    problem = None if status == statuses.ACTIVE else f"Dataset {arn} is in {status} state. It must be ACTIVE."
    return Target(group, problem, pk, arn, text, domain)
