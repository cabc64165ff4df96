"""Metric attribution: what a metric's expression means, and how events are counted by source and quarter of an hour."""

from personalize_web.engine.attribution.counting import UNDEFINED, WINDOW, Count, Counting, Measure
from personalize_web.engine.attribution.expressions import Expression, ExpressionError, parse

__all__ = ["UNDEFINED", "WINDOW", "Count", "Counting", "Expression", "ExpressionError", "Measure", "parse"]
