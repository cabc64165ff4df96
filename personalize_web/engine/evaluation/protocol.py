"""What each held-out user asks a model, and what would have been right."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from personalize_web.engine.dataset import Dataset
from personalize_web.engine.recipes.recipe import REQUIRED, Recipe
from personalize_web.engine.serving import PastEvents, Request
from personalize_web.engine.splitting import TestUser, hash_of

LIST_LENGTH = 25
REWARDED = 500
"""Length of the lists whose rewards are compared."""
JUDGED_USERS = 50_000
"""Most test users that a model is judged by."""
SCORED = 10**10
"""Most items scored for all of them together: of a million items, ten thousand users are asked for."""
EXCLUSION_DEPTH = 100
"""Newest events of the excluded type that an automatic exclusion looks at."""

Case = tuple[Request, NDArray[np.int64]]
"""A question, and the distinct item rows of the dataset that answer it."""


def requests_of(
    dataset: Dataset, tests: tuple[TestUser, ...], recipe: Recipe, length: int = LIST_LENGTH
) -> Iterator[Case]:
    """Each test user's question for ``length`` items, and the item rows that answer it.

    The history is the user's oldest nine tenths; related items start from the newest of them. Items already seen stay
    possible, unless the recipe's automatic exclusion takes them out. Source: training specification, section 6.1.
    """
    ids = np.array(dataset.item_ids.to_pylist(), dtype=object)
    for user in tests:
        known, unknown = slice(user.begin, user.cut), slice(user.cut, user.end)
        items = ids[dataset.item[known]].tolist()
        types = [dataset.event_types[each] for each in dataset.event_type[known]]
        history = PastEvents(items, types, dataset.timestamp[known].tolist(), dataset.value[known].tolist())
        yield Request(
            item_id=items[-1], history=history, user_attributes=dataset.attributes_of(user.row),
            num_results=length, exclude=_excluded(items, types, recipe.automatic_exclusion), seed=user.row,
        ), np.unique(dataset.item[unknown]).astype(np.int64)


def asked(dataset: Dataset, tests: tuple[TestUser, ...]) -> tuple[TestUser, ...]:
    """The test users that a model is judged by: all, or of very many those with the least hashes of their ids.

    Chosen by id, so that versions trained on more and more data are still judged by the same users.
    """
    most = min(JUDGED_USERS, max(1000, SCORED // max(1, len(dataset.item_ids))))
    if len(tests) <= most:
        return tests
    ids = dataset.user_ids.take([user.row for user in tests]).to_pylist()
    hashes = np.array([hash_of(each) for each in ids], np.uint64)
    return tuple(tests[place] for place in np.sort(np.argsort(hashes, kind="stable")[:most]))


def ranks_given_items(recipe: Recipe) -> bool:
    """Whether the recipe orders a given list: it is judged on its order of the whole vocabulary."""
    return recipe.input_list == REQUIRED


def _excluded(items: list[str], types: list[str], event_type: str | None) -> frozenset[str]:
    if event_type is None:
        return frozenset()
    wanted = event_type.casefold()
    matching = [item for item, kind in zip(items, types, strict=True) if kind.casefold() == wanted]
    return frozenset(matching[-EXCLUSION_DEPTH:])
