"""Trends evaluated again: a list beside the model, without a new version."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from personalize_web.engine import trends
from personalize_web.engine.dataset import selected
from personalize_web.engine.recipes import catalogue
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.selection import Selection
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import DatasetGroup, Recommender, SolutionVersion
from personalize_web.workers import events, folders
from personalize_web.workers.context import JobContext


def refresh_version(context: JobContext, version: SolutionVersion) -> None:
    """Evaluate the trends of a solution version as of now."""
    solution = version.solution
    recipe = catalogue.recipe(solution.recipe_name or "")
    selection = Selection.of(recipe, event_type=version.event_type, solution_config=version.config)
    folder = locations.model_folder(version.storage_key)
    _refresh(context, folder, solution.dataset_group, recipe, version.config, selection)


def refresh_recommender(context: JobContext, recommender: Recommender) -> None:
    """Evaluate the trends of a recommender as of now."""
    if recommender.storage_key is None:
        return
    recipe = catalogue.recipe(recommender.recipe_name)
    folder = locations.model_folder(recommender.storage_key)
    _refresh(context, folder, recommender.dataset_group, recipe, {}, Selection.of(recipe))


def _refresh(
    context: JobContext,
    folder: Path,
    group: DatasetGroup,
    recipe: Recipe,
    config: Mapping[str, Any],
    selection: Selection,
) -> None:
    context.phase("Evaluating trends", 1, 1)
    found = evaluate(folder, group, recipe, config, selection)
    context.log(f"{len(found.item_ids):,} items are rising.")


def evaluate(
    folder: Path, group: DatasetGroup, recipe: Recipe, config: Mapping[str, Any], selection: Selection
) -> trends.Trends:
    """Lay the trends of this moment, of everything imported and recorded, beside the model in ``folder``."""
    interval = trends.interval(recipe, config)
    now = time.time()
    dataset = group.datasets.filter(dataset_type="INTERACTIONS", status=statuses.ACTIVE).select_related("schema").get()
    events.store_waiting(dataset)
    table = trends.recent(folders.store_of(dataset).snapshot(), now - 2 * interval)
    found = trends.evaluate(*selected(table, selection), now=now, interval=interval)
    trends.write(folder, found)
    return found
