"""Which events and columns a training reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import Recipe

_ALWAYS = {
    "INTERACTIONS": ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"),
    "ITEMS": ("ITEM_ID",),
    "USERS": ("USER_ID",),
    "ACTIONS": ("ACTION_ID",),
    "ACTION_INTERACTIONS": ("USER_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE"),
}


@dataclass(frozen=True)
class EventChoice:
    """One event type of ``eventsConfig``."""

    event_type: str
    """Compared ignoring case."""
    threshold: float | None = None
    """Least EVENT_VALUE, inclusive."""
    weight: float = 1.0
    """What an event counts in losses and counts."""


@dataclass(frozen=True)
class Selection:
    """The choice of events and columns of one solution or recommender."""

    event_type: str | None = None
    """Only events of this type, ignoring case; None keeps every type at equal weight."""
    event_value_threshold: float | None = None
    """Only events with at least this value; events without a value go."""
    events: tuple[EventChoice, ...] = ()
    """Several types with their own thresholds and weights, instead of the two above."""
    excluded_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dataset type -> columns that are not trained on."""
    included_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dataset type -> the only columns that are trained on."""

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        *,
        event_type: str | None = None,
        solution_config: Mapping[str, Any] | None = None,
        training_data_config: Mapping[str, Any] | None = None,
    ) -> "Selection":
        """The selection a solution (or a recommender, by its use case) stands for; DataError where it contradicts."""
        config = solution_config or {}
        columns = training_data_config or config.get("trainingDataConfig") or {}
        listed = (config.get("eventsConfig") or {}).get("eventParametersList") or ()
        threshold = config.get("eventValueThreshold")
        if listed and (event_type or threshold not in (None, "")):
            raise DataError("eventsConfig cannot be combined with eventType or eventValueThreshold.")
        excluded = {kind: names for kind, names in _by_dataset(columns.get("excludedDatasetColumns")).items() if names}
        included = _by_dataset(columns.get("includedDatasetColumns"))
        if excluded and included:
            raise DataError("Specify either excludedDatasetColumns or includedDatasetColumns, not both.")
        return cls(
            event_type=recipe.event_type or event_type or None,
            event_value_threshold=_number(threshold, "eventValueThreshold"),
            events=_choices(listed),
            excluded_columns=excluded,
            included_columns=included,
        )

    def accepts(self, event_type: str | None, value: float | None) -> float:
        """The weight of an event in this selection; 0 where it is not read."""
        kind = (event_type or "").casefold()
        if self.events:
            for choice in self.events:
                if choice.event_type.casefold() == kind:
                    return choice.weight if _reaches(value, choice.threshold) else 0.0
            return 0.0
        if self.event_type is not None and self.event_type.casefold() != kind:
            return 0.0
        return 1.0 if _reaches(value, self.event_value_threshold) else 0.0

    def trains_on(self, dataset_type: str, column: str) -> bool:
        """Whether a column takes part in training, as far as the solution chooses."""
        if column in _ALWAYS.get(dataset_type, ()):
            return True
        if dataset_type in self.included_columns:
            return column in self.included_columns[dataset_type]
        return column not in self.excluded_columns.get(dataset_type, ())

    def check_columns(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Raise DataError where a named dataset or column is not in ``columns`` or must not be left out."""
        for chosen in (self.excluded_columns, self.included_columns):
            for dataset_type, names in chosen.items():
                if dataset_type not in columns:
                    raise DataError(f"Unknown dataset type in the training data configuration: {dataset_type}")
                unknown = [name for name in names if name not in columns[dataset_type]]
                if unknown:
                    raise DataError(f"Unknown column in dataset {dataset_type}: {unknown[0]}")
        for dataset_type, names in self.excluded_columns.items():
            required = [name for name in names if name in _ALWAYS.get(dataset_type, ())]
            if required:
                raise DataError(f"Column {required[0]} of dataset {dataset_type} cannot be excluded from training.")

    def as_json(self) -> dict[str, Any]:
        """What serving needs to read a live history in the same way."""
        return {
            "event_type": self.event_type,
            "event_value_threshold": self.event_value_threshold,
            "events": [[each.event_type, each.threshold, each.weight] for each in self.events],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Selection":
        """The selection kept by :meth:`as_json` (events only)."""
        return cls(
            kept["event_type"], kept["event_value_threshold"], tuple(EventChoice(*each) for each in kept["events"])
        )


def _reaches(value: float | None, threshold: float | None) -> bool:
    return threshold is None or (value is not None and value >= least(threshold))


@cache
def least(threshold: float) -> float:
    """The least value that reaches a threshold, which itself does.

    Histories keep values in single precision, where 0.7 is a little less than the 0.7 that a solution names.
    """
    with np.errstate(over="ignore"):
        return min(threshold, float(np.float32(threshold)))


def _number(text: Any, name: str) -> float | None:
    if text is None or text == "":
        return None
    try:
        number = float(text)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be a number.") from None
    if number != number:
        raise DataError(f"{name} must be a number.")
    return number


def _choices(listed: Sequence[Mapping[str, Any]]) -> tuple[EventChoice, ...]:
    choices = tuple(
        EventChoice(
            each.get("eventType") or "",
            _number(each.get("eventValueThreshold"), "eventValueThreshold"),
            1.0 if each.get("weight") is None else float(each["weight"]),
        )
        for each in listed
    )
    kinds = [each.event_type.casefold() for each in choices]
    twice = next((each.event_type for each in choices if kinds.count(each.event_type.casefold()) > 1), None)
    if twice is not None:
        raise DataError(f"Event type {twice} stands twice in eventsConfig.")
    return choices


_NAMES = {"ITEMINTERACTIONS": "INTERACTIONS", "ACTIONINTERACTIONS": "ACTION_INTERACTIONS"}


def _by_dataset(columns: Mapping[str, Sequence[str]] | None) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, listed in (columns or {}).items():
        key = name.upper().replace(" ", "").replace("_", "")
        found[_NAMES.get(key, key)] = tuple(sorted(listed))
    return found
