"""Learns to put given lists in order, from held-out events: what came next, among others of a list.

Lists are drawn in three ways, because nobody knows how those of a request will come about: as items are popular, all
alike, and out of what the blend takes for the most relevant. Users are dealt out to as many groups as there are
networks; each network learns from the other groups and is judged on its own, so that the ranker is only taken where
it is better than the blend on events that it has not learned from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from personalize_web.engine.algorithms.base import Options, common_arrays
from personalize_web.engine.algorithms.blending import Blend, Slice
from personalize_web.engine.algorithms.cold_items import terms
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.lists import COUNTED, LONGEST, Catalogue, ListRanker, beside_list, blended, counted_of

NETWORKS = 5
"""Networks that learn, and groups of users."""
HIDDEN = (48, 24)
STEPS, LISTS = 1200, 64
"""Steps of learning, and lists of each network at a step."""
RATE, WEIGHT_DECAY, DROPOUT = 6e-3, 0.1, 0.1
LENGTH, LEAST_LENGTH = 60, 10
"""Items of a drawn list; of these so many at least are seen at a step."""
REPEATS = 2
"""Lists of each kind for an event."""
KINDS = ("popular", "any", "relevant")
LEAST_EVENTS = 100
"""With fewer held-out events nothing is learned."""
SURE = 1.0
"""Standard errors by which the ranker must be better than the blend."""
_BLOCK = 128


def list_arrays(dataset: Dataset) -> dict[str, NDArray]:
    """What lists are judged by beside what every model has."""
    items = len(dataset.item_ids)
    last = dataset.created.copy()
    np.maximum.at(last, dataset.item, dataset.timestamp)
    numeric = [each for each in dataset.item_columns if each.kind == "numeric"]
    numbers = FeatureEncoder.fit(numeric).matrix(numeric, items)[:, ::2].toarray()  # every other one says "missing"
    found = terms(dataset.item_columns)
    starts = np.zeros(items + 1, np.int64) if found is None else found.indptr.astype(np.int64)
    columns, values = (np.zeros(0), np.zeros(0)) if found is None else (found.indices, found.data)
    return {
        "list_last": last,
        "list_numbers": numbers.astype(np.float32),
        "list_terms_starts": starts,
        "list_terms_columns": columns.astype(np.int32),
        "list_terms_values": values.astype(np.float32),
    }


def serving_arrays(
    dataset: Dataset, learner: Any, bias: NDArray[np.float32], trend: NDArray[np.float32]
) -> dict[str, NDArray]:
    """What would serve lists if learning ended here; ``bias`` [N] of the blend, ``trend`` [N]."""
    vectors = learner.vectors().float().cpu().numpy()
    own = {"vectors": vectors, "bias": bias, "trend": trend}
    return {**common_arrays(dataset, popular_items(dataset)), **list_arrays(dataset), **own}


@dataclass(frozen=True)
class Lists:
    """Held-out events as lists; L lists of C items, the one that came next at place 0."""

    features: NDArray[np.float32]
    """[L, C, K]."""
    kind: NDArray[np.int64]
    """[L]: place in :data:`KINDS`."""
    group: NDArray[np.int64]
    """[L]: the network that is judged on it."""
    event: NDArray[np.int64]
    """[L]."""


def fitted(
    dataset: Dataset,
    arrays: Mapping[str, NDArray],
    held: Slice,
    queries: NDArray[np.float32],
    owners: NDArray[np.int64],
    models: Mapping[str, Counted],
    blend: Blend,
    options: Options,
) -> tuple[ListRanker | None, dict[str, Any]]:
    """The ranker that held-out events teach, None where the blend is as good; and how both did (NDCG of lists).

    ``arrays`` are those that would serve after learning from ``dataset``, ``queries`` [V, d] what the network makes of
    the histories, ``owners`` [V] whose they are.
    """
    asked = np.flatnonzero([len(each) > 0 for each in held.histories])
    if len(asked) < LEAST_EVENTS or not set(COUNTED) <= set(models):
        return None, {"validation events": len(asked)}
    lists = _lists(dataset, arrays, held, asked, queries, owners, models, blend, options.seed)
    return taught(lists, options)


def taught(lists: Lists, options: Options) -> tuple[ListRanker | None, dict[str, Any]]:
    """The ranker that lists teach, None where it is not surely better than relevance alone; and how both did."""
    ranker, own = _learned(lists, options)
    before, after = _gains(lists.features[:, :, 0]), _gains(own)
    kinds = {
        name: [round(float(each[lists.kind == place].mean()), 4) for each in (before, after)]
        for place, name in enumerate(KINDS)
    }
    place = np.unique(lists.event, return_inverse=True)[1]
    gain = np.bincount(place, weights=after - before) / np.bincount(place)  # [V]
    better = bool(gain.mean() > SURE * gain.std() / np.sqrt(len(gain)))
    return ranker if better else None, {
        "validation events": len(gain),
        "ndcg of lists by the blend and by the ranker": kinds,
        "ranker taken": better,
    }


def _lists(
    dataset: Dataset,
    arrays: Mapping[str, NDArray],
    held: Slice,
    asked: NDArray[np.int64],
    queries: NDArray[np.float32],
    owners: NDArray[np.int64],
    models: Mapping[str, Counted],
    blend: Blend,
    seed: int,
) -> Lists:
    rng = np.random.default_rng([seed, 1])
    counts = dataset.interactions_of_items
    catalogue, told = Catalogue.of(arrays, dataset.latest), blend.as_json()
    groups = rng.integers(NETWORKS, size=int(owners.max()) + 1)[owners]
    length = min(LENGTH, int((counts > 0).sum()))
    chances = np.cumsum(counts / counts.sum()), np.cumsum((counts > 0) / (counts > 0).sum())
    everything = np.arange(len(counts))
    rows = []
    for begin in range(0, len(asked), _BLOCK):
        block = asked[begin : begin + _BLOCK]
        part = replace(
            held,
            logits=held.logits[block],
            histories=[held.histories[row] for row in block],
            targets=held.targets[block],
        )
        whole = blend.relevance(part, models, everything)
        whole[part.logits < -1e8] = -np.inf
        for place, row in enumerate(block):
            target, newest = held.targets[row], held.histories[row]
            best = _best(whole[place], min(LONGEST, int((counts > 0).sum())))
            drawn = [
                [*(_drawn(rng, each, target, length) for each in chances), _chosen(rng, best, target, length)]
                for _ in range(REPEATS)
            ]
            items, own = np.unique(np.concatenate(drawn), return_inverse=True)
            counted = {name: counted_of(models[name], name, newest, items) for name in COUNTED}
            said = blended(
                told, catalogue.vectors[items] @ queries[row], catalogue.base[items], counted, newest, items
            ) + catalogue.trend[items] / np.float32(1 + len(newest))
            rows.append(catalogue.features(newest, queries[row], items, said, counted)[own.reshape(-1, length)])
    each = len(KINDS) * REPEATS
    return Lists(
        np.concatenate(rows),
        np.tile(np.arange(len(KINDS)), len(asked) * REPEATS),
        np.repeat(groups[asked], each),
        np.repeat(asked, each),
    )


def _best(scores: NDArray, most: int) -> NDArray[np.int64]:
    return np.argpartition(-scores, most - 1)[:most]


def _drawn(rng: np.random.Generator, sums: NDArray[np.float64], target: int, length: int) -> NDArray[np.int64]:
    """The target and others, each as likely as ``sums`` (of chances) say."""
    found: dict[int, None] = {int(target): None}
    while len(found) < length:
        for each in np.minimum(np.searchsorted(sums, rng.random(2 * length), side="right"), len(sums) - 1).tolist():
            if len(found) < length:
                found[each] = None
    return np.fromiter(found, np.int64, length)


def _chosen(rng: np.random.Generator, best: NDArray[np.int64], target: int, length: int) -> NDArray[np.int64]:
    """The target and some of the most relevant items."""
    others = rng.permutation(best[best != target])[: length - 1]
    return np.concatenate([[target], others])


def _gains(scores: NDArray) -> NDArray[np.float64]:
    """NDCG over the whole list, [L], of scores [L, C] whose first is that of the item that came next."""
    own = scores[:, :1]
    rank = (scores[:, 1:] > own).sum(axis=1) + (scores[:, 1:] == own).sum(axis=1) / 2
    return 1 / np.log2(rank + 2)


def _learned(lists: Lists, options: Options) -> tuple[ListRanker, NDArray[np.float64]]:
    """The ranker, and the scores [L, C] that each list got from the network that has not learned from it."""
    flat = lists.features.reshape(-1, lists.features.shape[2])
    mean, scale = flat.mean(axis=0), flat.std(axis=0)
    scale[scale < 1e-6] = 1.0
    standard = torch.from_numpy((lists.features - mean) / scale)
    said = torch.from_numpy(lists.features[:, :, 0])
    generator = torch.Generator().manual_seed(options.seed)
    layers = _layers(2 * lists.features.shape[2], generator)
    rng = np.random.default_rng([options.seed, 2])
    mine = [np.flatnonzero(lists.group != group) for group in range(NETWORKS)]
    steps = max(1, round(STEPS * min(1.0, options.effort)))
    optimiser = torch.optim.AdamW([each for pair in layers for each in pair], lr=RATE, weight_decay=WEIGHT_DECAY)
    slope = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    for _ in range(steps):
        length = int(rng.integers(min(LEAST_LENGTH, said.shape[1]), said.shape[1] + 1))
        rows = torch.from_numpy(np.stack([rng.choice(each, LISTS) for each in mine]))  # [F, B]
        scores = said[rows, :length] + _moved(standard[rows, :length], layers, generator)
        loss = -torch.log_softmax(scores, dim=2)[:, :, 0].mean(dim=1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        slope.step()
    ranker = ListRanker(
        mean,
        scale,
        tuple((weights.detach().numpy().copy(), offset.detach().numpy().copy()) for weights, offset in layers),
    )
    own = np.empty(said.shape)
    with torch.no_grad():
        for group in range(NETWORKS):
            rows = torch.from_numpy(np.flatnonzero(lists.group == group))
            moved = _moved(
                standard[rows][None], [(a[group : group + 1], b[group : group + 1]) for a, b in layers], None
            )
            own[rows.numpy()] = (said[rows] + moved[0]).numpy()
    return ranker, own


def _layers(width: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Random weights [F, in, out] and offsets [F, 1, out]; the last are 0, so that learning begins at the blend."""
    found = []
    for place, (before, after) in enumerate(pairwise([width, *HIDDEN, 1])):
        weights = torch.randn(NETWORKS, before, after, generator=generator) * (2 / before) ** 0.5
        if place == len(HIDDEN):
            weights = torch.zeros_like(weights)
        found.append((weights.requires_grad_(), torch.zeros(NETWORKS, 1, after).requires_grad_()))
    return found


def _moved(standard: Tensor, layers: list[tuple[Tensor, Tensor]], generator: torch.Generator | None) -> Tensor:
    """[F, B, C]: what is added to the relevance of standardised features [F, B, C, K]; dropout with a generator."""
    networks, batch, length, _ = standard.shape
    state = torch.from_numpy(beside_list(standard.numpy())).reshape(networks, batch * length, -1)
    for place, (weights, offset) in enumerate(layers):
        state = torch.baddbmm(offset, state, weights)
        if place < len(layers) - 1:
            state = nn.functional.relu(state)
            if generator is not None:
                kept = torch.rand(state.shape, generator=generator) >= DROPOUT
                state = state * kept / (1 - DROPOUT)
    return state.reshape(networks, batch, length)
