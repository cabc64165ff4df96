"""How an insight is written down."""

from collections.abc import Iterable, Sequence
from typing import Any

Insight = dict[str, Any]


def percent(share: float) -> str:
    """A share as a percentage with up to two decimals and no trailing zeros."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def insight(
    number: str, severity: str, text: str, action: str, kinds: Iterable[str], columns: Sequence[str] = ()
) -> Insight:
    """One finding, JSON-able: number, severity (High, Medium or Low), insight, action, datasetTypes, columns."""
    return {
        "number": number,
        "severity": severity,
        "insight": text,
        "action": action,
        "datasetTypes": list(kinds),
        "columns": list(columns),
    }
