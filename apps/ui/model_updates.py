"""How the pages of versions and recommenders tell of automatic updates."""

from collections.abc import Mapping
from typing import Any

from apps.ui import formats


def pairs(updates: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The last automatic update and the next one, as key-value pairs; none for recipes that have no updates."""
    if updates is None:
        return []
    last: dict[str, Any] = {"label": "Last automatic update", "value": "Not yet"}
    if updates.get("last"):
        last |= {"value": updates["last"], "moment": "list"}
    return [last, {"label": "Next automatic update"} | _next(updates)]


def _next(updates: Mapping[str, Any]) -> dict[str, Any]:
    if not updates["on"]:
        return {"value": f"Off. {updates['whyNot']}"}
    if updates["waiting"]:
        every = formats.duration(updates["seconds"])
        return {"value": f"Once new data arrive; checked every {every}"}
    if not updates.get("due"):
        return {"value": ""}
    return {"value": updates["due"], "moment": "list"}
