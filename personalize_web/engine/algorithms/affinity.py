"""Item-Affinity and Item-Attribute-Affinity: which users will take an item, or items that have some attributes.

Follows Ma, Liu and Deoras, "Bridging Recommendation and Marketing via Recurrent Intensity Modeling" (ICLR 2022): how
often a user will take an item is how much the user will take at all, times the item's share in it. The share is the
softmax of the sequence recommender; how much is :mod:`personalize_web.engine.algorithms.intensity`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.blending import Blend
from personalize_web.engine.algorithms.intensity import Habits, habits, last_moments
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.algorithms.sequence_arrays import blended_bias
from personalize_web.engine.algorithms.sequence_transformer import HISTORY, SequenceTransformer
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Column, Dataset
from personalize_web.engine.errors import DataError
from personalize_web.engine.features import FeatureEncoder, separated
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.reporting import Reporter

LENGTH = 50
"""Newest events that a state reads."""
LEAST_INTENSITY = 0.05
"""Of the mean is expected of everybody: silence makes nobody impossible, and likes decide among the silent."""
WHOLE, HEAD, DRAWN = 32_768, 16_384, 16_384
"""A catalogue up to the first size is summed up as a whole, of a larger one the most popular items and a sample."""
_LOGITS = 1 << 24
SAME_TIME = (
    "All item interactions have the same TIMESTAMP. A user segmentation recipe learns from the order of events: import "
    "interactions with the times at which they happened."
)


class Affinity(SequenceTransformer):
    """aws-item-affinity and aws-item-attribute-affinity: one model answers both kinds of queries.

    ``config["reads"]`` is ``all``, or ``items`` where the recipe reads no metadata of users.
    """

    def train(self, dataset: Dataset, config: Config, options: Options, reporter: Reporter,
              warm: Model | None = None) -> Model:
        """As the sequence recommender; DataError where all events happened at once."""
        if int(dataset.timestamp.min()) == int(dataset.timestamp.max()):
            raise DataError(SAME_TIME)
        return super().train(dataset, config, options, reporter, warm)

    def trained_on(self, dataset: Dataset, config: Config) -> Dataset:
        """Without context, which no query can bring, and without what the recipe does not read."""
        users = () if config.get("reads") == "items" else dataset.user_columns
        return replace(dataset, contexts=(), user_columns=users)

    def shape(self, dataset: Dataset, encoders: tuple[FeatureEncoder, FeatureEncoder], config: Config) -> Any:
        """``hidden_dimension`` wide."""
        return replace(super().shape(dataset, encoders, config), width=int(config["hidden_dimension"]), length=LENGTH)

    def counted(self, dataset: Dataset) -> dict[str, Counted]:
        """None: a segment looks at every user, whose vector says all there is."""
        return {}

    def finished(self, dataset: Dataset, state: Any, recent: bool, config: Config, candidates: NDArray[np.bool_],
                 reporter: Reporter) -> Model:
        """Vectors of items and of users, who are in the order of their ids."""
        learner, blend = state.learner, state.blend
        seed = learner.seed

        def states(part: Dataset) -> NDArray[np.float32]:
            inputs = self.inputs(part, state.encoders, recent, config)
            return learner.queries(part, inputs, np.arange(len(part.user_ids))).float().cpu().numpy()

        reporter.log("Learning how much users will do")
        expected = Habits(dataset, states, seed)
        order = pc.sort_indices(dataset.user_ids).to_numpy()
        queries = states(dataset)[order]
        now, then = np.full(len(order), dataset.latest), last_moments(dataset)
        intensity, at_last = (_with_least(expected(habits(dataset, each)[order], queries)) for each in (now, then))
        vectors = learner.vectors().float().cpu().numpy() * np.float32(blend.learned)
        bias = blended_bias(dataset, learner.network, blend)
        bias[~candidates] = -np.inf
        starts, items, extra = _seen(dataset, blend, order)
        reporter.log("Adding up what each user may take")
        mass = _log_masses(queries, vectors, bias, (starts, items, extra), seed, reporter)
        arrays = {
            **common_arrays(dataset, popular_items(dataset)), **Vocabulary.of(
                dataset.user_ids.take(order).to_pylist()).arrays("users"),
            "vectors": vectors, "bias": bias, "user_vectors": queries,
            "user_shift": (intensity - mass).astype(np.float32),
            "user_shift_at_last": (at_last - mass).astype(np.float32),
            "user_seen_starts": starts, "user_seen_items": items, "user_seen_extra": extra,
        }
        listed: list[dict[str, str]] = []
        for column in dataset.item_attributes:
            arrays |= _attribute(column, f"attribute_{len(listed)}")
            listed.append({"name": column.name, "kind": column.kind})
        settings = {**common_settings(dataset), "attributes": listed, "width": queries.shape[1]}
        return Model("affinity", arrays, settings, details=state.facts, state=state)


def _with_least(log_intensity: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = np.exp(log_intensity.astype(np.float64)).mean()
    return np.logaddexp(log_intensity, np.log(LEAST_INTENSITY * mean + 1e-12)).astype(np.float32)


def _seen(dataset: Dataset, blend: Blend, order: NDArray[np.int64]
          ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """By user in ``order``: the items of the newest events, and what is added to their logits for having been taken."""
    back = dataset.starts[1:][dataset.user] - 1 - np.arange(len(dataset.user))
    recent = back < HISTORY
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    keys = place[dataset.user[recent]] * len(dataset.item_ids) + dataset.item[recent]
    pairs, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    first = np.full(len(pairs), HISTORY)
    np.minimum.at(first, inverse, back[recent])
    extra = np.stack([np.ones(len(pairs)), np.log(counts), np.log1p(first)], axis=1) @ np.array(blend.seen)
    users, items = np.divmod(pairs, len(dataset.item_ids))
    starts = np.searchsorted(users, np.arange(len(order) + 1))
    return starts.astype(np.int64), items.astype(np.int32), extra.astype(np.float32)


def _log_masses(queries: NDArray[np.float32], vectors: NDArray[np.float32], bias: NDArray[np.float32],
                seen: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]], seed: int, reporter: Reporter
                ) -> NDArray[np.float32]:
    """log of the sum of what all items weigh to each user, [U]: what makes weights probabilities.

    Of a large catalogue the rest beyond the most popular items is estimated by a sample.
    """
    possible = np.flatnonzero(np.isfinite(bias))
    shift = bias[possible].astype(np.float32)
    if len(possible) > WHOLE:
        by_bias = possible[np.argsort(-bias[possible], kind="stable")]
        drawn = np.random.default_rng(seed).choice(by_bias[HEAD:], DRAWN, replace=False)
        possible = np.concatenate([by_bias[:HEAD], drawn])
        shift = bias[possible] + np.log(np.repeat([1.0, (len(by_bias) - HEAD) / DRAWN], [HEAD, DRAWN]))
    part, shift = vectors[possible], shift.astype(np.float32)
    found = np.empty(len(queries), np.float32)
    widest = max(len(possible), HISTORY * queries.shape[1])
    for begin, end in _blocks(len(queries), max(64, _LOGITS // widest)):
        reporter.check()
        logits = queries[begin:end] @ part.T + shift
        top = logits.max(axis=1, keepdims=True)
        found[begin:end] = (top + np.log(np.exp(logits - top).sum(axis=1, keepdims=True)))[:, 0]
        found[begin:end] = _with_seen(found[begin:end], queries, vectors, bias, seen, begin, end)
    return found


def _with_seen(masses: NDArray[np.float32], queries: NDArray, vectors: NDArray, bias: NDArray,
               seen: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]], begin: int, end: int
               ) -> NDArray[np.float32]:
    """The masses of users ``begin`` to ``end`` when what is known of their seen items is added."""
    starts, items, extra = seen
    pairs = slice(int(starts[begin]), int(starts[end]))
    rows, users = items[pairs], np.repeat(np.arange(end - begin), np.diff(starts[begin:end + 1]))
    logits = np.einsum("pd,pd->p", queries[begin + users], vectors[rows]) + bias[rows]
    change = np.exp(np.minimum(logits - masses[users], 0.0)) * np.expm1(extra[pairs].astype(np.float64))
    share = 1 + np.bincount(users, weights=change, minlength=end - begin)
    return (masses + np.log(np.maximum(share, 1e-6))).astype(np.float32)


def _blocks(count: int, size: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, size):
        yield begin, min(count, begin + size)


def _attribute(column: Column, name: str) -> dict[str, NDArray]:
    """A column as queries read it: numbers by item, or the items of each single value."""
    if column.kind == "numeric":
        return {f"{name}_numbers": column.values}
    parts = [separated(each) if column.kind == "categorical" else [each.strip()] for each in column.labels]
    values = sorted({value for each in parts for value in each if value})
    place = {value: number for number, value in enumerate(values)}
    rows = np.flatnonzero(column.codes >= 0)
    pairs = sorted({(place[value], int(row)) for row in rows for value in parts[column.codes[row]] if value})
    codes, items = (np.array(pairs, np.int64).reshape(-1, 2).T if pairs else np.zeros((2, 0), np.int64))
    return {
        **Vocabulary.of(values).arrays(f"{name}_values"),
        f"{name}_starts": np.searchsorted(codes, np.arange(len(values) + 1)), f"{name}_items": items.astype(np.int32),
    }
