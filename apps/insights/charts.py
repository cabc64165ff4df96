"""Numbers of an analysis -> the charts of its page."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.ui import figures
from apps.ui.formats import number, percent

ADVISED = 0.70
ADVISED_TEXT = 0.85


def over_time(numbers: Mapping[str, Any]) -> figures.Chart:
    """Interactions over time, stacked by event type. numbers: unit, x (dates), series {event type: counts}."""
    unit, x, series = figures.coarser(numbers["unit"], numbers["x"], numbers["series"])
    single = len(series) == 1
    data = [
        {
            "type": "bar",
            "name": name,
            "x": x,
            "y": counts,
            "marker": {"color": f"var:s{place % 8 + 1}", "cornerradius": 2 if single else 0},
            "hovertemplate": "%{y:,}",
        }
        for place, (name, counts) in enumerate(series.items())
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0.18,
        "showlegend": not single,
        "xaxis": {"nticks": 8},
        "yaxis": {"title": {"text": f"Events per {unit}"}, "tickformat": ",d"},
    }
    rows = [[when, *(counts[at] for counts in series.values())] for at, when in enumerate(x)]
    total = sum(sum(counts) for counts in series.values())
    sub = f"Events per {unit}" + ("" if single else ", by event type")
    return figures.chart(
        "chart-time",
        "Interactions over time",
        sub,
        data,
        layout,
        figures.table([unit.capitalize(), *series], rows),
        f"{number(total)} events from {x[0]} to {x[-1]}, per {unit}.",
    )


def event_types(counts: Mapping[str, int]) -> figures.Chart:
    """Event types on a logarithmic scale, with the 1,000 that a use case asks for."""
    names = sorted(counts, key=lambda name: counts[name])
    layout = {
        "hovermode": "closest",
        "margin": {"l": 104, "r": 64, "b": 40, "t": 24},
        "xaxis": {
            "type": "log",
            "title": {"text": "Events"},
            "showline": False,
            "ticks": "",
            "dtick": 1,
            "tickformat": ",d",
        },
        "yaxis": {"showgrid": False, "ticklabelstandoff": 6, "automargin": True},
        "shapes": [figures.line(1000, "var:warning")],
        "annotations": [
            figures.note(3, 1.01, "1,000 advised", yref="paper", xanchor="center", font=figures.warning_text())
        ],
    }
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": [counts[name] for name in names],
        "width": 0.5,
        "marker": {"color": ["var:s5" if counts[name] < 1000 else "var:s3" for name in names]},
        "text": [number(counts[name]) for name in names],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": 11, "color": "var:text-secondary"},
        "hovertemplate": "%{y}: %{x:,} events<extra></extra>",
    }
    rows = [[name, counts[name]] for name in reversed(names)]
    return figures.chart(
        "chart-types",
        "Event types",
        "Events of each type; logarithmic",
        [bar],
        layout,
        figures.table(["Event type", "Events"], rows),
        f"{len(names)} event types, the most frequent is {names[-1]} with {number(counts[names[-1]])} events.",
    )


def per_user(numbers: Mapping[str, Any]) -> figures.Chart:
    """Interactions per user in logarithmic bins. numbers: edges (n + 1), counts (n), users, median, p95, p99."""
    edges, counts = _without_lead(numbers["edges"], numbers["counts"])
    labels = [_span(edges[at], edges[at + 1]) for at in range(len(counts))]
    bar = {
        "type": "bar",
        "x": list(range(len(counts))),
        "y": counts,
        "width": 0.88,
        "customdata": labels,
        "hovertemplate": "%{customdata} interactions: %{y:,} users<extra></extra>",
        "marker": {"color": "var:s1"},
    }
    every = max(1, len(counts) // 8)
    ticks = list(range(0, len(counts) + 1, every))
    shapes, notes = [], []
    marks = [("Median", numbers.get("median")), ("95%", numbers.get("p95")), ("99%", numbers.get("p99"))]
    for height, (name, value) in zip((1.0, 0.9, 0.8), marks, strict=True):
        if value is None:
            continue
        at = _place(float(value), edges)
        left = at > 0.7 * len(counts)
        shapes.append(figures.line(at, "var:text-secondary" if name == "Median" else "var:text-muted"))
        notes.append(
            figures.note(
                at + (-0.12 if left else 0.12),
                height,
                f"{name}{':' if '%' in name else ''} {number(value)}",
                yref="paper",
                yanchor="top",
                xanchor="right" if left else "left",
                bgcolor="var:bg-container",
                borderpad=1,
            )
        )
    layout = {
        "hovermode": "closest",
        "xaxis": {
            "title": {"text": "Interactions per user"},
            "tickvals": [tick - 0.5 for tick in ticks],
            "ticktext": [number(edges[tick]) for tick in ticks],
            "range": [-0.6, len(counts) - 0.4],
        },
        "yaxis": {"title": {"text": "Users"}, "tickformat": ",d"},
        "shapes": shapes,
        "annotations": notes,
    }
    return figures.chart(
        "chart-users",
        "Interactions per user",
        f"{number(numbers['users'])} users; logarithmic bins",
        [bar],
        layout,
        figures.table(["Interactions", "Users"], zip(labels, counts, strict=True)),
        f"Half of the users have at most {number(numbers.get('median'))} interactions, "
        f"95% at most {number(numbers.get('p95'))}.",
    )


def _without_lead(edges: Sequence[float], counts: Sequence[int]) -> tuple[Sequence[float], Sequence[int]]:
    """From the first bin that holds somebody."""
    first = next((at for at, count in enumerate(counts) if count), 0)
    return edges[first:], counts[first:]


def _span(low: float, high: float) -> str:
    return number(low) if high - low <= 1 else f"{number(low)}–{number(high - 1)}"


def _place(value: float, edges: Sequence[float]) -> float:
    """Where ``value`` stands on an axis of one step a bin."""
    for at in range(len(edges) - 1):
        if value < edges[at + 1]:
            return at - 0.5 + (value - edges[at]) / (edges[at + 1] - edges[at])
    return len(edges) - 1.5


def popularity(numbers: Mapping[str, Any], noun: str = "Item") -> figures.Chart:
    """Interactions by rank, both axes logarithmic.

    numbers: ranks, counts, items, top_share (of the first 10%), single (items with one event).
    """
    items = numbers["items"]
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": numbers["ranks"],
        "y": numbers["counts"],
        "line": {"color": "var:s1", "width": 2},
        "fill": "tozeroy",
        "fillcolor": "var:s1/0.12",
        "hovertemplate": "Rank %{x:,}: %{y:,}<extra></extra>",
    }
    tenth = max(1, items // 10)
    notes = [
        figures.note(
            figures.log(tenth) - 0.05,
            1,
            f"Top 10% of {noun.lower()}s:<br>{percent(numbers['top_share'])} of events",
            yref="paper",
            yanchor="top",
            xanchor="right",
            align="right",
        )
    ]
    if numbers.get("single"):
        text = f"{number(numbers['single'])} {noun.lower()}s have<br>a single event"
        notes.append(figures.note(figures.log(tenth) - 0.1, 0.04, text, yref="paper", xanchor="right", align="right"))
    top = max(numbers["counts"], default=1)
    layout = {
        "hovermode": "closest",
        "xaxis": {"type": "log", "title": {"text": f"{noun} rank"}, "dtick": 1, "tickformat": ",d"},
        "yaxis": {
            "type": "log",
            "title": {"text": "Interactions"},
            "dtick": 1,
            "tickformat": ",d",
            "range": [-0.08, figures.log(top) * 1.04 + 0.05],
        },
        "shapes": [figures.line(tenth)],
        "annotations": notes,
    }
    return figures.chart(
        "chart-popularity",
        f"{noun} popularity",
        "Interactions by rank; both axes logarithmic",
        [line],
        layout,
        figures.table(["Rank", "Interactions"], zip(numbers["ranks"], numbers["counts"], strict=True)),
        f"The first 10% of {noun.lower()}s have {percent(numbers['top_share'])} of all events.",
    )


def completeness(columns: Sequence[Mapping[str, Any]]) -> figures.Chart:
    """The share of rows with a value, column by column. columns: name, dataset, share (0 to 1), textual."""
    lowest_first = list(reversed(columns))
    seen = [column["name"] for column in columns]
    names = [
        column["name"] if seen.count(column["name"]) == 1 else f"{column['name']} ({column['dataset']})"
        for column in lowest_first
    ]
    shares = [100 * column["share"] for column in lowest_first]
    short = [column["share"] < (ADVISED_TEXT if column.get("textual") else ADVISED) for column in lowest_first]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": shares,
        "width": 0.5,
        "marker": {"color": ["var:s5" if low else "var:s3" for low in short]},
        "text": ["100%" if share == 100 else f"{share:.1f}%" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",
        "textfont": {"size": 11, "color": "var:text-secondary"},
        "hovertemplate": "%{y}: %{text} of rows<extra></extra>",
    }
    lines = [(100 * ADVISED, "70% advised")]
    if any(column.get("textual") for column in columns):
        lines.append((100 * ADVISED_TEXT, "85% for text"))
    layout = {
        "hovermode": "closest",
        "margin": {"l": 120, "r": 52, "b": 32, "t": 24},
        "xaxis": {
            "range": [0, 100],
            "ticksuffix": "%",
            "dtick": 25,
            "showgrid": True,
            "gridcolor": "var:hairline",
            "showline": False,
            "ticks": "",
        },
        "yaxis": {
            "showgrid": False,
            "tickfont": {"size": 11},
            "ticklabelstandoff": 6,
            "nticks": 2 * len(names) + 1,
            "automargin": True,
        },
        "shapes": [
            figures.line(at, "var:warning") | {"line": {"color": "var:warning", "width": 1.5, "dash": "dash"}}
            for at, _ in lines
        ],
        "annotations": [
            figures.note(
                at,
                1.01,
                text,
                yref="paper",
                xanchor="left" if at > 80 else "center" if len(lines) == 1 else "right",
                font=figures.warning_text(),
            )
            for at, text in lines
        ],
    }
    rows = [[column["dataset"], column["name"], percent(column["share"])] for column in columns]
    low = [column["name"] for column in columns if column["share"] < ADVISED]
    told = (
        f"{', '.join(low)} {'is' if len(low) == 1 else 'are'} less than 70% complete."
        if low
        else "All columns are at least 70% complete."
    )
    return figures.chart(
        "chart-completeness",
        "Column completeness",
        "Share of rows with a value; advised 70% or more",
        [bar],
        layout,
        figures.table(["Dataset", "Column", "Complete"], rows),
        told,
    )


def overlap(rows: Sequence[Mapping[str, Any]]) -> figures.Chart:
    """How catalogue and events fit together. rows: name (Items, Users), used, unused, unknown (counts of ids)."""
    parts = (
        ("used", "With interactions", "var:s3"),
        ("unused", "Without interactions", "var:s6"),
        ("unknown", "Only in interactions", "var:s5"),
    )
    names = [row["name"] for row in reversed(rows)]
    totals = [sum(row[key] for key, _, _ in parts) or 1 for row in reversed(rows)]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": text,
            "y": names,
            "x": [100 * row[key] / total for row, total in zip(reversed(rows), totals, strict=True)],
            "customdata": [number(row[key]) for row in reversed(rows)],
            "hovertemplate": "%{customdata}<extra>" + text + "</extra>",
            "marker": {"color": color, "cornerradius": 0},
            "width": 0.5 if len(rows) > 1 else 0.3,
        }
        for key, text, color in parts
    ]
    layout = {
        "barmode": "stack",
        "hovermode": "closest",
        "margin": {"l": 64, "r": 16, "b": 56, "t": 12},
        "xaxis": {"range": [0, 100], "ticksuffix": "%", "dtick": 25, "showline": False, "ticks": ""},
        "yaxis": {"showgrid": False, "ticklabelstandoff": 6},
        "legend": {"y": -0.18},
    }
    shown = [[row["name"], row["used"], row["unused"], row["unknown"]] for row in rows]
    return figures.chart(
        "chart-overlap",
        "Catalogue overlap",
        "Ids of the datasets beside those in interactions",
        data,
        layout,
        figures.table(["Dataset", "With interactions", "Without", "Only in interactions"], shown),
        "; ".join(
            f"{row['name']}: {number(row['used'])} ids have interactions, {number(row['unused'])} have none"
            for row in rows
        ),
    )


def new_items(numbers: Mapping[str, Any]) -> figures.Chart:
    """New items by week or month. numbers: unit, x (dates), counts."""
    unit, x, series = figures.coarser(numbers["unit"], numbers["x"], {"items": numbers["counts"]})
    counts = series["items"]
    bar = {
        "type": "bar",
        "x": x,
        "y": counts,
        "marker": {"color": "var:s1"},
        "hovertemplate": "%{y:,} new items<extra></extra>",
    }
    layout = {
        "bargap": 0.18,
        "xaxis": {"nticks": 8},
        "yaxis": {"title": {"text": f"Items per {unit}"}, "tickformat": ",d"},
    }
    return figures.chart(
        "chart-new-items",
        f"New items per {unit}",
        "By CREATION_TIMESTAMP",
        [bar],
        layout,
        figures.table([unit.capitalize(), "New items"], zip(x, counts, strict=True)),
        f"{number(sum(counts))} items from {x[0]} to {x[-1]}.",
    )
