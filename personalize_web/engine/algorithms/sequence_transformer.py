"""The sequence recommender: a causal transformer blended with counting models, weights found on held-out events.

The network follows SASRec (Kang and McAuley 2018) with softmax cross-entropy (Klenitskiy and Vasilev 2023), metadata
fused into item vectors, id dropout for cold items, and item vectors started from the counted transitions.
"""

import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine import objective
from personalize_web.engine.algorithms import transitions
from personalize_web.engine.algorithms.base import Config, Model, Options, common_arrays, common_settings
from personalize_web.engine.algorithms.blending import Blend, Slice, choose
from personalize_web.engine.algorithms.popularity import popular_items
from personalize_web.engine.algorithms.sequences import GAPS
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.text import randomized_svd, text_vectors

REFIT_SHARE = 0.2
"""Steps of a warm start, as a share of the first training's."""
HELD_SHARE, HELD_MOST, HELD_EACH = 0.1, 2500, 5
"""Most events held out for validation: a share of all, a number, and a number of one user."""
HISTORY = 300
"""Newest events of a user that an answer reads."""
_HELD_LOGITS = 50_000_000
_DAY = 86400


@dataclass(frozen=True)
class _Warm:
    """What a warm start needs."""

    learner: Any
    blend: Blend
    facts: dict[str, Any]
    encoders: tuple[FeatureEncoder, FeatureEncoder]
    epochs: int


class SequenceTransformer:
    """aws-user-personalization-v2 and the personal use cases."""

    def train(self, dataset: Dataset, config: Config, options: Options, reporter: Reporter,
              warm: Model | None = None) -> Model:
        """Learn, choose the blend on held-out last events, then learn from those as well.

        With ``warm`` the network goes on from that model for a fifth of its steps, and the blend stays.
        """
        import torch

        from personalize_web.engine.algorithms.learning import Held, Learner, Plan

        if options.threads:
            torch.set_num_threads(options.threads)
        whole, dataset = dataset, self.trained_on(dataset, config)
        budget = options.time_budget or default_budget(dataset)
        recent = bool(config.get("apply_recency_bias", config.get("recency_mask", True)))
        state: _Warm | None = warm.state if warm else None
        if state is None:
            encoders = FeatureEncoder.fit(dataset.user_columns), FeatureEncoder.fit(dataset.contexts)
            plan = _plan(dataset, 0.65 * budget, options.effort)
            shape = self.shape(dataset, encoders, config)
            learner = Learner(_network(dataset, shape, options, reporter), seed=options.seed, device=_device(options))
            places = _held_out(dataset, options.seed)
            part = dataset.of_events(np.setdiff1d(np.arange(len(dataset.item)), places))
            places = places[part.interactions_of_items[dataset.item[places]] > 0]
            before = dataset.before(places, HISTORY)
            held = Held(before, self.inputs(before, encoders, recent, config), dataset.item[places].astype(np.int64))
            facts = learner.fit(part, self.inputs(part, encoders, recent, config), plan, reporter, held)
            reporter.log(f"learned for {facts['seconds']} s, {facts['epochs']} epochs; choosing the blend")
            blend, chosen = choose(_slice(learner, part, held), transitions.count(part), options.seed)
            blend = self.settled(blend, config)
            reporter.log(f"blend: {chosen['weights']}")
            state = _Warm(learner, blend, {"learning": facts, "blend": chosen}, encoders, facts["best epoch"])
        again = max(1, round(REFIT_SHARE * state.epochs))
        plan = Plan(again, max(1.0, 0.15 * budget), _tokens(dataset), rate=3e-4)
        state.learner.fit(dataset, self.inputs(dataset, state.encoders, recent, config), plan, reporter)
        reporter.check()
        return _model(dataset, state, recent, config, self.candidates(whole, config))

    def trained_on(self, dataset: Dataset, config: Config) -> Dataset:
        """The part of the dataset that is learned from; items keep their rows."""
        return dataset

    def shape(self, dataset: Dataset, encoders: tuple[FeatureEncoder, FeatureEncoder], config: Config) -> Any:
        """Sizes of the network."""
        from personalize_web.engine.nets.recommender import Shape

        large = len(dataset.item) >= 1_000_000
        return Shape(len(dataset.item_ids), len(dataset.event_types), GAPS, encoders[0].width, encoders[1].width,
                     width=128 if len(dataset.item) >= 5_000_000 else 64, layers=2 if large else 1,
                     length=100 if large else 50)

    def inputs(self, dataset: Dataset, encoders: tuple[FeatureEncoder, FeatureEncoder], recent: bool, config: Config
               ) -> Any:
        """What the network learns from beside events."""
        from personalize_web.engine.algorithms.learning import Inputs

        weights = dataset.weight
        if recent:
            weights = weights * (0.5 + 0.5 * recency(dataset)).astype(np.float32)
        return Inputs(encoders[0].matrix(dataset.user_columns, len(dataset.user_ids)),
                      encoders[1].matrix(dataset.contexts, len(dataset.item)),
                      (weights / max(float(weights.mean()), 1e-9)).astype(np.float32))

    def settled(self, blend: Blend, config: Config) -> Blend:
        """The blend that serves, given the one that did best."""
        return blend

    def candidates(self, dataset: Dataset, config: Config) -> NDArray[np.bool_]:
        """[N]: items that may be answered by relevance: those with interactions, and those that metadata describe."""
        return (dataset.interactions_of_items > 0) | bool(dataset.item_columns)


def default_budget(dataset: Dataset) -> float:
    """Seconds of learning: 90 and 0.4 more for each 1000 interactions, at most six hours."""
    return min(6 * 3600.0, 90 + 0.0004 * len(dataset.item))


def _device(options: Options) -> Any:
    import torch

    if options.device != "auto":
        return torch.device(options.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _tokens(dataset: Dataset) -> int:
    return int(np.clip(len(dataset.item) // 50, 256, 2048))


def _plan(dataset: Dataset, seconds: float, effort: float) -> Any:
    from personalize_web.engine.algorithms.learning import Plan

    tokens = _tokens(dataset)
    steps = max(1, len(dataset.item) // tokens)
    epochs = int(np.clip(2_500_000 // len(dataset.item), 3, 25))
    return Plan(max(1, int(effort * min(100, max(epochs, 500 // steps)))), seconds, tokens)


def _network(dataset: Dataset, shape: Any, options: Options, reporter: Reporter) -> Any:
    import torch

    from personalize_web.engine.nets.recommender import ItemTable, Recommender

    torch.manual_seed(options.seed)
    features = item_features(dataset, options.seed)
    reporter.check()
    table = ItemTable(torch.from_numpy(_start(dataset, shape.width, options.seed)),
                      None if features is None else _tensor(features), without_id=0.2)
    return Recommender(shape, table, torch.zeros(shape.items))


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


def item_features(dataset: Dataset, seed: int) -> sparse.csr_matrix | None:
    """Metadata of all items [N, f], or None where there are none."""
    if not dataset.item_columns:
        return None
    blocks = [FeatureEncoder.fit(dataset.item_columns).matrix(dataset.item_columns, len(dataset.item_ids))]
    for column in dataset.item_columns:
        if column.kind == "textual":
            texts = [column.labels[code] if code >= 0 else None for code in column.codes]
            blocks.append(sparse.csr_matrix(text_vectors(texts, seed=seed)))
    return sparse.hstack(blocks, format="csr").astype(np.float32)


def _tensor(matrix: sparse.csr_matrix) -> Any:
    import torch

    entries = matrix.tocoo()
    places = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
    values = torch.from_numpy(entries.data)
    return torch.sparse_coo_tensor(places, values, entries.shape, check_invariants=True).coalesce()


def recency(dataset: Dataset) -> NDArray[np.float64]:
    """Event -> 1 for the newest, halved for every half-life before it: 15 % of the time span, 1 to 90 days."""
    span = dataset.latest - int(dataset.timestamp.min())
    half_life = float(np.clip(0.15 * span, _DAY, 90 * _DAY))
    return 2.0 ** (-(dataset.latest - dataset.timestamp) / half_life)


def _held_out(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Places of events held out for validation, in random order: the last ones of users with three or more.

    Several of a user where there are few users; from users with two events where hardly any has more.
    """
    counts = np.diff(dataset.starts)
    least = 3 if (counts >= 3).sum() >= 20 else 2
    users = np.flatnonzero(counts >= least)
    each = int(np.clip(HELD_MOST // max(1, len(users)), 1, HELD_EACH))
    places = np.concatenate([
        dataset.starts[users[counts[users] >= least + back] + 1] - 1 - back for back in range(each)])
    most = min(HELD_MOST, int(HELD_SHARE * len(dataset.item)), max(100, _HELD_LOGITS // len(dataset.item_ids)))
    return np.random.default_rng(seed).permutation(places)[:most]


def _slice(learner: Any, dataset: Dataset, held: Any) -> Slice:
    users = np.arange(len(held.targets))
    queries = learner.queries(held.before, held.inputs, users)
    logits = np.concatenate([learner.logits(queries[begin:begin + 256]).cpu().numpy()
                             for begin in range(0, len(queries), 256)])
    return Slice(logits, _log_popularity(dataset), transitions.newest(held.before, users, HISTORY), held.targets)


def _log_popularity(dataset: Dataset) -> NDArray[np.float32]:
    return np.log1p(dataset.interactions_of_items).astype(np.float32)


def _model(dataset: Dataset, state: _Warm, recent: bool, config: Config, candidates: NDArray[np.bool_]) -> Model:
    """The network and the counts as arrays that serve."""
    learner, network = state.learner, state.learner.network
    known = dataset.interactions_of_items > 0
    vectors = learner.vectors().float().cpu().numpy()
    bias = network.bias.detach().cpu().numpy().copy()
    if (~known).any() and known.any():
        rare = known & (dataset.interactions_of_items <= max(2, np.quantile(dataset.interactions_of_items[known], 0.1)))
        bias[~known] = bias[rare].mean()
    tables = {name: parameter.detach().float().cpu().numpy() for name, parameter in {
        "begin": network.begin, "user_table": network.user, "context_table": network.context,
        "type_table": network.event_type.weight, "gap_table": network.gap.weight}.items()}
    encoder, at_first = _exported(network, tables["begin"], vectors)
    arrays = {
        **common_arrays(dataset, popular_items(dataset)), **tables, "vectors": vectors, "at_first": at_first,
        "bias": (state.blend.learned * bias + state.blend.popularity * _log_popularity(dataset)).astype(np.float32),
        "candidates": candidates, "starters": _starters(dataset),
        "trend": _trend(dataset) if recent else np.zeros(len(known), np.float32),
    }
    models: dict[str, Counted] = transitions.count(dataset)
    for name, weight in state.blend.counted.items():
        if weight:
            arrays |= {f"{name}_{part}": getattr(models[name], part) for part in ("starts", "columns", "values")}
    settings = {
        **common_settings(dataset), "blend": state.blend.as_json(), "length": network.shape.length, "gaps": GAPS,
        "event_types": list(dataset.event_types), "users": state.encoders[0].as_json(),
        "contexts": state.encoders[1].as_json(),
    }
    if network.shape.bptt:
        settings["session_gap"] = network.shape.session_gap
    if "objective_share" in config:
        arrays["objective"] = objective.ranks(dataset, str(config["objective_attribute"]))
        settings["objective_share"] = float(config["objective_share"])
    if config.get("scored") == "all":
        settings["scored"] = len(known)
    if "exploration_weight" in config:
        settings["exploration_weight"] = float(config["exploration_weight"])
    return Model("sequence", arrays, settings, {"encoder.onnx": encoder}, state.facts, state)


def _exported(network: Any, begin: NDArray[np.float32], vectors: NDArray[np.float32]
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
    axes = {"tokens": {1: "events"}, "begins": {1: "events"}, "vectors": {0: "items"}, "relevance": {0: "items"}}
    with tempfile.TemporaryDirectory(prefix="encoder-") as directory:
        path = Path(directory) / "encoder.onnx"
        torch.onnx.export(
            encoder, (token.repeat(1, 3, 1), *several, context, torch.from_numpy(vectors[:2])), str(path),
            dynamo=False, input_names=names, output_names=["query", "relevance"], opset_version=17,
            dynamic_axes={name: axis for name, axis in axes.items() if name in (*names, "relevance")})
        return path.read_bytes(), relevance


def _starters(dataset: Dataset) -> NDArray[np.float32]:
    """log of how likely users begin with each item: their first three events, smoothed by popularity."""
    place = np.arange(len(dataset.user)) - dataset.starts[dataset.user]
    first = place < 3
    begun = np.bincount(dataset.item[first], weights=0.5 ** place[first], minlength=len(dataset.item_ids))
    share = dataset.interactions_of_items / max(1, len(dataset.item))
    smooth = 0.05 * begun.sum()
    return np.log((begun + smooth * share + 1e-6) / (begun.sum() + smooth)).astype(np.float32)


def _trend(dataset: Dataset) -> NDArray[np.float32]:
    """log of how much more of the recent events an item has than of all, drawn to 0 where there are few."""
    weights = recency(dataset)
    recent = np.bincount(dataset.item, weights=weights, minlength=len(dataset.item_ids))
    expected = dataset.interactions_of_items * weights.sum() / max(1, len(dataset.item))
    return np.log((recent + 1) / (expected + 1)).clip(-3, 3).astype(np.float32)
