"""What a request says, what an answer holds, and what every serving model can do."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.influence import Influence

if TYPE_CHECKING:
    from personalize_web.engine.serving.explaining import Explanation


class History(Protocol):
    """A user's events, oldest first, as four parallel sequences."""

    @property
    def item_ids(self) -> Sequence[str]:
        """Item of each event."""

    @property
    def event_types(self) -> Sequence[str | None]:
        """Type of each event, None where there is none."""

    @property
    def timestamps(self) -> Sequence[int]:
        """Seconds since the epoch."""

    @property
    def values(self) -> Sequence[float | None]:
        """EVENT_VALUE of each event, None or NaN where there is none."""


@dataclass(frozen=True)
class PastEvents:
    """The plainest history."""

    item_ids: Sequence[str] = ()
    event_types: Sequence[str | None] = ()
    timestamps: Sequence[int] = ()
    values: Sequence[float | None] = ()


@dataclass(frozen=True)
class Request:
    """One question to a model."""

    user_id: str | None = None
    """Who asks; unknown users are answered like new ones."""
    item_id: str | None = None
    """The item that related-items models start from."""
    history: History = field(default_factory=PastEvents)
    """The user's events, live ones included, oldest first."""
    action_history: History = field(default_factory=PastEvents)
    """The user's events with actions, alike; only models of actions read them."""
    user_attributes: Mapping[str, Any] = field(default_factory=dict)
    """The user's row of the Users dataset; empty for an unknown user."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """Values of contextual metadata; unknown keys and values are ignored."""
    num_results: int = 25
    """Most items in the answer."""
    exclude: Collection[str] = frozenset()
    """Item ids that must not be in the answer."""
    allowed: NDArray[np.bool_] | None = None
    """By the model's item row: what a filter lets through; None lets everything through."""
    seed: int = 0
    """Seeds exploration: the same request with the same seed gets the same answer."""
    exploration_weight: float | None = None
    """Chance that a place explores; None leaves it to the model, 0 switches exploration off."""
    exploration_age_cut_off: float = 30.0
    """Items at most this many days old, counted back from the newest training event, are explored."""
    item_impressions: Mapping[str, int] = field(default_factory=dict)
    """Item id -> how often it was shown to anybody; shown items are explored less."""
    user_impressions: Mapping[str, int] = field(default_factory=dict)
    """Item id -> how often it was shown to this user without being chosen."""
    influence: Influence = field(default_factory=Influence)
    """How far popularity and freshness move the order."""


@dataclass(frozen=True)
class Recommended:
    """One place of an answer."""

    item_id: str
    score: float | None = None
    """Probability among the scored items; None for models without scores and for placeholders."""
    reasons: tuple[str, ...] = ()
    """``Exploration`` or ``Popular item``; empty where relevance alone put it there."""


class ServingModel:
    """What every answerer has; :meth:`recommend` is each one's own."""

    def __init__(self, artifact: Artifact) -> None:
        arrays = {name: np.asarray(array) for name, array in artifact.arrays().items()}
        self.arrays = arrays
        self.settings: Mapping[str, Any] = artifact.manifest["settings"]
        self.items = Vocabulary.from_arrays(arrays, "items")
        self.popular: NDArray[np.int32] = arrays["popular"]
        self.manifest = artifact.manifest

    @property
    def info(self) -> Mapping[str, Any]:
        """Facts for people and jobs: recipe, seed, metrics, details, counts."""
        return {**{key: value for key, value in self.manifest.items() if key not in ("files", "settings")},
                "items": len(self.items)}

    def knows_item(self, item_id: str) -> bool:
        """Whether the item was there at training, as an interaction or in the Items dataset."""
        return item_id in self.items

    def item_rows(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """The model's rows of item ids, -1 for unknown ones; what ``Request.allowed`` is indexed by."""
        return self.items.rows(item_ids)

    def recommend(self, request: Request) -> list[Recommended]:
        """The answer, best first."""
        raise NotImplementedError

    def recommend_many(self, requests: Sequence[Request]) -> Iterator[list[Recommended]]:
        """The answer of :meth:`recommend` to each of many requests, in their order."""
        return map(self.recommend, requests)

    def rank_many(self, requests: Sequence[Request], lists: Sequence[Sequence[str]]) -> Iterator[list[Recommended]]:
        """The answer of :meth:`rank` to each of many requests and its list, in their order."""
        return map(self.rank, requests, lists)

    def answers(self, requests: Sequence[Request], *, explored: bool) -> list[tuple[list[str], list[str]]]:
        """Of many requests at once the items of :meth:`recommend`: without exploration, and with the model's own.

        Without ``explored`` both are the first. What measures models asks this way.
        """
        found = []
        for request in requests:
            relevant = [each.item_id for each in self.recommend(replace(request, exploration_weight=0.0))]
            shown = [each.item_id for each in self.recommend(request)] if explored else relevant
            found.append((relevant, shown))
        return found

    def recommend_variants(self, requests: Sequence[Request]) -> list[list[Recommended]]:
        """Several answers to the same user, history and context: the requests differ in what may be in them alone."""
        return [self.recommend(each) for each in requests]

    def rank(self, request: Request, item_ids: Sequence[str]) -> list[Recommended]:
        """The given items in the order of their relevance to the request's user."""
        raise NotImplementedError

    def explain(self, request: Request, item_id: str) -> "Explanation":
        """Why the item stands in the answer to the request."""
        from personalize_web.engine.serving import explaining

        return explaining.by_popularity(self, item_id)

    def blocked(self, request: Request) -> NDArray[np.bool_] | None:
        """By item row, what must not be answered; None where nothing is blocked."""
        if request.allowed is None and not request.exclude:
            return None
        blocked = np.zeros(len(self.items), bool) if request.allowed is None else ~np.asarray(request.allowed)
        rows = self.items.rows(request.exclude)
        blocked[rows[rows >= 0]] = True
        return blocked

    def popular_rows(self, blocked: NDArray[np.bool_] | None, most: int,
                     taken: Collection[int] = frozenset()) -> list[int]:
        """Rows of the most popular items that are neither blocked nor taken."""
        found: list[int] = []
        for begin in range(0, len(self.popular), 4096):
            for row in self.popular[begin:begin + 4096]:
                if len(found) >= most:
                    return found
                if row not in taken and (blocked is None or not blocked[row]):
                    found.append(int(row))
        return found
