"""Recipes, and the algorithms and feature transformations they publish: describe and list. All are read-only."""

from datetime import UTC, datetime
from typing import Any

from personalize_web.engine.recipes import catalogue
from personalize_web.engine.recipes.hyperparameters import Parameter
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.operations import lookup, paging
from personalize_web.operations.answers import present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation
from personalize_web.resources import arns, statuses

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""When what the service itself provides was made, as far as anybody is told."""

LOWEST, HIGHEST = -1_000_000, 1_000_000
"""What the service model allows as the bounds of a range; an open end is shown as these."""


@operation
def describe_recipe(caller: Caller, *, recipe_arn: str) -> dict[str, Any]:
    """One recipe or use case."""
    recipe = find(recipe_arn)
    transformation = recipe.feature_transformation
    return {
        "recipe": present(
            name=recipe.name,
            recipeArn=arns.read_only("recipe", recipe.name),
            algorithmArn=arns.read_only("algorithm", recipe.algorithm),
            featureTransformationArn=transformation and arns.read_only("feature-transformation", transformation),
            status=statuses.ACTIVE,
            description=recipe.description,
            recipeType=recipe.type,
            creationDateTime=SINCE,
            lastUpdatedDateTime=SINCE,
        )
    }


@operation
def list_recipes(
    caller: Caller,
    *,
    recipe_provider: str = "SERVICE",
    domain: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """All recipes by name, or the use cases of one domain."""
    return paging.page_of(
        [
            present(
                name=recipe.name,
                recipeArn=arns.read_only("recipe", recipe.name),
                status=statuses.ACTIVE,
                domain=recipe.domain,
                creationDateTime=SINCE,
                lastUpdatedDateTime=SINCE,
            )
            for recipe in sorted(catalogue.RECIPES.values(), key=lambda recipe: recipe.name)
            if domain in (None, recipe.domain)
        ],
        key="recipes",
        operation="list_recipes",
        filters={"domain": domain, "recipe_provider": recipe_provider},
        max_results=max_results,
        next_token=next_token,
    )


@operation
def describe_algorithm(caller: Caller, *, algorithm_arn: str) -> dict[str, Any]:
    """One algorithm with the defaults and ranges of its hyperparameters.

    Its image and role are names alone, for programs that read them: models are trained by this service's own workers.
    """
    algorithm = _find(catalogue.ALGORITHMS, "algorithm", algorithm_arn, field="algorithm_arn")
    return {
        "algorithm": {
            "name": algorithm.name,
            "algorithmArn": arns.read_only("algorithm", algorithm.name),
            "algorithmImage": {"name": algorithm.name, "dockerURI": f"personalize-web/{algorithm.name}"},
            "defaultHyperParameters": dict(algorithm.default_hyperparameters),
            "defaultHyperParameterRanges": _ranges(algorithm.parameters),
            "defaultResourceConfig": dict(algorithm.resource_config),
            "trainingInputMode": "File",
            "roleArn": arns.read_only("role", "training"),
            "creationDateTime": SINCE,
            "lastUpdatedDateTime": SINCE,
        }
    }


@operation
def describe_feature_transformation(caller: Caller, *, feature_transformation_arn: str) -> dict[str, Any]:
    """One feature transformation with its default parameters."""
    found = _find(
        catalogue.FEATURE_TRANSFORMATIONS,
        "feature-transformation",
        feature_transformation_arn,
        field="feature_transformation_arn",
    )
    return {
        "featureTransformation": {
            "name": found.name,
            "featureTransformationArn": arns.read_only("feature-transformation", found.name),
            "defaultParameters": dict(found.default_parameters),
            "status": statuses.ACTIVE,
            "creationDateTime": SINCE,
            "lastUpdatedDateTime": SINCE,
        }
    }


def find(recipe_arn: str, *, field: str = "recipe_arn") -> Recipe:
    """The recipe of an ARN, or ResourceNotFound."""
    return _find(catalogue.RECIPES, "recipe", recipe_arn, field=field)


def trainable(recipe_arn: str, *, field: str = "recipe_arn") -> Recipe:
    """The recipe of an ARN; one that this version cannot train is refused."""
    recipe = find(recipe_arn, field=field)
    if not recipe.available:
        raise InvalidInputException(f"Recipe {recipe.name} is not available yet in this version.", field=field)
    return recipe


def _find(known: Any, kind: str, arn: str, *, field: str) -> Any:
    parts = arns.read(arn)
    if parts is None or parts.kind != kind:
        raise InvalidInputException(f"{arn} is not the ARN of a {kind.replace('-', ' ')}.", field=field)
    if arn != arns.read_only(kind, parts.name) or parts.name not in known:
        raise lookup.not_found(arn, field=field)
    return known[parts.name]


def _ranges(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    def bounds(parameter: Parameter, as_type: type) -> dict[str, Any]:
        return {
            "name": parameter.name,
            "minValue": as_type(max(parameter.low, LOWEST)),
            "maxValue": as_type(min(parameter.high, HIGHEST)),
            "isTunable": parameter.tunable,
        }

    def values(parameter: Parameter) -> list[str]:
        return ["true", "false"] if parameter.kind == "boolean" else list(parameter.choices)

    return {
        "integerHyperParameterRanges": [bounds(each, int) for each in parameters if each.kind == "integer"],
        "continuousHyperParameterRanges": [bounds(each, float) for each in parameters if each.kind == "float"],
        "categoricalHyperParameterRanges": [
            {"name": each.name, "values": values(each), "isTunable": each.tunable}
            for each in parameters
            if each.kind in ("boolean", "choice")
        ],
    }
