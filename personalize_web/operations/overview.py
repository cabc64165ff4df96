"""What the console's overview of a dataset group shows: how many of each, and whether the data suffice to train."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations import automatic_updates, lookup
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Job, SolutionVersion

MINIMUM_INTERACTIONS, ADVISED_INTERACTIONS = 1_000, 50_000
MINIMUM_USERS, ADVISED_USERS = 25, 1_000
ADVISED_DAYS = 7
"""Most days between two trainings."""


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
    the advised number, and whether the minimum is met. ``stale`` names the solutions and recommenders whose newest
    training is more than a week old, or older than the newest items where only a training takes these in.
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
        "stale": [*_stale_solutions(group), *_stale_recommenders(group)],
        "datasets": {kind: dataset.status for kind, dataset in datasets.items()},
        "useCases": [
            _use_case(recipe, types, rows, datasets) for recipe in RECIPES.values() if recipe.domain == group.domain
        ]
        if group.domain
        else [],
    }


def _stale_solutions(group: DatasetGroup) -> Iterator[dict[str, Any]]:
    for solution in group.solutions.filter(status=statuses.ACTIVE):
        full = solution.versions.filter(status=statuses.ACTIVE).exclude(training_mode="UPDATE")
        newest = full.order_by("-created_at", "-pk").first()
        if newest is not None:
            begun = newest.training_started_at or newest.created_at
            yield from _stale(group, "solution", solution.name, solution.recipe_name, begun)


def _stale_recommenders(group: DatasetGroup) -> Iterator[dict[str, Any]]:
    for each in group.recommenders.filter(status=statuses.ACTIVE):
        begun = each.training_started_at or each.created_at
        yield from _stale(group, "recommender", each.name, each.recipe_name, begun)


def _stale(
    group: DatasetGroup, kind: str, name: str, recipe_name: str | None, trained: datetime
) -> Iterator[dict[str, Any]]:
    recipe = RECIPES.get(recipe_name or "")
    by_training_alone = recipe is None or not (recipe.can("automatic_updates") or recipe.method == "trending")
    new_items = by_training_alone and automatic_updates.new_data_since(group, trained, ("ITEMS",))
    days = (timezone.now() - trained).days
    if new_items or days > ADVISED_DAYS:
        yield {"kind": kind, "name": name, "days": days, "newItems": new_items}


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
