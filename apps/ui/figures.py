"""What every chart is made of: {id, title, sub, figure, table, label} of components/chart.html.

Colours are named "var:s1" and resolved in the browser, so that a figure follows the theme.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log10
from typing import Any

from apps.ui.formats import number

Chart = dict[str, Any]
MARK = {"color": "var:text-muted", "width": 1, "dash": "dot"}


def chart(
    id: str, title: str, sub: str, data: list[dict[str, Any]], layout: Mapping[str, Any], table: Any, label: str
) -> Chart:
    """One chart card."""
    return {
        "id": id,
        "title": title,
        "sub": sub,
        "figure": {"data": data, "layout": dict(layout)},
        "table": table,
        "label": label,
    }


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """The same numbers as text; numbers get their separators."""
    return {"columns": list(columns), "rows": [[_cell(value) for value in row] for row in rows]}


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def line(x: float | str, color: str = "var:text-muted") -> dict[str, Any]:
    """A dotted line across the plot at ``x``."""
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": MARK | {"color": color}}


def note(x: Any, y: Any, text: str, **more: Any) -> dict[str, Any]:
    """A small label."""
    base = {"x": x, "y": y, "text": text, "showarrow": False, "xanchor": "left", "yanchor": "bottom"}
    return base | {"font": {"size": 11, "color": "var:text-muted"}} | more


def warning_text() -> dict[str, Any]:
    """The font of a threshold's label."""
    return {"size": 11, "color": "var:warning"}


def log(value: float) -> float:
    """Where ``value`` stands on a logarithmic axis."""
    return log10(max(value, 1))


def clip(text: str, most: int = 28) -> str:
    """A label that fits beside a bar."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def coarser(unit: str, x: Sequence[str], series: Mapping[str, Sequence[int]], most: int = 130) -> tuple[str, Any, Any]:
    """The same counts by quarter or year, where there are more than ``most`` bars: unit, x, series."""
    if len(x) <= most or unit not in ("day", "week", "month"):
        return unit, x, series
    for wider, begin in (("quarter", _quarter), ("year", _year)):
        places: dict[str, int] = {}
        for when in x:
            places.setdefault(begin(when), len(places))
        if len(places) <= most or wider == "year":
            break
    merged = {name: [0] * len(places) for name in series}
    for name, counts in series.items():
        for when, count in zip(x, counts, strict=True):
            merged[name][places[begin(when)]] += count
    return wider, list(places), merged


def _quarter(when: str) -> str:
    return f"{when[:4]}-{3 * ((int(when[5:7]) - 1) // 3) + 1:02d}-01"


def _year(when: str) -> str:
    return f"{when[:4]}-01-01"
