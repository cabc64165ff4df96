"""What must hold before a model is asked for: datasets, columns, events, exploration, throughput."""

from typing import Any

from personalize_web.engine import schemas as avro
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import REQUIRED, Recipe
from personalize_web.engine.selection import Selection
from personalize_web.operations import lookup
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup

MOST_REQUESTS_PER_SECOND = 500
EXPLORATION = {"explorationWeight": (0.0, 1.0), "explorationItemAgeCutOff": (1.0, float("inf"))}


def schemas_for(recipe: Recipe, group: DatasetGroup) -> dict[str, avro.Schema]:
    """Dataset type -> schema of the group's datasets. One that ``recipe`` requires must be there and ACTIVE."""
    datasets = {dataset.dataset_type: dataset for dataset in group.datasets.select_related("schema")}
    if group.domain and "ACTIONS" in recipe.datasets:
        raise InvalidInputException(
            f"Recipe {recipe.name} needs a custom dataset group: groups of domain {group.domain} have no actions.",
            field="dataset_group_arn",
        )
    for kind, standing in recipe.datasets.items():
        if standing == REQUIRED and kind not in datasets:
            raise InvalidInputException(
                f"Dataset group {group.arn} has no dataset of type {kind}, which recipe {recipe.name} requires.",
                field="dataset_group_arn",
            )
        if standing == REQUIRED:
            lookup.require_state(datasets[kind], statuses.ACTIVE, doing="used")
    return {kind: avro.parse(dataset.schema.text, domain=dataset.schema.domain) for kind, dataset in datasets.items()}


def check_selection(
    recipe: Recipe,
    schemas: dict[str, avro.Schema],
    *,
    event_type: str | None = None,
    solution_config: dict[str, Any] | None = None,
    training_data_config: dict[str, Any] | None = None,
    field: str,
) -> None:
    """Refuse a choice of events and columns that contradicts itself or the schemas."""
    try:
        selection = Selection.of(
            recipe,
            event_type=event_type,
            solution_config=solution_config,
            training_data_config=training_data_config,
        )
        selection.check_columns({kind: schema.names for kind, schema in schemas.items()})
    except DataError as error:
        raise InvalidInputException(str(error), field=field) from error
    if (selection.excluded_columns or selection.included_columns) and not recipe.can("excluded_columns"):
        raise InvalidInputException(f"Recipe {recipe.name} does not support trainingDataConfig.", field=field)
    objective = ((solution_config or {}).get("optimizationObjective") or {}).get("itemAttribute")
    if objective and not selection.trains_on("ITEMS", objective):
        raise InvalidInputException(
            f"The objective's column {objective} must be trained on: do not leave it out of the Items columns.",
            field=field,
        )
    columns = schemas["INTERACTIONS"].names
    if (event_type or selection.events) and "EVENT_TYPE" not in columns:
        raise InvalidInputException(
            "Events cannot be chosen by type: the Interactions schema has no EVENT_TYPE column.",
            field="event_type" if event_type else field,
        )
    by_value = selection.event_value_threshold is not None or any(e.threshold is not None for e in selection.events)
    if by_value and "EVENT_VALUE" not in columns:
        raise InvalidInputException(
            "eventValueThreshold cannot be applied: the Interactions schema has no EVENT_VALUE column.", field=field
        )


def check_exploration(recipe: Recipe, given: dict[str, str] | None, *, field: str) -> None:
    """Refuse an ``itemExplorationConfig`` with unknown keys, values out of range, or for a recipe that has none."""
    if not given:
        return
    if not recipe.can("configurable_exploration"):
        raise InvalidInputException(f"Recipe {recipe.name} does not support itemExplorationConfig.", field=field)
    for key, text in given.items():
        if key not in EXPLORATION:
            raise InvalidInputException(
                f"Unknown key in itemExplorationConfig: {key}. Known are {', '.join(EXPLORATION)}.", field=field
            )
        low, high = EXPLORATION[key]
        try:
            fits = low <= float(text) <= high and float(text) != float("inf")
        except ValueError:
            fits = False
        if not fits:
            bounds = f"between {low} and {high}" if high != float("inf") else f"at least {low}"
            raise InvalidInputException(f"{key} must be a number {bounds}, written as text.", field=field)


def check_throughput(given: int | None, *, member: str, field: str) -> None:
    """Refuse more minimum requests a second than one deployment may be asked for."""
    if given is not None and given > MOST_REQUESTS_PER_SECOND:
        raise InvalidInputException(f"{member} must be from 1 to {MOST_REQUESTS_PER_SECOND}.", field=field)
