"""Solutions: create, describe, list, update, delete."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.operations import (
    automl_rules,
    dependants,
    lookup,
    paging,
    quotas,
    recipes,
    solution_rules,
    training_rules,
)
from personalize_web.operations.answers import dates, latest_update, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException
from personalize_web.operations.gate import operation
from personalize_web.operations.solution_versions import summary as version_summary
from personalize_web.resources import statuses
from personalize_web.resources.models import Campaign, DatasetGroup, Solution
from personalize_web.workers import job


@operation
def create_solution(
    caller: Caller,
    *,
    name: str,
    dataset_group_arn: str,
    perform_hpo: bool | None = None,
    perform_auto_ml: bool = False,
    perform_auto_training: bool = True,
    perform_incremental_update: bool = False,
    recipe_arn: str | None = None,
    event_type: str | None = None,
    solution_config: dict[str, Any] | None = None,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin a recipe with a configuration; models are trained from it as solution versions.

    With ``perform_auto_ml`` every training tries several recipes, each with a search over its hyperparameters, and
    keeps the best; of the configuration only ``autoMLConfig`` is read then.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn, field="dataset_group_arn")
    if recipe_arn is not None:
        recipes.find(recipe_arn)
    lookup.refuse_taken(Solution, caller, name)
    lookup.require_state(group, statuses.ACTIVE, doing="used")
    recipe = _recipe(recipe_arn, perform_auto_ml=perform_auto_ml)
    given = solution_config or {}
    if perform_auto_ml:
        automl_rules.check(given.get("autoMLConfig"), perform_hpo)
        given = {"autoMLConfig": given.get("autoMLConfig") or {}}
    else:
        _check_search(recipe, bool(perform_hpo))
    schemas = training_rules.schemas_for(recipe, group)
    solution_rules.check(recipe, given, schemas)
    training_rules.check_selection(
        recipe, schemas, event_type=event_type, solution_config=given, field=solution_rules.FIELD
    )
    if perform_auto_ml:
        config = solution_rules.with_schedule(given, automatic=perform_auto_training)
    else:
        config = solution_rules.completed(recipe, given, automatic=perform_auto_training)
    quotas.room_for_active("active_solutions", group.solutions.all())
    solution = lookup.create(
        Solution,
        caller,
        name=name,
        dataset_group=group,
        recipe_name=None if perform_auto_ml else recipe.name,
        event_type=event_type,
        perform_hpo=perform_auto_ml or bool(perform_hpo),
        perform_auto_ml=perform_auto_ml,
        perform_auto_training=perform_auto_training,
        perform_incremental_update=perform_incremental_update,
        config=config,
        tags=tags,
    )
    job.enqueue("create-solution", solution, caller=caller)
    return {"solutionArn": solution.arn}


def _recipe(recipe_arn: str | None, *, perform_auto_ml: bool) -> Recipe:
    if perform_auto_ml and recipe_arn:
        raise InvalidInputException("Give either recipeArn or performAutoML, not both.", field="recipe_arn")
    if perform_auto_ml:
        return recipes.find(automl_rules.SIMPLEST)
    if not recipe_arn:
        raise InvalidInputException("recipeArn is required unless performAutoML is true.", field="recipe_arn")
    recipe = recipes.find(recipe_arn)
    if recipe.domain:
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support CreateSolution. "
            "It is a use case: create a recommender with it.",
            field="recipe_arn",
        )
    return recipes.trainable(recipe_arn)


def _check_search(recipe: Recipe, perform_hpo: bool) -> None:
    if perform_hpo and not recipe.can("hpo"):
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support performHPO.", field="perform_hpo"
        )


@operation
def describe_solution(caller: Caller, *, solution_arn: str) -> dict[str, Any]:
    """One solution with its full configuration and its latest version."""
    solution = lookup.get(Solution, caller, solution_arn)
    latest = solution.versions.order_by("-created_at", "-pk").first()
    found = solution.perform_auto_ml and solution.recipe_arn
    return {
        "solution": summary(solution)
        | present(
            autoMLResult={"bestRecipeArn": solution.recipe_arn} if found else None,
            performHPO=solution.perform_hpo,
            performAutoML=solution.perform_auto_ml,
            performAutoTraining=solution.perform_auto_training,
            performIncrementalUpdate=solution.perform_incremental_update,
            datasetGroupArn=solution.dataset_group.arn,
            eventType=solution.event_type,
            solutionConfig=solution.config,
            latestSolutionVersion=version_summary(latest) if latest else None,
            latestSolutionUpdate=latest_update(solution.latest_update),
        )
    }


@operation
def list_solutions(
    caller: Caller,
    *,
    dataset_group_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The solutions of a group, or of the account, newest first."""
    rows = lookup.of(Solution, caller)
    return paging.page(
        rows.filter(dataset_group__arn=dataset_group_arn) if dataset_group_arn else rows,
        summary,
        key="solutions",
        operation="list_solutions",
        filters={"dataset_group_arn": dataset_group_arn},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def update_solution(
    caller: Caller,
    *,
    solution_arn: str,
    perform_auto_training: bool | None = None,
    perform_incremental_update: bool | None = None,
    solution_update_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Change automatic training, its schedule, or the event types that later versions train on."""
    solution = lookup.get(Solution, caller, solution_arn)
    lookup.require_state(solution, statuses.ACTIVE, doing="updated")
    if (solution.latest_update or {}).get("status") in statuses.BUILDING:
        raise ResourceInUseException(f"Solution {solution.arn} is already being updated.")
    given = solution_update_config or {}
    solution_rules.check_schedule(given.get("autoTrainingConfig"), field="solution_update_config")
    config = solution.config | given
    if given.get("eventsConfig") and solution.recipe_arn:
        recipe = recipes.find(solution.recipe_arn)
        training_rules.check_selection(
            recipe,
            training_rules.schemas_for(recipe, solution.dataset_group),
            event_type=solution.event_type,
            solution_config=config,
            field="solution_update_config",
        )
    automatic = solution.perform_auto_training if perform_auto_training is None else perform_auto_training
    now = timezone.now().timestamp()
    solution.change(
        config=solution_rules.with_schedule(config, automatic=automatic),
        perform_auto_training=automatic,
        perform_incremental_update=solution.perform_incremental_update
        if perform_incremental_update is None
        else perform_incremental_update,
        latest_update=present(
            solutionUpdateConfig=solution_update_config,
            status=statuses.ACTIVE,
            performAutoTraining=perform_auto_training,
            performIncrementalUpdate=perform_incremental_update,
            creationDateTime=now,
            lastUpdatedDateTime=now,
        ),
    )
    return {"solutionArn": solution.arn}


@operation
def delete_solution(caller: Caller, *, solution_arn: str) -> None:
    """Remove a solution with all its versions."""
    solution = lookup.get(Solution, caller, solution_arn)
    lookup.require_state(solution, *statuses.DELETABLE, doing="deleted")
    lookup.refuse_dependants(
        solution,
        Campaign.objects.filter(solution_version__solution=solution),
        solution.versions.filter(status__in=statuses.TRAINING),
    )
    lookup.refuse_running(solution, "deleted", *dependants.batch_jobs_of_solution(solution))
    lookup.move(solution, statuses.DELETE_PENDING, come_from=statuses.DELETABLE, doing="deleted")
    solution.versions.update(status=statuses.DELETE_PENDING, updated_at=timezone.now())
    job.enqueue("delete-solution", solution, caller=caller)


def summary(solution: Solution) -> dict[str, Any]:
    """A solution as lists show it."""
    return present(
        name=solution.name,
        solutionArn=solution.arn,
        status=solution.status,
        recipeArn=solution.recipe_arn,
        **dates(solution),
    )
