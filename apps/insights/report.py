"""The numbers of an analysis as the page shows them."""

from collections.abc import Mapping
from typing import Any


def rows(numbers: Mapping[str, Any]) -> int:
    """How many interactions were looked at."""
    return int(numbers.get("rows") or 0)


def context(
    numbers: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    query: Mapping[str, str],
    links: Mapping[str, str],
    noun: str,
) -> dict[str, Any]:
    """Everything insights/report.html draws."""
    return {}
