"""Rows of metrics in a form: name, event type, function, column; or the same as JSON in either spelling."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.ui.fields import Described
from apps.ui.widgets import WithExtras

Metric = dict[str, str]
MOST = 10
COUNT, SUM = "SAMPLECOUNT", "SUM"
PARTS = ("name", "type", "function", "column")
SPELLINGS = {"eventtype": "eventType", "metricname": "metricName", "metricmathexpression": "expression"}
"""Of the JSON form beside the API's own."""


def metric(row: Mapping[str, str]) -> Metric:
    """A row of the builder as the API has it."""
    expression = "SAMPLECOUNT()" if row["function"] == COUNT else f"SUM({row['column']})"
    return {"eventType": row["type"], "metricName": row["name"], "expression": expression}


def row(given: Mapping[str, str]) -> dict[str, str]:
    """A metric of the API as a row of the builder."""
    text = given["expression"].replace(" ", "")
    summed = text[:3].upper() == SUM
    return {
        "name": given["metricName"],
        "type": given["eventType"],
        "function": SUM if summed else COUNT,
        "column": _column(text[4:-1]) if summed else "",
    }


def _column(text: str) -> str:
    dataset, _, name = text.partition(".")
    return f"{dataset.capitalize()}.{name}"


def read_json(text: str) -> list[Metric]:
    """The metrics of a JSON list (or a single one) in the API's spelling. ValidationError says what is wrong where."""
    try:
        found = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise ValidationError(f"Line {line}: this is not valid JSON. Check commas, quotes and brackets.") from error
    listed = found if isinstance(found, list) else [found]
    return [_spelled(each, number) for number, each in enumerate(listed, start=1)]


def _spelled(given: Any, number: int) -> Metric:
    if not isinstance(given, Mapping):
        raise ValidationError(f"Metric {number}: write an object with EventType, MetricName, MetricMathExpression.")
    spelled: Metric = {}
    for name, value in given.items():
        known = SPELLINGS.get(str(name).lower(), "expression" if str(name).lower() == "expression" else "")
        if not known:
            raise ValidationError(f"Metric {number}: {name} is none of EventType, MetricName, MetricMathExpression.")
        if not isinstance(value, str) or not value.strip():
            raise ValidationError(f"Metric {number}: {name} must be a text that is not empty.")
        spelled[known] = value
    missing = [wanted for wanted in ("eventType", "metricName", "expression") if wanted not in spelled]
    if missing:
        names = {"eventType": "EventType", "metricName": "MetricName", "expression": "MetricMathExpression"}
        raise ValidationError(f"Metric {number}: {names[missing[0]]} is missing.")
    return {wanted: spelled[wanted] for wanted in ("eventType", "metricName", "expression")}


def written(metrics: Sequence[Metric]) -> str:
    """Metrics in the console's JSON form."""
    return json.dumps(
        [
            {
                "EventType": each["eventType"],
                "MetricName": each["metricName"],
                "MetricMathExpression": each["expression"],
            }
            for each in metrics
        ],
        indent=2,
        ensure_ascii=False,
    )


class MetricRows(WithExtras, forms.Widget):
    """Rows posted as <name>-name, <name>-type, <name>-function, <name>-column."""

    template_name = "metric_attributions/_rows.html"
    use_fieldset = True
    extras = ("event_types", "columns", "maximum")

    def __init__(self) -> None:
        super().__init__()
        self.event_types: list[str] = []
        self.columns: list[tuple[str, list[str]]] = []
        self.row_errors: dict[int, dict[str, str]] = {}
        self.maximum = MOST

    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        """Each row with what is wrong in it; a column that is not offered any more stays chosen."""
        context = super().get_context(name, value, attrs)
        offered = {column for _, columns in self.columns for column in columns}
        rows = [
            {**each, "errors": self.row_errors.get(at, {}), "unknown": each["column"] not in offered}
            for at, each in enumerate(list(value or []) or [dict.fromkeys(PARTS, "")])
        ]
        context["widget"] |= {"rows": rows, "spare": [dict.fromkeys(PARTS, "")] * max(0, min(3, MOST - len(rows)))}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """The rows that have anything in them."""
        if not hasattr(data, "getlist"):
            return list(data.get(name) or [])
        posted = zip(*(data.getlist(f"{name}-{part}") for part in PARTS), strict=False)
        rows = [{part: value.strip() for part, value in zip(PARTS, values, strict=True)} for values in posted]
        return [each for each in rows if each["name"] or each["type"] or each["column"]]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the builder was not part of what was posted."""
        return f"{name}-name" not in data


class MetricRowsField(Described, forms.Field):
    """Gives metrics as the API has them."""

    widget = MetricRows

    def clean(self, value: Any) -> list[Metric]:
        """Each row complete, and no name twice."""
        rows = list(value or [])
        wrong: dict[int, dict[str, str]] = {}
        names: set[str] = set()
        for at, each in enumerate(rows):
            found = _wrong(each, names)
            names.add(each["name"])
            if found:
                wrong[at] = found
        self.widget.row_errors = wrong
        if wrong:
            at, found = next(iter(wrong.items()))
            raise ValidationError(f"Metric {at + 1}: {next(iter(found.values()))}")
        if len(rows) > MOST:
            raise ValidationError(f"A metric attribution has at most {MOST} metrics.")
        return [metric(each) for each in rows]


def _wrong(row: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """What is wrong with one row, by part."""
    found = {}
    if not row["name"]:
        found["name"] = "Enter a name."
    elif row["name"] in names:
        found["name"] = "Another metric has this name."
    elif len(row["name"]) > 256:
        found["name"] = "Names have at most 256 characters."
    if not row["type"]:
        found["type"] = "Enter an event type."
    elif len(row["type"]) > 256:
        found["type"] = "Event types have at most 256 characters."
    if row["function"] == SUM and not row["column"]:
        found["column"] = "Choose a column for SUM()."
    return found
