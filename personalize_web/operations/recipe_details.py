"""What the console shows of recipes beyond the service model: features, inputs, parameters, requirements."""

import math
from typing import Any

from personalize_web.engine.recipes import catalogue
from personalize_web.engine.recipes.hyperparameters import ALGORITHM_MAP, FEATURE_MAP, Parameter, parameters
from personalize_web.engine.recipes.recipe import FEATURES, Recipe
from personalize_web.operations import recipes
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import arns


@own_operation()
def list_recipe_details(caller: Caller, *, domain: str | None = None) -> dict[str, Any]:
    """Ours, for choosing: the recipes of solutions, or with ``domain`` its use cases."""
    return {"recipes": [described(recipe) for recipe in catalogue.RECIPES.values() if recipe.domain == domain]}


@own_operation()
def describe_recipe_details(caller: Caller, *, recipe_arn: str) -> dict[str, Any]:
    """Ours, for a recipe's page and the forms that follow from it."""
    return {"recipe": described(recipes.find(recipe_arn))}


def described(recipe: Recipe) -> dict[str, Any]:
    """Everything a page may want to know of a recipe."""
    return {
        "name": recipe.name,
        "recipeArn": arns.read_only("recipe", recipe.name),
        "title": recipe.title,
        "recipeType": recipe.type,
        "servedAs": recipe.served_as,
        "domain": recipe.domain,
        "description": recipe.description,
        "available": recipe.available,
        "legacy": recipe.legacy,
        "features": [{"name": name, "text": text} for name, text in FEATURES.items() if name in recipe.features],
        "datasets": dict(recipe.datasets),
        "hyperparameters": [_parameter(each) for each in parameters(recipe.name)],
        "requestInputs": {"userId": recipe.user_id, "itemId": recipe.item_id, "inputList": recipe.input_list},
        "requiredEventType": recipe.event_type,
        "recommendedEventTypes": list(recipe.recommended_event_types),
        "automaticExclusion": recipe.automatic_exclusion,
        "minimumInteractions": recipe.minimum_interactions,
        "maximumItems": recipe.max_items,
        "maximumInteractions": recipe.max_interactions,
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "map": ALGORITHM_MAP if parameter.group == "algorithm" else FEATURE_MAP,
        "default": parameter.default,
        "kind": parameter.kind,
        "low": parameter.low if math.isfinite(parameter.low) else None,
        "high": parameter.high if math.isfinite(parameter.high) else None,
        "choices": ["true", "false"] if parameter.kind == "boolean" else list(parameter.choices),
        "tunable": parameter.tunable,
        "searchOnly": parameter.search_only,
        "description": parameter.help,
    }
