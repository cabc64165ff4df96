"""The chart that a solution and its versions share: one metric over all versions, with imports and deployments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.solutions import charts, words
from apps.ui import model_metrics
from apps.ui.pages import ConsolePage
from personalize_web import operations

MOST_MARKS = 4
"""Marks of each kind, the newest ones: more would hide the line."""
Mark = tuple[datetime, str, str]


def card(page: ConsolePage, versions: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The chart card of the metric that ``?metric=`` names, over all measured versions (given newest first).

    None without measured versions. ``metrics`` are those to choose from.
    """
    measured = [each for each in versions if each.get("metrics")]
    if not measured:
        return None
    keys = model_metrics.in_order({key: 0 for each in measured for key in each["metrics"]})
    asked = page.request.GET.get("metric", "")
    key = asked if asked in keys else model_metrics.headline(keys) or keys[0]
    kept = [
        {
            "label": f"v{each['number']}",
            "at": _moment(each),
            "metrics": each["metrics"],
            "baseline": words.baseline(each),
        }
        for each in reversed(measured)
        if key in each["metrics"]
    ]
    found = marks(page, versions, since=kept[0]["at"])
    figure = charts.over_versions(kept, key=key, marks=found)
    label = model_metrics.describe(key).label
    rows = [
        [
            each["label"],
            f"{each['metrics'][key]:.4f}",
            f"{each['baseline'][key]:.4f}" if key in each["baseline"] else "–",
        ]
        for each in kept
    ]
    return {
        "id": "over-versions",
        "title": f"{label} over versions",
        "sub": "Vertical lines: imports and deployments" if found else "Compare only versions trained on the same data",
        "figure": figure,
        "table": {"columns": ["Version", label, "Baseline"], "rows": rows},
        "label": f"{label} of {len(rows)} versions; the newest has {rows[-1][1]}.",
        "metrics": [{"key": each, "label": model_metrics.describe(each).label, "shown": each == key} for each in keys],
        "kept": [(name, value) for name, value in page.request.GET.items() if name != "metric"],
    }


def marks(page: ConsolePage, versions: Sequence[Mapping[str, Any]], *, since: datetime) -> list[Mark]:
    """When data were imported into the group, and when campaigns began to serve one of these versions, in order."""
    group = page.group["datasetGroupArn"]
    jobs = operations.list_jobs(page.caller, dataset_group_arn=group, states=["DONE"], max_results=200)["jobs"]
    imports = [
        (each["finishedAt"], "Imported", "var:warning")
        for each in jobs
        if each["kind"] == "create-dataset-import-job" and each["finishedAt"] >= since
    ]
    numbers = {each["solutionVersionArn"]: each["number"] for each in versions}
    campaigns = operations.list_campaign_details(page.caller, dataset_group_arn=group)["campaigns"]
    deployed = [
        (_deployed_at(each), f"v{numbers[each['solutionVersionArn']]} deployed", "var:s4")
        for each in campaigns
        if each["solutionVersionArn"] in numbers
    ]
    newest = [sorted(each, reverse=True)[:MOST_MARKS] for each in (imports, deployed)]
    return sorted(mark for each in newest for mark in each if mark[0] >= since)


def _deployed_at(campaign: Mapping[str, Any]) -> datetime:
    update = campaign.get("latestCampaignUpdate") or {}
    took_over = update.get("status") == "ACTIVE" and update.get("solutionVersionArn") == campaign["solutionVersionArn"]
    return update["lastUpdatedDateTime"] if took_over else campaign["creationDateTime"]


def _moment(version: Mapping[str, Any]) -> datetime:
    return version.get("trainingStartedAt") or version["creationDateTime"]
