"""Any table of a person's own into a file that fits a schema: look at it, map its columns, mend its rows, write it."""

from personalize_web.engine.preparing.recipe import CONVERTERS, Column, Recipe, schema_text
from personalize_web.engine.preparing.recipe import read as read_recipe
from personalize_web.engine.preparing.reporting import report
from personalize_web.engine.preparing.source import Source, look
from personalize_web.engine.preparing.writing import PHASES, write

__all__ = [
    "CONVERTERS",
    "PHASES",
    "Column",
    "Recipe",
    "Source",
    "look",
    "read_recipe",
    "report",
    "schema_text",
    "write",
]
