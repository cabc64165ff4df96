"""The hierarchical recurrent recommenders: what happened in a session, and in the sessions before it.

Follows Quadrana et al., "Personalizing Session-based Recommendations with Hierarchical Recurrent Neural Networks"
(2017), and Ma et al., "Temporal-Contextual Recommendation in Real-Time" (2020), for time gaps, metadata and context.
Learning, blending with counts and answering are those of the sequence recommender.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.algorithms.base import Config
from personalize_web.engine.algorithms.blending import ALONE, Blend
from personalize_web.engine.algorithms.co_occurrence import within_percentiles
from personalize_web.engine.algorithms.sequence_transformer import SequenceTransformer
from personalize_web.engine.algorithms.sequences import GAPS, gap_buckets
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.features import FeatureEncoder

SHORT_SESSIONS, LONG_SESSIONS = 1800, 86400
"""Seconds of silence that end a session: the first where the usual gap is below a day, else the second."""
LENGTH = 50
"""Newest events that a state reads."""
LEAST_COLD, MOST_COLD = 100, 80_000
"""How many cold items a cold-start model may have."""
_DAY = 86400


class HierarchicalRnn(SequenceTransformer):
    """aws-user-personalization, aws-personalized-ranking and the legacy HRNN recipes.

    ``config["reads"]`` says what a recipe trains on beside ids: ``all``, ``no text``, or ``ids`` for nothing;
    ``config["answers"]`` may be ``cold``: only items that count as cold are answered. What metadata mean is learned
    from all events then as well: cold items have too few of their own. ``lists`` as of the sequence recommender.
    """

    def trained_on(self, dataset: Dataset, config: Config) -> Dataset:
        """The users between the two percentiles of history length, with the columns that the recipe reads."""
        kept = within_percentiles(
            np.diff(dataset.starts),
            float(config["min_user_history_length_percentile"]),
            float(config["max_user_history_length_percentile"]),
        )
        part = dataset if kept.all() else dataset.of_users(np.flatnonzero(kept))
        reads = config.get("reads", "all")
        if reads == "ids":
            return replace(part, item_columns=(), user_columns=(), contexts=())
        if reads == "no text":
            return replace(part, item_columns=tuple(each for each in part.item_columns if each.kind != "textual"))
        return part

    def shape(self, dataset: Dataset, encoders: tuple[FeatureEncoder, FeatureEncoder], config: Config) -> Any:
        """``hidden_dimension`` wide; gradients go back through ``bptt`` events."""
        from personalize_web.engine.nets.recommender import Shape

        return Shape(
            len(dataset.item_ids),
            len(dataset.event_types),
            GAPS,
            encoders[0].width,
            encoders[1].width,
            width=int(config["hidden_dimension"]),
            length=LENGTH,
            bptt=int(config["bptt"]),
            session_gap=session_gap(dataset),
        )

    def settled(self, blend: Blend, config: Config) -> Blend:
        """Counts know nothing of cold items: a cold-start model relies on what was learned alone."""
        return ALONE if config.get("answers") == "cold" else blend

    def candidates(self, dataset: Dataset, config: Config) -> NDArray[np.bool_]:
        if config.get("answers") == "cold":
            return cold_items(dataset, config)
        if config.get("reads") == "ids":
            return dataset.interactions_of_items > 0
        return super().candidates(dataset, config)


def check_cold_items(dataset: Dataset, config: Config) -> None:
    """Raise DataError where a cold-start model would have too few or too many items to answer."""
    cold = int(cold_items(dataset, config).sum())
    if not LEAST_COLD <= cold <= MOST_COLD:
        raise DataError(
            f"There are {cold:,} cold items; from {LEAST_COLD} to {MOST_COLD:,} are needed. Change "
            "cold_start_max_interactions or cold_start_max_duration, or import more new items."
        )


def session_gap(dataset: Dataset) -> int:
    """The least bucket of a time gap that begins a session."""
    same = dataset.user[1:] == dataset.user[:-1]
    gaps = np.diff(dataset.timestamp)[same]
    usual = float(np.median(gaps)) if len(gaps) else 0.0
    return int(gap_buckets(np.array([SHORT_SESSIONS if usual < _DAY else LONG_SESSIONS]))[0])


def cold_items(dataset: Dataset, config: Config) -> NDArray[np.bool_]:
    """[N]: items with at most so many interactions, the first of them at most so many days ago.

    Days count back from the newest interaction, or from now. An item without interactions is cold from its creation.
    """
    most, days = int(config["cold_start_max_interactions"]), float(config["cold_start_max_duration"])
    until = time.time() if config["cold_start_relative_from"] == "currentTime" else dataset.latest
    first = np.full(len(dataset.item_ids), np.iinfo(np.int64).max)
    np.minimum.at(first, dataset.item, dataset.timestamp)
    began = np.where(dataset.interactions_of_items > 0, first, dataset.created)
    return (dataset.interactions_of_items <= most) & ((until - began) / _DAY <= days)
