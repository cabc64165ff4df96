"""What every training does around the engine: gather the data, train aside, keep what was found."""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from personalize_web.engine import action_training, distributed, training
from personalize_web.engine.action_dataset import ActionDataset
from personalize_web.engine.algorithms import LEARNED
from personalize_web.engine.columns import Snapshot
from personalize_web.engine.dataset import Dataset, Limits
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import REQUIRED, Recipe
from personalize_web.engine.schemas import Schema
from personalize_web.engine.selection import Selection
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DatasetGroup
from personalize_web.workers import events, folders, indexes, trends
from personalize_web.workers.context import JobContext
from personalize_web.workers.phases import Phases

TRAINED_ON = ("INTERACTIONS", "ITEMS", "USERS")
OF_ACTIONS = ("ACTIONS", "ACTION_INTERACTIONS")
"""Datasets that only recipes of actions train on."""
SEED = 0
"""The same data, configuration and machine give the same model."""


@dataclass(frozen=True)
class Trained:
    """A finished training whose model nobody answers from yet."""

    storage_key: uuid.UUID
    values: dict[str, Any]
    """Fields of the row: metrics, details, when it began, the newest event it saw."""
    hours: float
    found: dict[str, Any] = field(default_factory=dict)
    """Internal settings that a search found, this one or an earlier one."""


def train(
    context: JobContext,
    group: DatasetGroup,
    recipe: Recipe,
    config: Mapping[str, Any],
    selection: Selection,
    *,
    search: bool = False,
    previous: uuid.UUID | None = None,
    found: Mapping[str, Any] | None = None,
) -> Trained:
    """Train ``recipe`` on everything the group holds now, into a folder of its own; with ``search`` tuned first.

    ``found`` are internal settings that an earlier search found. The model whose folder ``previous`` names is judged
    beside the new one, on the same held-out users. DataError where the data are too few or the configuration does not
    fit them. The folder goes when training fails.
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
        read_from = {kind: snapshot.version for kind, (snapshot, _) in snapshots.items()}
        outcome = _train(
            context, recipe, dataset, config, folder, read_from, search=search, previous=previous, found=found
        )
        if not recipe.can("segments"):  # those answer from what they learnt of each user, and from nothing newer
            indexes.lay_beside(folder, snapshots)
        if recipe.method == "trending":
            trends.evaluate(folder, group, recipe, config, selection)
    except BaseException:
        folders.remove(folder)
        raise
    details = {
        "baselines": outcome.baselines,
        "curves": context.curves,
        "evaluation": outcome.evaluation,
        "facts": outcome.details,
        "snapshot": read_from,
        "seed": SEED,
        "tuned": outcome.tuned,
        "seconds": round(outcome.seconds, 1),
    }
    values = {"metrics": outcome.metrics, "details": details, "training_started_at": began, "event_cutoff": cutoff}
    return Trained(key, values, (timezone.now() - began).total_seconds() / 3600, outcome.found)


def _train(
    context: JobContext,
    recipe: Recipe,
    dataset: Dataset | ActionDataset,
    config: Mapping[str, Any],
    folder: Path,
    snapshot: Mapping[str, int],
    *,
    search: bool,
    previous: uuid.UUID | None,
    found: Mapping[str, Any] | None,
) -> training.Outcome:
    limit = settings.TRAINING_TIME_BUDGET or None
    options = training.Options(
        seed=SEED, time_budget=limit, threads=settings.TRAINING_THREADS, text_model=settings.TEXT_MODEL
    )
    reporter = Phases(context, before=1)
    more: dict[str, Any] = {
        "options": options,
        "reporter": reporter,
        "previous": locations.model_folder(previous) if previous else None,
        "snapshot": snapshot,
    }
    if not isinstance(dataset, ActionDataset):
        more |= {"search": search, "found": found}
    torchrun = shlex.split(settings.TRAINING_TORCHRUN)
    if recipe.method in LEARNED and (settings.TRAINING_PROCESSES > 1 or torchrun):
        processes = settings.TRAINING_PROCESSES
        return distributed.train_version(
            recipe, dataset, config, folder, processes=processes, torchrun=torchrun, **more
        )
    if isinstance(dataset, ActionDataset):
        return action_training.train_actions(recipe, dataset, config, folder, **more)
    return training.train_version(recipe, dataset, config, folder, **more)


def read(
    context: JobContext, group: DatasetGroup, recipe: Recipe, selection: Selection
) -> tuple[Dataset | ActionDataset, dict[str, tuple[Snapshot, Schema]]]:
    """The group's data as the engine trains on it, and the snapshot of each dataset that was read.

    User segmentation does not see what imports of mode INCREMENTAL added (guide, "Getting user segments").
    """
    segments, about_actions = recipe.can("segments"), "ACTIONS" in recipe.datasets
    kinds = (*TRAINED_ON, *OF_ACTIONS) if about_actions else TRAINED_ON
    tables: dict[str, pa.Table] = {}
    snapshots: dict[str, tuple[Snapshot, Schema]] = {}
    for each in group.datasets.filter(status=statuses.ACTIVE, dataset_type__in=kinds).select_related("schema"):
        events.store_waiting(each)
        whole = folders.store_of(each).snapshot()
        snapshot = whole.without_incremental() if segments else whole
        if added := whole.rows() - snapshot.rows():
            context.log(
                f"{each.dataset_type}: {added:,} rows of incremental imports are left out: {recipe.title} trains on "
                "full imports and individual records.",
                level="warning",
            )
        snapshots[each.dataset_type] = (snapshot, folders.schema_of(each))
        tables[each.dataset_type] = snapshot.table()
        context.log(f"{each.dataset_type}: {tables[each.dataset_type].num_rows:,} rows.")
        context.check()
    if "INTERACTIONS" not in tables:
        raise DataError("The dataset group has no active Item interactions dataset to train on.")
    if recipe.datasets.get("ITEMS") == REQUIRED and ("ITEMS" not in tables or not tables["ITEMS"].num_rows):
        raise DataError(
            f"{recipe.title} learns from items, but there are none in an active Items dataset. Import them."
        )
    limits = Limits(
        interactions=recipe.minimum_interactions,
        max_items=recipe.max_items,
        max_interactions=recipe.max_interactions,
        metadata_bytes=recipe.max_metadata_bytes,
    )
    about: dict[str, Any] = {
        "schemas": {kind: schema for kind, (_, schema) in snapshots.items()},
        "selection": selection,
        "limits": limits,
    }
    of_items = tables["INTERACTIONS"], tables.get("ITEMS"), tables.get("USERS")
    if about_actions:
        of_actions = tables.get("ACTIONS"), tables.get("ACTION_INTERACTIONS")
        return ActionDataset.from_tables(*of_items, *of_actions, **about), snapshots
    return Dataset.from_tables(*of_items, **about, attributes=segments), snapshots
