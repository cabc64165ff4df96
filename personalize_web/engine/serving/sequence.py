"""The sequence recommender answering: encode the history, score everything, blend, explore."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.counting import Counted
from personalize_web.engine.exploration import Pool, Young, managed_weight, mixed, places_of, young_items
from personalize_web.engine.features import FeatureEncoder
from personalize_web.engine.history import StoredHistory
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.lists import COUNTED, LONGEST, Catalogue, ListRanker, blended, counted_of
from personalize_web.engine.objective import fused
from personalize_web.engine.selection import Selection
from personalize_web.engine.serving import explaining
from personalize_web.engine.serving.best import top
from personalize_web.engine.serving.explaining import Explanation
from personalize_web.engine.serving.relevance import Relevance, Scorer, coarse_of
from personalize_web.engine.serving.requests import History, Recommended, Request, ServingModel

SCORED = 2000
"""Items that get a score, the most relevant ones; more where four times the answer's length is more."""
TOGETHER = 64
"""Most requests that are answered together where many are asked."""
_LOGITS = 8_000_000
"""Most logits that lie in memory for them."""
_ENCODED = 1024
"""Histories among which those of one length are looked for."""
_Events = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Item rows, types and times."""
_EVENT_TYPES = 1024
"""Spellings of event types whose numbers are kept at hand."""


class _Judged(NamedTuple):
    """What is answered from."""

    rows: NDArray[np.int64]
    """Of the items that are scored, ascending."""
    logits: NDArray[np.float32]
    """Theirs."""
    of: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    """What other items are explored by: those that came after the training as well."""


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
        types = {each.casefold(): place for place, each in enumerate(settings["event_types"])}
        self._type_of = lru_cache(_EVENT_TYPES)(lambda kind: types.get((kind or "").casefold(), types.get("", 0)))
        self._blend: Mapping[str, Any] = settings["blend"]
        self._counted = {name: self._model(name) for name, weight in self._blend["counted"].items() if weight}
        self._ranker = ListRanker.of(self.arrays) if "list_mean" in self.arrays else None
        if self._ranker is not None:
            self._catalogue = Catalogue.of(self.arrays, int(settings.get("trained_latest", settings["latest"])))
            self._of_lists = {**{name: self._model(name) for name in COUNTED}, **self._counted}
        else:
            self._of_lists = self._counted
        self._scorer = Scorer(self.arrays, settings["blend"], coarse_of(artifact, self.arrays))
        self._answers: Mapping[str, bool] = self.manifest.get("answers", {"scores": True, "reasons": True})
        self._reads_all = self._selection == Selection()
        self._known = np.asarray(self.arrays["interactions"]) > 0
        self._trained = int(self.settings.get("trained_items", len(self.items)))
        self._of_index: tuple[Vocabulary, NDArray[np.int64]] | None = None
        """The index of histories that was read last, and the model's row of each of its items."""
        explorable = self._scorer.candidates.copy()
        explorable[self._trained :] = True
        counts = self.arrays.get("counts_now", self.arrays["interactions"])
        self._young = lru_cache(4)(
            lambda days: Young.of(young_items(self.arrays["created"], settings["latest"], days), explorable, counts)
        )

    def _model(self, name: str) -> Counted:
        return Counted(*(self.arrays[f"{name}_{part}"] for part in ("starts", "columns", "values")))

    def recommend(self, request: Request) -> list[Recommended]:
        """The answer of :meth:`logits`, after exclusions and exploration; popular items fill what a mask left empty.

        Scores are probabilities among the scored items, which are the same with and without a mask.
        """
        return self._answered(request, self.relevance(request)) if request.num_results > 0 else []

    def recommend_many(self, requests: Sequence[Request]) -> Iterator[list[Recommended]]:
        """The answers of :meth:`recommend`; all items are scored for many requests at once."""
        for request, relevance in zip(requests, self._of_many(requests), strict=True):
            yield self._answered(request, relevance) if request.num_results > 0 else []

    def recommend_variants(self, requests: Sequence[Request]) -> list[list[Recommended]]:
        """The answers of :meth:`recommend` to requests of one user; all items are scored once."""
        relevance = self.relevance(requests[0])
        return [self._answered(each, relevance) if each.num_results > 0 else [] for each in requests]

    def _answered(self, request: Request, relevance: Relevance) -> list[Recommended]:
        judged = self._judged(request, relevance)
        blocked = self.blocked(request)
        answer = self._explored(request, judged, self._ranked_rows(judged, blocked, request), blocked)
        logits = np.array([logit for _, logit, _ in answer], np.float64)
        best = float(judged.logits.max(initial=-np.inf)) if len(judged.rows) else 0.0
        mass = float(np.exp(judged.logits - best).sum())
        for row, logit, explored in answer:
            if explored:  # it is scored by its place
                mass += float(np.exp(logit - best)) - float(np.exp(judged.logits[judged.rows == row] - best).sum())
        ids = self.items.ids([row for row, _, _ in answer])
        scores = (np.exp(logits - best) / mass).tolist()
        found = [
            self._recommended(item, score, ("Exploration",) if explored else ())
            for item, score, (_, _, explored) in zip(ids, scores, answer, strict=True)
        ]
        if blocked is not None and len(found) < request.num_results and self._answers["reasons"]:
            taken = {row for row, _, _ in answer}
            more = self.items.ids(self.popular_rows(blocked, request.num_results - len(found), taken))
            found += [self._recommended(item, None, ("Popular item",)) for item in more]
        return found

    def _ranked_rows(self, judged: _Judged, blocked: NDArray[np.bool_] | None, request: Request) -> dict[int, float]:
        """The first of the scored items that are not blocked, the most relevant first, with their logits."""
        rows, logits = judged.rows, judged.logits
        if blocked is not None:
            free = ~blocked[rows]
            rows, logits = rows[free], logits[free]
        first = top(logits, 2 * request.num_results + 8)
        return dict(zip(rows[first].tolist(), logits[first].tolist(), strict=True))

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
        return (found + arrays["trend"][items] / np.float32(1 + len(history))).astype(np.float32)

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
        rows = np.array([row])
        return explaining.by_taking_away(item_id, request, lambda each: float(self.relevance(each).of(rows)[0]))

    def logits(self, request: Request) -> NDArray[np.float32]:
        """Relevance of every item by row, of the request's user, history and context; -inf where none is possible."""
        return np.minimum(self.relevance(request).all(), self._scorer.ceiling)

    def relevance(self, request: Request) -> Relevance:
        """How relevant items are to the request, of those as well that only exploration may answer."""
        events = self._events(request.history)
        return self._scorer.of_query(self._queries([events], [request])[0], events[0])

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

    def _first(self, request: Request, said: tuple[NDArray[np.int64], NDArray[np.float32], Relevance]) -> list[str]:
        """The first items of a list of all."""
        history, query, relevance = said
        possible = self._known & self.arrays["candidates"]
        if (blocked := self.blocked(request)) is not None:
            possible &= ~blocked
        items = np.flatnonzero(possible)
        if len(history) or self._context.known(request.context):
            scores = self._moved(self._in_list(history, query, items, relevance.of(items)), items, request)
            return self.items.ids(items[top(scores, request.num_results)])
        counts = np.asarray(self.arrays["interactions"])[items]
        return self.items.ids(items[np.argsort(-counts, kind="stable")[: request.num_results]])

    def _of_many(self, requests: Sequence[Request]) -> Iterator[Relevance]:
        """:meth:`relevance` to each request, the products with all items computed for many at once."""
        return (relevance for _, _, relevance in self._each_of_many(requests))

    def _each_of_many(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32], Relevance]]:
        """The item rows of each request's history, its query, and :meth:`relevance` to it."""
        most = max(1, min(TOGETHER, _LOGITS // max(1, len(self.items))))
        vectors = self.arrays["vectors"]
        for first in range(0, len(requests), _ENCODED):
            some = requests[first : first + _ENCODED]
            events = [self._events(each.history) for each in some]
            queries = self._queries(events, some)
            for begin in range(0, len(some), most):
                block = queries[begin : begin + most]
                for own, query, row in zip(events[begin : begin + most], block, block @ vectors.T, strict=True):
                    yield own[0], query, self._scorer.of_query(query, own[0], row)

    def _queries(self, events: Sequence[_Events], requests: Sequence[Request]) -> NDArray[np.float32]:
        """What the network makes of each history, [B, d]; those of one length go through it together."""
        asked = [self._inputs(*own, each) for own, each in zip(events, requests, strict=True)]
        if len(asked) == 1:
            return self._encoder.run(["query"], asked[0])[0]
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

    def _both(self, request: Request, relevance: Relevance, explored: bool) -> tuple[list[str], list[str]]:
        """The items without exploration and with it, from the relevance of all items."""
        blocked = self.blocked(request)
        judged = self._judged(request, relevance)
        ranked = self._ranked_rows(judged, blocked, request)
        if len(ranked) < request.num_results and blocked is not None:  # popular items fill the list
            return super().answers([request], explored=explored)[0]
        plain = replace(request, exploration_weight=0.0)
        lists = [
            self.items.ids([row for row, _, _ in self._explored(each, judged, ranked, blocked)])
            for each in ([plain, request] if explored else [plain])
        ]
        return lists[0], lists[-1]

    def _judged(self, request: Request, relevance: Relevance) -> _Judged:
        """The most relevant items with what they are ranked by; items that came after the training are found by
        exploration alone."""
        most = max(self.settings.get("scored", SCORED), 4 * request.num_results)
        if not request.influence and not self.settings.get("objective_share"):
            return _Judged(*relevance.first(most), relevance.of)
        whole = relevance.all()
        logits = self._moved(np.minimum(whole, self._scorer.ceiling), slice(None), request)
        explorable = logits
        if self._trained < len(whole):
            known = np.minimum(whole, self._scorer.ceiling)
            known[self._trained :] = whole[self._trained :]
            explorable = np.concatenate(
                [logits[: self._trained], self._moved(known, slice(None), request)[self._trained :]]
            )
        rows = np.sort(top(logits, most))
        return _Judged(rows, logits[rows], explorable.__getitem__)

    def _events(self, history: History) -> _Events:
        """Rows, types and times of the events that the model reads: of trained items and chosen by the solution."""
        found, types, stamps = self._read(history)
        kept = np.flatnonzero((found >= 0) & self._known[found])
        if not self._reads_all:
            chosen = [
                self._selection.accepts(history.event_types[place], _number(history.values[place])) > 0
                for place in kept.tolist()
            ]
            kept = kept[np.array(chosen, bool)]
        return found[kept], types[kept], stamps[kept]

    def _read(self, history: History) -> _Events:
        """The same of every event; the row is -1 where the model does not know the item."""
        if not isinstance(history, StoredHistory):
            types = np.array([self._type_of(kind) for kind in history.event_types], np.int64)
            return self.items.rows(history.item_ids), types, np.asarray(history.timestamps, np.int64)
        known = self._of_index
        if known is None or known[0] is not history.items:
            known = self._of_index = history.items, self.items.rows_of(history.items)
        types = np.array([self._type_of(kind) for kind in history.kinds], np.int64)
        return known[1][history.item_rows], types[history.kind_rows], history.stamps

    def _inputs(
        self, rows: NDArray[np.int64], types: NDArray[np.int64], stamps: NDArray[np.int64], request: Request
    ) -> dict[str, NDArray[np.float32]]:
        """What the encoder reads; of one item's vector, as its relevance is not asked for."""
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
        inputs = {"tokens": tokens, "context": context, "vectors": self.arrays["vectors"][:1]}
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
        self, request: Request, judged: _Judged, ranked: Mapping[int, float], blocked: NDArray[np.bool_] | None
    ) -> list[tuple[int, float, bool]]:
        """Rows of the answer with their logits, and whether each is explored."""
        places, weight = request.num_results, request.exploration_weight
        plain = [(row, logit, False) for row, logit in islice(ranked.items(), places)]
        if weight is not None and weight <= 0:
            return plain
        young = self._young(request.exploration_age_cut_off)
        if weight is None:
            fixed = self.settings.get("exploration_weight")
            weight = managed_weight(young.number, len(self.items)) if fixed is None else float(fixed)
        rows, interactions = young.without(blocked, [row for row, _, _ in plain])
        if not weight or not len(rows):
            return plain
        shown, ignored = (self._counted_of(rows, each) for each in (request.item_impressions, request.user_impressions))
        pool = Pool(rows, judged.of(rows), interactions, shown, ignored)
        return mixed(list(ranked), ranked, pool, weight, places, np.random.default_rng(request.seed))

    def _counted_of(self, rows: NDArray[np.int64], counts: Mapping[str, int]) -> NDArray[np.int64]:
        """For each of the rows, which ascend, what is counted of its item."""
        found = np.zeros(len(rows), np.int64)
        if counts:
            places, known = places_of(rows, self.items.rows(counts))
            found[places] = np.fromiter(counts.values(), np.int64, len(counts))[known]
        return found

    def _recommended(self, item_id: str, score: float | None, reasons: tuple[str, ...]) -> Recommended:
        return Recommended(
            item_id, score if self._answers["scores"] else None, reasons if self._answers["reasons"] else ()
        )


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def _weighted(table: NDArray[np.float32], encoder: FeatureEncoder, values: Mapping[str, Any]) -> NDArray[np.float32]:
    """A row of metadata as one vector [d]; zeros where the model was trained without."""
    return _summed(table, *encoder.row(values))


def _summed(table: NDArray[np.float32], places: Sequence[int], weights: Sequence[float]) -> NDArray[np.float32]:
    return np.asarray(weights, np.float32) @ table[np.asarray(places, np.int64)]
