"""How well versions did beyond the published means: by cohort, with intervals, and against one another."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from personalize_web.engine import evaluation
from personalize_web.engine.errors import DataError
from personalize_web.operations import lookup
from personalize_web.operations.answers import present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation
from personalize_web.operations.published_metrics import published
from personalize_web.operations.solution_details import version_details
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DatasetGroup, Recommender, SolutionVersion

MOST_COMPARED = 5
"""Most versions compared at once."""


@own_operation()
def get_solution_version_evaluation(caller: Caller, *, solution_version_arn: str) -> dict[str, Any]:
    """Ours, for a version's page and for programs: means with intervals by cohort, and what stands beside them.

    ``evaluation`` is empty where the version was trained before this was kept, or is not trained yet.
    """
    version = lookup.get(SolutionVersion, caller, solution_version_arn)
    return {
        "solutionVersionArn": version.arn,
        "metrics": published(version.solution.recipe_name, version.metrics),
        "baselines": version.details.get("baselines", {}),
        "evaluation": version.details.get("evaluation", {}),
    }


@own_operation()
def get_recommender_evaluation(caller: Caller, *, recommender_arn: str) -> dict[str, Any]:
    """Ours: the same of the model that a recommender answers from."""
    recommender = lookup.get(Recommender, caller, recommender_arn)
    return {
        "recommenderArn": recommender.arn,
        "metrics": published(recommender.recipe_name, recommender.metrics),
        "baselines": recommender.details.get("baselines", {}),
        "evaluation": recommender.details.get("evaluation", {}),
    }


@own_operation()
def list_comparable_solution_versions(caller: Caller, *, dataset_group_arn: str) -> dict[str, Any]:
    """Ours, for choosing: the measured versions of all solutions of a group, newest first."""
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    rows = SolutionVersion.objects.filter(
        solution__dataset_group=group, status=statuses.ACTIVE, metrics__isnull=False
    ).select_related("solution")
    return {
        "solutionVersions": [
            present(
                solutionName=row.solution.name,
                versionId=row.version_id,
                name=row.label,
                solutionVersionArn=row.arn,
                recipeName=row.solution.recipe_name,
                creationDateTime=row.created_at,
            )
            for row in rows.order_by("-created_at", "-pk").defer("details", "config", "solution__config")
        ]
    }


@own_operation()
def compare_solution_versions(caller: Caller, *, solution_version_arns: Sequence[str]) -> dict[str, Any]:
    """Ours, for the page of comparison: each version with its evaluation, and how each differs from the first.

    A difference has an interval where both versions kept what they answered each test user: by pairs where these are
    the same users, else resampled apart; ``differences`` says which, or why there is none.
    """
    arns = list(dict.fromkeys(solution_version_arns))
    if not 2 <= len(arns) <= MOST_COMPARED:
        raise InvalidInputException(
            f"Choose from 2 to {MOST_COMPARED} solution versions to compare.", field="solution_version_arns"
        )
    versions = [lookup.get(SolutionVersion, caller, arn, field="solution_version_arns") for arn in arns]
    if len({version.solution.dataset_group_id for version in versions}) > 1:
        raise InvalidInputException(
            "Only versions of one dataset group can be compared: others were tested on other users.",
            field="solution_version_arns",
        )
    for version in versions:
        if not version.metrics:
            raise InvalidInputException(
                f"Solution version {version.arn} has no metrics yet.", field="solution_version_arns"
            )
    return {
        "solutionVersions": [
            version_details(version) | {"evaluation": version.details.get("evaluation", {})} for version in versions
        ],
        "differences": [_difference(versions[0], other) for other in versions[1:]],
    }


def _difference(first: SolutionVersion, second: SolutionVersion) -> dict[str, Any]:
    about = {"first": first.arn, "second": second.arn}
    try:
        found = _compared(first.storage_key, second.storage_key)
    except DataError as error:
        return about | {"metrics": {}, "reason": str(error)}
    return about | {
        "paired": found.paired,
        "testUsers": list(found.users),
        "counted": found.counted,
        "metrics": {
            key: {"value": each.value, "low": each.low, "high": each.high, "sure": each.sure}
            for key, each in found.differences.items()
        },
    }


@lru_cache(maxsize=256)
def _compared(first: UUID, second: UUID) -> evaluation.Comparison:
    """A model's folder never changes, so neither does what it is compared with."""
    one, two = (evaluation.read(locations.model_folder(key)) for key in (first, second))
    return evaluation.compare(one, two)
