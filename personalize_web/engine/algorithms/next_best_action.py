"""The next best action: how likely each user takes each action within a period.

The history of items and actions is read by the network of the sequence recommender, which first learns what comes
next; what it knows is then asked about single actions (:mod:`personalize_web.engine.nets.actions`) and learned from
exposures whose outcome is known (:mod:`personalize_web.engine.exposures`).
"""

import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from personalize_web.engine.action_dataset import TAKEN, ActionDataset
from personalize_web.engine.algorithms.base import Config, Model, Options
from personalize_web.engine.algorithms.sequence_arrays import recency
from personalize_web.engine.algorithms.sequence_transformer import device_of, network_of, time_limit, tokens_of
from personalize_web.engine.algorithms.sequences import GAPS
from personalize_web.engine.exposures import FACTS, Exposures, exposures, facts
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.reporting import Reporter
from personalize_web.engine.serving.next_best_action import unscored_order
from personalize_web.engine.splitting import split

VALIDATED = 9
"""Of those that are not test users, one in so many is validated on: a tenth of all."""
LENGTH = 50
"""Newest events that a state reads."""
REFIT_SHARE = 0.2
PRIOR = 20.0
"""Exposures that an action's own rate is mixed with, of the rate of all."""
FIRST = 3
"""Takings of a user that count as the beginning."""
_STEPS = 600, 1500
"""Steps of learning what comes next, and of learning what is taken, where the data are few."""


@dataclass(frozen=True)
class _Warm:
    """What a warm start needs."""

    learner: Any
    encoder: FeatureEncoder
    calibration: tuple[float, float]
    facts: dict[str, Any]
    epochs: int


class NextBestAction:
    """aws-next-best-action."""

    def train(self, dataset: ActionDataset, config: Config, options: Options, reporter: Reporter,
              warm: Model | None = None) -> Model:
        """Learn on four fifths of the users; what is best on a tenth of them is kept and its chances are corrected.

        With ``warm`` the network goes on from that model for a fifth of its steps. Where no action has enough
        interactions for a score, there is nothing to learn.
        """
        reporter.check()
        if not dataset.scored.any():
            reporter.log("No action has enough recent interactions for a score.")
            return Model("next_best_action", _plain_arrays(dataset), _plain_settings(dataset), details=_counts(dataset))
        import torch

        if options.threads:
            torch.set_num_threads(options.threads)
        days = int(config["action_optimization_period"])
        budget = time_limit(options)
        state: _Warm | None = warm.state if warm else None
        if state is None:
            state = _learned(dataset, days, budget, options, reporter)
        again = round(REFIT_SHARE * state.epochs)
        if again:
            told = _asked(dataset, days, options.seed, state.encoder)
            state.learner.known = _known(dataset).to(state.learner.device)
            state.learner.fit(told, None, epochs=max(1, again), seconds=max(1.0, 0.15 * budget), reporter=reporter,
                              rate=3e-4)
        reporter.check()
        return _model(dataset, state, days, options)


def _learned(dataset: ActionDataset, days: int, budget: float, options: Options, reporter: Reporter) -> _Warm:
    from personalize_web.engine.algorithms.action_learning import ActionLearner, batch_size

    divided = split(dataset.events, f"validation {options.seed}", VALIDATED)
    held_rows = np.array([each.row for each in divided.tests], np.int64)
    part = dataset.of_users(np.setdiff1d(np.arange(len(dataset.events.user_ids)), held_rows))
    encoder = FeatureEncoder.fit(dataset.events.user_columns)
    asked = _asked(part, days, options.seed, encoder)
    held = _asked(dataset.of_users(held_rows), days, options.seed, encoder)
    recommender = _what_comes_next(part, encoder, 0.4 * budget, options, reporter)
    reporter.log(f"{len(asked.exposures):,} exposures to learn from, {len(held.exposures):,} to validate on")
    network = _network(recommender, _log_odds(asked.exposures, dataset.actions))
    learner = ActionLearner(network, _known(part), seed=options.seed, device=device_of(options))
    steps = max(1, len(asked.exposures) // batch_size(len(asked.exposures)))
    epochs = max(1, int(options.effort * np.clip(_STEPS[1] // steps, 3, 60)))
    found = learner.fit(asked, held, epochs=epochs, seconds=0.4 * budget, reporter=reporter)
    calibration = learner.calibration(held)
    found |= {"scale and shift of log odds": [round(each, 3) for each in calibration],
              "exposures": len(asked.exposures), "validation exposures": len(held.exposures),
              "validation loss": round(learner.loss(held), 4)}
    if len(held.exposures):
        chances = 1 / (1 + np.exp(-(calibration[0] * learner.log_odds(held) + calibration[1])))
        weights = held.exposures.weight
        found |= {"mean chance": round(float(np.average(chances, weights=weights)), 4),
                  "share taken": round(float(np.average(held.exposures.taken, weights=weights)), 4)}
    return _Warm(learner, encoder, calibration, {"learning": found, **_counts(dataset)}, found["best epoch"])


def _what_comes_next(dataset: ActionDataset, encoder: FeatureEncoder, seconds: float, options: Options,
                     reporter: Reporter) -> Any:
    """The sequence network after it has learned what users do next, items and actions alike."""
    from personalize_web.engine.algorithms.learning import Inputs, Learner, Plan
    from personalize_web.engine.nets.recommender import Shape

    events = dataset.events
    shape = Shape(len(events.item_ids), len(events.event_types), GAPS, encoder.width, 0, length=LENGTH,
                  width=128 if len(events.item) >= 5_000_000 else 64, layers=2 if len(events.item) >= 1_000_000 else 1)
    network, _ = network_of(events, shape, options, reporter)
    learner = Learner(network, seed=options.seed, device=device_of(options))
    weights = events.weight * (0.5 + 0.5 * recency(events)).astype(np.float32)
    inputs = Inputs(encoder.matrix(events.user_columns, len(events.user_ids)),
                    sparse.csr_matrix((len(events.item), 0), dtype=np.float32),
                    (weights / max(float(weights.mean()), 1e-9)).astype(np.float32))
    network.silence(inputs.users, inputs.contexts)
    tokens = tokens_of(events)
    epochs = int(np.clip(_STEPS[0] // max(1, len(events.item) // tokens), 2, 25))
    learner.fit(events, inputs, Plan(max(1, int(options.effort * epochs)), seconds, tokens), reporter)
    return learner.network


def _network(recommender: Any, log_odds: NDArray[np.float32]) -> Any:
    import torch

    from personalize_web.engine.nets.actions import ActionNet

    return ActionNet(recommender, torch.from_numpy(log_odds), FACTS)


def _known(dataset: ActionDataset) -> Any:
    import torch

    return torch.from_numpy((dataset.events.interactions_of_items > 0).astype(np.float32))


def _asked(dataset: ActionDataset, days: int, seed: int, encoder: FeatureEncoder) -> Any:
    from personalize_web.engine.algorithms.action_learning import Asked

    found = exposures(dataset, days, seed)
    users = encoder.matrix(dataset.events.user_columns, len(dataset.events.user_ids))
    return Asked(dataset, found, facts(dataset, found), users)


def _log_odds(found: Exposures, actions: int) -> NDArray[np.float32]:
    """Action -> log odds of its taking, drawn to those of all actions where there are few exposures [A]."""
    weight = found.weight.astype(np.float64)
    overall = float((weight @ found.taken + 0.5) / (weight.sum() + 1))
    taken = np.bincount(found.action, weights=weight * found.taken, minlength=actions)
    shown = np.bincount(found.action, weights=weight, minlength=actions)
    rate = (taken + PRIOR * overall) / (shown + PRIOR)
    return np.log(rate / (1 - rate)).astype(np.float32)


def _starters(dataset: ActionDataset, rates: NDArray[np.float64]) -> NDArray[np.float32]:
    """Action -> log odds that a user begins with it [A].

    The share of users who took it among their first three takings, the second counting half and the third a quarter.
    """
    places = np.flatnonzero(dataset.kinds == TAKEN)
    action, user = dataset.events.item[places] - dataset.items, dataset.events.user[places].astype(np.int64)
    nth = np.arange(len(places)) - np.searchsorted(user, user)
    _, first = np.unique(user * dataset.actions + action, return_index=True)
    early = first[nth[first] < FIRST]
    begun = np.bincount(action[early], weights=0.5 ** nth[early], minlength=dataset.actions)
    share = (begun + rates) / (len(np.unique(dataset.events.user[dataset.about_actions])) + 1)
    return np.log(share / (1 - share)).astype(np.float32)


def _counts(dataset: ActionDataset) -> dict[str, Any]:
    return {"actions": dataset.actions, "actions with a score": int(dataset.scored.sum()),
            "action interactions": int(dataset.about_actions.sum())}


def _plain_arrays(dataset: ActionDataset) -> dict[str, NDArray]:
    """What is answered from where nothing was learned."""
    return {
        **Vocabulary.of(dataset.action_ids.to_pylist()).arrays("items"), "value": dataset.value,
        "created": dataset.created, "scored": dataset.scored,
        "popular": unscored_order(dataset.value, dataset.created, dataset.action_ids.to_pylist()),
    }


def _plain_settings(dataset: ActionDataset) -> dict[str, Any]:
    return {"selection": dataset.events.selection.as_json(), "latest": dataset.latest}


def _model(dataset: ActionDataset, state: _Warm, days: int, options: Options) -> Model:
    network, events = state.learner.network, dataset.events
    recommender = network.recommender
    vectors = state.learner.vectors().float().cpu().numpy()
    tables = {name: parameter.detach().float().cpu().numpy() for name, parameter in {
        "begin": recommender.begin, "user_table": recommender.user, "type_table": recommender.event_type.weight,
        "gap_table": recommender.gap.weight}.items()}
    encoder, at_first = _exported(network, tables["begin"], vectors[dataset.items:])
    rates = 1 / (1 + np.exp(-_log_odds(exposures(dataset, days, options.seed), dataset.actions).astype(np.float64)))
    arrays = {
        **_plain_arrays(dataset), **tables, "vectors": vectors, "at_first": at_first,
        "bias": network.bias.detach().float().cpu().numpy(), "starters": _starters(dataset, rates),
        **Vocabulary.of(events.item_ids[:dataset.items].to_pylist()).arrays("things"),
    }
    settings = {
        **_plain_settings(dataset), "length": LENGTH, "gaps": GAPS, "users": state.encoder.as_json(),
        "event_types": list(dataset.item_event_types), "scale": state.calibration[0], "shift": state.calibration[1],
    }
    return Model("next_best_action", arrays, settings, {"encoder.onnx": encoder}, state.facts, state)


def _exported(network: Any, begin: NDArray[np.float32], actions: NDArray[np.float32]
              ) -> tuple[bytes, NDArray[np.float32]]:
    """The network as ONNX, and the log odds of a user of whom nothing is known [A]."""
    import torch

    from personalize_web.engine.nets.actions import ActionEncoder

    encoder = ActionEncoder(copy.deepcopy(network).cpu()).eval()
    token, vectors = torch.from_numpy(begin)[None, None], torch.from_numpy(actions)
    with torch.no_grad():
        at_first = encoder(token, vectors, torch.zeros(len(vectors), FACTS)).numpy()
    with tempfile.TemporaryDirectory(prefix="encoder-") as directory:
        path = Path(directory) / "encoder.onnx"
        torch.onnx.export(
            encoder, (token.repeat(1, 3, 1), vectors[:1].repeat(2, 1), torch.zeros(2, FACTS)), str(path), dynamo=False,
            input_names=["tokens", "actions", "facts"], output_names=["odds"], opset_version=17,
            dynamic_axes={"tokens": {1: "events"}, "actions": {0: "actions"}, "facts": {0: "actions"},
                          "odds": {0: "actions"}})
        return path.read_bytes(), at_first
