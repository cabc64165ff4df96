"""Evaluations in words and charts: intervals, cohorts of users and items, and what stands beside a version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ui import formats, model_metrics
from apps.ui.figures import chart
from apps.ui.figures import table as table_of

Evaluation = Mapping[str, Any]
POPULARITY, PREVIOUS, VERSION = "aws-popularity-count", "previous", "version"
BASELINES = {
    POPULARITY: "Popularity-Count",
    "most-taken-actions": "Most taken actions",
    "most-active-users": "Most active users",
}
"""What stands beside a version on everybody's behalf, in a few words."""
SHOWN = (
    "normalized_discounted_cumulative_gain_at_10",
    "recall_at_1_percent",
    "hits_at_1_percent",
    "mean_reciprocal_rank_at_25",
    "precision_at_10",
    "precision",
    "auc",
)
"""Metrics of the small charts, one each; the first that a version has stands for it."""


MOST_SHOWN = 3
_COUNTED = {"items": "Items asked for", "attributes": "Attributes asked for"}


@dataclass(frozen=True)
class Cohort:
    """A part of what was tested, in words."""

    key: str
    label: str
    short: str
    tells: str
    users: int
    enough: bool


_WORDS = {
    "all": ("All test users", "All", "Everybody who was held out"),
    "new_users": ("New users", "New", "At most {events} events before"),
    "heavy_users": ("Heavy users", "Heavy", "The fifth with the most events: {events} or more"),
    "head_items": ("Head items", "Head", "The {items} most popular, half of all interactions; others do not count"),
    "tail_items": ("Tail items", "Tail", "The other {items}; popular ones do not count"),
    "head_actions": ("Head actions", "Head", "The {items} most taken, half of all takings; others do not count"),
    "tail_actions": ("Tail actions", "Tail", "The other {items}; often taken ones do not count"),
}
_WORDS_OF_SEGMENTS = {
    "all": ("All {counted}", "All", "Everything that was asked for"),
    "new_users": ("New users", "New", "Only users with at most {events} events before count"),
    "heavy_users": ("Heavy users", "Heavy", "Only the fifth with the most events counts: {events} or more"),
    "head_items": ("Head items", "Head", "The {items} most popular of them, half of their interactions"),
    "tail_items": ("Tail items", "Tail", "The other {items}"),
    "head_attributes": ("Head attributes", "Head", "The {items} most popular of them, half of their interactions"),
    "tail_attributes": ("Tail attributes", "Tail", "The other {items}"),
}


def counted(evaluation: Evaluation) -> str:
    """What means are taken over: users, or what segments were asked for, items or attributes."""
    return evaluation.get("counted") or "users"


def cohorts(evaluation: Evaluation) -> list[Cohort]:
    """The cohorts of an evaluation, in their order; one without a known name keeps its key."""
    found, of = [], counted(evaluation)
    known = _WORDS if of == "users" else _WORDS_OF_SEGMENTS
    for each in evaluation.get("cohorts") or ():
        label, short, tells = known.get(each["key"], (each["key"], each["key"], ""))
        tells = tells.format(events=formats.number(each.get("events")), items=formats.number(each.get("items")))
        found.append(Cohort(each["key"], label.format(counted=of), short, tells, each["users"], each["enough"]))
    return found


def headline(evaluation: Evaluation) -> str:
    """The metric that stands for an evaluation where there is room for one."""
    own = means(evaluation)
    return next((key for key in SHOWN if key in own), SHOWN[0])


def means(evaluation: Evaluation, cohort: str = "all", model: str = VERSION) -> Mapping[str, Mapping[str, float]]:
    """Metric -> value with low and high, of one model in one cohort; empty where none was taken."""
    return ((evaluation.get("models") or {}).get(model) or {}).get(cohort) or {}


def intervals(evaluation: Evaluation, model: str = VERSION) -> dict[str, tuple[float, float]]:
    """Metric -> between which values its mean over all test users lies, where that is known."""
    return {key: (each["low"], each["high"]) for key, each in means(evaluation, model=model).items() if "low" in each}


def previous_note(evaluation: Evaluation, number: int | None = None) -> str:
    """What is to be known of the column of the previous version; why there is none; or nothing."""
    name = f"Version {number}" if number else "The previous version"
    if (evaluation.get("models") or {}).get(PREVIOUS):
        return (
            f"{name} answered the same test users with the model it serves. That model may have learned from some of "
            "them, which makes it look better than it is."
        )
    reason = (evaluation.get("skipped") or {}).get(PREVIOUS)
    return f"{name} could not be judged on the same test users. {reason}" if reason else ""


def section(evaluation: Evaluation | None, *, previous: str = "Previous version") -> dict[str, Any] | None:
    """What templates/solutions/_cohorts.html shows; None where no evaluation was kept."""
    if not evaluation or not means(evaluation):
        return None
    known = cohorts(evaluation)
    beside = [
        {"model": model, "name": name, "css": css}
        for model, name, css in (*((*each, "dash") for each in BASELINES.items()), (PREVIOUS, previous, "dot"))
        if means(evaluation, model=model)
    ]
    shown = [key for key in SHOWN if key in means(evaluation)][:MOST_SHOWN]
    return {
        "charts": [_chart(evaluation, key, known, beside) for key in shown],
        "beside": beside,
        "rows": [_row(evaluation, each, beside) for each in known],
        "metric": model_metrics.describe(headline(evaluation)).label,
        "counted": _COUNTED.get(counted(evaluation), "Test users"),
        "same": "same test users" if counted(evaluation) == "users" else f"same {counted(evaluation)}",
        "sentence": _sentence(evaluation, known),
    }


def reach(evaluation: Evaluation) -> list[dict[str, Any]]:
    """How much of the popular and of the other items reaches somebody: label, share."""
    found = []
    for each in cohorts(evaluation):
        share = means(evaluation, each.key).get("coverage", {}).get("value")
        if each.key.startswith(("head_", "tail_")) and share is not None:
            found.append({"label": each.label, "share": share, "percent": 100 * share})
    return found


def span(low: float | None, high: float | None, places: int = 4) -> str:
    """ "0.0712 to 0.0931"; an empty text where there is none."""
    return "" if low is None or high is None else f"{low:.{places}f} to {high:.{places}f}"


def whiskers(values: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Plotly's error bars from low to high."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [each.get("high", each["value"]) - each["value"] for each in values],
        "arrayminus": [each["value"] - each.get("low", each["value"]) for each in values],
        "thickness": 1.25,
        "width": 4,
        "color": "var:text-secondary",
    }


def _row(evaluation: Evaluation, cohort: Cohort, beside: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    key = headline(evaluation)
    own = means(evaluation, cohort.key).get(key, {}) if cohort.enough or cohort.key == "all" else {}
    return {
        "label": cohort.label,
        "tells": cohort.tells,
        "users": cohort.users,
        "value": own.get("value"),
        "interval": span(own.get("low"), own.get("high")),
        "few": not own and cohort.users > 0,
        "beside": [means(evaluation, cohort.key, each["model"]).get(key, {}).get("value") for each in beside],
    }


def _sentence(evaluation: Evaluation, known: Sequence[Cohort]) -> str:
    """Whom the version serves best and worst, as far as that is more than chance."""
    key, of = headline(evaluation), counted(evaluation)
    found = [
        (each.label.lower(), means(evaluation, each.key)[key])
        for each in known
        if each.enough and each.key != "all" and key in means(evaluation, each.key)
    ]
    if len(found) < 2:
        return f"Too few {'test users' if of == 'users' else of} to tell parts of them apart."
    best, worst = (pick(found, key=lambda each: each[1]["value"]) for pick in (max, min))
    if best[1].get("low", 0) <= worst[1].get("high", 0):
        return "No part is surely served better than another: the intervals overlap."
    return f"Predictions are best for {best[0]} and worst for {worst[0]}; the difference is more than chance."


def _chart(
    evaluation: Evaluation, key: str, known: Sequence[Cohort], beside: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """One metric by cohort: bars with intervals, and marks for what stands beside the version."""
    label = model_metrics.describe(key).label
    kept = [each for each in known if key in means(evaluation, each.key)]
    values = [means(evaluation, each.key)[key] for each in kept]
    x = [each.short for each in kept]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": "This version",
            "x": x,
            "y": [each["value"] for each in values],
            "marker": {"color": "var:s1"},
            "error_y": whiskers(values),
            "hovertemplate": "%{y:.4f}",
        }
    ]
    line = {"symbol": "line-ew-open", "size": 18, "color": "var:text", "line": {"width": 2}}
    looks = dict.fromkeys(BASELINES, line) | {
        PREVIOUS: {
            "symbol": "diamond",
            "size": 9,
            "color": "var:s2",
            "line": {"color": "var:bg-container", "width": 1.5},
        },
    }
    for each in beside:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": each["name"],
                "x": x,
                "y": [means(evaluation, one.key, each["model"]).get(key, {}).get("value") for one in kept],
                "marker": looks[each["model"]],
                "hovertemplate": "%{y:.4f}",
            }
        )
    rows = [
        [
            each.label,
            formats.number(each.users),
            f"{own['value']:.4f}",
            span(own.get("low"), own.get("high")) or formats.MISSING,
            *(formats.number(means(evaluation, each.key, one["model"]).get(key, {}).get("value"), 4) for one in beside),
        ]
        for each, own in zip(kept, values, strict=True)
    ]
    columns = [
        "Part",
        _COUNTED.get(counted(evaluation), "Users"),
        "This version",
        "95% interval",
        *(each["name"] for each in beside),
    ]
    spoken = ", ".join(f"{each.label} {own['value']:.4f}" for each, own in zip(kept, values, strict=True))
    layout = {"showlegend": False, "margin": {"l": 44, "r": 8, "b": 28}, "yaxis": {"rangemode": "tozero", "nticks": 4}}
    return chart(
        f"cohorts-{key.replace('_', '-')}", label, "", data, layout, table_of(columns, rows), f"{label}: {spoken}"
    )
