"""The metrics of several versions in rows, with what their differences are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ui import evaluations, model_metrics

Version = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """The value of one version."""

    value: float | None
    low: float | None
    high: float | None
    best: bool

    @property
    def interval(self) -> str:
        """Between which values it lies; empty where that is not known."""
        return evaluations.span(self.low, self.high)


@dataclass(frozen=True)
class Change:
    """One version minus the first."""

    value: float | None
    share: float | None
    """Relative to the first; None where that is 0 or has no such metric."""
    low: float | None = None
    high: float | None = None
    sure: bool | None = None
    """Whether the interval leaves zero out; None without one."""

    @property
    def text(self) -> str:
        """ "+4.1%", or the plain difference where there is nothing to relate it to; with a real minus sign."""
        amount = self.value if self.share is None else self.share
        if amount is None:
            return ""
        sign = "+" if amount >= 0 else "−"
        return f"{sign}{abs(amount):.4f}" if self.share is None else f"{sign}{abs(amount) * 100:.1f}%"

    @property
    def interval(self) -> str:
        """ "−0.0012 to +0.0100"; empty without one."""
        if self.low is None or self.high is None:
            return ""
        return f"{_signed(self.low)} to {_signed(self.high)}"

    @property
    def direction(self) -> str:
        """up, down or flat."""
        if not self.value or abs(self.value) < 0.00005:
            return "flat"
        return "up" if self.value > 0 else "down"


@dataclass(frozen=True)
class MetricRow:
    """One metric of all versions."""

    key: str
    label: str
    tells: str
    cells: tuple[Cell, ...]
    changes: tuple[Change, ...]
    """Of each version but the first."""


def metric_rows(versions: Sequence[Version], differences: Sequence[Mapping[str, Any]]) -> list[MetricRow]:
    """Every metric that any version has, in reading order; the greatest value of a row is its best."""
    keys = model_metrics.in_order({key: value for each in versions for key, value in (each["metrics"] or {}).items()})
    bounds = [evaluations.intervals(each["evaluation"]) for each in versions]
    found = []
    for key in keys:
        values = [(each["metrics"] or {}).get(key) for each in versions]
        best = max(value for value in values if value is not None)
        alone = sum(value == best for value in values) == 1
        cells = tuple(
            Cell(value, *own.get(key, (None, None)), best=alone and value == best)
            for value, own in zip(values, bounds, strict=True)
        )
        changes = tuple(
            _change(values[0], value, each["metrics"].get(key))
            for value, each in zip(values[1:], differences, strict=True)
        )
        words = model_metrics.describe(key)
        found.append(MetricRow(key, words.label, words.tells, cells, changes))
    return found


def verdict(
    versions: Sequence[Version], differences: Sequence[Mapping[str, Any]], letters: Sequence[str]
) -> list[dict[str, str]]:
    """For each version but the first: in how many metrics it is surely better or worse, and how that was found."""
    found = []
    rows = metric_rows(versions, differences)
    for at, (letter, each) in enumerate(zip(letters[1:], differences, strict=True)):
        changes = [row.changes[at] for row in rows if row.changes[at].sure is not None]
        better = sum(change.sure and change.direction == "up" for change in changes)
        worse = sum(change.sure and change.direction == "down" for change in changes)
        text, color = _words(letter, changes, better, worse)
        found.append({"letter": letter, "text": text, "color": color, "how": _how(each)})
    return found


def parts_of(versions: Sequence[Version], key: str) -> list[dict[str, Any]]:
    """A metric by part of the users and items: label and a value with its interval for each version."""
    known = {each.key: each for version in versions for each in evaluations.cohorts(version["evaluation"])}
    found = []
    for cohort in known.values():
        cells = [evaluations.means(version["evaluation"], cohort.key).get(key, {}) for version in versions]
        if any(cells):
            shown = [
                {"value": each.get("value"), "interval": evaluations.span(each.get("low"), each.get("high"))}
                for each in cells
            ]
            found.append({"label": cohort.label, "cells": shown})
    return found


def _change(first: float | None, other: float | None, kept: Mapping[str, Any] | None) -> Change:
    if first is None or other is None:
        return Change(None, None)
    value = kept["value"] if kept else other - first
    share = value / first if first else None
    return Change(value, share, kept["low"], kept["high"], kept["sure"]) if kept else Change(value, share)


def _words(letter: str, changes: Sequence[Change], better: int, worse: int) -> tuple[str, str]:
    """A sentence, and the colour of its badge."""
    of = f"of {len(changes)}"
    if not changes:
        return f"{letter}: no intervals", "outline"
    if better and worse:
        return f"{letter} better in {better}, worse in {worse} {of}", "amber"
    if better:
        return f"{letter} surely better in {better} {of}", "green"
    if worse:
        return f"{letter} surely worse in {worse} {of}", "red"
    return f"{letter}: all differences may be chance", "outline"


def _how(difference: Mapping[str, Any]) -> str:
    if "paired" not in difference:
        return f"No intervals: {difference.get('reason', '').rstrip('.')}"
    first, second = difference["testUsers"]
    of = difference["counted"]
    if of != "users":
        if difference["paired"]:
            return f"paired bootstrap: both were asked for the same {first:,} {of}"
        return f"unpaired bootstrap: asked for different {of} ({first:,} and {second:,}), which is less sure"
    if difference["paired"]:
        return f"paired bootstrap: both answered the same {first:,} test users"
    return f"unpaired bootstrap: tested on different users ({first:,} and {second:,}), which is less sure"


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{abs(value):.4f}"
