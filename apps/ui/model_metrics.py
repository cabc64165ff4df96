"""The offline metrics of a model in words, with their change and their baseline."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

GREAT_DROP = 0.2
"""A metric that falls by more than this share asks for a look at the data first."""
LOW_COVERAGE = 0.05
FEW_TEST_USERS = 500
"""With fewer held-out users, small differences may be chance."""


@dataclass(frozen=True)
class Metric:
    """What a metric is called and what it tells."""

    label: str
    tells: str
    family: str = ""


METRICS: Mapping[str, Metric] = {
    "coverage": Metric("Coverage", "Share of the catalogue that is recommended to someone"),
    "mean_reciprocal_rank_at_25": Metric("Mean reciprocal rank at 25", "How high the first hit stands"),
    "normalized_discounted_cumulative_gain_at_5": Metric(
        "NDCG at 5", "Hits near the top count more, first 5 places", "ndcg"
    ),
    "normalized_discounted_cumulative_gain_at_10": Metric("NDCG at 10", "First 10 places", "ndcg"),
    "normalized_discounted_cumulative_gain_at_25": Metric("NDCG at 25", "First 25 places", "ndcg"),
    "precision_at_5": Metric("Precision at 5", "Share of the first 5 that is a hit", "precision"),
    "precision_at_10": Metric("Precision at 10", "Share of the first 10", "precision"),
    "precision_at_25": Metric("Precision at 25", "Share of the first 25", "precision"),
    "trend_prediction_accuracy": Metric("Trend prediction accuracy", "How well rising items were foreseen"),
    "average_rewards_at_k": Metric("Average rewards at K", "Share of the objective in reach that the list brings"),
    "precision": Metric("Precision", "Share of predicted actions that were taken"),
    "recall": Metric("Recall", "Share of taken actions that were predicted"),
    "auc": Metric("Area under the curve", "Chance that a taken action ranks above one not taken"),
    "hits_at_1_percent": Metric("Hits at 1%", "How many of a segment’s first 1% of all users did interact, on average"),
    "recall_at_1_percent": Metric("Recall at 1%", "Share of those who did interact that the first 1% caught"),
}
"""Key of GetSolutionMetrics -> its words, in the order in which people read them."""

SEGMENTS = "USER_SEGMENTATION"
_OF_SEGMENTS = {"coverage": Metric("Coverage", "Share of all users who are in the first 1% of some segment")}
"""Words that differ for versions that answer with users."""

SHOWN_OVER_TIME = "normalized_discounted_cumulative_gain_at_10"
"""The metric a list shows when it has room for one."""
_JUDGED_BY = {SEGMENTS: "recall_at_1_percent"}
"""The metric that advice goes by, where it is another."""


BASELINES: Mapping[str, str] = {
    "aws-popularity-count": "Popularity-Count on the same test users",
    "most-taken-actions": "The most taken actions for everybody",
    "most-active-users": "The most active users for every query",
}
"""What stands beside a model as its baseline, in words."""

_TESTED = {
    "USER_SEGMENTATION": "Newest 20% of the events of {} users, asked for after training on the older ones. ",
    "PERSONALIZED_ACTIONS": "Newest 10% of the action events of {} held-out users. ",
}


def headline(keys: Collection[str]) -> str | None:
    """The metric that says most, of those there are; None where there is none."""
    first = next((key for key in (SHOWN_OVER_TIME, *_JUDGED_BY.values()) if key in keys), None)
    return first or next(iter(in_order(dict.fromkeys(keys, 0))), None)


def baseline(baselines: Mapping[str, Mapping[str, float]] | None) -> tuple[dict[str, float], str]:
    """The metrics of the simple model on the same test users, and what it is; empty where none were taken."""
    for name, words in BASELINES.items():
        if found := (baselines or {}).get(name):
            return dict(found), words
    return {}, ""


def tested(recipe_type: str | None, users: int | None) -> str:
    """What was held back, as a sentence; empty where that is not known."""
    words = _TESTED.get(recipe_type or "", "Newest 10% of the events of {} held-out users. ")
    return words.format(f"{users:,}") if users else ""


def example(recipe_type: str | None, metrics: Mapping[str, float], users: int | None) -> str:
    """What the hits of segments mean, with this version's numbers; empty for versions of other types."""
    hits = metrics.get("hits_at_1_percent")
    if recipe_type != SEGMENTS or hits is None or not users:
        return ""
    first = max(1, -(-users // 100))
    who = f"the first {first:,}" if first > 1 else "the first one"
    return f"1% of {users:,} users: {who} of a segment. {hits:.1f} of them did interact, on average. "


def describe(key: str, recipe_type: str | None = None) -> Metric:
    """The words for ``key``; an unknown one is humanised, never hidden."""
    known = (_OF_SEGMENTS.get(key) if recipe_type == SEGMENTS else None) or METRICS.get(key)
    if known:
        return known
    label = re.sub(r"_at_(\w+)$", r" at \1", key).replace("_", " ")
    return Metric(label[:1].upper() + label[1:], "")


@dataclass(frozen=True)
class Row:
    """One line of the metrics table. Shares are places on its bar, 0 to 100."""

    key: str
    label: str
    tells: str
    value: float
    change: float | None
    """Relative to the other version; None without one."""
    baseline: float | None
    share: float
    baseline_share: float | None
    previous: float | None = None
    """Of the previous version on the same test users."""
    low: float | None = None
    high: float | None = None
    """The interval of the value, where it is a mean over test users."""

    @property
    def interval(self) -> str:
        """ "0.0712 to 0.0931"; empty where there is none."""
        return "" if self.low is None or self.high is None else f"{self.low:.4f} to {self.high:.4f}"

    @property
    def direction(self) -> str:
        """up, down or flat; higher is better for every metric."""
        if self.change is None or abs(self.change) < 0.0005:
            return "flat"
        return "up" if self.change > 0 else "down"

    @property
    def good(self) -> bool:
        """Whether the change is for the better."""
        return (self.change or 0) > 0

    @property
    def change_text(self) -> str:
        """ "+4.1%" with a real minus sign."""
        if self.change is None:
            return ""
        return f"{'+' if self.change >= 0 else '−'}{abs(self.change) * 100:.1f}%"


def rows(
    metrics: Mapping[str, float] | None,
    other: Mapping[str, float] | None = None,
    baseline: Mapping[str, float] | None = None,
    *,
    previous: Mapping[str, float] | None = None,
    intervals: Mapping[str, tuple[float, float]] | None = None,
    recipe_type: str | None = None,
) -> list[Row]:
    """A row for each metric, in reading order; ``other`` is the version compared with.

    ``previous`` is the version before on the same test users, ``intervals`` those of ``metrics``.
    """
    metrics, other, baseline, previous = metrics or {}, other or {}, baseline or {}, previous or {}
    tops: dict[str, float] = {}
    for key, value in metrics.items():
        family = describe(key).family or key
        tops[family] = max(tops.get(family, 0.0), value, baseline.get(key, 0.0))
    return [
        replace(
            _row(key, metrics[key], other.get(key), baseline.get(key), tops, describe(key, recipe_type)),
            previous=previous.get(key),
            low=bounds[0],
            high=bounds[1],
        )
        for key in in_order(metrics)
        for bounds in [(intervals or {}).get(key, (None, None))]
    ]


def in_order(metrics: Mapping[str, Any]) -> list[str]:
    """The keys as people read them; unknown ones last."""
    known = [key for key in METRICS if key in metrics]
    return known + sorted(key for key in metrics if key not in METRICS)


def _row(
    key: str, value: float, other: float | None, baseline: float | None, tops: Mapping[str, float], words: Metric
) -> Row:
    top = tops[words.family or key] or 1.0
    return Row(
        key=key,
        label=words.label,
        tells=words.tells,
        value=value,
        change=(value - other) / other if other else None,
        baseline=baseline,
        share=round(100 * value / top, 1),
        baseline_share=None if baseline is None else round(100 * baseline / top, 1),
    )


@dataclass(frozen=True)
class Advice:
    """The suggested next step: an alert, and the facts it rests on."""

    kind: str
    """success, warning or info."""
    title: str
    text: str
    deploy: bool
    facts: tuple[tuple[str, str], ...]
    """(success or warning, sentence)."""


def advice(
    metrics: Mapping[str, float] | None,
    other: Mapping[str, float] | None,
    baseline: Mapping[str, float] | None,
    details: Mapping[str, Any] | None = None,
    *,
    recipe_type: str | None = None,
) -> Advice | None:
    """What to do with a version, by the rules of its metrics; None without metrics."""
    if not metrics:
        return None
    facts: list[tuple[str, str]] = []
    segments = recipe_type == SEGMENTS
    key = _JUDGED_BY.get(recipe_type or "", SHOWN_OVER_TIME)
    value, floor = metrics.get(key), (baseline or {}).get(key)
    below = value is not None and floor is not None and value < floor
    if value is not None and floor:
        label = describe(key).label
        text = f"{label} is {value / floor:.1f} times the baseline" if not below else f"{label} is below the baseline"
        facts.append(("warning" if below else "success", text))
    low = metrics.get("coverage", 1.0) < LOW_COVERAGE and not segments
    if "coverage" in metrics and not segments:
        facts.append(("warning", "Coverage below 5%") if low else ("success", "Coverage above 5%"))
    tests = (details or {}).get("test users")
    if tests is not None and tests < FEW_TEST_USERS:
        facts.append(("warning", f"Only {tests:,} test users: differences under 5% may be chance"))
    found = _verdict(rows(metrics, other), below=below, low=low, compared=bool(other), facts=tuple(facts))
    return _for_segments(found, below=below) if segments else found


def _for_segments(found: Advice, *, below: bool) -> Advice:
    """Versions that answer with users are asked by batch segment jobs and not deployed."""
    if below:
        advised = "Check event types and the amount of data."
        return replace(found, title="The most active users do better", text=advised)
    if found.deploy:
        return replace(found, title="Ready for batch segment jobs", text="Ask it for users by items or attributes.")
    return replace(found, title="Compare the data first")


def _verdict(found: list[Row], *, below: bool, low: bool, compared: bool, facts: tuple[tuple[str, str], ...]) -> Advice:
    fallen = [row for row in found if row.change is not None and row.change < -GREAT_DROP]
    if fallen:
        names = ", ".join(f"{row.label} ({row.change_text})" for row in fallen[:3])
        return Advice(
            "warning",
            "Compare the data before deploying",
            f"{names} fell by more than 20%. Look at the data analysis of both dates first.",
            False,
            facts,
        )
    if below:
        return Advice(
            "warning",
            "Simple popularity does better",
            "Check event types and the amount of data, and compare recipes.",
            False,
            facts,
        )
    if low:
        return Advice(
            "info",
            "Few items are ever recommended",
            "Try a recipe that explores, or a popularity discount.",
            True,
            facts,
        )
    if compared:
        return Advice(
            "success", "No metric fell by more than 20%", "The version can replace the one in use.", True, facts
        )
    return Advice("success", "Ready to deploy", "The first version has nothing to be compared with yet.", True, facts)
