"""What was counted -> charts, totals and a file."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.ui.formats import number

Row = Mapping[str, Any]
UNDEFINED = "SOURCE_NAME_UNDEFINED"
DRAWN = 7
"""Sources with a line of their own; the rest are summed in one."""
SPANS = {"3h": timedelta(hours=3), "24h": timedelta(hours=24), "14d": timedelta(days=14)}
PERIODS = {"900": "15 minutes", "3600": "1 hour", "86400": "1 day"}
POINTS = 1500
"""Of one line at most: a longer range gets a wider period."""
HEADER = ("METRIC_NAME", "EVENT_TYPE", "VALUE", "MATH_FUNCTION", "EVENT_ATTRIBUTION_SOURCE", "TIMESTAMP")


@dataclass(frozen=True)
class Span:
    """The range and the period that a page shows."""

    key: str
    """3h, 24h, 14d or custom."""
    start: datetime
    end: datetime
    period: int
    """Seconds."""
    problem: str = ""

    @property
    def query(self) -> str:
        """As the address says it."""
        custom = f"&start={local(self.start)}&end={local(self.end)}" if self.key == "custom" else ""
        return f"range={self.key}&period={self.period}{custom}"


def local(moment: datetime) -> str:
    """A moment as a date-and-time control takes it."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def span_of(query: QueryDict) -> Span:
    """What was asked for; the last 24 hours where nothing sensible was."""
    end = timezone.now()
    key, problem = query.get("range", "24h"), ""
    start = end - SPANS.get(key, SPANS["24h"])
    if key == "custom":
        given = [_moment(query.get(name, "")) for name in ("start", "end")]
        if given[0] and given[1] and given[0] < given[1]:
            start, end = given[0], given[1]
        elif query.get("start") or query.get("end"):
            problem = "Choose a beginning that is before the end."
    elif key not in SPANS:
        key = "24h"
    asked = query.get("period", "")
    period = int(asked) if asked in PERIODS else (900 if end - start <= SPANS["24h"] else 3600)
    while (end - start).total_seconds() / period > POINTS and period < 86400:
        period = 3600 if period == 900 else 86400
    return Span(key, start, end, period, problem)


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found


def short(source: str) -> str:
    """ "home (campaign)" for an ARN; any other source as it is."""
    parts = source.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and "/" in parts[5]:
        kind, _, name = parts[5].partition("/")
        return f"{name} ({kind})"
    return source


def totals(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a metric and source, each with its share of the metric, the largest first."""
    functions = {each["metricName"]: each["expression"] for each in answer["metrics"]}
    order = list(functions)
    sums: dict[str, float] = {}
    for each in answer["series"]:
        sums[each["metricName"]] = sums.get(each["metricName"], 0) + each["total"]
    rows = [
        {
            "metric": each["metricName"],
            "event_type": each["eventType"],
            "function": functions.get(each["metricName"], "Removed metric"),
            "source": each["source"],
            "short": short(each["source"]),
            "total": number(each["total"]),
            "value": each["total"],
            "share": 100 * each["total"] / sums[each["metricName"]] if sums[each["metricName"]] else 0.0,
        }
        for each in answer["series"]
    ]
    place = {name: at for at, name in enumerate(order)}
    return sorted(rows, key=lambda row: (place.get(row["metric"], len(order)), -row["value"], row["source"]))


def charts(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One chart for each metric that is counted."""
    return [_chart(metric, at, answer) for at, metric in enumerate(answer["metrics"])]


def ratio(answer: Mapping[str, Any], above: str, below: str) -> dict[str, Any] | None:
    """One metric divided by another, by source and in all; nothing unless both are counted."""
    names = {each["metricName"] for each in answer["metrics"]}
    if above not in names or below not in names:
        return None
    times = _times(answer)
    upper, lower = _lines(answer, above), _lines(answer, below)
    upper["All sources"], lower["All sources"] = _summed(upper.values(), times), _summed(lower.values(), times)
    named = [name for name in _ranked(lower) if name in upper][: DRAWN + 1]
    series = {short(name): [_divided(upper[name].get(time), lower[name].get(time)) for time in times] for name in named}
    rates = {short(name): _divided(sum(upper[name].values()), sum(lower[name].values())) for name in named}
    figure = _figure(times, series, tickformat=".1%")
    whole = rates.get("All sources")
    return {
        "id": "chart-ratio",
        "title": f"{above} ÷ {below}",
        "sub": "Quotient of two metrics, by source",
        "figure": figure,
        "table": _table(times, series),
        "label": f"{above} divided by {below}: {'unknown' if whole is None else f'{whole:.2%}'} over the whole range.",
        "rates": [
            {"source": name, "text": "–" if rate is None else f"{rate:.2%}"}
            for name, rate in sorted(rates.items(), key=lambda pair: pair[0] != "All sources")
        ],
    }


def lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The series as a file in the form of the published reports."""
    functions = {each["metricName"]: each["function"] for each in answer["metrics"]}
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield writer.writerow(HEADER)
    for each in answer["series"]:
        function = functions.get(each["metricName"], "")
        for begins, value in each["points"]:
            row = (each["metricName"], each["eventType"], float(value), function, each["source"], begins)
            yield writer.writerow(row)


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _chart(metric: Mapping[str, Any], at: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    times = _times(answer)
    found = _lines(answer, metric["metricName"])
    ranked = _ranked(found)
    drawn = {short(name): [found[name].get(time, 0) for time in times] for name in ranked[:DRAWN]}
    if rest := ranked[DRAWN:]:
        others = _summed((found[name] for name in rest), times)
        drawn[f"{len(rest)} more"] = [others.get(time, 0) for time in times]
    total = sum(sum(values.values()) for values in found.values())
    return {
        "id": f"chart-metric-{at}",
        "title": metric["metricName"],
        "sub": f"{metric['expression']} of {metric['eventType']} events, by source",
        "figure": _figure(times, drawn) if drawn else None,
        "table": _table(times, drawn),
        "label": f"{metric['metricName']}: {number(total)} in all from {len(found)} sources.",
    }


def _times(answer: Mapping[str, Any]) -> list[int]:
    period = answer["period"]
    first = int(answer["start"].timestamp()) // period * period
    return list(range(first, int(answer["end"].timestamp()) + 1, period))


def _lines(answer: Mapping[str, Any], name: str) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for each in answer["series"]:
        if each["metricName"] == name:
            line = found.setdefault(each["source"], {})
            for begins, value in each["points"]:
                line[begins] = line.get(begins, 0) + value
    return found


def _ranked(found: Mapping[str, Mapping[int, float]]) -> list[str]:
    return sorted(found, key=lambda name: (-sum(found[name].values()), name))


def _summed(found: Iterable[Mapping[int, float]], times: Sequence[int]) -> dict[int, float]:
    kept = list(found)
    return {time: sum(line.get(time, 0) for line in kept) for time in times}


def _divided(above: float | None, below: float | None) -> float | None:
    return (above or 0) / below if below else None


def _figure(times: Sequence[int], drawn: Mapping[str, Sequence[Any]], *, tickformat: str = "") -> dict[str, Any]:
    x = [_text(time) for time in times]
    mode = "lines+markers" if len(times) <= 32 else "lines"
    data = [
        {
            "type": "scatter",
            "mode": mode,
            "name": name,
            "x": x,
            "y": list(values),
            "line": {"color": f"var:s{at % 8 + 1}", "width": 2},
            "marker": {"size": 5},
            "connectgaps": False,
            "hovertemplate": f"%{{y:{tickformat or ',~g'}}}",
        }
        for at, (name, values) in enumerate(drawn.items())
    ]
    axis: dict[str, Any] = {"rangemode": "tozero"} | ({"tickformat": tickformat} if tickformat else {})
    layout = {"showlegend": True, "hovermode": "x unified", "xaxis": {"nticks": 7}, "yaxis": axis}
    return {"data": data, "layout": layout}


def _table(times: Sequence[int], drawn: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The points that are not nothing everywhere."""
    rows = [[_text(time), *(values[at] for values in drawn.values())] for at, time in enumerate(times)]
    kept = [row for row in rows if any(row[1:])]
    return {
        "columns": ["Time", *drawn],
        "rows": [[row[0], *("–" if value is None else number(value) for value in row[1:])] for row in kept],
    }


def _text(time: int) -> str:
    return f"{timezone.localtime(datetime.fromtimestamp(time, UTC)):%Y-%m-%d %H:%M}"
