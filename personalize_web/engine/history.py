"""What each user did last: a memory-mapped index that answers without a query engine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine import packing
from personalize_web.engine.ids import Vocabulary

_USERS_AT_ONCE = 16_384


@dataclass(frozen=True)
class History:
    """One user's events, oldest first."""

    item_ids: Sequence[str] = ()
    """Items; in an index of action interactions the actions."""
    event_types: Sequence[str | None] = ()
    timestamps: Sequence[int] = ()
    """Unix seconds."""
    values: Sequence[float | None] = ()
    """EVENT_VALUE, None where there is none."""

    def __len__(self) -> int:
        return len(self.item_ids)


class StoredHistory:
    """The same out of an index: texts and lists are made when they are first asked for, and arrays may be read as they
    are."""

    def __init__(
        self,
        items: Vocabulary,
        item_rows: NDArray[Any],
        kinds: Sequence[str | None],
        kind_rows: NDArray[Any],
        stamps: NDArray[Any],
        numbers: NDArray[Any],
    ) -> None:
        """Of each event its item's row, the place of its type among ``kinds``, its time, and its value or NaN."""
        self.items, self.item_rows, self.kinds, self.kind_rows = items, item_rows, kinds, kind_rows
        self.stamps, self._numbers = stamps, numbers

    def __len__(self) -> int:
        return len(self.item_rows)

    @cached_property
    def item_ids(self) -> Sequence[str]:
        return self.items.ids(self.item_rows)

    @cached_property
    def event_types(self) -> Sequence[str | None]:
        return [self.kinds[kind] for kind in self.kind_rows.tolist()]

    @cached_property
    def timestamps(self) -> Sequence[int]:
        return self.stamps.tolist()

    @cached_property
    def values(self) -> Sequence[float | None]:
        return [None if value != value else value for value in self._numbers.tolist()]


@dataclass(frozen=True)
class Covered:
    """Which recorded events an index holds."""

    upto: int = 0
    """The greatest sequence number whose event is in the index, or 0."""
    events: int = 0
    """How many recorded events up to that number it holds."""


NOTHING = Covered()


@dataclass(frozen=True)
class About:
    """What is known of an index beside its events."""

    version: int
    """The version of the dataset that was read."""
    stored_rows: int = 0
    """Rows of both origins that the dataset had then, repetitions included."""
    counts: dict[str, Any] = field(default_factory=dict)
    """Counts of all events that count, not only of those kept; see ``indexing_histories.build``."""
    covered: Covered = NOTHING


class HistoryIndex:
    """The newest events of every user of one snapshot."""

    def __init__(self, arrays: dict[str, NDArray[Any]], about: dict[str, Any]) -> None:
        self._arrays = arrays
        self._kinds: list[str | None] = [*about["event_types"], None]
        self.about = About(
            about["version"], about.get("stored_rows", 0), about.get("counts", {}), Covered(*about.get("covered", ()))
        )
        self.users = Vocabulary.from_arrays(arrays, "users")
        self.items = Vocabulary.from_arrays(arrays, "items")

    @classmethod
    def open(cls, path: Path) -> "HistoryIndex":
        """Map the index that ``indexing_histories.build`` wrote."""
        return cls(*packing.read(path))

    @property
    def version(self) -> int:
        """The version of the dataset that was read."""
        return self.about.version

    @property
    def event_upto(self) -> int:
        """The greatest sequence number of a recorded event that is in the index; later ones stand in the log alone."""
        return self.about.covered.upto

    def of(self, user_id: str) -> History | StoredHistory:
        """The user's events; empty for an unknown user."""
        row = self.users.row(user_id)
        return History() if row < 0 else self._of_row(row)

    def having(self, types: frozenset[str] | None) -> NDArray[np.bool_]:
        """By the user's row, who has any of the events kept, of some types (in lower case) or of every type."""
        wanted = [
            number
            for number, kind in enumerate(self._kinds)
            if types is None or (kind is not None and kind.lower() in types)
        ]
        offsets = self._arrays["offsets"]
        found = np.zeros(len(offsets) - 1, bool)
        for begin in range(0, len(found), _USERS_AT_ONCE):
            part = np.asarray(offsets[begin : begin + _USERS_AT_ONCE + 1])
            chosen = np.isin(self._arrays["kind_rows"][part[0] : part[-1]], wanted)
            counted = np.concatenate([np.zeros(1, np.int64), chosen.cumsum()])[part - part[0]]
            found[begin : begin + len(part) - 1] = np.diff(counted) > 0
        return found

    def lengths(self) -> NDArray[np.int64]:
        """Events kept of each user, by the user's row."""
        return np.diff(self._arrays["offsets"])

    def newest(self) -> NDArray[np.float64]:
        """Unix seconds of each user's newest event, by the user's row; -inf where none is kept."""
        offsets = np.asarray(self._arrays["offsets"])
        found = np.full(len(offsets) - 1, -np.inf)
        some = np.flatnonzero(np.diff(offsets))
        found[some] = self._arrays["timestamps"][offsets[some + 1] - 1]
        return found

    def most_met(self, number: int) -> NDArray[np.int64]:
        """Rows of the items with the most events kept, the commonest first."""
        counts = np.bincount(self._arrays["item_rows"], minlength=len(self.items))
        return np.argsort(-counts, kind="stable")[: min(number, int((counts > 0).sum()))]

    def _of_row(self, row: int) -> StoredHistory:
        begin, end = self._arrays["offsets"][row : row + 2].tolist()
        items, kinds, stamps, values = (
            self._arrays[name][begin:end] for name in ("item_rows", "kind_rows", "timestamps", "values")
        )
        return StoredHistory(self.items, items, self._kinds, kinds, stamps, values)
