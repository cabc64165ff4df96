"""Why an item was recommended, in words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SHOWN = 12
WORDS = {
    "related": "The model keeps for every item which others come with it, in order.",
    "popular": "Nothing is known that would single out an item here, so popular items are answered.",
    "rising": "The item is among those whose events grow fastest.",
}
PERSONAL = "What this user did and is, in the order of how far each moved the item."


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """The template's variables, from the answer of explain_recommendation."""
    causes = found["causes"]
    weighed = any("effect" in each for each in causes)
    words = PERSONAL if weighed else WORDS.get(causes[0]["kind"], "") if causes else ""
    return {
        "known": found["known"],
        "weighed": weighed,
        "words": words,
        "causes": [_line(each) for each in causes[:SHOWN]],
    }


def _line(cause: Mapping[str, Any]) -> dict[str, Any]:
    kind, name, value = cause["kind"], cause.get("name", ""), cause.get("value", "")
    line = {
        "event": {"what": cause.get("title") or name, "id": name if cause.get("title") else "", "value": value},
        "older_events": {"what": "Older events together", "value": f"{value} events"},
        "user": {"what": f"User: {name}", "value": value},
        "context": {"what": f"Context: {name}", "value": value},
        "related": {"what": f"Comes with {cause.get('title') or name}", "id": name, "value": f"place {value}"},
        "popular": {"what": "Popular item", "value": f"{value:,} interactions" if isinstance(value, int) else ""},
        "rising": {"what": "Rising item", "value": f"place {value}"},
    }[kind]
    at = cause.get("timestamp")
    effect = f"× {cause['times']:.2f}" if "times" in cause else ""
    return line | {"effect": effect, "at": datetime.fromtimestamp(at, UTC) if at else None}
