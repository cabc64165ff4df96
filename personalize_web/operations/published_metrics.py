"""Which of the metrics that a training found are answered to clients."""

from personalize_web.engine.metrics import documented
from personalize_web.engine.recipes.catalogue import RECIPES


def published(recipe_name: str | None, metrics: dict[str, float] | None) -> dict[str, float]:
    """The documented metrics alone, in their order: what GetSolutionMetrics and modelMetrics answer."""
    recipe, found = RECIPES.get(recipe_name or ""), metrics or {}
    keys = documented(recipe, objective=True) if recipe else tuple(found)
    return {key: found[key] for key in keys if key in found}
