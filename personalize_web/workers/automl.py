"""A training that tries several recipes and keeps the best."""

import uuid
from dataclasses import replace
from typing import Any

from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes import catalogue
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.selection import Selection
from personalize_web.engine.tuning import JUDGED_BY
from personalize_web.resources import locations
from personalize_web.resources.models import SolutionVersion
from personalize_web.workers import folders, training
from personalize_web.workers.context import JobContext

USUAL = ("aws-hrnn", "aws-hrnn-metadata")
"""What is tried where the configuration lists nothing: recipes that answer with any item."""


def best(context: JobContext, version: SolutionVersion, previous: uuid.UUID | None) -> training.Trained:
    """The recipe with the greatest metric on held-out users, each with a search over its hyperparameters.

    A recipe that the data do not allow is left out. DataError where they allow none.
    """
    config = version.config.get("autoMLConfig") or {}
    names = [catalogue.recipe(arn).name for arn in config.get("recipeList") or USUAL]
    metric = config.get("metricName") or JUDGED_BY
    kept: training.Trained | None = None
    tried: list[dict[str, Any]] = []
    failure: DataError | None = None
    hours = 0.0
    for name in dict.fromkeys(names):
        try:
            new = _trained(context, version, catalogue.recipe(name), previous)
        except DataError as error:
            failure = error
            context.log(f"{name}: {error}", level="warning")
            continue
        except BaseException:
            _forget(kept)
            raise
        value = new.values["metrics"][metric]
        new.values["details"]["recipe"] = name
        hours += new.hours
        tried.append({"recipe": name, metric: value})
        context.log(f"{name}: {metric} {value:.4f}")
        if kept is not None and value <= kept.values["metrics"][metric]:
            _forget(new)
        else:
            _forget(kept)
            kept = new
    if kept is None:
        raise failure or DataError("There is no recipe to try.")
    kept.values["details"]["recipes tried"] = tried
    return replace(kept, hours=hours)


def _forget(trained: training.Trained | None) -> None:
    if trained is not None:
        folders.remove(locations.model_folder(trained.storage_key))


def _trained(
    context: JobContext, version: SolutionVersion, recipe: Recipe, previous: uuid.UUID | None
) -> training.Trained:
    selection = Selection.of(recipe, event_type=version.event_type)
    context.log(f"Trying {recipe.name}.")
    group = version.solution.dataset_group
    return training.train(context, group, recipe, {}, selection, search=True, previous=previous)
