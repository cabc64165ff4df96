"""What an experiment found, as tables, words and charts."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui import figures

COLUMNS = (
    "experiment", "metric", "kind", "event_type", "days", "variant", "users", "mean", "difference", "low", "high",
    "lift", "p_value",
)  # fmt: skip
UNITS = {"conversion": "of the users", "events": "events a user", "value": "a user"}


def shown(experiment: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The template's variables, from describe_experiment and get_experiment_results."""
    shares = [each["share"] for each in experiment["variants"]]
    total = sum(found["users"])
    return {
        "parts": [
            {
                "name": each["name"],
                "arn": each["arn"],
                "users": users,
                "share": f"{users / total:.1%}" if total else "–",
                "expected": f"{each['share'] / sum(shares):.1%}",
            }
            for each, users in zip(experiment["variants"], found["users"], strict=True)
        ],
        "users": total,
        "mismatched": found["mismatched"],
        "complete": found["complete"],
        "metrics": [_metric(each, first=number == 0) for number, each in enumerate(found["metrics"])],
        "chart": _chart(found["metrics"]) if total else None,
    }


def _metric(metric: Mapping[str, Any], *, first: bool) -> dict[str, Any]:
    kind = metric["kind"]
    lines = []
    for number, each in enumerate(metric["variants"]):
        line = {"name": each["name"], "users": each["users"], "mean": _value(each["mean"], kind), "control": not number}
        if number:
            line |= {
                "lift": _change(each, kind),
                "interval": _interval(each, metric["variants"][0]["mean"], kind),
                "p": "–" if each["pValue"] is None else f"{each['pValue']:.4f}",
                "verdict": _verdict(each),
            }
        lines.append(line)
    return {
        "name": metric["name"],
        "first": first,
        "about": f"{metric['eventType']} within {metric['days']} days, {UNITS[kind]}",
        "lines": lines,
    }


def _verdict(variant: Mapping[str, Any]) -> tuple[str, str]:
    """Words and the colour of their badge."""
    if variant["pValue"] is None:
        return "Too few users", "outline"
    if not variant["significant"]:
        return "No difference seen", ""
    return ("Better", "green") if variant["absolute"] > 0 else ("Worse", "red")


def _value(mean: float, kind: str) -> str:
    return f"{mean:.2%}" if kind == "conversion" else f"{mean:,.3f}"


def _change(variant: Mapping[str, Any], kind: str) -> str:
    """As a share of the control's figure; as it is where that is 0."""
    if variant["lift"] is not None:
        return _signed(variant["lift"])
    return f"+{_value(variant['absolute'], kind)}" if variant["absolute"] > 0 else _value(variant["absolute"], kind)


def _signed(lift: float | None) -> str:
    return "–" if lift is None else f"{lift:+.1%}"


def _interval(variant: Mapping[str, Any], base: float, kind: str) -> str:
    if variant["low"] is None:
        return "–"
    if not base:
        return f"{_value(variant['low'], kind)} to {_value(variant['high'], kind)}"
    return f"{variant['low'] / base:+.1%} to {variant['high'] / base:+.1%}"


def _chart(metrics: Sequence[Mapping[str, Any]]) -> figures.Chart | None:
    """The lift of every variant with its interval, a line for no change."""
    points = [
        (f"{metric['name']} · {each['name']}", each["lift"], each["low"] / base, each["high"] / base)
        for metric in metrics
        for each in metric["variants"][1:]
        if (base := metric["variants"][0]["mean"]) and each["low"] is not None
    ]
    if not points:
        return None
    names, lifts, lows, highs = (list(part) for part in zip(*points, strict=True))
    data = [
        {
            "type": "scatter", "mode": "markers", "x": lifts, "y": names, "marker": {"color": "var:s1", "size": 9},
            "error_x": {"type": "data", "symmetric": False, "color": "var:s1", "thickness": 2, "width": 6,
                        "array": [high - lift for high, lift in zip(highs, lifts, strict=True)],
                        "arrayminus": [lift - low for low, lift in zip(lows, lifts, strict=True)]},
            "hovertemplate": "%{y}: %{x:+.1%}<extra></extra>",
        }
    ]  # fmt: skip
    layout = {
        "xaxis": {"tickformat": "+.0%", "title": {"text": "Against the control"}},
        "yaxis": {"autorange": "reversed", "automargin": True},
        "shapes": [figures.line(0)],
        "showlegend": False,
    }
    rows = [[name, _signed(lift), _signed(low), _signed(high)] for name, lift, low, high in points]
    return figures.chart(
        "experiment-lift", "Change against the control", "With the interval that holds the truth 95 times in 100",
        data, layout, figures.table(["Metric and variant", "Change", "From", "To"], rows),
        f"Change of {len(points)} figures against the control with their intervals",
    )  # fmt: skip


def csv_rows(experiment: Mapping[str, Any], found: Mapping[str, Any]) -> list[list[Any]]:
    """Everything as rows of a file under :data:`COLUMNS`."""
    return [
        [experiment["name"], metric["name"], metric["kind"], metric["eventType"], metric["days"], each["name"],
         each["users"], each["mean"], *(each.get(name) for name in ("absolute", "low", "high", "lift", "pValue"))]
        for metric in found["metrics"] for each in metric["variants"]
    ]  # fmt: skip
