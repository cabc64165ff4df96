"""What a solution's configuration may say, and how it is completed."""

import re
from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes import hyperparameters
from personalize_web.engine.recipes.recipe import REQUIRED, Recipe
from personalize_web.operations.errors import InvalidInputException

EVERY_WEEK = "rate(7 days)"
MOST_TRAININGS = {"maxNumberOfTrainingJobs": 40, "maxParallelTrainingJobs": 10}
FIELD = "solution_config"


def completed(recipe: Recipe, config: dict[str, Any], *, automatic: bool) -> dict[str, Any]:
    """``config`` with the recipe's defaults and, when training is ``automatic``, its schedule."""
    try:
        resolved = hyperparameters.resolve(recipe, config)
    except DataError as error:
        raise InvalidInputException(str(error), field=FIELD) from error
    return with_schedule(resolved, automatic=automatic)


def with_schedule(config: dict[str, Any], *, automatic: bool) -> dict[str, Any]:
    """``config`` with the schedule that is in force when training is ``automatic``."""
    expression = (config.get("autoTrainingConfig") or {}).get("schedulingExpression") or EVERY_WEEK
    return config | {"autoTrainingConfig": {"schedulingExpression": expression}} if automatic else config


def check(recipe: Recipe, config: dict[str, Any], schemas: dict[str, avro.Schema]) -> None:
    """Refuse what no default can mend: columns, schedule, objective, search."""
    _check_attributes(recipe, schemas.get("ITEMS"))
    check_schedule(config.get("autoTrainingConfig"))
    _check_objective(recipe, config.get("optimizationObjective"), schemas)
    _check_search(recipe, config.get("hpoConfig") or {})


def check_schedule(given: dict[str, str] | None, *, field: str = FIELD) -> None:
    """Refuse a rate outside 1 to 30 days."""
    expression = (given or {}).get("schedulingExpression")
    if expression is None:
        return
    if not 1 <= int(re.sub(r"\D", "", expression)) <= 30:
        raise InvalidInputException(
            f"schedulingExpression must be rate(1 day) to rate(30 days), not {expression}.", field=field
        )


def _check_attributes(recipe: Recipe, items: avro.Schema | None) -> None:
    """Item-Attribute-Affinity answers by attributes of items: there must be one to ask for."""
    if not recipe.can("segments") or recipe.datasets["ITEMS"] != REQUIRED or items is None:
        return
    if not any(each.kind in ("categorical", "numeric", "string") for each in items.fields):
        raise InvalidInputException(
            f"Recipe {recipe.name} needs a metadata column in the Items schema that is neither textual nor reserved, "
            "such as a category or a price. Replace the schema by one that has such a column, and import items again.",
            field="recipe_arn",
        )


def _check_objective(recipe: Recipe, given: dict[str, str] | None, schemas: dict[str, avro.Schema]) -> None:
    if not given:
        return
    if not recipe.can("objective"):
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support optimizationObjective.", field=FIELD
        )
    attribute = given.get("itemAttribute")
    items = schemas.get("ITEMS")
    column = items.by_name.get(attribute or "") if items else None
    if column is None or column.kind != "numeric" or column.nullable:
        raise InvalidInputException(
            "optimizationObjective.itemAttribute must name a numeric column of the Items schema that allows no null.",
            field=FIELD,
        )


def _check_search(recipe: Recipe, config: dict[str, Any]) -> None:
    for name, most in MOST_TRAININGS.items():
        text = (config.get("hpoResourceConfig") or {}).get(name)
        if text is not None and not (re.fullmatch(r"\d{1,4}", text, re.ASCII) and 1 <= int(text) <= most):
            raise InvalidInputException(f"{name} must be a whole number from 1 to {most}, as text.", field=FIELD)
    tunable = {each.name: each for each in hyperparameters.parameters(recipe.name) if each.tunable}
    seen: set[str] = set()
    for ranges in (config.get("algorithmHyperParameterRanges") or {}).values():
        for given in ranges:
            name = (given.get("name") or "").rsplit(".", 1)[-1]
            if name in seen:
                raise InvalidInputException(f"Hyperparameter {name} has more than one range.", field=FIELD)
            seen.add(name)
            if name not in tunable:
                raise InvalidInputException(
                    f"Recipe {recipe.name} has no tunable hyperparameter {given.get('name')}.", field=FIELD
                )
            _check_range(tunable[name], given)


def _check_range(parameter: hyperparameters.Parameter, given: dict[str, Any]) -> None:
    try:
        for value in given.get("values") or ():
            parameter.read(value)
        bounds = [given[name] for name in ("minValue", "maxValue") if name in given]
        for bound in bounds:
            parameter.read(bound)
    except DataError as error:
        raise InvalidInputException(str(error), field=FIELD) from error
    if bounds != sorted(bounds):
        raise InvalidInputException(f"minValue of {parameter.name} must not be above its maxValue.", field=FIELD)
