"""The sequence recommender: a causal transformer blended with counting models, weights found on held-out events.

The network follows SASRec (Kang and McAuley 2018) with softmax cross-entropy (Klenitskiy and Vasilev 2023), metadata
fused into item vectors, id dropout for cold items, and item vectors started from the counted transitions.
"""

import copy
import math
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine import coarse, objective
from personalize_web.engine.algorithms import cold_items, transitions
from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.blending import ALONE, Blend, Slice, choose
from personalize_web.engine.algorithms.cold_items import ColdWeights
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.algorithms.sequences import GAPS
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.item_features import ItemEncoder
from personalize_web.engine.lists import COUNTED, ListRanker
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.text import randomized_svd

REFIT_SHARE = 0.2
"""Steps of a warm start, as a share of the first training's."""
FIRST_TIME, REFIT_TIME = 0.65, 0.15
"""Shares of a limit of time that the first learning and each later one have."""
DROPOUT = 0.2
HALF_LIFE = 0.15
"""Half-life of the weight of events, as a share of the time that the data span."""
HELD_SHARE, HELD_MOST, HELD_EACH = 0.1, 2500, 5
"""Most events held out for validation: a share of all, a number, and a number of one user."""
HISTORY = 300
"""Newest events of a user that an answer reads."""
LARGE, HUGE, WIDE = 1_000_000, 5_000_000, 20_000_000
"""Interactions from which on the network has two layers and reads longer histories; learns from each event twice, no
more; is twice as wide."""
_HELD_LOGITS = 50_000_000
_DAY = 86400


@dataclass(frozen=True)
class _Warm:
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


class SequenceTransformer:
    """aws-user-personalization-v2, aws-personalized-ranking-v2 and the personal use cases.

    Where ``config["answers"]`` is ``lists``, given lists alone are answered, and putting them in order is learned too.
    """

    def train(
        self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, warm: Model | None = None
    ) -> Model:
        """Learn, choose the blend on held-out last events, then learn from those as well.

        With ``warm`` the network goes on from that model for a fifth of its steps, and the blend stays. Of very many
        events the few held-out ones are not learned from before that.
        """
        import torch

        from personalize_web.engine.algorithms.learning import Plan

        if options.threads:
            torch.set_num_threads(options.threads)
        whole, dataset = dataset, self.trained_on(dataset, config)
        recent = bool(config.get("apply_recency_bias", config.get("recency_mask", True)))
        state: _Warm | None = warm.state if warm else None
        begins = state is None
        if state is None:
            state = self._begun(dataset, config, options, reporter, recent)
        large = len(dataset.item) >= LARGE
        if not (begins and large):
            again = REFIT_SHARE * state.epochs
            plan = Plan(
                again if large else max(1, round(again)),
                REFIT_TIME * time_limit(options),
                tokens_of(dataset),
                rate=3e-4,
            )
            state.learner.fit(dataset, self.inputs(dataset, state.encoders, recent, config), plan, reporter)
            reporter.check()
        return self.finished(dataset, state, recent, config, self.candidates(whole, config), reporter)

    def _begun(self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, recent: bool) -> _Warm:
        """A network that learned from all but the held-out events, and the blend that these ask for.

        Where the item of every event that could be held out occurs nowhere else, nothing can be validated: then the
        network learns for as long as planned and is believed alone.
        """
        from personalize_web.engine.algorithms.learning import Held, Learner

        encoders = FeatureEncoder.fit(dataset.user_columns), FeatureEncoder.fit(dataset.contexts)
        plan = _plan(dataset, options, config)
        network, items = network_of(dataset, self.shape(dataset, encoders, config), options, reporter)
        learner = Learner(network, seed=options.seed, device=device_of(options))
        places = _held_out(dataset, options.seed)
        part = dataset.without(places)
        places = places[part.interactions_of_items[dataset.item[places]] > 0]
        held = None
        if len(places):
            before = dataset.before(places, HISTORY)
            held = Held(before, self.inputs(before, encoders, recent, config), dataset.item[places].astype(np.int64))
        else:
            part = dataset
        given = self.inputs(part, encoders, recent, config)
        network.silence(given.users, given.contexts)
        facts = learner.fit(part, given, plan, reporter, held)
        reporter.log(f"learned for {facts['seconds']} s, {facts['epochs']} epochs; choosing the blend")
        if held is None:
            reporter.log("No event could be held out: the learned model is believed alone.")
            return _Warm(learner, ALONE, {"learning": facts}, encoders, items, None, facts["best epoch"])
        validated, counted = _slice(learner, part, held), self.counted(part)
        blend, chosen = choose(validated, counted, options.seed)
        blend = self.settled(blend, config)
        reporter.log(f"blend: {chosen['weights']}")
        told: dict[str, Any] = {"learning": facts, "blend": chosen}
        cold = cold_items.weights(learner, part, held, validated, counted, blend)
        if cold is not None:
            told["cold items"] = cold.as_json()
            reporter.log(f"items without interactions: {told['cold items']}")
        state = _Warm(learner, blend, told, encoders, items, cold, facts["best epoch"])
        if config.get("answers") == "lists":
            from personalize_web.engine.algorithms import list_ranking

            bias, trend = blended_bias(part, network, blend), _trends(part, recent, config)
            serving = list_ranking.serving_arrays(part, learner, bias, trend)
            queries = learner.queries(held.before, held.inputs, np.arange(len(places))).float().cpu().numpy()
            ranker, told["lists"] = list_ranking.fitted(
                part, serving, validated, queries, dataset.user[places].astype(np.int64), counted, blend, options
            )
            reporter.log(f"lists: {told['lists']}")
            state = replace(state, ranker=ranker)
        return state

    def counted(self, dataset: Dataset) -> dict[str, Counted]:
        """The counting models that may enter the blend."""
        return transitions.count(dataset)

    def finished(
        self,
        dataset: Dataset,
        state: Any,
        recent: bool,
        config: Config,
        candidates: NDArray[np.bool_],
        reporter: Reporter,
    ) -> Model:
        """What serves, of the dataset that was learned from."""
        return _model(dataset, state, recent, config, candidates)

    def trained_on(self, dataset: Dataset, config: Config) -> Dataset:
        """The part of the dataset that is learned from; items keep their rows."""
        return dataset

    def shape(self, dataset: Dataset, encoders: tuple[FeatureEncoder, FeatureEncoder], config: Config) -> Any:
        """Sizes of the network."""
        from personalize_web.engine.nets.recommender import Shape

        large = len(dataset.item) >= LARGE
        return Shape(
            len(dataset.item_ids),
            len(dataset.event_types),
            GAPS,
            encoders[0].width,
            encoders[1].width,
            width=int(config.get("width", 128 if len(dataset.item) >= WIDE else 64)),
            layers=int(config.get("layers", 2 if large else 1)),
            length=int(config.get("length", 100 if large else 50)),
            dropout=float(config.get("dropout", DROPOUT)),
        )

    def inputs(
        self, dataset: Dataset, encoders: tuple[FeatureEncoder, FeatureEncoder], recent: bool, config: Config
    ) -> Any:
        """What the network learns from beside events."""
        from personalize_web.engine.algorithms.learning import Inputs

        weights = dataset.weight
        if recent:
            weights = weights * (0.5 + 0.5 * recency(dataset, _half_life(config))).astype(np.float32)
        return Inputs(
            encoders[0].matrix(dataset.user_columns, len(dataset.user_ids)),
            encoders[1].matrix(dataset.contexts, len(dataset.item)),
            (weights / max(float(weights.mean()), 1e-9)).astype(np.float32),
        )

    def settled(self, blend: Blend, config: Config) -> Blend:
        """The blend that serves, given the one that did best."""
        return blend

    def candidates(self, dataset: Dataset, config: Config) -> NDArray[np.bool_]:
        """[N]: items that may be answered by relevance: those with interactions, and those that metadata describe."""
        return (dataset.interactions_of_items > 0) | bool(dataset.item_columns)


def time_limit(options: Options) -> float:
    """Seconds after which learning ends, whatever it has reached; infinite where nobody asked for a limit."""
    return options.time_budget or math.inf


def device_of(options: Options) -> Any:
    """The device that a training runs on."""
    from personalize_web.engine.algorithms.learning import device_named

    return device_named(options.device)


def tokens_of(dataset: Dataset) -> int:
    """Events in a batch, padding included."""
    return int(np.clip(len(dataset.item) // 50, 256, 2048))


def _plan(dataset: Dataset, options: Options, config: Config) -> Any:
    """So many epochs that about 2.5 million events are learned from, 3 to 25; of few data up to 100, for 500 steps.

    Of :data:`HUGE` data two epochs: on two cores, ten million events are to take less than half an hour.
    """
    from personalize_web.engine.algorithms.learning import RATE, Plan

    tokens = tokens_of(dataset)
    steps = max(1, len(dataset.item) // tokens)
    epochs = int(np.clip(2_500_000 // len(dataset.item), 3 if len(dataset.item) < HUGE else 2, 25))
    epochs = max(1, int(options.effort * min(100, max(epochs, 500 // steps))))
    return Plan(epochs, FIRST_TIME * time_limit(options), tokens, rate=float(config.get("learning_rate", RATE)))


def network_of(dataset: Dataset, shape: Any, options: Options, reporter: Reporter) -> tuple[Any, ItemEncoder | None]:
    """The network before it learns, and what reads items' metadata for it."""
    import torch

    from personalize_web.engine.nets.recommender import ItemTable, Recommender

    torch.manual_seed(options.seed)
    items, features = None, None
    if dataset.item_columns:
        items, features = ItemEncoder.fit(dataset.item_columns, len(dataset.item_ids), options.seed, options.text_model)
    reporter.check()
    table = ItemTable(
        torch.from_numpy(_start(dataset, shape.width, options.seed)),
        None if features is None else _tensor(features),
        without_id=0.2,
    )
    if features is not None:
        table.silence(features[dataset.interactions_of_items > 0])
    return Recommender(shape, table, torch.zeros(shape.items)), items


def _start(dataset: Dataset, width: int, seed: int) -> NDArray[np.float32]:
    """Item vectors to start from: singular vectors of the counted transitions, [N, d]."""
    rng = np.random.default_rng(seed)
    start = rng.standard_normal((len(dataset.item_ids), width)).astype(np.float32)
    lift = transitions.start_matrix(transitions.followers(dataset, transitions.WINDOW))
    if min(lift.shape) > 2 and lift.nnz:
        found = min(width, min(lift.shape) - 1)
        left, values, right = randomized_svd(lift, found, seed)
        start[:, :found] = (left + right.T) * np.sqrt(values)
        start /= start.std() + 1e-9
    return start / np.float32(np.sqrt(width))


def item_features(dataset: Dataset, seed: int, text_model: str = "") -> sparse.csr_matrix | None:
    """Metadata of all items [N, f], or None where there are none."""
    if not dataset.item_columns:
        return None
    return ItemEncoder.fit(dataset.item_columns, len(dataset.item_ids), seed, text_model)[1]


def _tensor(matrix: sparse.csr_matrix) -> Any:
    import torch

    entries = matrix.tocoo()
    places = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
    values = torch.from_numpy(entries.data)
    return torch.sparse_coo_tensor(places, values, entries.shape, check_invariants=True).coalesce()


def _half_life(config: Config) -> float:
    return float(config.get("half_life_share", HALF_LIFE))


def recency(dataset: Dataset, share: float = HALF_LIFE) -> NDArray[np.float64]:
    """Event -> 1 for the newest, halved for every half-life before it: a share of the time span, 1 to 90 days."""
    span = dataset.latest - int(dataset.timestamp.min())
    half_life = float(np.clip(share * span, _DAY, 90 * _DAY))
    return 2.0 ** (-(dataset.latest - dataset.timestamp) / half_life)


def _held_out(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Places of events held out for validation, in random order: the last ones of users with three or more.

    Several of a user where there are few users; from users with two events where hardly any has more.
    """
    counts = np.diff(dataset.starts)
    least = 3 if (counts >= 3).sum() >= 20 else 2
    users = np.flatnonzero(counts >= least)
    each = int(np.clip(HELD_MOST // max(1, len(users)), 1, HELD_EACH))
    places = np.concatenate(
        [dataset.starts[users[counts[users] >= least + back] + 1] - 1 - back for back in range(each)]
    )
    most = min(HELD_MOST, int(HELD_SHARE * len(dataset.item)), max(100, _HELD_LOGITS // len(dataset.item_ids)))
    return np.random.default_rng(seed).permutation(places)[:most]


def _slice(learner: Any, dataset: Dataset, held: Any) -> Slice:
    users = np.arange(len(held.targets))
    queries = learner.queries(held.before, held.inputs, users)
    logits = np.concatenate([each.cpu().numpy() for each in learner.logits_in_blocks(queries)])
    return Slice(logits, _log_popularity(dataset), transitions.newest(held.before, users, HISTORY), held.targets)


def _log_popularity(dataset: Dataset) -> NDArray[np.float32]:
    return np.log1p(dataset.interactions_of_items).astype(np.float32)


def _model(dataset: Dataset, state: _Warm, recent: bool, config: Config, candidates: NDArray[np.bool_]) -> Model:
    """The network and the counts as arrays that serve."""
    learner, network = state.learner, state.learner.network
    vectors = learner.vectors().float().cpu().numpy()
    tables = {
        name: parameter.detach().float().cpu().numpy()
        for name, parameter in {
            "begin": network.begin,
            "user_table": network.user,
            "context_table": network.context,
            "type_table": network.event_type.weight,
            "gap_table": network.gap.weight,
        }.items()
    }
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
        "trend": _trends(dataset, recent, config),
    }
    if state.ranker is not None:
        from personalize_web.engine.algorithms.list_ranking import list_arrays

        arrays |= state.ranker.arrays() | list_arrays(dataset)
    if state.items is not None:
        table = network.items
        arrays |= state.items.arrays() | {
            name: parameter.detach().float().cpu().numpy()
            for name, parameter in {
                "item_enter": table.enter,
                "item_leave": table.leave.weight,
                "item_offset": table.leave.bias,
            }.items()
        }
    for name, model in models.items():
        arrays |= {f"{name}_{part}": getattr(model, part) for part in ("starts", "columns", "values")}
    settings = {
        **common_settings(dataset),
        "blend": {**state.blend.as_json(), "counted": believed},
        "length": network.shape.length,
        "gaps": GAPS,
        "event_types": list(dataset.event_types),
        "users": state.encoders[0].as_json(),
        "contexts": state.encoders[1].as_json(),
    }
    if state.items is not None:
        settings["item_features"] = state.items.as_json()
    if state.cold is not None:
        settings["cold"] = {"vectors": state.cold.vectors / (state.blend.learned or 1.0), "base": state.cold.base}
    if network.shape.bptt:
        settings["session_gap"] = network.shape.session_gap
    if "objective_share" in config:
        arrays["objective"] = objective.ranks(dataset, str(config["objective_attribute"]))
        settings["objective_share"] = float(config["objective_share"])
    if config.get("scored") == "all":
        settings["scored"] = len(vectors)
    if "exploration_weight" in config:
        settings["exploration_weight"] = float(config["exploration_weight"])
    return Model(
        "sequence", arrays, settings, {"encoder.onnx": encoder, coarse.FILE: coarse.graph()}, state.facts, state
    )


def blended_bias(dataset: Dataset, network: Any, blend: Blend) -> NDArray[np.float32]:
    """What every item has before anybody asks, [N]; an item that was not trained on counts as a rare one."""
    counts = dataset.interactions_of_items
    known = counts > 0
    bias = network.bias.detach().cpu().numpy().copy()
    if (~known).any() and known.any():
        rare = known & (counts <= max(2, np.quantile(counts[known], 0.1)))
        bias[~known] = bias[rare].mean()
    return (blend.learned * bias + blend.popularity * _log_popularity(dataset)).astype(np.float32)


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


def _trends(dataset: Dataset, recent: bool, config: Config) -> NDArray[np.float32]:
    return _trend(dataset, _half_life(config)) if recent else np.zeros(len(dataset.item_ids), np.float32)


def _trend(dataset: Dataset, share: float) -> NDArray[np.float32]:
    """log of how much more of the recent events an item has than of all, drawn to 0 where there are few."""
    weights = recency(dataset, share)
    recent = np.bincount(dataset.item, weights=weights, minlength=len(dataset.item_ids))
    expected = dataset.interactions_of_items * weights.sum() / max(1, len(dataset.item))
    return np.log((recent + 1) / (expected + 1)).clip(-3, 3).astype(np.float32)
