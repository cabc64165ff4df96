"""Numbers of solution versions -> Plotly figures, each with its table for those who cannot see it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.ui import model_metrics

Figure = dict[str, Any]
DEPTHS = (5, 10, 25)
NDCG = "normalized_discounted_cumulative_gain_at_{}"
PRECISION = "precision_at_{}"
BASELINE_LINE = {"color": "var:text", "width": 1.5, "dash": "dash"}
QUIET_LINE = {"color": "var:text-muted", "width": 1.25, "dash": "dot"}


def ranking_quality(metrics: Mapping[str, float], baseline: Mapping[str, float] | None) -> Figure | None:
    """NDCG and precision at 5, 10 and 25 as grouped bars, the baseline as dashed lines; of actions NDCG alone."""
    depths = [k for k in DEPTHS if NDCG.format(k) in metrics]
    if not depths:
        return None
    names = [f"At {k}" for k in depths]
    gains = [metrics[NDCG.format(k)] for k in depths]
    precisions = [metrics[PRECISION.format(k)] for k in depths if PRECISION.format(k) in metrics]
    floor = baseline or {}
    floors = {
        "left": [floor.get(NDCG.format(k)) for k in depths],
        "right": [floor.get(PRECISION.format(k)) for k in depths] if precisions else [],
    }
    shapes = [
        {"type": "line", "x0": at + start, "x1": at + end, "y0": level, "y1": level, "line": BASELINE_LINE}
        for side, start, end in (("left", -0.36, -0.04 if precisions else 0.36), ("right", 0.04, 0.36))
        for at, level in enumerate(floors[side])
        if level is not None
    ]
    top = max([*gains, *precisions, *(level for levels in floors.values() for level in levels if level is not None)])
    data = [_bars("NDCG", names, gains, "var:s1")]
    if precisions:
        data.append(_bars("Precision", names, precisions, "var:s3"))
    if shapes:
        data.append(
            {"type": "scatter", "mode": "lines", "name": "Baseline", "x": names[:1], "y": [None], "line": BASELINE_LINE}
        )
    return {
        "data": data,
        "layout": {
            "barmode": "group",
            "bargap": 0.28,
            "bargroupgap": 0.12,
            "shapes": shapes,
            "yaxis": {
                "title": {"text": "Mean over test users"},
                "range": [0, (top or 0.01) * 1.15],
                "tickformat": _places([top]),
            },
            "legend": {"y": -0.16},
            "margin": {"b": 48},
        },
    }


def ranking_quality_table(
    metrics: Mapping[str, float], baseline: Mapping[str, float] | None
) -> tuple[list[str], list[list[str]]]:
    """The same numbers as columns and rows."""
    rows = [
        [row.label, f"{row.value:.4f}", "-" if row.baseline is None else f"{row.baseline:.4f}"]
        for row in model_metrics.rows(metrics, None, baseline)
        if row.key.startswith(("normalized", "precision"))
    ]
    return ["Metric", "This version", "Baseline"], rows


def _bars(name: str, x: Sequence[str], y: Sequence[float], color: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": list(x),
        "y": list(y),
        "marker": {"color": color},
        "text": [f"{value:.4f}" for value in y],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": 11},
    }


def over_versions(
    versions: Sequence[Mapping[str, Any]], *, key: str, marks: Sequence[tuple[datetime, str, str]] = ()
) -> Figure | None:
    """One metric over all Active versions, oldest first.

    ``versions``: {label, at, metrics, baseline}; ``marks``: (moment, text, colour) drawn as vertical lines.
    """
    kept = [each for each in versions if key in (each["metrics"] or {})]
    if not kept:
        return None
    x = [each["at"].isoformat() for each in kept]
    y = [each["metrics"][key] for each in kept]
    data = [_metric_line(kept, x, y, key)]
    floors = [(each["baseline"] or {}).get(key) for each in kept]
    if any(level is not None for level in floors):
        data.append(_baseline_line(x, floors))
    return {
        "data": data,
        "layout": {
            "hovermode": "closest",
            "margin": {"b": 56},
            "legend": {"y": -0.28},
            "yaxis": {"tickformat": _places(y), "rangemode": "tozero" if len(kept) == 1 else "normal"},
            "xaxis": {
                "tickvals": x,
                "ticktext": [f"{each['at']:%b} {each['at'].day}<br>{each['label']}" for each in kept],
                **({"range": _around(kept[0]["at"])} if len(kept) == 1 else {}),
            },
            "shapes": [_mark(moment, color) for moment, _, color in marks],
            "annotations": [_newest(x[-1], y[-1]), *(_note(at, *mark) for at, mark in enumerate(marks))],
        },
    }


def _metric_line(kept: Sequence[Mapping[str, Any]], x: Sequence[str], y: Sequence[float], key: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": model_metrics.describe(key).label,
        "x": x,
        "y": y,
        "line": {"color": "var:s1", "width": 2},
        "marker": {"size": 8, "color": "var:s1", "line": {"color": "var:bg-container", "width": 2}},
        "hovertemplate": "%{y:.4f}<extra>%{customdata}</extra>",
        "customdata": [each["label"] for each in kept],
    }


def _baseline_line(x: Sequence[str], floors: Sequence[float | None]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(x) > 1 else "markers",
        "name": "Baseline",
        "x": x,
        "y": floors,
        "line": {"color": "var:text-muted", "width": 1.5, "dash": "dash"},
        "marker": {"color": "var:text-muted", "symbol": "line-ew-open", "size": 14},
        "hovertemplate": "%{y:.4f}<extra>Baseline</extra>",
    }


def _newest(x: str, y: float) -> dict[str, Any]:
    """The value of the newest version, beside its point."""
    return {
        "x": x,
        "y": y,
        "text": f"{y:.4f}",
        "showarrow": False,
        "xanchor": "right",
        "yanchor": "bottom",
        "yshift": 6,
        "font": {"size": 11, "color": "var:text"},
    }


def _note(at: int, moment: datetime, text: str, color: str) -> dict[str, Any]:
    """The words of a mark; every third stands at the same height, so that neighbours do not cover one another."""
    return {
        "x": moment.isoformat(),
        "y": 1 - 0.09 * (at % 3),
        "yref": "paper",
        "text": f" {text}",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "top",
        "font": {"size": 11, "color": color},
    }


def _places(values: Sequence[float]) -> str:
    """Decimals of an axis: enough that neighbouring ticks differ."""
    return ".2f" if max(values, default=0) > 0.1 else ".3f"


def _around(moment: datetime) -> list[str]:
    """A day on each side, so that a single version stands in the middle."""
    stamp = moment.timestamp()
    return [datetime.fromtimestamp(stamp + shift, tz=moment.tzinfo).isoformat() for shift in (-86400, 86400)]


def _mark(moment: datetime, color: str) -> dict[str, Any]:
    at = moment.isoformat()
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": color, "width": 1, "dash": "dot"},
    }


def curves(
    series: Mapping[str, Sequence[Sequence[float]]],
    *,
    axis: str,
    previous: Sequence[Sequence[float]] = (),
    previous_name: str = "",
    best: str = "",
) -> Figure | None:
    """Live curves over epochs: name -> points of this version, the previous version dotted.

    ``best`` names the series whose best point is marked: "max:name" or "min:name".
    """
    kept = {name: points for name, points in series.items() if points}
    if not kept:
        return None
    data: list[dict[str, Any]] = []
    for at, (name, points) in enumerate(kept.items()):
        color = f"var:s{(1, 2, 3, 5)[at % 4]}"
        data.append(
            {
                "type": "scatter",
                "mode": "lines" if len(points) > 1 else "markers",
                "name": name,
                "x": [point[0] for point in points],
                "y": [point[1] for point in points],
                "line": {"color": color, "width": 2},
                "marker": {"color": color, "size": 7},
            }
        )
    wanted, _, of = best.partition(":")
    if of in kept:
        x, y = [point[0] for point in kept[of]], [point[1] for point in kept[of]]
        top = (max if wanted == "max" else min)(range(len(y)), key=y.__getitem__)
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "Best",
                "x": [x[top]],
                "y": [y[top]],
                "marker": {"size": 9, "color": "var:s3", "line": {"color": "var:bg-container", "width": 2}},
            }
        )
    if previous:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": previous_name,
                "x": [point[0] for point in previous],
                "y": [point[1] for point in previous],
                "line": QUIET_LINE,
            }
        )
    few = max(point[0] for points in kept.values() for point in points) <= 12
    return {
        "data": data,
        "layout": {
            "xaxis": {"title": {"text": "Epoch"}, "rangemode": "tozero"} | ({"dtick": 1} if few else {}),
            "yaxis": {"title": {"text": axis}},
            "legend": {"y": -0.34},
            "margin": {"b": 56},
        },
    }
