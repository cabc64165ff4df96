"""Replacing a dataset's schema: new columns, empty in the rows there are, and out of every training that exists."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from personalize_web.engine import schemas
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.schemas import replacement
from personalize_web.engine.selection import Selection
from personalize_web.resources import statuses
from personalize_web.resources.models import Dataset, DatasetGroup, Recommender, Schema, Solution, SolutionVersion
from personalize_web.workers import events, folders, indexes
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication


def update(context: JobContext, dataset: Dataset) -> Publication:
    """Give the dataset the columns of the schema it is to have; when that fails it keeps those it has."""
    new = _wanted(dataset)
    present, parsed = folders.schema_of(dataset), schemas.parse(new.text, domain=new.domain)
    refused = replacement.problems(present, parsed)
    if refused:
        raise DataError(" ".join(refused))
    added = [name for name in parsed.names if name not in present.by_name]
    context.phase("Store recorded records", 1, 2)
    events.store_waiting(dataset, context)
    context.phase("Add columns", 2, 2)
    context.require_lease()
    store = folders.store_of(dataset)
    store.adopt(parsed)
    dataset.schema = new
    try:
        indexes.renew(dataset)
    except BaseException:
        store.adopt(present)
        raise
    context.log(f"New columns: {', '.join(added) or 'none'}. Trainings that exist leave them out.")

    def publish() -> dict[str, Any]:
        exclude(dataset.dataset_group, dataset.dataset_type, added)
        return {"schema": new}

    return publish


def _wanted(dataset: Dataset) -> Schema:
    arn = (dataset.latest_update or {}).get("schemaArn")
    new = Schema.objects.filter(arn=arn).first()
    if new is None:
        raise DataError(f"Schema {arn} no longer exists.")
    return new


def exclude(group: DatasetGroup, dataset_type: str, columns: Iterable[str]) -> None:
    """Keep ``columns`` out of the trainings of every solution and recommender that the group has."""
    columns = list(columns)
    if not columns:
        return
    for solution in group.solutions.all():
        if config := _without(solution, solution.config, dataset_type, columns):
            Solution.objects.filter(pk=solution.pk).update(config=config)
    building = SolutionVersion.objects.filter(solution__dataset_group=group, status__in=statuses.BUILDING)
    for version in building.select_related("solution"):
        if config := _without(version.solution, version.config, dataset_type, columns):
            SolutionVersion.objects.filter(pk=version.pk).update(config=config)
    for recommender in group.recommenders.filter(~Q(status__in=statuses.DELETING)):
        if config := _without(recommender, recommender.config, dataset_type, columns):
            Recommender.objects.filter(pk=recommender.pk).update(config=config)
        _exclude_in_update(recommender, dataset_type, columns)


def _exclude_in_update(recommender: Recommender, dataset_type: str, columns: list[str]) -> None:
    """The same for the configuration that a running update will put in place."""
    update = recommender.latest_update or {}
    if update.get("status") not in statuses.BUILDING or "recommenderConfig" not in update:
        return
    if config := _without(recommender, update["recommenderConfig"], dataset_type, columns):
        Recommender.objects.filter(pk=recommender.pk).update(latest_update=update | {"recommenderConfig": config})


def _without(
    row: Solution | Recommender, config: Mapping[str, Any], dataset_type: str, columns: list[str]
) -> dict[str, Any] | None:
    """``config`` with ``columns`` among its excluded ones; None where they take no part in training anyway."""
    recipe = RECIPES.get(row.recipe_name or "")
    if recipe is None or not recipe.can("excluded_columns") or dataset_type not in recipe.datasets:
        return None
    chosen = Selection.of(recipe, training_data_config=config.get("trainingDataConfig"))
    if chosen.included_columns:
        return None
    excluded = {kind: list(names) for kind, names in chosen.excluded_columns.items()}
    already = excluded.get(dataset_type, [])
    excluded[dataset_type] = [*already, *(name for name in columns if name not in already)]
    return {
        **config,
        "trainingDataConfig": {**(config.get("trainingDataConfig") or {}), "excludedDatasetColumns": excluded},
    }
