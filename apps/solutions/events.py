"""Rows of event types in a form: type, least value, weight; what eventsConfig says."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.ui.fields import Described
from apps.ui.widgets import WithExtras

PARTS = ("type", "threshold", "weight")
MOST = 10


def rows_of(config: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of a solution's configuration."""
    listed = (config.get("eventsConfig") or {}).get("eventParametersList") or []
    return [
        {
            "type": each.get("eventType") or "",
            "threshold": _text(each.get("eventValueThreshold")),
            "weight": _text(each.get("weight", 1)),
        }
        for each in listed
    ]


def words_of(parameters: Sequence[Mapping[str, Any]]) -> str:
    """Event types with what they ask for and count, as one reads them."""
    return ", ".join(
        each.get("eventType", "")
        + (f" from {_text(each['eventValueThreshold'])}" if each.get("eventValueThreshold") is not None else "")
        + (f" at weight {_text(each['weight'])}" if each.get("weight", 1) != 1 else "")
        for each in parameters
    )


class EventRows(WithExtras, forms.Widget):
    """Rows posted as <name>-type, <name>-threshold, <name>-weight."""

    template_name = "solutions/_event_rows.html"
    use_fieldset = True
    extras = ("event_types", "valued", "maximum")

    def __init__(self) -> None:
        super().__init__()
        self.event_types: Mapping[str, int] = {}
        self.valued = False
        self.row_errors: dict[int, dict[str, str]] = {}
        self.maximum = MOST

    def get_context(self, name: str, value: Any, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        """Each row with what is wrong in it; without script there are spare rows."""
        context = super().get_context(name, None, attrs)
        empty = {"type": "", "threshold": "", "weight": "1"}
        rows = [{**each, "errors": self.row_errors.get(at, {})} for at, each in enumerate(list(value or []) or [empty])]
        context["widget"] |= {"rows": rows, "empty": empty, "spare": [empty] * max(0, min(3, MOST - len(rows)))}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """The rows that name a type or a threshold; a weight alone is what an untouched row has."""
        if not hasattr(data, "getlist"):
            return list(data.get(name) or [])
        posted = zip_longest(*(data.getlist(f"{name}-{part}") for part in PARTS), fillvalue="")
        rows = [{part: value.strip() for part, value in zip(PARTS, values, strict=True)} for values in posted]
        return [each for each in rows if each["type"] or each["threshold"]]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the rows were not part of what was posted."""
        return f"{name}-type" not in data


class EventRowsField(Described, forms.Field):
    """Gives ``eventParametersList``: [{"eventType": ..., "eventValueThreshold": ..., "weight": ...}, ...]."""

    widget = EventRows

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Each row complete, and no type twice."""
        rows = list(value or [])
        wrong = {at: found for at, each in enumerate(rows) if (found := _wrong(each, rows[:at]))}
        self.widget.row_errors = wrong
        if wrong:
            at, found = next(iter(wrong.items()))
            raise ValidationError(f"Event type {at + 1}: {next(iter(found.values()))}")
        if len(rows) > MOST:
            raise ValidationError(f"At most {MOST} event types can be chosen.")
        return [
            {"eventType": each["type"]}
            | ({"eventValueThreshold": float(each["threshold"])} if each["threshold"] else {})
            | {"weight": float(each["weight"] or 1)}
            for each in rows
        ]


def _wrong(row: Mapping[str, str], before: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What is wrong with one row, by part."""
    found = {}
    if not row["type"]:
        found["type"] = "Enter an event type."
    elif len(row["type"]) > 256:
        found["type"] = "Event types have at most 256 characters."
    elif row["type"].casefold() in (each["type"].casefold() for each in before):
        found["type"] = "This event type stands above already."
    if row["threshold"] and _number(row["threshold"]) is None:
        found["threshold"] = "Enter a number."
    weight = _number(row["weight"] or "1")
    if weight is None or not 0 <= weight <= 1:
        found["weight"] = "Enter a number from 0 to 1."
    return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _text(value: float | str | None) -> str:
    return "" if value is None else f"{float(value):g}"
