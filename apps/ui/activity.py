"""How much there is and how much runs, for the top bar and the side navigation."""

from collections.abc import Mapping

from personalize_web import operations
from personalize_web.operations import Caller, ServiceError

RUNNING = ("PENDING", "IN_PROGRESS")
PLACES = {
    "datasets": "datasets",
    "recommenders": "recommenders",
    "solutions": "solutions",
    "campaigns": "campaigns",
    "eventTrackers": "event-trackers",
    "filters": "filters",
}
"""What the counts are called by the operation, and by the navigation."""


def running(caller: Caller) -> int:
    """How many jobs of the account are waiting or running; 0 where the caller may not know."""
    try:
        return len(operations.list_jobs(caller, states=RUNNING)["jobs"])
    except ServiceError:
        return 0


def counts(caller: Caller, dataset_group_arn: str) -> Mapping[str, int]:
    """How many of each kind a group has, by key of the navigation."""
    found = operations.list_dataset_group_counts(caller, dataset_group_arn=dataset_group_arn)["counts"]
    return {place: found[name] for name, place in PLACES.items() if name in found}
