"""The life of a recommender in the background: trained, started, stopped, changed, removed."""

from typing import Any

from personalize_web.engine.recipes import catalogue
from personalize_web.engine.selection import Selection
from personalize_web.resources import locations
from personalize_web.resources.models import Recommender, Tag
from personalize_web.workers import folders, training
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def create(context: JobContext, recommender: Recommender) -> Publication:
    """The recommender's first model."""
    return _train(context, recommender, recommender.config)


def retrain(context: JobContext, recommender: Recommender) -> Publication:
    """A new model of everything there is now; the old one answers until it is ready."""
    return _train(context, recommender, recommender.config)


def update(context: JobContext, recommender: Recommender) -> Publication:
    """The new configuration; other columns to train on mean a new model first."""
    wanted = (recommender.latest_update or {}).get("recommenderConfig") or {}
    if _columns(recommender, wanted) == _columns(recommender, recommender.config):
        return lambda: {"config": wanted}
    return _train(context, recommender, wanted)


def start(context: JobContext, recommender: Recommender) -> None:
    """Answers come again from the model that was there."""


def stop(context: JobContext, recommender: Recommender) -> None:
    """No answers and no retraining until it is started; its model stays."""


def delete(context: JobContext, recommender: Recommender) -> Publication:
    """The recommender goes, and its model."""
    if recommender.storage_key:
        folders.remove(locations.model_folder(recommender.storage_key))

    def publish() -> None:
        Tag.objects.filter(arn=recommender.arn).delete()
        recommender.delete()

    return publish


def _train(context: JobContext, recommender: Recommender, config: dict[str, Any]) -> Publication:
    recipe, selection = catalogue.recipe(recommender.recipe_name), _columns(recommender, config)
    trained = training.train(
        context, recommender.dataset_group, recipe, {}, selection, previous=recommender.storage_key
    )
    return lambda: trained.values | {"storage_key": trained.storage_key, "config": config}


def _columns(recommender: Recommender, config: dict[str, Any]) -> Selection:
    """What a configuration trains on."""
    recipe = catalogue.recipe(recommender.recipe_name)
    return Selection.of(recipe, training_data_config=config.get("trainingDataConfig"))
