"""Configurations and schedules of solutions in words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import NoReverseMatch, reverse

from apps.solutions import events
from apps.ui import dataset_types, model_metrics
from apps.ui.pages import ConsolePage

NOT_CHOSEN = "Chosen by the first training"
"""Where the recipe of a solution would stand that lets the service choose one."""
SENSITIVITIES = {"OFF": "Off", "LOW": "Low", "MEDIUM": "Medium", "HIGH": "High"}


def days(config: Mapping[str, Any]) -> int | None:
    """The days between two automatic trainings that a solution's configuration names."""
    found = re.search(r"\d+", (config.get("autoTrainingConfig") or {}).get("schedulingExpression", ""))
    return int(found[0]) if found else None


def schedule(solution: Mapping[str, Any]) -> str:
    """ "Every 7 days" or "Off"."""
    if not solution.get("performAutoTraining"):
        return "Off"
    config = solution.get("solutionConfig") or {}
    expression = solution.get("schedulingExpression")
    found = days({"autoTrainingConfig": {"schedulingExpression": expression}} if expression else config)
    if not found:
        return "On"
    return "Every day" if found == 1 else f"Every {found} days"


def hours(value: float | None) -> str:
    """Training hours: two decimals, four where it took less than a minute or so."""
    if value is None:
        return "–"
    return f"{value:.2f}" if value >= 0.02 else f"{value:.4f}"


def configuration(
    resource: Mapping[str, Any], *, defaults: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The settings of a solution or version as sections of key-value pairs.

    ``defaults`` are the hyperparameters of its recipe, for a configuration that does not name all of them.
    """
    config = resource.get("solutionConfig") or {}
    return [
        section
        for section in (
            {"title": "Training", "pairs": _training(resource)},
            {"title": "Data", "pairs": _data(resource, config)},
            {"title": "Hyperparameters", "pairs": _parameters(config, defaults)},
            {"title": "Hyperparameter optimization", "pairs": _search(resource, config)},
        )
        if section["pairs"]
    ]


def _training(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    pairs: list[dict[str, Any]] = []
    if "performAutoTraining" in resource:
        pairs.append({"label": "Automatic training", "value": schedule(resource)})
    if resource.get("performIncrementalUpdate"):
        pairs.append({"label": "Incremental updates", "value": "On"})
    if update := resource.get("latestSolutionUpdate"):
        about = {"status": True, "reason": update.get("failureReason", "")}
        pairs.append({"label": "Latest update", "value": update["status"], **about})
    return pairs


def _data(resource: Mapping[str, Any], config: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = config.get("trainingDataConfig") or {}
    excluded, included = columns.get("excludedDatasetColumns") or {}, columns.get("includedDatasetColumns") or {}
    listed = (config.get("eventsConfig") or {}).get("eventParametersList") or []
    if listed:
        pairs = [{"label": "Event types", "value": events.words_of(listed)}]
    else:
        pairs = [
            {"label": "Event type", "value": resource.get("eventType") or "All events"},
            {"label": "Event value threshold", "value": config.get("eventValueThreshold")},
        ]
    for verb, chosen in (("left out", excluded), ("trained on", included)):
        pairs += [
            {
                "label": f"Columns {verb}: {dataset_types.of(kind).title}",
                "value": ", ".join(names) or "None",
                "mono": bool(names),
            }
            for kind, names in chosen.items()
            if names or chosen is included
        ]
    if not excluded and not included:
        pairs.append({"label": "Columns left out", "value": "None"})
    if objective := config.get("optimizationObjective"):
        sensitivity = SENSITIVITIES.get(objective.get("objectiveSensitivity", ""), "Off")
        pairs += [
            {"label": "Objective", "value": objective.get("itemAttribute"), "mono": True},
            {"label": "Objective sensitivity", "value": sensitivity},
        ]
    return pairs


def _parameters(config: Mapping[str, Any], defaults: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    fixed = (config.get("algorithmHyperParameters") or {}) | (config.get("featureTransformationParameters") or {})
    searched = {name for name, _ in _ranges(config)}
    filled = {each["name"]: each["default"] for each in defaults if not each.get("searchOnly")} | fixed
    return [
        {"label": name, "value": value, "mono": True}
        for name, value in filled.items()
        if name not in searched
    ]


def _ranges(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a search varies, with the range in words."""
    listed = (config.get("hpoConfig") or {}).get("algorithmHyperParameterRanges") or {}
    return [
        (
            str(each.get("name", "")).rpartition(".")[2],
            ", ".join(each["values"]) if each.get("values") else f"{each['minValue']:g} to {each['maxValue']:g}",
        )
        for ranges in listed.values()
        for each in ranges
    ]


def _search(resource: Mapping[str, Any], config: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not resource.get("performHPO"):
        return []
    resources = (config.get("hpoConfig") or {}).get("hpoResourceConfig") or {}
    jobs, parallel = (resources.get(name) for name in ("maxNumberOfTrainingJobs", "maxParallelTrainingJobs"))
    pairs: list[dict[str, Any]] = [
        {"label": name, "value": words, "mono": True} for name, words in _ranges(config)
    ] or [{"label": "Searched for", "value": "Every hyperparameter that can be tuned"}]
    if jobs:
        pairs.append({"label": "Training jobs", "value": f"{jobs}, at most {parallel or 1} at a time"})
    return pairs


def baseline(version: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of the simple model on the same test users; empty when none were taken."""
    return model_metrics.baseline(version.get("baselines"))[0]


def manage_tags(page: ConsolePage, arn: str) -> str:
    """Where the tags of a resource are changed; empty when the caller may not."""
    if page.denied("tag_resource"):
        return ""
    try:
        return f"{reverse('tags:edit')}?arn={arn}"
    except NoReverseMatch:
        return ""
