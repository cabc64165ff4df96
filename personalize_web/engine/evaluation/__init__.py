"""A model judged on users it has never seen: what it answers them, what that is worth, and how sure one can be."""

from personalize_web.engine.evaluation.cohorts import Cohort, item_parts
from personalize_web.engine.evaluation.comparison import Comparison, Difference, compare
from personalize_web.engine.evaluation.judging import Judged, evaluate, judge, published, rewards, truth_sizes
from personalize_web.engine.evaluation.keeping import FILE, VERSION, Evaluation, Kept, without
from personalize_web.engine.evaluation.protocol import LIST_LENGTH, asked, requests_of
from personalize_web.engine.evaluation.reading import read

__all__ = [
    "FILE",
    "LIST_LENGTH",
    "VERSION",
    "Cohort",
    "Comparison",
    "Difference",
    "Evaluation",
    "Judged",
    "Kept",
    "asked",
    "compare",
    "evaluate",
    "item_parts",
    "judge",
    "published",
    "read",
    "requests_of",
    "rewards",
    "truth_sizes",
    "without",
]
