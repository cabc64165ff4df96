"""The sequence recommender: a causal transformer blended with counting models, weights found on held-out events.

The network follows SASRec (Kang and McAuley 2018) with softmax cross-entropy (Klenitskiy and Vasilev 2023), metadata
fused into item vectors, id dropout for cold items, and item vectors started from the counted transitions.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.algorithms import cold_items, transitions
from personalize_web.engine.algorithms.base import Config, Model, Options
from personalize_web.engine.algorithms.blending import ALONE, Blend, Slice, choose
from personalize_web.engine.algorithms.sequence_arrays import (
    Warm,
    blended_bias,
    half_life,
    log_popularity,
    recency,
    served,
    trends,
)
from personalize_web.engine.algorithms.sequences import GAPS
from personalize_web.engine.counting import Counted
from personalize_web.engine.dataset import Dataset
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.item_features import ItemEncoder
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.text import randomized_svd

REFIT_SHARE = 0.2
"""Steps of a warm start, as a share of the first training's."""
FIRST_TIME, REFIT_TIME = 0.65, 0.15
"""Shares of a limit of time that the first learning and each later one have."""
DROPOUT = 0.2
HELD_SHARE, HELD_MOST, HELD_EACH = 0.1, 2500, 5
"""Most events held out for validation: a share of all, a number, and a number of one user."""
HISTORY = 300
"""Newest events of a user that an answer reads."""
LARGE, HUGE, WIDE = 1_000_000, 5_000_000, 20_000_000
"""Interactions from which on the network has two layers and reads longer histories; learns from each event twice, no
more; is twice as wide."""
_HELD_LOGITS = 50_000_000


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
        state: Warm | None = warm.state if warm else None
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

    def _begun(self, dataset: Dataset, config: Config, options: Options, reporter: Reporter, recent: bool) -> Warm:
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
            return Warm(learner, ALONE, {"learning": facts}, encoders, items, None, facts["best epoch"])
        validated, counted = _slice(learner, part, held), self.counted(part)
        blend, chosen = choose(validated, counted, options.seed)
        blend = self.settled(blend, config)
        reporter.log(f"blend: {chosen['weights']}")
        told: dict[str, Any] = {"learning": facts, "blend": chosen}
        cold = cold_items.weights(learner, part, held, validated, counted, blend)
        if cold is not None:
            told["cold items"] = cold.as_json()
            reporter.log(f"items without interactions: {told['cold items']}")
        state = Warm(learner, blend, told, encoders, items, cold, facts["best epoch"])
        if config.get("answers") == "lists":
            from personalize_web.engine.algorithms import list_ranking

            bias, trend = blended_bias(part, network, blend), trends(part, recent, config)
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
        return served(dataset, state, recent, config, candidates)

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
            weights = weights * (0.5 + 0.5 * recency(dataset, half_life(config))).astype(np.float32)
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
    return Slice(logits, log_popularity(dataset), transitions.newest(held.before, users, HISTORY), held.targets)
