"""What the console's overview of a dataset group shows: how many of each, and whether the data suffice to train."""

from typing import Any

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import lookup
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Job, SolutionVersion

MINIMUM_INTERACTIONS, ADVISED_INTERACTIONS = 1_000, 50_000
MINIMUM_USERS, ADVISED_USERS = 25, 1_000


@own_operation()
def list_dataset_group_counts(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for the navigation: how many resources of each kind a group has."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    return {
        "counts": {
            "datasets": group.datasets.count(),
            "datasetImportJobs": group.import_jobs.count(),
            "dataInsightsJobs": group.insights_jobs.count(),
            "eventTrackers": group.event_trackers.count(),
            "filters": group.filters.count(),
            "solutions": group.solutions.count(),
            "solutionVersions": SolutionVersion.objects.filter(solution__dataset_group=group).count(),
            "campaigns": group.campaigns.count(),
            "recommenders": group.recommenders.count(),
            "runningJobs": Job.objects.filter(dataset_group_arn=group.arn, state__in=Job.UNFINISHED).count(),
        }
    }


@own_operation()
def describe_readiness(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for the overview: what the data have, what training needs, and which use cases have enough events.

    Counts are those of the last import or storing of events. Each check has an id, a label, the value, the minimum,
    the advised number, and whether the minimum is met.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    datasets = {dataset.dataset_type: dataset for dataset in group.datasets.all()}
    interactions = datasets.get("INTERACTIONS")
    known = interactions.statistics if interactions else {}
    rows, users = known.get("rows", 0), known.get("users_with_two", 0)
    types: dict[str, int] = known.get("event_types") or {}
    return {
        "interactions": rows,
        "usersWithTwo": users,
        "users": known.get("users", 0),
        "items": known.get("items", 0),
        "eventTypes": types,
        "ready": rows >= MINIMUM_INTERACTIONS and users >= MINIMUM_USERS,
        "checks": [
            _check("interactions", "Item interactions", rows, MINIMUM_INTERACTIONS, ADVISED_INTERACTIONS),
            _check("users_with_two", "Users with two or more interactions", users, MINIMUM_USERS, ADVISED_USERS),
        ],
        "datasets": {kind: dataset.status for kind, dataset in datasets.items()},
        "useCases": [
            _use_case(recipe, types, rows, datasets) for recipe in RECIPES.values() if recipe.domain == group.domain
        ]
        if group.domain
        else [],
    }


def _check(name: str, label: str, value: int, minimum: int, advised: int) -> dict[str, Any]:
    return {
        "id": name,
        "label": label,
        "value": value,
        "minimum": minimum,
        "advised": advised,
        "met": value >= minimum,
        "advisedMet": value >= advised,
    }


def _use_case(recipe: Any, types: dict[str, int], rows: int, datasets: dict[str, Any]) -> dict[str, Any]:
    """Whether there are enough events of the type a use case trains on; types are compared without case."""
    wanted = (recipe.event_type or "").casefold()
    count = sum(number for name, number in types.items() if name.casefold() == wanted) if wanted else rows
    missing = [
        kind
        for kind, standing in recipe.datasets.items()
        if standing == "required" and (kind not in datasets or datasets[kind].status != statuses.ACTIVE)
    ]
    return {
        "name": recipe.name,
        "title": recipe.title,
        "available": recipe.available,
        "eventType": recipe.event_type,
        "count": count,
        "minimum": recipe.minimum_interactions,
        "missingDatasets": missing,
        "met": count >= recipe.minimum_interactions and not missing,
    }
