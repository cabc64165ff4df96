"""The next best action answering: the chance of each action, those of value first where chances are equal."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from personalize_web.engine import artifacts
from personalize_web.engine.action_dataset import KINDS, MOST_ACTIONS
from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.exposures import facts_of_history
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.selection import Selection
from personalize_web.engine.serving.requests import History, Recommended, Request, ServingModel

EXPLORATION_WEIGHT = 0.3
"""Share of the places that actions without a score get where the request says nothing."""
_DAY = 86400


class NextBestActionModel(ServingModel):
    """Actions for a user; ``items`` are the actions here, and ``things`` the items of histories."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact)
        self._scored = np.flatnonzero(self.arrays["scored"])
        ids = self.items.all()
        self._rank_of_id = np.empty(len(ids), np.int64)
        self._rank_of_id[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
        self._selection = Selection.from_json(self.settings["selection"])
        self._learned = len(self._scored) > 0
        if not self._learned:
            return
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._encoder = onnxruntime.InferenceSession(
            str(artifact.path("encoder.onnx")), options, providers=["CPUExecutionProvider"])
        self.things = Vocabulary.from_arrays(self.arrays, "things")
        self._user = FeatureEncoder.from_json(self.settings["users"])
        self._event_types = {each.casefold(): place for place, each in enumerate(self.settings["event_types"])}

    def recommend(self, request: Request) -> list[Recommended]:
        """Actions by their chance, then by VALUE, then by id; the last places are for actions without a score.

        Those are ``exploration_weight`` of ``num_results``, rounded down, as long as there are such actions, and as
        many more as actions with a score leave free. They come by VALUE, then the newest first, with score 0.
        Only actions at most ``exploration_age_cut_off`` days old have places of their own.
        """
        count = request.num_results
        if count <= 0:
            return []
        blocked = self.blocked(request)
        rows = self._scored if blocked is None else self._scored[~blocked[self._scored]]
        chances = self.chances(request)[rows] if len(rows) else np.zeros(0)
        rest = np.asarray(self.popular)
        rest = rest[~self.arrays["scored"][rest]]
        if blocked is not None:
            rest = rest[~blocked[rest]]
        weight = EXPLORATION_WEIGHT if request.exploration_weight is None else request.exploration_weight
        oldest = self.settings["latest"] - request.exploration_age_cut_off * _DAY
        young = rest[self.arrays["created"][rest] >= oldest]
        own = young[:min(int(weight * count + 1e-9), count)]
        order = np.lexsort((self._rank_of_id[rows], -self.arrays["value"][rows], -chances))[:count - len(own)]
        free = count - len(own) - len(order)
        explored = np.union1d(own, rest[~np.isin(rest, own)][:free])
        explored = rest[np.isin(rest, explored)]
        return [*(Recommended(self.items.id(int(rows[each])), float(chances[each])) for each in order),
                *(Recommended(self.items.id(int(row)), 0.0, ("Exploration",)) for row in explored)]

    def chances(self, request: Request) -> NDArray[np.float64]:
        """Chance of each action by row, that the request's user takes it within the period; 0 without a score."""
        found = np.zeros(len(self.items))
        if not self._learned:
            return found
        rows, settings = self._scored, self.settings
        things, types, stamps, actions, kinds = self._events(request)
        at = stamps[things >= len(self.things)]
        newest = int(stamps[-1]) if len(stamps) else 0
        facts = facts_of_history(actions, kinds, at, newest, len(self.items))[rows]
        odds = self._encoder.run(["odds"], {
            "tokens": self._tokens(things, types, stamps, request), "facts": facts,
            "actions": self.arrays["vectors"][len(self.things):][rows]})[0].astype(np.float64)
        if len(things):
            odds = settings["scale"] * (odds + self.arrays["bias"][rows]) + settings["shift"]
        else:
            # nothing is known but metadata: what users begin with, moved by what those change
            odds = settings["scale"] * (odds - self.arrays["at_first"][rows]) + self.arrays["starters"][rows]
        found[rows] = 1 / (1 + np.exp(-odds))
        return found

    def _events(self, request: Request) -> tuple[NDArray[np.int64], ...]:
        """Both histories in time: thing, type and time of each event; action and kind of the action events."""
        item, item_type, item_at = self._items_of(request.history)
        action, kind, action_at = self._actions_of(request.action_history)
        stamps = np.concatenate([item_at, action_at])
        order = np.argsort(stamps, kind="stable")
        things = np.concatenate([item, action + len(self.things)])[order]
        types = np.concatenate([item_type, kind + len(self.settings["event_types"])])[order]
        later = np.argsort(action_at, kind="stable")
        return things, types, stamps[order], action[later], kind[later]

    def _items_of(self, history: History) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        rows = self.things.rows(history.item_ids)
        kept, types = [], []
        for place in np.flatnonzero(rows >= 0).tolist():
            kind, value = history.event_types[place], history.values[place]
            number = None if value is None or value != value else float(value)
            if self._selection.accepts(kind, number) > 0:
                kept.append(place)
                types.append(self._event_types.get((kind or "").casefold(), self._event_types.get("", 0)))
        stamps = np.array([history.timestamps[place] for place in kept], np.int64)
        return rows[kept], np.array(types, np.int64), stamps

    def _actions_of(self, history: History) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Events with actions that were there at training."""
        rows = self.items.rows(history.item_ids)
        kinds = np.array([KINDS.index(each) if each in KINDS else -1 for each in history.event_types], np.int64)
        trained = len(self.arrays["vectors"]) - len(self.things)
        kept = np.flatnonzero((rows >= 0) & (rows < trained) & (kinds >= 0))
        return rows[kept], kinds[kept], np.array(history.timestamps, np.int64)[kept]

    def _tokens(self, things: NDArray[np.int64], types: NDArray[np.int64], stamps: NDArray[np.int64],
                request: Request) -> NDArray[np.float32]:
        length = int(self.settings["length"])
        gaps = np.zeros(len(things), np.int64)
        gaps[1:] = 1 + np.minimum(np.log2(np.maximum(np.diff(stamps), 0) + 1), self.settings["gaps"] - 2)
        things, types, gaps = things[-length:], types[-length:], gaps[-length:]
        arrays = self.arrays
        tokens = np.empty((1, len(things) + 1, arrays["vectors"].shape[1]), np.float32)
        tokens[0, 0] = arrays["begin"]
        if len(arrays["user_table"]):
            places, weights = self._user.row(request.user_attributes)
            tokens[0, 0] += np.asarray(weights, np.float32) @ arrays["user_table"][places]
        tokens[0, 1:] = arrays["vectors"][things] + arrays["type_table"][types] + arrays["gap_table"][gaps]
        return tokens


def unscored_order(value: NDArray[np.float64], created: NDArray[np.int64], ids: Sequence[str]) -> NDArray[np.int32]:
    """Rows of actions by VALUE, then the newest first, then by id."""
    places = sorted(range(len(ids)), key=lambda row: (-value[row], -created[row], ids[row]))
    return np.array(places, np.int32)


def with_new_actions(directory: Path, actions: pa.Table, target: Path) -> int:
    """Copy the model in ``directory`` to ``target``, another folder, with actions that were not there at its training.

    ``actions`` is the present Actions table (ACTION_ID and, where there are such columns, VALUE and
    CREATION_TIMESTAMP). Rows that the model does not know become candidates without a score, the newest first, as long
    as there are fewer than MOST_ACTIONS; nothing is learned. Everything else in the folder is carried along. The answer
    is how many were added.
    """
    artifact = artifacts.read(directory)
    arrays = {name: np.asarray(each) for name, each in artifact.arrays().items()}
    known = Vocabulary.from_arrays(arrays, "items")
    given = actions.take(pa.array(np.flatnonzero(known.rows(actions["ACTION_ID"].to_pylist()) < 0)))
    numbers = {name: pc.fill_null(pc.cast(given[name], pa.float64()), np.nan).to_numpy()
               if name in given.column_names else np.full(given.num_rows, np.nan)
               for name in ("VALUE", "CREATION_TIMESTAMP")}
    latest = int(artifact.manifest["settings"]["latest"])
    created = np.where(np.isnan(numbers["CREATION_TIMESTAMP"]), latest, numbers["CREATION_TIMESTAMP"]).astype(np.int64)
    rows = np.argsort(-created, kind="stable")[:max(0, MOST_ACTIONS - len(known))]
    ids = [*known.all(), *given["ACTION_ID"].take(pa.array(rows)).to_pylist()]
    arrays |= Vocabulary.of(ids).arrays("items")
    arrays["value"] = np.concatenate([arrays["value"], np.nan_to_num(numbers["VALUE"][rows])])
    arrays["created"] = np.concatenate([arrays["created"], created[rows]])
    arrays["scored"] = np.concatenate([arrays["scored"], np.zeros(len(rows), bool)])
    arrays["popular"] = unscored_order(arrays["value"], arrays["created"], ids)
    files = {name: artifact.path(name).read_bytes() for name in artifact.manifest["files"] if not name.endswith(".npy")}
    beside = [each for each in directory.iterdir()
              if each.is_file() and each.name not in artifact.manifest["files"] and each.name != artifacts.MANIFEST]
    artifacts.write(target, artifact.manifest, arrays, files)
    for each in beside:
        artifacts.share(each, target / each.name)
    return len(rows)
