"""Versions with everything that an evaluation keeps, without a training."""

import uuid

from personalize_web.operations import Caller
from personalize_web.resources.models import Solution, SolutionVersion
from tests import factories

NDCG, MRR = "normalized_discounted_cumulative_gain_at_10", "mean_reciprocal_rank_at_25"
METRICS = {
    "coverage": 0.2871,
    MRR: 0.1316,
    "normalized_discounted_cumulative_gain_at_5": 0.0822,
    NDCG: 0.0894,
    "normalized_discounted_cumulative_gain_at_25": 0.1127,
    "precision_at_5": 0.0721,
    "precision_at_10": 0.0598,
    "precision_at_25": 0.0441,
}
COHORTS = [
    {"key": "all", "users": 610, "enough": True},
    {"key": "new_users", "users": 7, "enough": False, "events": 5},
    {"key": "heavy_users", "users": 122, "enough": True, "events": 312},
    {"key": "head_items", "users": 401, "enough": True, "items": 480},
    {"key": "tail_items", "users": 377, "enough": True, "items": 9262},
]


def evaluation(scale: float = 1.0, *, models: tuple[str, ...] = ("version", "aws-popularity-count")) -> dict:
    """As a training leaves it."""
    parts = {"all": 1.0, "heavy_users": 0.8, "head_items": 1.5, "tail_items": 0.2}
    return {
        "testUsers": 610,
        "confidence": 0.95,
        "resamples": 1000,
        "cohorts": COHORTS,
        "models": {
            name: {part: _means(scale * share / (1 + at)) for part, share in parts.items()}
            for at, name in enumerate(models)
        },
        "skipped": {},
    }


def _means(scale: float) -> dict[str, dict[str, float]]:
    found = {
        key: {name: round(value * scale * share, 4) for name, share in (("value", 1), ("low", 0.9), ("high", 1.1))}
        for key, value in METRICS.items()
    }
    return found | {"coverage": {"value": round(min(1.0, METRICS["coverage"] * scale), 4)}}


def version(
    caller: Caller, solution: Solution, scale: float = 1.0, *, key: uuid.UUID | None = None, **details
) -> SolutionVersion:
    """An Active version whose metrics are ``scale`` times the usual ones; ``key`` names a trained model's folder."""
    kept = {
        "baselines": {"aws-popularity-count": {name: value / 2 for name, value in METRICS.items()}},
        "facts": {"test users": 610, "items": 9742, "users": 6100, "interactions": 100_836},
        "snapshot": {"INTERACTIONS": 3, "ITEMS": 1},
        "evaluation": evaluation(scale),
    }
    metrics = {name: round(value * scale, 4) for name, value in METRICS.items()}
    return factories.solution_version(
        caller, solution, metrics=metrics, details=kept | details, training_hours=0.42, storage_key=key or uuid.uuid4()
    )


def version_of_segments(caller: Caller, solution: Solution, **values) -> SolutionVersion:
    """An Active version that answers with users, judged on 40 items."""
    metrics = {"coverage": 0.4, "hits_at_1_percent": 1.5, "recall_at_1_percent": 0.3}
    cohorts = [
        {"key": "all", "users": 40, "enough": True},
        {"key": "new_users", "users": 38, "enough": True, "events": 5},
        {"key": "heavy_users", "users": 3, "enough": False, "events": 70},
        {"key": "head_items", "users": 5, "enough": False, "items": 5},
        {"key": "tail_items", "users": 35, "enough": True, "items": 35},
    ]
    return _judged(caller, solution, metrics, cohorts, "most-active-users", counted="items", **values)


def version_of_actions(caller: Caller, solution: Solution, **values) -> SolutionVersion:
    """An Active version that answers with actions."""
    metrics = {"coverage": 0.9, NDCG: 0.6, "precision": 0.3, "recall": 0.8, "auc": 0.7}
    cohorts = [
        {"key": "all", "users": 61, "enough": True},
        {"key": "head_actions", "users": 40, "enough": True, "items": 3},
        {"key": "tail_actions", "users": 33, "enough": True, "items": 9},
    ]
    return _judged(caller, solution, metrics, cohorts, "most-taken-actions", counted="users", **values)


def _judged(caller, solution, metrics, cohorts, floor, *, counted, **values) -> SolutionVersion:
    def means(scale):
        found = {
            name: {"value": value * scale, "low": value * scale * 0.9, "high": value * scale * 1.1}
            for name, value in metrics.items()
        }
        return found | {"coverage": {"value": metrics["coverage"] * scale}}

    models = {
        name: {each["key"]: means(scale) for each in cohorts if each["enough"]}
        for name, scale in (("version", 1.0), (floor, 0.5))
    }
    details = {
        "baselines": {floor: {name: value / 2 for name, value in metrics.items()}},
        "facts": {"test users": 230, "users": 250, "items": 99, "actions": 12},
        "evaluation": {"testUsers": 230, "counted": counted, "cohorts": cohorts, "models": models, "skipped": {}},
    }
    return factories.solution_version(caller, solution, metrics=metrics, details=details, **values)
