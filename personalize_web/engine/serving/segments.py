"""One line of a batch segment job's input answered with one line of its output."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.errors import DataError
from personalize_web.engine.filters import DatasetColumns, Filter, Scope, evaluate, read_values
from personalize_web.engine.serving.affinity import AffinityModel

ITEMS, ATTRIBUTES = "itemId", "itemAttributes"
"""What a line asks by: the member that it must have."""
_KEPT = 8
"""Masks of filters that are kept, by the values of their placeholders."""

Mask = NDArray[np.bool_]


def asked_by(recipe_name: str) -> str:
    """The member that a recipe's lines must have: ITEMS or ATTRIBUTES."""
    return ATTRIBUTES if recipe_name == "aws-item-attribute-affinity" else ITEMS


def asked(
    model: AffinityModel, by: str, given: Mapping[str, Any]
) -> tuple[NDArray[np.int64], Mapping[str, str] | None]:
    """The rows of the items that a line of input asks by, and its filterValues. DataError where it does not fit."""
    text, values = given.get(by), given.get("filterValues")
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"The line must have {by}, a text.")
    texts = isinstance(values, dict) and all(isinstance(each, str) for each in values.values())
    if values is not None and not texts:
        raise DataError("filterValues must be an object whose values are texts.")
    return model.item(text) if by == ITEMS else model.items_having(text), values


class UserFilter:
    """A filter with target UserID over a model's users, ready for the placeholders of many lines."""

    def __init__(
        self, filter: Filter, columns: DatasetColumns, with_events: Callable[[frozenset[str] | None], Mask]
    ) -> None:
        """``columns`` are of the model's users; ``with_events`` answers by user row who has events of some types (in
        lower case; None: of any)."""
        self._filter = filter
        self._scope = Scope(candidates=columns, events_of_user=lambda types: set(), having_events=with_events)
        self._kept: OrderedDict[tuple[Any, ...], Mask] = OrderedDict()

    def mask(self, values: Mapping[str, str] | None) -> Mask:
        """By user row, who stays. DataError where a placeholder of an INCLUDE has no value."""
        read = read_values(values)
        key = tuple(sorted(read.items()))
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = evaluate(self._filter, read, self._scope)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


class Segments:
    """A model that answers the lines of one job."""

    def __init__(
        self,
        model: AffinityModel,
        *,
        by: str,
        number: int,
        filter: UserFilter | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """``by`` is ITEMS or ATTRIBUTES, ``number`` the most users of a line (``numResults``, up to 5,000,000)."""
        self._model, self._by, self._number, self._filter, self._check = model, by, number, filter, check

    def answer(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The whole line of output for the object that a line of input holds.

        By item: ``{"input": {"itemId": ...}, "output": {"recommendedUsers": [...]}}``. By attributes, without a
        wrapper: ``{"itemAttributes": ..., "output": {"recommendedUsers": [...]}}``. A line that cannot be answered has
        no output: ``{"input": ..., "error": ...}``. What was given comes back as it was, its filterValues included.
        """
        try:
            output = {"recommendedUsers": self._users(given)}
        except DataError as error:
            return {"input": given, "error": str(error)}
        return {**given, "output": output} if self._by == ATTRIBUTES else {"input": given, "output": output}

    def _users(self, given: Mapping[str, Any]) -> list[str]:
        items, values = asked(self._model, self._by, given)
        allowed = self._filter.mask(values) if self._filter else None
        return self._model.users.ids(self._model.segment(items, self._number, allowed, check=self._check))
