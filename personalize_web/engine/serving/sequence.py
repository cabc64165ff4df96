"""The sequence recommender answering: encode the history, score everything, blend, explore."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.counting import QUERIES, Counted, seen_features
from personalize_web.engine.exploration import Pool, managed_weight, mixed, young_items
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.lists import COUNTED, LONGEST, Catalogue, ListRanker, blended, counted_of
from personalize_web.engine.objective import fused
from personalize_web.engine.selection import Selection
from personalize_web.engine.serving import explaining
from personalize_web.engine.serving.explaining import Explanation
from personalize_web.engine.serving.requests import History, Recommended, Request, ServingModel

SCORED = 2000
"""Items that get a score, the most relevant ones; more where four times the answer's length is more."""
TOGETHER = 64
"""Most requests that are answered together where many are asked."""
_LOGITS = 8_000_000
"""Most logits that lie in memory for them."""
_ENCODED = 1024
"""Histories among which those of one length are looked for."""
_GROUP = 32
"""Numbers of which the largest stands for all, where the largest of many are looked for."""
_Events = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Item rows, types and times."""
DEEPEST = max(query.depth for query in QUERIES.values())


class SequenceModel(ServingModel):
    """Personal recommendations from the newest events, live ones included."""

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._encoder = onnxruntime.InferenceSession(
            str(artifact.path("encoder.onnx")), options, providers=["CPUExecutionProvider"]
        )
        # models of older trainings read one user at a time
        self._together = not isinstance(self._encoder.get_inputs()[0].shape[0], int)
        settings = self.settings
        self._selection = Selection.from_json(settings["selection"])
        self._user, self._context = (FeatureEncoder.from_json(settings[key]) for key in ("users", "contexts"))
        self._event_types = {each.casefold(): place for place, each in enumerate(settings["event_types"])}
        self._blend: Mapping[str, Any] = settings["blend"]
        self._counted = {name: self._model(name) for name, weight in self._blend["counted"].items() if weight}
        self._ranker = ListRanker.of(self.arrays) if "list_mean" in self.arrays else None
        if self._ranker is not None:
            self._catalogue = Catalogue.of(self.arrays, int(settings.get("trained_latest", settings["latest"])))
            self._of_lists = {**{name: self._model(name) for name in COUNTED}, **self._counted}
        else:
            self._of_lists = self._counted
        self._answers: Mapping[str, bool] = self.manifest.get("answers", {"scores": True, "reasons": True})
        self._reads_all = self._selection == Selection()
        self._known = np.asarray(self.arrays["interactions"]) > 0
        self._trained = int(self.settings.get("trained_items", len(self.items)))

    def _model(self, name: str) -> Counted:
        return Counted(*(self.arrays[f"{name}_{part}"] for part in ("starts", "columns", "values")))

    def recommend(self, request: Request) -> list[Recommended]:
        """The answer of :meth:`logits`, after exclusions and exploration; popular items fill what a mask left empty.

        Scores are probabilities among the scored items, which are the same with and without a mask.
        """
        return self._answered(request, self._of_all(request)) if request.num_results > 0 else []

    def recommend_many(self, requests: Sequence[Request]) -> Iterator[list[Recommended]]:
        """The answers of :meth:`recommend`; all items are scored for many requests at once."""
        for request, relevance in zip(requests, self._of_many(requests), strict=True):
            yield self._answered(request, relevance) if request.num_results > 0 else []

    def recommend_variants(self, requests: Sequence[Request]) -> list[list[Recommended]]:
        """The answers of :meth:`recommend` to requests of one user; all items are scored once."""
        relevance = self._of_all(requests[0])
        return [self._answered(each, relevance.copy()) if each.num_results > 0 else [] for each in requests]

    def _answered(self, request: Request, relevance: NDArray[np.float32]) -> list[Recommended]:
        logits, explorable = self._judged(relevance, request)
        most, needed = max(self.settings.get("scored", SCORED), 4 * request.num_results), 2 * request.num_results + 8
        blocked = self.blocked(request)
        if most < len(logits):
            scored = _top(logits, most)
            ranked = scored if blocked is None else scored[~blocked[scored]]
        else:  # everything is scored, and only the first need an order
            scored = np.flatnonzero(np.isfinite(logits))
            ranked = _top(logits if blocked is None else np.where(blocked, -np.inf, logits), needed)
        answer = self._explored(request, explorable, ranked[:needed], blocked)
        top = float(logits[scored].max(initial=-np.inf)) if len(scored) else 0.0
        own = {row for row, _, explored in answer if explored}
        mass = float(np.exp(logits[scored] - top).sum(dtype=np.float64))
        mass += (
            sum(
                float(np.exp(logit - top)) - (float(np.exp(logits[row] - top)) if row in scored else 0.0)
                for row, logit, explored in answer
                if explored
            )
            if own
            else 0.0
        )
        ids = self.items.ids([row for row, _, _ in answer])
        found = [
            self._recommended(item, float(np.exp(logit - top)) / mass, ("Exploration",) if explored else ())
            for item, (_, logit, explored) in zip(ids, answer, strict=True)
        ]
        if blocked is not None and len(found) < request.num_results and self._answers["reasons"]:
            taken = {row for row, _, _ in answer}
            more = self.items.ids(self.popular_rows(blocked, request.num_results - len(found), taken))
            found += [self._recommended(item, None, ("Popular item",)) for item in more]
        return found

    def rank(self, request: Request, item_ids: Sequence[str]) -> list[Recommended]:
        """The given items, the most relevant first; scores are probabilities among those that can be scored.

        Items without interactions at training come last, in the order given and without a score. Of an item that is
        given twice the first counts. For a user of whom neither events nor a context are known popularity decides.
        """
        return next(self.rank_many([request], [item_ids]))

    def rank_many(self, requests: Sequence[Request], lists: Sequence[Sequence[str]]) -> Iterator[list[Recommended]]:
        """The answers of :meth:`rank`; histories of one length go through the network together."""
        for first in range(0, len(requests), _ENCODED):
            some, given = requests[first : first + _ENCODED], lists[first : first + _ENCODED]
            events = [self._events(each.history) for each in some]
            for own, query, request, item_ids in zip(events, self._queries(events, some), some, given, strict=True):
                yield self._ranked(request, item_ids, own[0], query)

    def _ranked(
        self, request: Request, item_ids: Sequence[str], history: NDArray[np.int64], query: NDArray[np.float32]
    ) -> list[Recommended]:
        given = list(dict.fromkeys(item_ids))
        rows = self.items.rows(given)
        if (blocked := self.blocked(request)) is not None:
            kept = (rows < 0) | ~blocked[rows]
            given, rows = [item for item, keep in zip(given, kept, strict=True) if keep], rows[kept]
        scored = np.flatnonzero((rows >= 0) & self._known[rows] & self.arrays["candidates"][rows])
        asked = rows[scored]
        if len(history) or self._context.known(request.context):
            said = self._of_some(history, query, asked)
            own = self._moved(self._in_list(history, query, asked, said), asked, request)
        else:
            own = np.log1p(np.asarray(self.arrays["interactions"])[asked].astype(np.float64))
        chances = np.exp(own - own.max(initial=-np.inf))
        order = np.argsort(-own, kind="stable")
        found = [
            self._recommended(given[place], float(chance), ())
            for place, chance in zip(scored[order], (chances / chances.sum())[order], strict=True)
        ]
        last = np.setdiff1d(np.arange(len(given)), scored)
        return found + [Recommended(given[place]) for place in last]

    def _of_some(
        self, history: NDArray[np.int64], query: NDArray[np.float32], items: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """What :meth:`_of_all` says of some items, [C], for a history of item rows, oldest first, and its query."""
        arrays, newest = self.arrays, history[::-1]
        network = arrays["vectors"][items] @ query
        if not len(history):
            return network - arrays["at_first"][items] + arrays["starters"][items] + arrays["trend"][items]
        counted = {name: counted_of(model, name, newest, items) for name, model in self._counted.items()}
        found = blended(self._blend, network, arrays["bias"][items], counted, newest, items)
        return found + arrays["trend"][items] / np.float32(1 + len(history))

    def _in_list(
        self,
        history: NDArray[np.int64],
        query: NDArray[np.float32],
        items: NDArray[np.int64],
        said: NDArray[np.float32],
    ) -> NDArray[np.float64]:
        """What items that are given together are put in order by, [C]; ``said`` [C] is their relevance.

        Where putting lists in order was learned, the LONGEST most relevant ones are put in order among themselves.
        """
        scores = said.astype(np.float64)
        if self._ranker is None or not len(history) or not len(items):
            return scores
        first = np.argsort(-scores, kind="stable")
        best, rest = first[:LONGEST], first[LONGEST:]
        newest, asked = history[::-1], items[best]
        counted = {name: counted_of(self._of_lists[name], name, newest, asked) for name in COUNTED}
        ranked = self._ranker.scores(self._catalogue.features(newest, query, asked, said[best], counted))
        scores[best] = ranked + max(0.0, scores[rest].max() - ranked.min()) if len(rest) else ranked
        return scores

    def explain(self, request: Request, item_id: str) -> Explanation:
        """The events and features that moved the item most, each taken away by itself."""
        row = self.items.row(item_id)
        if row < 0:
            return Explanation(item_id, (), known=False)
        return explaining.by_taking_away(item_id, request, lambda each: float(self._of_all(each)[row]))

    def logits(self, request: Request) -> NDArray[np.float32]:
        """Relevance of every item by row, of the request's user, history and context; -inf where none is possible."""
        return self._candidates_of(self._of_all(request))

    def answers(self, requests: Sequence[Request], *, explored: bool) -> list[tuple[list[str], list[str]]]:
        """As every model, but all items are scored for many requests at once, and once for both lists of each.

        A model that puts lists in order answers with the order of all items that it can.
        """
        if self._ranker is not None:
            return [(each, each) for each in map(self._first, requests, self._each_of_many(requests))]
        return [
            self._both(request, relevance, explored)
            for request, relevance in zip(requests, self._of_many(requests), strict=True)
        ]

    def _first(
        self, request: Request, said: tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]
    ) -> list[str]:
        """The first items of a list of all."""
        history, query, whole = said
        possible = self._known & self.arrays["candidates"]
        if (blocked := self.blocked(request)) is not None:
            possible &= ~blocked
        items = np.flatnonzero(possible)
        if len(history) or self._context.known(request.context):
            scores = self._moved(self._in_list(history, query, items, whole[items]), items, request)
            return self.items.ids(items[_top(scores, request.num_results)])
        counts = np.asarray(self.arrays["interactions"])[items]
        return self.items.ids(items[np.argsort(-counts, kind="stable")[: request.num_results]])

    def _of_many(self, requests: Sequence[Request]) -> Iterator[NDArray[np.float32]]:
        """What :meth:`_of_all` says of each request; histories of one length go through the network together."""
        return (whole for _, _, whole in self._each_of_many(requests))

    def _each_of_many(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]]:
        """The item rows of each request's history, its query, and what :meth:`_of_all` says."""
        most = max(1, min(TOGETHER, _LOGITS // max(1, len(self.items))))
        vectors = self.arrays["vectors"]
        for first in range(0, len(requests), _ENCODED):
            some = requests[first : first + _ENCODED]
            events = [self._events(each.history) for each in some]
            queries = self._queries(events, some)
            for begin in range(0, len(some), most):
                block = queries[begin : begin + most]
                for own, query, row in zip(events[begin : begin + most], block, block @ vectors.T, strict=True):
                    yield own[0], query, self._blended(own[0], row)

    def _queries(self, events: Sequence[_Events], requests: Sequence[Request]) -> NDArray[np.float32]:
        """What the network makes of each history, [B, d]."""
        asked = [self._inputs(*own, each) for own, each in zip(events, requests, strict=True)]
        alike: dict[int, list[int]] = defaultdict(list)
        for place, inputs in enumerate(asked):
            alike[inputs["tokens"].shape[1] if self._together else -place].append(place)
        queries = np.empty((len(asked), self.arrays["vectors"].shape[1]), np.float32)
        for places in alike.values():
            inputs = {
                name: np.concatenate([asked[place][name] for place in places]) for name in asked[0] if name != "vectors"
            }
            queries[places] = self._encoder.run(["query"], inputs | {"vectors": self.arrays["vectors"][:1]})[0]
        return queries

    def _both(self, request: Request, relevance: NDArray[np.float32], explored: bool) -> tuple[list[str], list[str]]:
        """The items without exploration and with it, from the relevance of all items."""
        blocked = self.blocked(request)
        logits, explorable = self._judged(relevance, request)
        if blocked is not None:
            logits = np.where(blocked, -np.inf, logits)
        ranked = _top(logits, 2 * request.num_results + 8)
        if len(ranked) < request.num_results and blocked is not None:  # popular items fill the list
            return super().answers([request], explored=explored)[0]
        plain = replace(request, exploration_weight=0.0)
        lists = [
            self.items.ids([row for row, _, _ in self._explored(each, explorable, ranked, blocked)])
            for each in ([plain, request] if explored else [plain])
        ]
        return lists[0], lists[-1]

    def _judged(
        self, relevance: NDArray[np.float32], request: Request
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What all items are ranked by, and what they are explored by: items that came after the training are found by
        exploration alone. Both [N], -inf where an item is not for it; ``relevance`` is used up."""
        later = relevance[self._trained :].copy()
        logits = self._moved(self._candidates_of(relevance), slice(None), request)
        if not len(later):
            return logits, logits
        whole = relevance.copy()
        whole[self._trained :] = later
        return logits, np.concatenate(
            [logits[: self._trained], self._moved(whole, slice(None), request)[self._trained :]]
        )

    def _candidates_of(self, relevance: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same array, -inf where an item is not to be answered by relevance."""
        np.copyto(relevance, -np.inf, where=~self.arrays["candidates"])
        return relevance

    def _of_all(self, request: Request) -> NDArray[np.float32]:
        """Relevance of every item by row, [N], of those as well that only exploration may answer."""
        events = self._events(request.history)
        return self._blended(events[0], self._encoder.run(["relevance"], self._inputs(*events, request))[0])

    def _blended(self, rows: NDArray[np.int64], relevance: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network says, [N], with what was counted, for a history of these item rows, oldest first."""
        blend = self._blend
        base = relevance  # all sums go into one array: with a million items every further one is milliseconds
        if not len(rows):
            # nothing is known but metadata and context: what users begin with, moved by what those two change
            base -= self.arrays["at_first"]
            base += self.arrays["starters"]
        else:
            newest = rows[::-1]
            base *= np.float32(blend["learned"])
            base += self.arrays["bias"]
            for name, model in self._counted.items():
                items, features = model.scores(newest[:DEEPEST], QUERIES[name])
                base[items] += np.float32(blend["counted"][name]) * features
            seen, facts = seen_features(newest)
            base[seen] += (facts @ np.array(blend["seen"])).astype(np.float32)
        base += self.arrays["trend"] / np.float32(1 + len(rows))
        return base

    def _events(self, history: History) -> _Events:
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

    def _inputs(
        self, rows: NDArray[np.int64], types: NDArray[np.int64], stamps: NDArray[np.int64], request: Request
    ) -> dict[str, NDArray[np.float32]]:
        """What the encoder reads; it scores all items in one thread, unlike a product in NumPy."""
        length = int(self.settings["length"])
        gaps = np.zeros(len(rows), np.int64)
        gaps[1:] = 1 + np.minimum(np.log2(np.maximum(np.diff(stamps), 0) + 1), self.settings["gaps"] - 2)
        rows, types, gaps = rows[-length:], types[-length:], gaps[-length:]
        tokens = np.empty((1, len(rows) + 1, self.arrays["vectors"].shape[1]), np.float32)
        tokens[0, 0] = self.arrays["begin"] + _weighted(self.arrays["user_table"], self._user, request.user_attributes)
        tokens[0, 1:] = self.arrays["vectors"][rows] + self.arrays["type_table"][types] + self.arrays["gap_table"][gaps]
        context = np.zeros((1, tokens.shape[2]), np.float32)
        if given := self._context.known(request.context):
            places, weights = self._context.row(given, unknown_is_missing=True)
            context[0] = _summed(self.arrays["context_table"], places, weights)
        inputs = {"tokens": tokens, "context": context, "vectors": self.arrays["vectors"]}
        if "session_gap" in self.settings:
            begins = np.ones((1, len(rows) + 1), np.float32)
            begins[0, 1:] = gaps >= self.settings["session_gap"]
            inputs["begins"] = begins
        return inputs

    def _moved(self, logits: NDArray, rows: NDArray[np.int64] | slice, request: Request) -> NDArray:
        """Logits of some items, moved by the solution's second objective and by the deployment's ranking influence."""
        share = float(self.settings.get("objective_share", 0.0))
        if share:
            logits = fused(logits, self.arrays["objective"][rows], share)
        return request.influence.moved(logits, self.arrays["interactions"][rows], self.arrays["created"][rows])

    def _explored(
        self, request: Request, logits: NDArray, ranked: NDArray[np.int64], blocked: NDArray | None
    ) -> list[tuple[int, float, bool]]:
        places = request.num_results
        weight = request.exploration_weight
        young = np.zeros(0, np.int64)
        if weight is None or weight > 0:
            young = young_items(self.arrays["created"], self.settings["latest"], request.exploration_age_cut_off)
            if weight is None:
                fixed = self.settings.get("exploration_weight")
                weight = managed_weight(len(young), len(self.items)) if fixed is None else float(fixed)
            may = np.isfinite(logits) if blocked is None else np.isfinite(logits) & ~blocked
            may[ranked[:places]] = False
            young = young[may[young]]
        if not weight or not len(young):
            return [(int(row), float(logits[row]), False) for row in ranked[:places]]
        shown, ignored = (
            self._counted_of(young, each) for each in (request.item_impressions, request.user_impressions)
        )
        counts = self.arrays.get("counts_now", self.arrays["interactions"])
        pool = Pool(young, logits[young], np.asarray(counts)[young], shown, ignored)
        return mixed(ranked.tolist(), logits, pool, weight, places, np.random.default_rng(request.seed))

    def _counted_of(self, rows: NDArray[np.int64], counts: Mapping[str, int]) -> NDArray[np.int64]:
        """For each of the rows, which ascend, what is counted of its item."""
        found = np.zeros(len(rows), np.int64)
        counted = self.items.rows(counts)
        places = np.minimum(np.searchsorted(rows, counted), len(rows) - 1)
        own = rows[places] == counted
        found[places[own]] = np.fromiter(counts.values(), np.int64, len(counts))[own]
        return found

    def _recommended(self, item_id: str, score: float | None, reasons: tuple[str, ...]) -> Recommended:
        return Recommended(
            item_id, score if self._answers["scores"] else None, reasons if self._answers["reasons"] else ()
        )


def _top(logits: NDArray, most: int) -> NDArray[np.int64]:
    """Rows of the largest finite logits, the largest first; ties by row."""
    rows = np.arange(len(logits))
    groups = len(logits) // _GROUP
    if most < groups:  # as many groups hold a number from the bound on, so that the largest are among these
        largest = logits[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)
        rows = np.flatnonzero(logits >= np.partition(largest, groups - most)[groups - most])
    if most < len(rows):
        rows = np.sort(rows[np.argpartition(logits[rows], len(rows) - most)[len(rows) - most :]])
    rows = rows[np.argsort(-logits[rows], kind="stable")]
    return rows[np.isfinite(logits[rows])]


def _weighted(table: NDArray[np.float32], encoder: FeatureEncoder, values: Mapping[str, Any]) -> NDArray[np.float32]:
    """A row of metadata as one vector [d]; zeros where the model was trained without."""
    return _summed(table, *encoder.row(values))


def _summed(table: NDArray[np.float32], places: Sequence[int], weights: Sequence[float]) -> NDArray[np.float32]:
    return np.asarray(weights, np.float32) @ table[np.asarray(places, np.int64)]
