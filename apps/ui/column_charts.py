"""The chart of one column: a histogram of numbers, or bars of the most frequent values."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui import figures
from apps.ui.formats import number, percent

LABEL = {"yref": "paper", "yanchor": "top", "bgcolor": "var:bg-container", "borderpad": 2}


def histogram(id: str, column: str, numbers: Mapping[str, Any]) -> figures.Chart:
    """The values of a numeric column. numbers: edges (n + 1), counts (n), median, quartiles (low, high)."""
    edges, counts = numbers["edges"], numbers["counts"]
    middles = [(edges[at] + edges[at + 1]) / 2 for at in range(len(counts))]
    labels = [f"{number(edges[at])} to {number(edges[at + 1])}" for at in range(len(counts))]
    bar = {
        "type": "bar",
        "x": middles,
        "y": counts,
        "width": [0.94 * (edges[at + 1] - edges[at]) for at in range(len(counts))],
        "customdata": labels,
        "hovertemplate": "%{customdata}: %{y:,} rows<extra></extra>",
        "marker": {"color": "var:s1"},
    }
    marks = [("Median", numbers.get("median")), *zip(("25%", "75%"), numbers.get("quartiles") or (), strict=False)]
    layout = {
        "hovermode": "closest",
        "xaxis": {"title": {"text": column}},
        "yaxis": {"title": {"text": "Rows"}, "tickformat": ",d"},
        "shapes": [figures.line(float(value)) for _, value in marks if value is not None],
        "annotations": [
            figures.note(float(value), 1 - 0.12 * at, f"{name} {number(value)}", **LABEL)
            for at, (name, value) in enumerate(marks)
            if value is not None
        ],
    }
    return figures.chart(
        id,
        f"Values of {column}",
        "Rows by value",
        [bar],
        layout,
        figures.table(["Values", "Rows"], zip(labels, counts, strict=True)),
        f"Half of the values of {column} are at most {number(numbers.get('median'))}.",
    )


def categories(id: str, column: str, top: Sequence[Sequence[Any]], rows: int) -> figures.Chart:
    """The most frequent values of a column. top: (value, count) pairs, most frequent first."""
    shown = list(reversed(top[:20]))
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(shown))),
        "customdata": [str(value) for value, _ in shown],
        "x": [count for _, count in shown],
        "width": 0.6 if len(shown) > 2 else 0.4,
        "marker": {"color": "var:s1"},
        "text": [percent(count / rows) if rows else "" for _, count in shown],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": 11, "color": "var:text-secondary"},
        "hovertemplate": "%{customdata}: %{x:,} rows<extra></extra>",
    }
    layout = {
        "hovermode": "closest",
        "margin": {"l": 16, "r": 56, "b": 40, "t": 12},
        "xaxis": {"title": {"text": "Rows"}, "tickformat": ",d", "showline": False, "ticks": "", "nticks": 4},
        "yaxis": {
            "tickvals": list(range(len(shown))),
            "ticktext": [figures.clip(str(value)) for value, _ in shown],
            "showgrid": False,
            "tickfont": {"size": 11},
            "ticklabelstandoff": 6,
            "automargin": True,
        },
    }
    return figures.chart(
        id,
        f"Values of {column}",
        f"The {len(shown)} most frequent" if len(shown) != 1 else "Its only value",
        [bar],
        layout,
        figures.table(
            ["Value", "Rows", "Share"],
            [[str(value), count, percent(count / rows) if rows else "–"] for value, count in top[:20]],
        ),
        f"The most frequent value of {column} is {top[0][0]}." if top else f"{column} has no values.",
    )


def of_column(id: str, name: str, numbers: Mapping[str, Any]) -> figures.Chart:
    """The chart of a column from what the analysis kept: kind histogram or categories."""
    if numbers["kind"] == "histogram":
        return histogram(id, name, numbers)
    return categories(id, name, numbers["top"], numbers["rows"])
