"""What a solution that chooses its recipe itself may be told."""

from typing import Any

from personalize_web.engine.metrics import RANKING
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.solution_rules import FIELD
from personalize_web.resources import arns

FAMILY = tuple(name for name, recipe in RECIPES.items() if recipe.legacy)
"""The recipes that may be chosen from."""
SIMPLEST = arns.read_only("recipe", "aws-hrnn")
"""The recipe whose demands on a dataset group every other one of the family shares."""
METRICS = ("coverage", *RANKING)
"""What a choice may be made by."""


def check(config: dict[str, Any] | None, perform_hpo: bool | None) -> None:
    """Refuse recipes outside the family, metrics that are not measured, and a search that is switched off."""
    if perform_hpo is False:
        raise InvalidInputException("performAutoML always searches: leave performHPO out.", field="perform_hpo")
    given = config or {}
    known = [RECIPES[name].arn for name in FAMILY]
    for arn in given.get("recipeList") or ():
        if arn not in known:
            raise InvalidInputException(
                f"performAutoML chooses among {', '.join(FAMILY)}; {arn} is none of them.", field=FIELD
            )
    metric = given.get("metricName")
    if metric is not None and metric not in METRICS:
        raise InvalidInputException(f"metricName must be one of {', '.join(METRICS)}, not {metric}.", field=FIELD)
