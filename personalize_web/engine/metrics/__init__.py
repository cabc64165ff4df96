"""Offline metrics: one formula a file, and the whole set over many lists."""

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

from personalize_web.engine.metrics.average_rewards import rewards
from personalize_web.engine.metrics.coverage import coverage
from personalize_web.engine.metrics.hit_rate import hit_rate
from personalize_web.engine.metrics.ndcg import normalized_discounted_cumulative_gain
from personalize_web.engine.metrics.precision import precision
from personalize_web.engine.metrics.reciprocal_rank import reciprocal_rank
from personalize_web.engine.metrics.trend_prediction_accuracy import trend_prediction_accuracy

__all__ = [
    "coverage",
    "evaluate",
    "hit_rate",
    "normalized_discounted_cumulative_gain",
    "precision",
    "reciprocal_rank",
    "rewards",
    "trend_prediction_accuracy",
]


def evaluate(pairs: Iterable[tuple[Sequence[str], Collection[str]]]) -> dict[str, float]:
    """The seven ranking metrics that a solution publishes, each the mean over all (list, truth) pairs.

    Keys are spelled as GetSolutionMetrics answers them; without any pair every value is 0.
    """
    kept = list(pairs)
    values: dict[str, float] = {"mean_reciprocal_rank_at_25": _mean(reciprocal_rank(r, t, 25) for r, t in kept)}
    for k in (5, 10, 25):
        values[f"normalized_discounted_cumulative_gain_at_{k}"] = _mean(
            normalized_discounted_cumulative_gain(r, t, k) for r, t in kept
        )
    for k in (5, 10, 25):
        values[f"precision_at_{k}"] = _mean(precision(r, t, k) for r, t in kept)
    return values


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return fmean(found) if found else 0.0
