"""Filters: expressions that say which items, users or actions may be answered."""

from personalize_web.engine.filters.checking import MOST_FIELDS, check
from personalize_web.engine.filters.columns import DatasetColumns
from personalize_web.engine.filters.evaluation import (
    Scope,
    evaluate,
    read_values,
    require_values,
    uses_user_columns,
)
from personalize_web.engine.filters.grammar import FilterError, parse
from personalize_web.engine.filters.rows import named, rows
from personalize_web.engine.filters.tree import Filter

__all__ = [
    "MOST_FIELDS",
    "DatasetColumns",
    "Filter",
    "FilterError",
    "Scope",
    "check",
    "evaluate",
    "named",
    "parse",
    "read_values",
    "require_values",
    "rows",
    "uses_user_columns",
]
