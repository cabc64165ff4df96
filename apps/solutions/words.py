"""Configurations and schedules of solutions in words, and the chart that solutions and versions share."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import NoReverseMatch, reverse

from apps.solutions import charts
from apps.ui import dataset_types, model_metrics
from apps.ui.pages import ConsolePage


def schedule(solution: Mapping[str, Any]) -> str:
    """ "Every 7 days" or "Off"."""
    if not solution.get("performAutoTraining"):
        return "Off"
    config = solution.get("solutionConfig") or {}
    expression = solution.get("schedulingExpression") or (config.get("autoTrainingConfig") or {}).get(
        "schedulingExpression", ""
    )
    found = re.search(r"\d+", expression)
    if not found:
        return "On"
    return "Every day" if found[0] == "1" else f"Every {found[0]} days"


def hours(value: float | None) -> str:
    """Training hours: two decimals, four where it took less than a minute or so."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value >= 0.02 else f"{value:.4f}"


def configuration(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings of a solution or version as sections of key-value pairs."""
    config = resource.get("solutionConfig") or {}
    excluded = (config.get("trainingDataConfig") or {}).get("excludedDatasetColumns") or {}
    events = (config.get("eventsConfig") or {}).get("eventParametersList") or []
    parameters = (config.get("algorithmHyperParameters") or {}) | (config.get("featureTransformationParameters") or {})
    data = [
        {"label": "Event type", "value": resource.get("eventType") or "All events"},
        {"label": "Event value threshold", "value": config.get("eventValueThreshold")},
        *(
            {"label": f"Columns left out: {dataset_types.of(kind).title}", "value": ", ".join(names), "mono": True}
            for kind, names in excluded.items()
            if names
        ),
        *(
            {
                "label": f"Event {each.get('eventType', '')}",
                "value": f"threshold {each.get('eventValueThreshold', '–')}, weight {each.get('weight', 1)}",
            }
            for each in events
        ),
    ]
    if not excluded:
        data.append({"label": "Columns left out", "value": "None"})
    sections = [{"title": "Data", "pairs": data}]
    if parameters:
        pairs = [{"label": name, "value": value, "mono": True} for name, value in parameters.items()]
        sections.append({"title": "Hyperparameters", "pairs": pairs})
    return sections


def baseline(version: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of the simple model on the same test users; empty when none were taken."""
    found = version.get("baselines") or {}
    return found.get("aws-popularity-count") or next(iter(found.values()), {})


def over_versions(
    versions: Sequence[Mapping[str, Any]], *, deployed: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any] | None:
    """The chart card of the headline metric over all measured versions (given newest first)."""
    key = model_metrics.SHOWN_OVER_TIME
    kept = [
        {
            "label": f"v{each['number']}",
            "at": each.get("trainingStartedAt") or each["creationDateTime"],
            "metrics": each.get("metrics") or {},
            "baseline": baseline(each),
        }
        for each in reversed(versions)
    ]
    marks = [(each["at"], each["text"], "var:s4") for each in deployed]
    figure = charts.over_versions(kept, key=key, marks=marks)
    if figure is None:
        return None
    label = model_metrics.describe(key).label
    rows = [
        [
            each["label"],
            f"{each['metrics'][key]:.4f}",
            f"{each['baseline'][key]:.4f}" if key in each["baseline"] else "–",
        ]
        for each in kept
        if key in each["metrics"]
    ]
    return {
        "id": "over-versions",
        "title": f"{label} over versions",
        "sub": "Compare only versions trained on the same data",
        "figure": figure,
        "table": {"columns": ["Version", label, "Baseline"], "rows": rows},
        "label": f"{label} of {len(rows)} versions; the newest has {rows[-1][1]}.",
    }


def manage_tags(page: ConsolePage, arn: str) -> str:
    """Where the tags of a resource are changed; empty when the caller may not."""
    if page.denied("tag_resource"):
        return ""
    try:
        return f"{reverse('tags:edit')}?arn={arn}"
    except NoReverseMatch:
        return ""
