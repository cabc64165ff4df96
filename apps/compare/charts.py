"""Versions side by side as Plotly figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui import evaluations, formats, model_metrics
from apps.ui.figures import Chart, chart, table

SHORT = {
    "coverage": "Coverage",
    "mean_reciprocal_rank_at_25": "MRR 25",
    "normalized_discounted_cumulative_gain_at_5": "NDCG 5",
    "normalized_discounted_cumulative_gain_at_10": "NDCG 10",
    "normalized_discounted_cumulative_gain_at_25": "NDCG 25",
    "precision_at_5": "Prec. 5",
    "precision_at_10": "Prec. 10",
    "precision_at_25": "Prec. 25",
}
COLOURS = ("var:s1", "var:s2", "var:s3", "var:s4", "var:s5")


def side_by_side(versions: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Grouped bars of all means over test users, with intervals where they are known.

    ``versions``: {letter, id, metrics, evaluation}. Coverage is no mean over users and has its row in the table.
    """
    keys = [key for key in model_metrics.in_order(_all(versions)) if key != "coverage"]
    if not keys:
        return None
    names = [SHORT.get(key, model_metrics.describe(key).label) for key in keys]
    data = []
    for colour, version in zip(COLOURS, versions, strict=False):
        values = [_value(version, key) for key in keys]
        data.append(
            {
                "type": "bar",
                "name": f"{version['letter']} · {version['id']}",
                "x": names,
                "y": [each.get("value") for each in values],
                "marker": {"color": colour},
                "error_y": evaluations.whiskers([each or {"value": 0} for each in values]),
                "hovertemplate": "%{y:.4f}",
            }
        )
    known = any(evaluations.intervals(each["evaluation"]) for each in versions)
    tests = {each["tests"] for each in versions if each["tests"]}
    over = f"Mean over {formats.number(tests.pop())} test users" if len(tests) == 1 else "Mean over the test users"
    rows = [
        [
            model_metrics.describe(key).label,
            *(formats.number(_value(each, key).get("value"), 4) for each in versions),
        ]
        for key in keys
    ]
    layout = {
        "barmode": "group",
        "bargroupgap": 0.08,
        "legend": {"y": -0.3},
        "margin": {"b": 64},
        "yaxis": {"rangemode": "tozero"},
    }
    label = "; ".join(f"{row[0]}: {', '.join(row[1:])}" for row in rows)
    sub = over + ("; whiskers are 95% intervals" if known else "")
    columns = ["Metric", *(str(each["letter"]) for each in versions)]
    return chart("metrics-side-by-side", "Metrics side by side", sub, data, layout, table(columns, rows), label)


def _value(version: Mapping[str, Any], key: str) -> dict[str, float]:
    if key not in version["metrics"]:
        return {}
    bounds = evaluations.intervals(version["evaluation"]).get(key)
    found = {"value": version["metrics"][key]}
    return found | ({"low": bounds[0], "high": bounds[1]} if bounds else {})


def _all(versions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {key: value for each in versions for key, value in each["metrics"].items()}
