"""Models that take in new items between two trainings: the same version, nothing learned, swapped as a whole."""

import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone

from personalize_web.engine import artifacts, updating
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes import catalogue, hyperparameters
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.serving.next_best_action import with_new_actions
from personalize_web.engine.updating import Cold, Rules, Updated
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DatasetGroup, Recommender, SolutionVersion
from personalize_web.workers import events, folders
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication
from personalize_web.workers.training import Trained


def update_version(context: JobContext, version: SolutionVersion) -> Publication | None:
    """Let a version's model take in what came since its training."""
    solution = version.solution
    return _update(context, version, solution.dataset_group, catalogue.recipe(solution.recipe_name or ""))


def update_recommender(context: JobContext, recommender: Recommender) -> Publication | None:
    """Let a recommender's model take in what came since its training."""
    recipe = catalogue.recipe(recommender.recipe_name)
    return _update(context, recommender, recommender.dataset_group, recipe)


def _update(
    context: JobContext, deployed: SolutionVersion | Recommender, group: DatasetGroup, recipe: Recipe
) -> Publication | None:
    before, began = deployed.storage_key, timezone.now()
    if before is None or deployed.status != statuses.ACTIVE:
        return None
    of_actions = recipe.served_as == "PERSONALIZED_ACTIONS"
    context.phase(f"Looking for new {'actions' if of_actions else 'items'}", 1, 1)
    after = uuid.uuid4()
    model = locations.model_folder(after)
    try:
        if of_actions:
            take_in_actions(context, locations.model_folder(before), model, group)
        else:
            take_in(context, locations.model_folder(before), model, group, Rules(recipe.max_items))
    except BaseException:
        folders.remove(model)
        raise

    def publish() -> None:
        # a training that ended meanwhile has left a newer model: that one stays
        rows = type(deployed)._default_manager.filter(pk=deployed.pk, storage_key=before)
        if rows.update(storage_key=after, last_update=began):
            _keep_for_readers(locations.model_folder(before))
        else:
            folders.remove(model)

    return publish


def with_new_items(context: JobContext, version: SolutionVersion, recipe: Recipe) -> Trained:
    """Training mode UPDATE: the newest model that was trained in full, with the items that came since.

    It has learned nothing and measures as before. DataError where no such model is left.
    """
    began = timezone.now()
    full = version.solution.versions.filter(status=statuses.ACTIVE).exclude(training_mode="UPDATE")
    base = full.order_by("-created_at", "-pk").first()
    if base is None:
        raise DataError("There is no ACTIVE version of this solution any more that was trained with FULL.")
    context.phase(f"Adding new items to version {base.version_id}", 1, 1)
    rules = Rules(recipe.max_items, _cold(recipe, base.config))
    key = uuid.uuid4()
    try:
        take_in(context, locations.model_folder(base.storage_key), locations.model_folder(key),
                version.solution.dataset_group, rules)  # fmt: skip
    except BaseException:
        folders.remove(locations.model_folder(key))
        raise
    values = {
        "metrics": base.metrics,
        "details": base.details | {"updated_from": base.version_id},
        "training_started_at": began,
        "event_cutoff": base.event_cutoff,
    }
    return Trained(key, values, (timezone.now() - began).total_seconds() / 3600)


def _cold(recipe: Recipe, config: Mapping[str, Any]) -> Cold | None:
    """What a cold item is to a recipe that answers cold items alone."""
    given = hyperparameters.typed(recipe, config)
    if given.get("answers") != "cold":
        return None
    until = time.time() if given["cold_start_relative_from"] == "currentTime" else None
    return Cold(int(given["cold_start_max_interactions"]), float(given["cold_start_max_duration"]), until)


def take_in(context: JobContext, source: Path, target: Path, group: DatasetGroup, rules: Rules) -> Updated:
    """Make the model in ``source`` anew in ``target``, with the items that are new since its training."""
    snapshots = {}
    for dataset in group.datasets.filter(status=statuses.ACTIVE, dataset_type__in=("INTERACTIONS", "ITEMS")):
        events.store_waiting(dataset)
        snapshots[dataset.dataset_type] = folders.store_of(dataset).snapshot()
        context.check()
    found = updating.update(source, target, snapshots["INTERACTIONS"], snapshots.get("ITEMS"), rules)
    for beside in source.iterdir():
        if not (target / beside.name).exists():
            artifacts.share(beside, target / beside.name)
    context.log(f"{found.new_items:,} items are new since the training.")
    if found.left_out:
        context.log(f"{found.left_out:,} older ones are left out: a model has at most {rules.most_items:,} items.",
                    level="warning")  # fmt: skip
    return found


def take_in_actions(context: JobContext, source: Path, target: Path, group: DatasetGroup) -> int:
    """Make the model of actions in ``source`` anew in ``target``; how many actions are new since its training."""
    dataset = group.datasets.get(dataset_type="ACTIONS", status=statuses.ACTIVE)
    events.store_waiting(dataset)
    found = with_new_actions(source, folders.store_of(dataset).snapshot().table(), target)
    context.log(f"{found:,} actions are new since the training.")
    return found


def _keep_for_readers(folder: Path) -> None:
    """A request that is being answered may still read the old model: cleaning up counts its age from now."""
    now = time.time()
    os.utime(folder, (now, now))
