"""Settings and data of versions, side by side: which differ, and which are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ui import dataset_types, formats

Version = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One setting, or one fact about the data, of every version; an empty text where a version has none."""

    label: str
    values: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether all versions agree."""
        return len(set(self.values)) == 1

    @property
    def mark(self) -> str:
        """``+`` where the first version has none, ``−`` where another has none, ``~`` where they differ."""
        if self.same:
            return ""
        if not self.values[0]:
            return "+"
        return "~" if all(self.values) else "−"


def settings(versions: Sequence[Version]) -> list[Line]:
    """Recipe, choice of events and columns, hyperparameters: what a person has set."""
    return _lines([_settings(each) for each in versions])


def data(versions: Sequence[Version]) -> list[Line]:
    """What each version was trained on: counts, and the state of each dataset."""
    return _lines([_data(each) for each in versions])


def trained_alike(versions: Sequence[Version]) -> bool:
    """Whether all were trained on the same states of the same datasets; unknown is not alike."""
    found = [each.get("dataVersions") or None for each in versions]
    return found[0] is not None and all(each == found[0] for each in found)


def data_warning(versions: Sequence[Version], letters: Sequence[str]) -> str:
    """How the data of the others differ from the first's, as sentences; empty where all are alike."""
    if trained_alike(versions):
        return ""
    first = versions[0]
    sentences = [
        f"{letter} has {_joined(found)} than {letters[0]}."
        if (found := _count_changes(first, each))
        else f"{letter} read another state of the data than {letters[0]}."
        for letter, each in zip(letters[1:], versions[1:], strict=True)
        if (first.get("dataVersions") or None) is None or each.get("dataVersions") != first.get("dataVersions")
    ]
    sentences += [
        f"{letter} also read {_joined(extra)}."
        for letter, each in zip(letters[1:], versions[1:], strict=True)
        if (extra := [dataset_types.of(kind).title for kind in _kinds(each) if kind not in _kinds(first)])
    ]
    return " ".join([*sentences, "Part of the difference may come from the data, not from the settings."])


def _settings(version: Version) -> dict[str, str]:
    config = version.get("solutionConfig") or {}
    found = {
        "Recipe": version.get("recipeName", ""),
        "Training mode": "Update" if version.get("trainingMode") == "UPDATE" else "Full",
        "Event type": version.get("eventType") or "All events",
        "Event value threshold": config.get("eventValueThreshold") or "",
    }
    for each in (config.get("eventsConfig") or {}).get("eventParametersList") or []:
        threshold = each.get("eventValueThreshold")
        words = f"weight {each.get('weight', 1)}" + ("" if threshold is None else f", from {threshold}")
        found[f"Event {each.get('eventType', '')}"] = words
    chosen = config.get("trainingDataConfig") or {}
    for title, key in (("left out", "excludedDatasetColumns"), ("used alone", "includedDatasetColumns")):
        for kind, names in (chosen.get(key) or {}).items():
            if names:
                found[f"{dataset_types.of(kind).title} columns {title}"] = ", ".join(sorted(names))
    objective = config.get("optimizationObjective") or {}
    if objective.get("itemAttribute"):
        found["Objective"] = f"{objective['itemAttribute']}, {objective.get('objectiveSensitivity', 'OFF').lower()}"
    parameters = (config.get("algorithmHyperParameters") or {}) | (config.get("featureTransformationParameters") or {})
    return found | {name: str(value) for name, value in parameters.items()}


def _data(version: Version) -> dict[str, str]:
    facts = version.get("details") or {}
    found = {
        label: formats.number(facts[key])
        for label, key in (("Interactions", "interactions"), ("Users", "users"), ("Items", "items"))
        if key in facts
    }
    moment = formats.moment(version.get("trainingStartedAt"))
    found["Read at"] = formats.full(moment) if moment else ""
    for kind, state in (version.get("dataVersions") or {}).items():
        found[f"{dataset_types.of(kind).title}, state"] = str(state)
    tests = facts.get("test users")
    return found | ({} if tests is None else {"Test users": formats.number(tests)})


def _lines(described: Sequence[Mapping[str, str]]) -> list[Line]:
    labels = dict.fromkeys(label for each in described for label in each)
    lines = [Line(label, tuple(str(each.get(label, "")) for each in described)) for label in labels]
    return [line for line in lines if any(line.values)]


def _count_changes(first: Version, other: Version) -> list[str]:
    one, two = first.get("details") or {}, other.get("details") or {}
    found = []
    for key in ("interactions", "users", "items"):
        change = two.get(key, 0) - one.get(key, 0) if key in one and key in two else 0
        if change:
            noun = key if abs(change) != 1 else key.removesuffix("s")
            found.append(f"{formats.number(abs(change))} {'more' if change > 0 else 'fewer'} {noun}")
    return found


def _kinds(version: Version) -> list[str]:
    return list(version.get("dataVersions") or {})


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
