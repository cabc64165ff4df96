"""Algorithms by the names that recipes use; each is imported when it is first asked for."""

from importlib import import_module

from personalize_web.engine.algorithms.base import Algorithm

METHODS = {
    "affinity": "Affinity",
    "hierarchical_rnn": "HierarchicalRnn",
    "popularity": "Popularity",
    "baskets": "Baskets",
    "co_occurrence": "CoOccurrence",
    "next_best_action": "NextBestAction",
    "sequence_transformer": "SequenceTransformer",
    "similar_items": "SimilarItems",
    "trending": "Trending",
}
"""Method of a recipe -> class in the module of the same name."""

LEARNED = frozenset({"affinity", "hierarchical_rnn", "next_best_action", "sequence_transformer"})
"""Methods whose learning several processes can share (:mod:`personalize_web.engine.distributed`)."""


def algorithm(method: str) -> Algorithm:
    """The algorithm of a recipe's method; KeyError where this build has none."""
    module = import_module(f"personalize_web.engine.algorithms.{method}")
    return getattr(module, METHODS[method])()
