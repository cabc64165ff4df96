"""What the accessibility rules of axe-core say of a page in a browser."""

from typing import Any

COLOURS = ("color-contrast", "link-in-text-block")
"""Rules that a theme can break; every other one is about elements, which are the same in both."""


def breaches(page: Any, *, dark: bool = False) -> list[str]:
    """Each broken rule with its element and what is wrong.

    A page in the dark theme is held against the rules about colours alone: the light one is held against all.
    """
    from axe_playwright_python.sync_playwright import Axe

    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if dark:
        options["runOnly"] = {"type": "rule", "values": list(COLOURS)}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"][:3]]
