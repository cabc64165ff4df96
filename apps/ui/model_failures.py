"""From the reason a training failed to what helps: a sentence, and where to go next."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Hint:
    """``route`` is a page of the dataset group, "" when none helps; ``button`` are its words."""

    text: str
    button: str = ""
    route: str = ""


_HINTS: tuple[tuple[str, Hint], ...] = (
    (
        r"fewer than [\d,]+ users|users (have|with) at least 2",
        Hint(
            "Import more data: models learn from users with at least two interactions.",
            "Run analysis",
            "insights:report",
        ),
    ),
    (
        r"fewer than [\d,]+ interactions",
        Hint("Choose another event type or use case, or import more data.", "Run analysis", "insights:report"),
    ),
    (
        r"event types|identical timestamp",
        Hint("The data analysis shows event types and timestamps.", "Data analysis", "insights:report"),
    ),
    (
        r"no active item interactions|no item interactions|import some first",
        Hint("Import item interactions first.", "Datasets", "datasets:list"),
    ),
    (r"more than \d+ resources|limit", Hint("Delete what is no longer needed, or raise the quota.")),
    (r"out of memory|no space|disk", Hint("Free space or memory on the server, then try again.")),
    (r"internal error", Hint("Nothing you did: try again, and tell whoever runs the server if it fails again.")),
)


def hint(reason: str | None) -> Hint | None:
    """What to say under a failure reason; None for one nothing is known about."""
    if not reason:
        return None
    return next((found for pattern, found in _HINTS if re.search(pattern, reason, re.IGNORECASE)), None)


def shown(reason: str | None, address: Callable[[str], str]) -> dict[str, str]:
    """The hint as templates want it; ``address`` turns a route into an address, "" where there is none."""
    found = hint(reason)
    if found is None:
        return {}
    href = address(found.route) if found.route else ""
    return {"text": found.text, "button": found.button if href else "", "href": href}
