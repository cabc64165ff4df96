"""The sequence recommender answering: encode the history, score everything, blend, explore."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.counting import QUERIES, Counted, seen_features
from personalize_web.engine.exploration import Pool, managed_weight, mixed, young_items
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.objective import fused
from personalize_web.engine.selection import Selection
from personalize_web.engine.serving.requests import History, Recommended, Request, ServingModel

SCORED = 2000
"""Items that get a score, the most relevant ones; more where four times the answer's length is more."""
DEEPEST = max(query.depth for query in QUERIES.values())


class SequenceModel(ServingModel):
    """Personal recommendations from the newest events, live ones included."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._encoder = onnxruntime.InferenceSession(
            str(artifact.path("encoder.onnx")), options, providers=["CPUExecutionProvider"])
        settings = self.settings
        self._selection = Selection.from_json(settings["selection"])
        self._user, self._context = (FeatureEncoder.from_json(settings[key]) for key in ("users", "contexts"))
        self._event_types = {each.casefold(): place for place, each in enumerate(settings["event_types"])}
        self._blend: Mapping[str, Any] = settings["blend"]
        self._counted = {
            name: Counted(*(self.arrays[f"{name}_{part}"] for part in ("starts", "columns", "values")))
            for name, weight in self._blend["counted"].items() if weight
        }
        self._answers: Mapping[str, bool] = self.manifest.get("answers", {"scores": True, "reasons": True})
        self._reads_all = self._selection == Selection()
        self._known = np.asarray(self.arrays["interactions"]) > 0

    def recommend(self, request: Request) -> list[Recommended]:
        """The answer of :meth:`logits`, after exclusions and exploration; popular items fill what a mask left empty.

        Scores are probabilities among the scored items, which are the same with and without a mask.
        """
        if request.num_results <= 0:
            return []
        logits = self._with_objective(self.logits(request), slice(None))
        scored = _top(logits, max(self.settings.get("scored", SCORED), 4 * request.num_results))
        blocked = self.blocked(request)
        ranked = scored if blocked is None else scored[~blocked[scored]]
        answer = self._explored(request, logits, ranked[:2 * request.num_results + 8], blocked)
        top = float(logits[scored[0]]) if len(scored) else 0.0
        own = {row for row, _, explored in answer if explored}
        mass = float(np.exp(logits[scored] - top).sum())
        mass += sum(float(np.exp(logit - top)) - (float(np.exp(logits[row] - top)) if row in scored else 0.0)
                    for row, logit, explored in answer if explored) if own else 0.0
        found = [
            self._recommended(row, float(np.exp(logit - top)) / mass, ("Exploration",) if explored else ())
            for row, logit, explored in answer
        ]
        if blocked is not None and len(found) < request.num_results and self._answers["reasons"]:
            taken = {row for row, _, _ in answer}
            found += [self._recommended(row, None, ("Popular item",))
                      for row in self.popular_rows(blocked, request.num_results - len(found), taken)]
        return found

    def rank(self, request: Request, item_ids: Sequence[str]) -> list[Recommended]:
        """The given items, the most relevant first; scores are probabilities among those that can be scored.

        Items without interactions at training come last, in the order given and without a score. Of an item that is
        given twice the first counts. What nobody is known of is ranked by popularity.
        """
        given = list(dict.fromkeys(item_ids))
        rows = self.items.rows(given)
        if (blocked := self.blocked(request)) is not None:
            kept = (rows < 0) | ~blocked[rows]
            given, rows = [item for item, keep in zip(given, kept, strict=True) if keep], rows[kept]
        scored = np.flatnonzero((rows >= 0) & self._known[rows] & self.arrays["candidates"][rows])
        if len(self._events(request.history)[0]):
            asked = rows[scored]
            logits = self._with_objective(self.logits(request)[asked].astype(np.float64), asked)
        else:
            logits = np.log1p(np.asarray(self.arrays["interactions"])[rows[scored]].astype(np.float64))
        chances = np.exp(logits - logits.max(initial=-np.inf))
        order = np.argsort(-logits, kind="stable")
        found = [self._recommended(int(rows[place]), float(chance), ())
                 for place, chance in zip(scored[order], (chances / chances.sum())[order], strict=True)]
        last = np.setdiff1d(np.arange(len(given)), scored)
        return found + [Recommended(given[place]) for place in last]

    def logits(self, request: Request) -> NDArray[np.float32]:
        """Relevance of every item by row, of the request's user, history and context; -inf where none is possible."""
        rows, types, stamps = self._events(request.history)
        relevance = self._relevance(rows, types, stamps, request)
        blend = self._blend
        if not len(rows):
            # nothing is known but metadata and context: what users begin with, moved by what those two change
            base = self.arrays["starters"] + (relevance - self.arrays["at_first"])
        else:
            newest = rows[::-1]
            base = np.float32(blend["learned"]) * relevance + self.arrays["bias"]
            for name, model in self._counted.items():
                items, features = model.scores(newest[:DEEPEST], QUERIES[name])
                base[items] += np.float32(blend["counted"][name]) * features
            seen, facts = seen_features(newest)
            base[seen] += (facts @ np.array(blend["seen"])).astype(np.float32)
        base = base + self.arrays["trend"] / np.float32(1 + len(rows))
        return np.where(self.arrays["candidates"], base, -np.inf).astype(np.float32)

    def _events(self, history: History) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows, types and times of the events that the model reads: of trained items and chosen by the solution."""
        found = self.items.rows(history.item_ids)
        kept, types = [], []
        known = (found >= 0) & self._known[found]
        for place in np.flatnonzero(known).tolist():
            kind, value = history.event_types[place], history.values[place]
            number = None if value is None or value != value else float(value)
            if self._reads_all or self._selection.accepts(kind, number) > 0:
                kept.append(place)
                types.append(self._event_types.get((kind or "").casefold(), self._event_types.get("", 0)))
        stamps = np.array([history.timestamps[place] for place in kept], np.int64)
        return found[kept], np.array(types, np.int64), stamps

    def _relevance(self, rows: NDArray[np.int64], types: NDArray[np.int64], stamps: NDArray[np.int64],
                   request: Request) -> NDArray[np.float32]:
        """What the network says of every item, [N]; one thread, unlike a product in NumPy."""
        length = int(self.settings["length"])
        gaps = np.zeros(len(rows), np.int64)
        gaps[1:] = 1 + np.minimum(np.log2(np.maximum(np.diff(stamps), 0) + 1), self.settings["gaps"] - 2)
        rows, types, gaps = rows[-length:], types[-length:], gaps[-length:]
        tokens = np.empty((1, len(rows) + 1, self.arrays["vectors"].shape[1]), np.float32)
        tokens[0, 0] = self.arrays["begin"] + _weighted(self.arrays["user_table"], self._user, request.user_attributes)
        tokens[0, 1:] = self.arrays["vectors"][rows] + self.arrays["type_table"][types] + self.arrays["gap_table"][gaps]
        context = np.zeros((1, tokens.shape[2]), np.float32)
        if request.context:
            context[0] = _weighted(self.arrays["context_table"], self._context, request.context)
        inputs = {"tokens": tokens, "context": context, "vectors": self.arrays["vectors"]}
        if "session_gap" in self.settings:
            begins = np.ones((1, len(rows) + 1), np.float32)
            begins[0, 1:] = gaps >= self.settings["session_gap"]
            inputs["begins"] = begins
        return self._encoder.run(["relevance"], inputs)[0]

    def _with_objective(self, logits: NDArray, rows: NDArray[np.int64] | slice) -> NDArray:
        """Logits of some items, moved by the second objective where the solution has one."""
        share = float(self.settings.get("objective_share", 0.0))
        return fused(logits, self.arrays["objective"][rows], share) if share else logits

    def _explored(self, request: Request, logits: NDArray, ranked: NDArray[np.int64], blocked: NDArray | None
                  ) -> list[tuple[int, float, bool]]:
        places = request.num_results
        weight = request.exploration_weight
        young = np.zeros(0, np.int64)
        if weight is None or weight > 0:
            young = young_items(self.arrays["created"], self.settings["latest"], request.exploration_age_cut_off)
            if weight is None:
                fixed = self.settings.get("exploration_weight")
                weight = managed_weight(len(young), len(self.items)) if fixed is None else float(fixed)
            young = young[np.isfinite(logits[young])]
            young = young[~np.isin(young, ranked[:places])]
            if blocked is not None:
                young = young[~blocked[young]]
        if not weight or not len(young):
            return [(int(row), float(logits[row]), False) for row in ranked[:places]]
        ids = self.items.ids(young) if request.item_impressions or request.user_impressions else []
        shown, ignored = (np.array([counts.get(each, 0) for each in ids], np.int64) if ids
                          else np.zeros(len(young), np.int64)
                          for counts in (request.item_impressions, request.user_impressions))
        pool = Pool(young, logits[young].astype(float), np.asarray(self.arrays["interactions"])[young].astype(np.int64),
                    shown, ignored)
        return mixed(ranked.tolist(), logits, pool, weight, places, np.random.default_rng(request.seed))

    def _recommended(self, row: int, score: float | None, reasons: tuple[str, ...]) -> Recommended:
        return Recommended(self.items.id(row), score if self._answers["scores"] else None,
                           reasons if self._answers["reasons"] else ())


def _top(logits: NDArray, most: int) -> NDArray[np.int64]:
    """Rows of the largest finite logits, the largest first; ties by row."""
    if most < len(logits):
        rows = np.sort(np.argpartition(-logits, most)[:most])
    else:
        rows = np.arange(len(logits))
    rows = rows[np.argsort(-logits[rows], kind="stable")]
    return rows[np.isfinite(logits[rows])]


def _weighted(table: NDArray[np.float32], encoder: FeatureEncoder, values: Mapping[str, Any]) -> NDArray[np.float32]:
    """A row of metadata as one vector [d]; zeros where the model was trained without."""
    if not len(table):
        return np.zeros(table.shape[1], np.float32)
    places, weights = encoder.row(values)
    return np.asarray(weights, np.float32) @ table[places]
