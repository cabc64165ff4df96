"""A trained sequence recommender as what serves: arrays, the encoder in ONNX, settings."""

import copy
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import coarse, objective
from personalize_web.engine.algorithms import cold_items, transitions
from personalize_web.engine.algorithms.base import Config, Model, common_arrays, common_settings
from personalize_web.engine.algorithms.blending import Blend
from personalize_web.engine.algorithms.cold_items import ColdWeights
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.algorithms.sequences import GAPS
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.item_features import ItemEncoder
from personalize_web.engine.lists import COUNTED, ListRanker

HALF_LIFE = 0.15
"""Half-life of the weight of events, as a share of the time that the data span."""
_DAY = 86400


@dataclass(frozen=True)
class Warm:
    """What a warm start needs."""

    learner: Any
    blend: Blend
    facts: dict[str, Any]
    encoders: tuple[FeatureEncoder, FeatureEncoder]
    items: ItemEncoder | None
    """What reads items' metadata; None where there are none."""
    cold: ColdWeights | None
    """How items without interactions are placed; None where nothing describes items."""
    epochs: int
    ranker: ListRanker | None = None
    """What puts given lists in order; None where the blend does."""


def served(dataset: Dataset, state: Warm, recent: bool, config: Config, candidates: NDArray[np.bool_]) -> Model:
    """The network and the counts as arrays that serve; ``candidates`` [N] may be answered by relevance."""
    network = state.learner.network
    vectors = state.learner.vectors().float().cpu().numpy()
    tables = _parameters(
        begin=network.begin,
        user_table=network.user,
        context_table=network.context,
        type_table=network.event_type.weight,
        gap_table=network.gap.weight,
    )
    believed = {name: weight for name, weight in state.blend.counted.items() if weight}
    counted = list(believed) if state.ranker is None else COUNTED
    models, bias = transitions.count(dataset, counted), blended_bias(dataset, network, state.blend)
    if state.cold is not None:
        placed = cold_items.placed(dataset, state.cold, state.blend.learned, models, vectors, bias)
        models |= placed
        believed |= {name: getattr(state.cold, name) for name in placed}
    encoder, at_first = _exported(network, tables["begin"], vectors)
    arrays = {
        **common_arrays(dataset, popular_items(dataset)),
        **tables,
        "vectors": vectors,
        "at_first": at_first,
        "bias": bias,
        "candidates": candidates,
        "starters": _starters(dataset),
        **coarse.arrays(vectors),
        "trend": trends(dataset, recent, config),
        **_of_metadata(state),
        **_of_lists(dataset, state),
    }
    for name, model in models.items():
        arrays |= {f"{name}_{part}": getattr(model, part) for part in ("starts", "columns", "values")}
    if "objective_share" in config:
        arrays["objective"] = objective.ranks(dataset, str(config["objective_attribute"]))
    files = {"encoder.onnx": encoder, coarse.FILE: coarse.graph()}
    return Model("sequence", arrays, _settings(dataset, state, believed, config), files, state.facts, state)


def _parameters(**named: Any) -> dict[str, NDArray[np.float32]]:
    return {name: parameter.detach().float().cpu().numpy() for name, parameter in named.items()}


def _of_metadata(state: Warm) -> dict[str, NDArray]:
    """What places an item that comes after the training."""
    if state.items is None:
        return {}
    table = state.learner.network.items
    return state.items.arrays() | _parameters(
        item_enter=table.enter, item_leave=table.leave.weight, item_offset=table.leave.bias
    )


def _of_lists(dataset: Dataset, state: Warm) -> dict[str, NDArray]:
    if state.ranker is None:
        return {}
    from personalize_web.engine.algorithms.list_ranking import list_arrays

    return state.ranker.arrays() | list_arrays(dataset)


def _settings(dataset: Dataset, state: Warm, believed: Mapping[str, float], config: Config) -> dict[str, Any]:
    """What serves beside arrays; ``believed`` are the counting models of the blend and their weights."""
    shape = state.learner.network.shape
    settings = {
        **common_settings(dataset),
        "blend": {**state.blend.as_json(), "counted": dict(believed)},
        "length": shape.length,
        "gaps": GAPS,
        "event_types": list(dataset.event_types),
        "users": state.encoders[0].as_json(),
        "contexts": state.encoders[1].as_json(),
    }
    if state.items is not None:
        settings["item_features"] = state.items.as_json()
    if state.cold is not None:
        settings["cold"] = {"vectors": state.cold.vectors / (state.blend.learned or 1.0), "base": state.cold.base}
    if shape.bptt:
        settings["session_gap"] = shape.session_gap
    if config.get("scored") == "all":
        settings["scored"] = len(dataset.item_ids)
    settings |= {name: float(config[name]) for name in ("objective_share", "exploration_weight") if name in config}
    return settings


def blended_bias(dataset: Dataset, network: Any, blend: Blend) -> NDArray[np.float32]:
    """What every item has before anybody asks, [N]; an item that was not trained on counts as a rare one."""
    counts = dataset.interactions_of_items
    known = counts > 0
    bias = network.bias.detach().cpu().numpy().copy()
    if (~known).any() and known.any():
        rare = known & (counts <= max(2, np.quantile(counts[known], 0.1)))
        bias[~known] = bias[rare].mean()
    return (blend.learned * bias + blend.popularity * log_popularity(dataset)).astype(np.float32)


def _exported(
    network: Any, begin: NDArray[np.float32], vectors: NDArray[np.float32]
) -> tuple[bytes, NDArray[np.float32]]:
    """The encoder as ONNX, and the relevance of all items to a user of whom nothing is known."""
    import torch

    from personalize_web.engine.nets.recommender import Encoder, RecurrentEncoder

    copied = copy.deepcopy(network).cpu().eval()
    recurrent = bool(network.shape.bptt)
    encoder = torch.jit.script(RecurrentEncoder(copied).eval()) if recurrent else Encoder(copied)
    token, context = torch.from_numpy(begin)[None, None], torch.zeros(1, len(begin))
    begins = (torch.ones(1, 1),) if recurrent else ()
    with torch.no_grad():
        relevance = encoder(token, *begins, context, torch.from_numpy(vectors))[1].numpy()
    several = tuple(each.repeat(1, 3) for each in begins)
    names = ["tokens", *(["begins"] if recurrent else []), "context", "vectors"]
    users = {0: "users"}  # of whom the first one's relevance is told, and every one's query
    axes = {
        "tokens": users | {1: "events"},
        "begins": users | {1: "events"},
        "context": users,
        "query": users,
        "vectors": {0: "items"},
        "relevance": {0: "items"},
    }
    with tempfile.TemporaryDirectory(prefix="encoder-") as directory:
        path = Path(directory) / "encoder.onnx"
        torch.onnx.export(
            encoder,
            (token.repeat(1, 3, 1), *several, context, torch.from_numpy(vectors[:2])),
            str(path),
            dynamo=False,
            input_names=names,
            output_names=["query", "relevance"],
            opset_version=17,
            dynamic_axes={name: axis for name, axis in axes.items() if name in (*names, "query", "relevance")},
        )
        return path.read_bytes(), relevance


def _starters(dataset: Dataset) -> NDArray[np.float32]:
    """log of how likely users begin with each item: their first three events, smoothed by popularity."""
    place = np.arange(len(dataset.user)) - dataset.starts[dataset.user]
    first = place < 3
    begun = np.bincount(dataset.item[first], weights=0.5 ** place[first], minlength=len(dataset.item_ids))
    share = dataset.interactions_of_items / max(1, len(dataset.item))
    smooth = 0.05 * begun.sum()
    return np.log((begun + smooth * share + 1e-6) / (begun.sum() + smooth)).astype(np.float32)


def trends(dataset: Dataset, recent: bool, config: Config) -> NDArray[np.float32]:
    """[N]: what is taken more of late than ever weighs more, where ``recent`` events are believed more; else 0."""
    return _trend(dataset, half_life(config)) if recent else np.zeros(len(dataset.item_ids), np.float32)


def _trend(dataset: Dataset, share: float) -> NDArray[np.float32]:
    """log of how much more of the recent events an item has than of all, drawn to 0 where there are few."""
    weights = recency(dataset, share)
    recent = np.bincount(dataset.item, weights=weights, minlength=len(dataset.item_ids))
    expected = dataset.interactions_of_items * weights.sum() / max(1, len(dataset.item))
    return np.log((recent + 1) / (expected + 1)).clip(-3, 3).astype(np.float32)


def half_life(config: Config) -> float:
    """Half-life of the weight of events that a configuration asks for, as a share of the time span."""
    return float(config.get("half_life_share", HALF_LIFE))


def recency(dataset: Dataset, share: float = HALF_LIFE) -> NDArray[np.float64]:
    """Event -> 1 for the newest, halved for every half-life before it: a share of the time span, 1 to 90 days."""
    span = dataset.latest - int(dataset.timestamp.min())
    seconds = float(np.clip(share * span, _DAY, 90 * _DAY))
    return 2.0 ** (-(dataset.latest - dataset.timestamp) / seconds)


def log_popularity(dataset: Dataset) -> NDArray[np.float32]:
    """[N]: log(1 + interactions)."""
    return np.log1p(dataset.interactions_of_items).astype(np.float32)
