"""Which metrics a recipe publishes: GetSolutionMetrics and modelMetrics answer these keys and no others."""

from personalize_web.engine.metrics.places import DEPTHS, RANKING
from personalize_web.engine.recipes.recipe import Recipe

_GAINS = tuple(f"normalized_discounted_cumulative_gain_at_{k}" for k in DEPTHS)


def documented(recipe: Recipe, *, objective: bool = False) -> tuple[str, ...]:
    """The keys of a recipe; with an optimization ``objective`` also what says how well it was met.

    Source: training specification, section 6.2.
    """
    if recipe.type == "PERSONALIZED_ACTIONS":
        return ("coverage", *_GAINS, "precision", "recall", "auc")
    if recipe.type == "USER_SEGMENTATION":
        return ("coverage", "hits_at_1_percent", "recall_at_1_percent")
    keys = ("coverage", *RANKING)
    if recipe.method == "trending":
        keys += ("trend_prediction_accuracy",)
    return (*keys, "average_rewards_at_k") if objective else keys
