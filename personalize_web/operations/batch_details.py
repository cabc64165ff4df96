"""Batch jobs for their pages, ours beside the 79: rows of lists, and what forms choose among."""

from typing import Any

from django.conf import settings

from personalize_web.engine import filters as expressions
from personalize_web.engine import schemas as avro
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.schemas import Schema
from personalize_web.operations import lookup
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.gate import own_operation
from personalize_web.resources import statuses
from personalize_web.resources.models import (
    BatchInferenceJob,
    BatchJob,
    BatchSegmentJob,
    DatasetGroup,
    Filter,
    Solution,
)


@own_operation()
def list_batch_job_details(caller: Caller, *, dataset_group_arn: str, segments: bool = False) -> dict[str, Any]:
    """The batch inference jobs of a group, or its batch segment jobs, newest first.

    As the lists of the API show them, and name, mode, solutionName, versionId, lines and failed (None until a job is
    ACTIVE).
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    model: type[BatchJob] = BatchSegmentJob if segments else BatchInferenceJob
    rows = model._default_manager.filter(dataset_group=group).select_related("solution_version__solution")
    return {"jobs": [_row(row) for row in rows.order_by("-created_at", "-pk")]}


@own_operation()
def describe_batch_choices(caller: Caller, *, dataset_group_arn: str, segments: bool = False) -> dict[str, Any]:
    """What the form of a new job chooses among, in one dataset group.

    ``solutions``: those with an ACTIVE version whose recipe answers this kind of job: name, solutionArn, recipeName,
    recipeTitle, servedAs, features and ``versions`` (solutionVersionArn, versionId, creationDateTime; newest first).
    ``filters``: the ACTIVE ones for what is answered: name, filterArn, placeholders, needed. ``itemColumns``: string
    columns of Items that could name items; ``itemCategories``: those with categories; ``textual``: whether Items have
    texts for themes; ``themeModel``: the language model that names themes, None without one.
    """
    group = lookup.get(DatasetGroup, caller, dataset_group_arn)
    schemas = {
        each.dataset_type: avro.parse(each.schema.text, domain=each.schema.domain)
        for each in group.datasets.filter(status=statuses.ACTIVE).select_related("schema")
    }
    items = schemas.get("ITEMS")
    found = [_solution(each, "segments" if segments else "batch") for each in group.solutions.order_by("name")]
    target = "USER_ID" if segments else "ITEM_ID"
    filters = [_filter(each, schemas, target) for each in group.filters.filter(status=statuses.ACTIVE).order_by("name")]
    return {
        "solutions": [each for each in found if each],
        "filters": [each for each in filters if each],
        "itemColumns": [field.name for field in items.fields if field.type == "string" and field.name != "ITEM_ID"]
        if items
        else [],
        "itemCategories": [field.name for field in items.fields if field.type == "string" and field.categorical]
        if items
        else [],
        "textual": bool(items and any(field.textual for field in items.fields)),
        "themeModel": settings.THEME_MODEL_NAME if settings.THEME_MODEL_URL else None,
    }


def _row(found: BatchJob) -> dict[str, Any]:
    version = found.solution_version
    finished = found.status == statuses.ACTIVE
    name, _, version_id = found.solution_version_arn.rpartition("/")
    return present(
        name=found.name,
        arn=found.arn,
        mode=getattr(found, "mode", None),
        status=found.status,
        failureReason=failure(found),
        solutionVersionArn=found.solution_version_arn,
        solutionName=version.solution.name if version else name.rpartition("/")[2],
        solutionExists=version is not None,
        versionId=version_id,
        lines=found.summary.get("lines") if finished else None,
        failed=found.summary.get("failed") if finished else None,
        **dates(found),
    )


def _solution(solution: Solution, feature: str) -> dict[str, Any] | None:
    recipe = RECIPES.get(solution.recipe_name or "")
    versions = solution.versions.filter(status=statuses.ACTIVE).order_by("-created_at", "-pk")
    if recipe is None or not recipe.can(feature) or not versions:
        return None
    return {
        "name": solution.name,
        "solutionArn": solution.arn,
        "recipeName": recipe.name,
        "recipeTitle": recipe.title,
        "servedAs": recipe.served_as,
        "rankingInfluence": recipe.influenced,
        "features": sorted(recipe.features),
        "versions": [
            {
                "solutionVersionArn": version.arn,
                "versionId": version.version_id,
                "creationDateTime": version.created_at,
            }
            for version in versions
        ],
    }


def _filter(found: Filter, schemas: dict[str, Schema], target: str) -> dict[str, Any] | None:
    try:
        tree = expressions.check(expressions.parse(found.expression), schemas)
    except DataError:  # of a dataset that is gone: it fits nothing until that is back
        return None
    if tree.target != target:
        return None
    return {
        "name": found.name,
        "filterArn": found.arn,
        "placeholders": list(tree.placeholders),
        "needed": sorted(tree.needed),
    }
