"""Segments of users: who will take an item, or any item that has some attributes, the likeliest first."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.artifacts import Artifact
from personalize_web.engine.attribute_queries import QueryError, Term, parse
from personalize_web.engine.errors import DataError
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.serving.requests import ServingModel

USERS_AT_ONCE = 65_536
LEAST_AT_ONCE, ITEMS_AT_ONCE = 256, 16_384
_LOGITS = 1 << 23
"""Logits that are in memory at once: users of a block times items."""
UNKNOWN_ITEM = "Item {} was not in the data that this solution version was trained on."


class AffinityModel(ServingModel):
    """Users by the logarithm of how often they are expected to take an item within a month.

    Users stand in the order of their ids. Their vectors are read in blocks: what a segment takes of memory depends on
    its own length and not on how many users there are.
    """

    def __init__(self, artifact: Artifact) -> None:
        super().__init__(artifact)
        self.users = Vocabulary.from_arrays(self.arrays, "users")
        self._attributes: list[dict[str, str]] = list(self.settings["attributes"])

    def item(self, item_id: str) -> NDArray[np.int64]:
        """The item's row, [1]. Raises DataError for an item that the training did not know."""
        rows = self.items.rows([item_id])
        if rows[0] < 0 or not np.isfinite(self.arrays["bias"][rows[0]]):
            raise DataError(UNKNOWN_ITEM.format(item_id))
        return rows

    def items_having(self, query: str) -> NDArray[np.int64]:
        """The rows of the items that have every attribute of a query. Raises DataError where it cannot be answered."""
        terms = parse(query)
        found = np.isfinite(self.arrays["bias"])
        for term in terms:
            has = np.zeros(len(found), bool)
            has[self._having(term)] = True
            found = found & has
        if not found.any():
            raise DataError("itemAttributes: no item that this solution version was trained on has all of these.")
        return np.flatnonzero(found)

    def known(self) -> NDArray[np.int64]:
        """The rows of the items that can be asked for."""
        return np.flatnonzero(np.isfinite(self.arrays["bias"]))

    def common_values(self, name: str, number: int) -> list[str]:
        """The values of an attribute that most items have, the commonest first; none where it is no text."""
        places = [
            at for at, column in enumerate(self._attributes) if column["name"] == name and column["kind"] != "numeric"
        ]
        if not places:
            return []
        attribute = f"attribute_{places[0]}"
        carried = np.diff(self.arrays[f"{attribute}_starts"])
        chosen = np.argsort(-carried, kind="stable")[:number]
        return Vocabulary.from_arrays(self.arrays, f"{attribute}_values").ids(chosen[carried[chosen] > 0])

    def segment(
        self,
        items: NDArray[np.int64],
        number: int,
        allowed: NDArray[np.bool_] | None = None,
        *,
        at_last: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> NDArray[np.int64]:
        """Rows of at most ``number`` users, those first who are likeliest to take any of the items of these rows.

        Ties are in the order of ids. ``allowed`` says by user row who may be in it. ``at_last`` looks at each user
        right after the newest event, as if no time had passed since. ``check`` is called now and then.
        """
        shift = self.arrays["user_shift_at_last" if at_last else "user_shift"]
        best = _Best(number)
        step = int(np.clip(_LOGITS // max(1, len(items)), LEAST_AT_ONCE, USERS_AT_ONCE))
        for begin in range(0, len(self.users), step):
            check()
            end = min(len(self.users), begin + step)
            if allowed is not None and not allowed[begin:end].any():
                continue
            scores = self._log_share(begin, end, items) + shift[begin:end]
            chosen = np.arange(end - begin) if allowed is None else np.flatnonzero(allowed[begin:end])
            best.add(scores[chosen], chosen + begin)
        return best.rows()

    def _log_share(self, begin: int, end: int, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """log of the sum of what the items weigh to users ``begin`` to ``end``, [users]; not yet a probability."""
        queries = np.asarray(self.arrays["user_vectors"][begin:end])
        total = np.full(end - begin, -np.inf)
        for first in range(0, len(items), ITEMS_AT_ONCE):
            rows = items[first : first + ITEMS_AT_ONCE]
            logits = queries @ self.arrays["vectors"][rows].T + self.arrays["bias"][rows]  # [B, S]
            users, places, extra = self._seen(begin, end, rows)
            logits[users, places] += extra
            top = logits.max(axis=1)
            total = np.logaddexp(total, top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))
        return total

    def _seen(self, begin: int, end: int, rows: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        """Which users of a block have taken which of the items (as places in ``rows``), and what that adds."""
        starts = self.arrays["user_seen_starts"][begin : end + 1]
        pairs = slice(int(starts[0]), int(starts[-1]))
        taken = self.arrays["user_seen_items"][pairs]
        place = np.full(len(self.items), -1, np.int32)
        place[rows] = np.arange(len(rows))
        chosen = np.flatnonzero(place[taken] >= 0)
        users = np.searchsorted(starts - starts[0], chosen, side="right") - 1
        return users, place[taken[chosen]], self.arrays["user_seen_extra"][pairs][chosen]

    def _having(self, term: Term) -> NDArray[np.int64]:
        number, column = self._column(term)
        name = f"attribute_{number}"
        if column["kind"] == "numeric":
            try:
                wanted = float(term.value)
            except ValueError:
                raise QueryError(f"{column['name']} holds numbers, not {term.value!r}.", term.position) from None
            rows = np.flatnonzero(self.arrays[f"{name}_numbers"] == wanted)
        else:
            value = Vocabulary.from_arrays(self.arrays, f"{name}_values").row(term.value)
            starts = self.arrays[f"{name}_starts"]
            rows = (
                self.arrays[f"{name}_items"][int(starts[value]) : int(starts[value + 1])]
                if value >= 0
                else np.zeros(0, np.int64)
            )
        if not len(rows):
            raise QueryError(
                f"no item that this solution version was trained on has {column['name']} = {term.value!r}.",
                term.position,
            )
        return rows

    def _column(self, term: Term) -> tuple[int, dict[str, str]]:
        for number, column in enumerate(self._attributes):
            if column["name"].casefold() == term.column.casefold():
                return number, column
        known = ", ".join(each["name"] for each in self._attributes) or "none"
        raise QueryError(
            f"{term.column} is no column that can be asked for. Those of this solution version are: {known}.",
            term.position,
        )


class _Best:
    """The greatest scores among many that come in blocks; of equal ones those of the lowest rows."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._scores: list[NDArray[np.float64]] = []
        self._rows: list[NDArray[np.int64]] = []
        self._held = 0

    def add(self, scores: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
        self._scores.append(scores)
        self._rows.append(rows)
        self._held += len(rows)
        if self._held > 2 * self._number + USERS_AT_ONCE:
            self._prune()

    def rows(self) -> NDArray[np.int64]:
        """The rows, the greatest score first."""
        self._prune()
        return self._rows[0]

    def _prune(self) -> None:
        scores = np.concatenate([np.zeros(0), *self._scores])
        rows = np.concatenate([np.zeros(0, np.int64), *self._rows])
        order = np.lexsort((rows, -scores))[: self._number]
        self._scores, self._rows, self._held = [scores[order]], [rows[order]], len(order)
