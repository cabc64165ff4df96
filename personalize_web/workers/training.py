"""What every training does around the engine: gather the data, train aside, keep what was found."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from personalize_web.engine import training
from personalize_web.engine.columns import Snapshot
from personalize_web.engine.dataset import Dataset, Limits
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.schemas import Schema
from personalize_web.engine.selection import Selection
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DatasetGroup
from personalize_web.workers import events, folders, indexes, trends
from personalize_web.workers.context import JobContext
from personalize_web.workers.phases import Phases

TRAINED_ON = ("INTERACTIONS", "ITEMS", "USERS")
MOST_SECONDS = 6 * 3600.0
SEED = 0
"""The same data, configuration and machine give the same model."""


@dataclass(frozen=True)
class Trained:
    """A finished training whose model nobody answers from yet."""

    storage_key: uuid.UUID
    values: dict[str, Any]
    """Fields of the row: metrics, details, when it began, the newest event it saw."""
    hours: float


def train(
    context: JobContext,
    group: DatasetGroup,
    recipe: Recipe,
    config: Mapping[str, Any],
    selection: Selection,
    *,
    search: bool = False,
) -> Trained:
    """Train ``recipe`` on everything the group holds now, into a folder of its own; with ``search`` tuned first.

    DataError where the data are too few or the configuration does not fit them. The folder goes when training fails.
    """
    began = timezone.now()
    context.phase("Reading the data", 1, 6)
    cutoff = events.link_sessions(group)
    dataset, snapshots = read(context, group, recipe, selection)
    context.check()
    key = uuid.uuid4()
    folder = locations.model_folder(key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        outcome = _train(context, recipe, dataset, config, folder, search=search)
        indexes.lay_beside(folder, snapshots)
        if recipe.method == "trending":
            trends.evaluate(folder, group, recipe, config, selection)
    except BaseException:
        folders.remove(folder)
        raise
    details = {
        "baselines": outcome.baselines,
        "curves": context.curves,
        "facts": outcome.details,
        "snapshot": {kind: snapshot.version for kind, (snapshot, _) in snapshots.items()},
        "seed": SEED,
        "tuned": outcome.tuned,
        "seconds": round(outcome.seconds, 1),
    }
    values = {"metrics": outcome.metrics, "details": details, "training_started_at": began, "event_cutoff": cutoff}
    return Trained(key, values, (timezone.now() - began).total_seconds() / 3600)


def _train(
    context: JobContext, recipe: Recipe, dataset: Dataset, config: Mapping[str, Any], folder: Path, *, search: bool
) -> training.Outcome:
    budget = settings.TRAINING_TIME_BUDGET or time_budget(len(dataset.item))
    options = training.Options(seed=SEED, time_budget=budget, threads=settings.TRAINING_THREADS)
    return training.train_version(
        recipe, dataset, config, folder, options=options, reporter=Phases(context, before=1), search=search
    )


def time_budget(interactions: int) -> float:
    """Seconds of learning by the number of interactions: 20 and 1.3 a thousand up to 100,000, then 0.4 a thousand.

    At most six hours. Few data are learnt quickly and many take long, but not in proportion.
    """
    few = min(interactions, 100_000)
    return min(20 + 0.0013 * few + 0.0004 * (interactions - few), MOST_SECONDS)


def read(
    context: JobContext, group: DatasetGroup, recipe: Recipe, selection: Selection
) -> tuple[Dataset, dict[str, tuple[Snapshot, Schema]]]:
    """The group's data as the engine trains on it, and the snapshot of each dataset that was read."""
    tables: dict[str, pa.Table] = {}
    snapshots: dict[str, tuple[Snapshot, Schema]] = {}
    for each in group.datasets.filter(status=statuses.ACTIVE, dataset_type__in=TRAINED_ON).select_related("schema"):
        events.store_waiting(each)
        snapshot = folders.store_of(each).snapshot()
        snapshots[each.dataset_type] = (snapshot, folders.schema_of(each))
        tables[each.dataset_type] = snapshot.table()
        context.log(f"{each.dataset_type}: {tables[each.dataset_type].num_rows:,} rows.")
        context.check()
    if "INTERACTIONS" not in tables:
        raise DataError("The dataset group has no active Item interactions dataset to train on.")
    limits = Limits(
        interactions=recipe.minimum_interactions, max_items=recipe.max_items, max_interactions=recipe.max_interactions
    )
    dataset = Dataset.from_tables(
        tables["INTERACTIONS"],
        tables.get("ITEMS"),
        tables.get("USERS"),
        schemas={kind: schema for kind, (_, schema) in snapshots.items()},
        selection=selection,
        limits=limits,
    )
    return dataset, snapshots
