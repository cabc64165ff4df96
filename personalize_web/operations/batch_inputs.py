"""Input files for batch jobs out of a group's own users and items, ours beside the 79."""

import itertools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from personalize_web.engine.batch import lines
from personalize_web.engine.ids import Vocabulary
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.serving import segments
from personalize_web.engine.serving.affinity import AffinityModel
from personalize_web.operations import batch_rules, runtime_columns, runtime_datasets, serving_models
from personalize_web.operations.batch_input_checks import most_lines
from personalize_web.operations.caller import ANALYST, Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import own_operation
from personalize_web.operations.runtime_datasets import Place, Places
from personalize_web.operations.storage import checked
from personalize_web.resources import locations
from personalize_web.resources.models import SolutionVersion

ALL, SAMPLE, NEWEST, GIVEN = "ALL", "SAMPLE", "NEWEST", "GIVEN"
MOST = 2_000_000
"""Lines that one request writes; who wants more has a program."""
RANKED = 50
"""Items that each user's ranking is of, where none are named: those with the most interactions."""
_AT_ONCE = 10_000


@own_operation(role=ANALYST, writes=True, atomic=False)
def create_batch_input(
    caller: Caller,
    *,
    solution_version_arn: str,
    location: str,
    choice: str = ALL,
    number: int | None = None,
    ids: Sequence[str] = (),
    item_list: Sequence[str] = (),
    column: str | None = None,
    filter_values: Mapping[str, str] | None = None,
    batch_inference_job_mode: str = "BATCH_INFERENCE",
) -> dict[str, Any]:
    """Write a file of input for a batch job with this version: a line for each of its users, or of its items.

    ``choice``: ALL, SAMPLE (``number`` of them, drawn at random), NEWEST (the ``number`` users who did something last,
    or items created last) or GIVEN (``ids``). Rankings are of ``item_list``, or of the 50 items with the most
    interactions. Queries by attribute ask for the ``number`` values of ``column`` that most items have. Every line gets
    ``filter_values``. Answers location, bytes and lines. A file that is there already is never replaced.
    """
    version, recipe = batch_rules.version(caller, solution_version_arn)
    target = checked(location, field="location")
    if target.is_folder or locations.exists(target):
        reason = "names a folder, not a file" if target.is_folder else "is taken: there is a file already"
        raise InvalidInputException(f"{target} {reason}. Choose another name.", field="location")
    most = min(MOST, most_lines(recipe, batch_inference_job_mode))
    wanted = Wanted(choice, number, tuple(ids))
    if recipe.can("segments") and segments.asked_by(recipe.name) == segments.ATTRIBUTES:
        found = _queries(version, column, min(number or most, most))
    else:
        found = _lines(version, recipe, wanted, item_list, most)
    more = {"filterValues": dict(filter_values)} if filter_values else {}
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        path, counted = Path(folder) / "input", 0
        with path.open("wb") as out:
            for line in found:
                out.write(lines.written({**line, **more}))
                counted += 1
        stored = locations.put(path, target)
    return {"location": str(stored.location), "bytes": stored.bytes, "lines": counted}


@dataclass(frozen=True)
class Wanted:
    """Which users or items."""

    choice: str
    number: int | None
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Pool:
    """Users or items to choose from: those of several vocabularies, one after the other."""

    noun: str
    parts: tuple[tuple[Vocabulary, NDArray[np.int64]], ...]
    newest: NDArray[np.float64]
    """[N] Unix seconds by place; -inf where nothing is known."""

    def __len__(self) -> int:
        return len(self.newest)

    def ids(self, places: NDArray[np.int64]) -> Iterator[str]:
        """The ids at some places, in that order."""
        if not len(places):
            return
        begins = np.cumsum([0, *(len(rows) for _, rows in self.parts)])
        for block in np.array_split(places, -(-len(places) // _AT_ONCE)):
            found = np.empty(len(block), object)
            for (vocabulary, rows), begin in zip(self.parts, begins, strict=False):
                own = np.flatnonzero((block >= begin) & (block < begin + len(rows)))
                found[own] = vocabulary.ids(rows[block[own] - begin])
            yield from found


def _scratch() -> Path:
    folder = settings.DATA_DIR / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _lines(
    version: SolutionVersion, recipe: Recipe, wanted: Wanted, item_list: Sequence[str], most: int
) -> Iterator[dict[str, Any]]:
    """The lines of input; raises before the first where there cannot be any."""
    places = runtime_datasets.of_group(version.solution.dataset_group_id)
    if recipe.can("segments"):
        name, pool = "itemId", _known_items(version, places)
    elif recipe.served_as == "RELATED_ITEMS":
        name, pool = "itemId", _items(places)
    else:
        name, pool = "userId", _users(places)
    more: dict[str, Any] = {}
    if recipe.served_as == "PERSONALIZED_RANKING":
        more["itemList"] = list(item_list) or _most_met(places)
    if wanted.choice == GIVEN:
        chosen: Iterator[str] = iter(_given(wanted.ids, most))
    else:
        chosen = pool.ids(_chosen(pool, wanted, most))
    return ({name: each, **more} for each in chosen)


def _given(ids: Sequence[str], most: int) -> list[str]:
    found = list(dict.fromkeys(ids))
    if not found:
        raise InvalidInputException("Enter at least one id, each on a line of its own.", field="ids")
    if len(found) > most:
        raise InvalidInputException(f"{len(found):,} ids are too many: a file takes {most:,}.", field="ids")
    return found


def _chosen(pool: Pool, wanted: Wanted, most: int) -> NDArray[np.int64]:
    """Places of the pool."""
    if not len(pool):
        raise InvalidInputException(f"There are no {pool.noun} yet. Import interactions first.", field="choice")
    if wanted.choice == ALL:
        if len(pool) > most:
            raise InvalidInputException(
                f"There are {len(pool):,} {pool.noun}; a file takes at most {most:,} lines here. "
                "Choose a sample or the newest.",
                field="choice",
            )
        return np.arange(len(pool))
    number = wanted.number or 0
    if not 1 <= number <= most:
        raise InvalidInputException(f"Enter a whole number from 1 to {most:,}.", field="number")
    if wanted.choice == SAMPLE:
        return np.sort(np.random.default_rng().choice(len(pool), min(number, len(pool)), replace=False))
    if wanted.choice != NEWEST:
        raise InvalidInputException("choice must be ALL, SAMPLE, NEWEST or GIVEN.", field="choice")
    known = np.flatnonzero(np.isfinite(pool.newest))
    if not len(known):
        raise InvalidInputException(
            f"Nothing says when {pool.noun} are from: Items have no CREATION_TIMESTAMP. Choose a sample.",
            field="choice",
        )
    return known[np.argsort(-pool.newest[known], kind="stable")][:number]


def _users(places: Places) -> Pool:
    """Users with events, then those who are in the Users dataset alone."""
    index = runtime_columns.history_of_dataset(places.interactions.storage_key) if places.interactions else None
    rows = runtime_columns.attributes_of_dataset(places.users.storage_key) if places.users else None
    parts, newest = [], []
    if index is not None:
        parts.append((index.users, np.arange(len(index.users))))
        newest.append(index.newest())
    if rows is not None:
        other = np.flatnonzero(index.users.rows_of(rows.ids) < 0) if index else np.arange(len(rows))
        parts.append((rows.ids, other))
        newest.append(np.full(len(other), -np.inf))
    return Pool("users", tuple(parts), np.concatenate([np.zeros(0), *newest]))


def _items(places: Places) -> Pool:
    """Items of the Items dataset, then those that only interactions name."""
    index = runtime_columns.history_of_dataset(places.interactions.storage_key) if places.interactions else None
    rows = runtime_columns.attributes_of_dataset(places.items.storage_key) if places.items else None
    parts, newest = [], []
    if rows is not None:
        parts.append((rows.ids, np.arange(len(rows))))
        newest.append(_created(places.items))
    if index is not None:
        other = np.flatnonzero(rows.ids.rows_of(index.items) < 0) if rows else np.arange(len(index.items))
        parts.append((index.items, other))
        newest.append(np.full(len(other), -np.inf))
    return Pool("items", tuple(parts), np.concatenate([np.zeros(0), *newest]))


def _created(items: Place | None) -> NDArray[np.float64]:
    """When each item of the dataset was created."""
    rows = runtime_columns.attributes_of_dataset(items.storage_key) if items else None
    if rows is None:
        return np.zeros(0)
    if "CREATION_TIMESTAMP" not in rows.columns:
        return np.full(len(rows), -np.inf)
    values, valid = rows.numbers("CREATION_TIMESTAMP")
    return np.where(valid, values.astype(np.float64), -np.inf)


def _known_items(version: SolutionVersion, places: Places) -> Pool:
    """The items that a segment can be asked for: those of the training."""
    model = _affinity(version)
    rows = runtime_columns.attributes_of_dataset(places.items.storage_key) if places.items else None
    known, newest = model.known(), np.full(len(model.items), -np.inf)
    if rows is not None:
        at = rows.ids.rows_of(model.items)
        newest[at >= 0] = _created(places.items)[at[at >= 0]]
    return Pool("items", ((model.items, known),), newest[known])


def _most_met(places: Places) -> list[str]:
    """The items with the most interactions of those at hand."""
    index = runtime_columns.history_of_dataset(places.interactions.storage_key) if places.interactions else None
    if index is None or not len(index.items):
        raise InvalidInputException("Name the items to rank: there are no interactions.", field="item_list")
    return index.items.ids(index.most_met(RANKED))


def _queries(version: SolutionVersion, column: str | None, number: int) -> Iterator[dict[str, Any]]:
    """A query for each of the commonest values of a column."""
    values = _affinity(version).common_values(column or "", number)
    if not values:
        raise InvalidInputException(
            "Choose a column of texts that this version was trained with, such as GENRES.", field="column"
        )
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in itertools.islice(values, number))
    return ({"itemAttributes": f'ITEMS.{column} = "{value}"'} for value in quoted)


def _affinity(version: SolutionVersion) -> AffinityModel:
    return cast(AffinityModel, serving_models.get(version.storage_key))
