"""Offline metrics: one formula a file, the ranking metrics over many lists, and which of them a recipe publishes."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from personalize_web.engine.metrics.action_precision import action_precision
from personalize_web.engine.metrics.action_recall import action_recall
from personalize_web.engine.metrics.area_under_curve import area_under_curve
from personalize_web.engine.metrics.average_rewards import rewards
from personalize_web.engine.metrics.coverage import coverage
from personalize_web.engine.metrics.documented import documented
from personalize_web.engine.metrics.hit_rate import hit_rate
from personalize_web.engine.metrics.hits_at_top import hits_at_top, one_percent
from personalize_web.engine.metrics.ndcg import normalized_discounted_cumulative_gain
from personalize_web.engine.metrics.places import RANKING, of_places
from personalize_web.engine.metrics.precision import precision
from personalize_web.engine.metrics.recall_at_top import recall_at_top
from personalize_web.engine.metrics.reciprocal_rank import reciprocal_rank
from personalize_web.engine.metrics.trend_prediction_accuracy import trend_prediction_accuracy

__all__ = [
    "RANKING",
    "action_precision",
    "action_recall",
    "area_under_curve",
    "coverage",
    "documented",
    "evaluate",
    "hit_rate",
    "hits_at_top",
    "normalized_discounted_cumulative_gain",
    "of_places",
    "one_percent",
    "precision",
    "recall_at_top",
    "reciprocal_rank",
    "rewards",
    "trend_prediction_accuracy",
]

_PLACES = 25


def evaluate(pairs: Iterable[tuple[Sequence[str], Collection[str]]]) -> dict[str, float]:
    """The seven ranking metrics that a solution publishes, each the mean over all (list, truth) pairs.

    Keys are spelled as GetSolutionMetrics answers them; without any pair every value is 0.
    """
    kept = list(pairs)
    hits = np.zeros((len(kept), _PLACES), bool)
    for row, (ranked, truth) in zip(hits, kept, strict=True):
        row[: min(len(ranked), _PLACES)] = [item in truth for item in ranked[:_PLACES]]
    values = of_places(hits, np.array([len(truth) for _, truth in kept], np.int64))
    means = values.mean(axis=0) if len(kept) else np.zeros(len(RANKING))
    return dict(zip(RANKING, means.tolist(), strict=True))
