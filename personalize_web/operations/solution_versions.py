"""Solution versions: create, stop, describe, list; and their metrics."""

import secrets
from collections.abc import Iterable
from typing import Any

from personalize_web.engine.recipes import catalogue
from personalize_web.operations import lookup, paging, quotas
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
)
from personalize_web.operations.gate import operation
from personalize_web.operations.published_metrics import published
from personalize_web.resources import arns, statuses
from personalize_web.resources.models import Solution, SolutionVersion
from personalize_web.workers import job


@operation
def create_solution_version(
    caller: Caller,
    *,
    solution_arn: str,
    name: str | None = None,
    training_mode: str = "FULL",
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin to train a model with the solution's configuration as it is now.

    FULL (and AUTOTRAIN) learn from everything. UPDATE learns nothing: it adds new items to the newest model that FULL
    made.
    """
    solution = lookup.get(Solution, caller, solution_arn, field="solution_arn")
    if name is not None and solution.versions.filter(label=name).exists():
        raise ResourceAlreadyExistsException(
            f"Another version of solution {solution.arn} is already named {name}.", field="name"
        )
    lookup.require_state(solution, statuses.ACTIVE, doing="used")
    if not solution.dataset_group.datasets.filter(dataset_type="INTERACTIONS", status=statuses.ACTIVE).exists():
        raise ResourceInUseException(
            f"Dataset group {solution.dataset_group.arn} has no dataset of type INTERACTIONS in ACTIVE state."
        )
    if training_mode == "UPDATE":
        _check_update(solution)
    quotas.room_for_running("pending_solution_versions", lookup.of(SolutionVersion, caller))
    version_id = secrets.token_hex(4)
    version = lookup.create(
        SolutionVersion,
        caller,
        name=f"{solution.name}/{version_id}",
        solution=solution,
        version_id=version_id,
        label=name,
        training_mode=training_mode,
        training_type="AUTOMATIC" if caller.source == "scheduler" else "MANUAL",
        config=solution.config,
        event_type=solution.event_type,
        tags=tags,
    )
    job.enqueue("create-solution-version", version, caller=caller, queue="training")
    return {"solutionVersionArn": version.arn}


def _check_update(solution: Solution) -> None:
    recipe = catalogue.RECIPES.get(solution.recipe_name or "")
    if recipe is None or not recipe.can("update_mode"):
        raise InvalidInputException(
            f"Recipe {solution.recipe_name} does not support trainingMode UPDATE.", field="training_mode"
        )
    if not solution.versions.filter(status=statuses.ACTIVE).exclude(training_mode="UPDATE").exists():
        raise InvalidInputException(
            "trainingMode UPDATE needs an ACTIVE version of this solution that was trained with FULL.",
            field="training_mode",
        )


@operation
def stop_solution_version_creation(caller: Caller, *, solution_version_arn: str) -> None:
    """Stop a training for good; the version stays visible."""
    version = lookup.get(SolutionVersion, caller, solution_version_arn)
    lookup.require_state(version, *statuses.BUILDING, doing="stopped")
    if not job.request_stop(version):
        lookup.move(version, statuses.CREATE_STOPPED, come_from=statuses.BUILDING, doing="stopped")


@operation
def describe_solution_version(caller: Caller, *, solution_version_arn: str) -> dict[str, Any]:
    """One version with everything about it."""
    version = lookup.get(SolutionVersion, caller, solution_version_arn)
    solution = version.solution
    tuned = version.details.get("tuned") or {}
    trained_with = version.details.get("recipe") or solution.recipe_name
    return {
        "solutionVersion": summary(version)
        | present(
            name=version.label,
            solutionArn=solution.arn,
            performHPO=solution.perform_hpo,
            performAutoML=solution.perform_auto_ml,
            performIncrementalUpdate=solution.perform_incremental_update,
            recipeArn=arns.read_only("recipe", trained_with) if trained_with else None,
            eventType=version.event_type,
            datasetGroupArn=solution.dataset_group.arn,
            solutionConfig=version.config,
            tunedHPOParams={"algorithmHyperParameters": tuned} if tuned else None,
            trainingHours=version.training_hours if version.status == statuses.ACTIVE else None,
        )
    }


@operation
def list_solution_versions(
    caller: Caller, *, solution_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """The versions of a solution, or of the account, newest first."""
    rows = lookup.of(SolutionVersion, caller)
    if solution_arn is not None:
        rows = rows.filter(solution=lookup.get(Solution, caller, solution_arn, field="solution_arn"))
    return paging.page(
        rows,
        summary,
        key="solutionVersions",
        operation="list_solution_versions",
        filters={"solution_arn": solution_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def get_solution_metrics(caller: Caller, *, solution_version_arn: str) -> dict[str, Any]:
    """How well a version predicted what was held back from its training."""
    version = lookup.get(SolutionVersion, caller, solution_version_arn)
    lookup.require_state(version, statuses.ACTIVE, doing="used")
    return {"solutionVersionArn": version.arn, "metrics": published(version.solution.recipe_name, version.metrics)}


def summary(version: SolutionVersion) -> dict[str, Any]:
    """A version as lists show it."""
    return present(
        solutionVersionArn=version.arn,
        status=version.status,
        trainingMode=version.training_mode,
        trainingType=version.training_type,
        failureReason=failure(version),
        **dates(version),
    )
