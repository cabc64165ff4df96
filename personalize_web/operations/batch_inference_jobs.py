"""Batch inference jobs: create, describe, list. They cannot be deleted."""

from collections.abc import Iterable
from typing import Any

from personalize_web.engine import filters as expressions
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.schemas import Schema
from personalize_web.operations import automatic_updates, batch_rules, lookup, paging, quotas, runtime_datasets
from personalize_web.operations.answers import present
from personalize_web.operations.batch_answers import answerer
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.operations.training_rules import check_exploration
from personalize_web.resources.models import BatchInferenceJob, DatasetGroup, Filter
from personalize_web.workers import answerers, job

THEMED = "THEME_GENERATION"

answerers.register(BatchInferenceJob, answerer)


@operation
def create_batch_inference_job(
    caller: Caller,
    *,
    job_name: str,
    solution_version_arn: str,
    job_input: dict[str, dict[str, str]],
    job_output: dict[str, dict[str, str]],
    role_arn: str,
    filter_arn: str | None = None,
    num_results: int = batch_rules.DEFAULT_RESULTS,
    batch_inference_job_config: dict[str, Any] | None = None,
    tags: Iterable[dict[str, str]] = (),
    batch_inference_job_mode: str = "BATCH_INFERENCE",
    theme_generation_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Begin to answer every line of the input files, into files."""
    version, recipe = batch_rules.version(caller, solution_version_arn)
    lookup.refuse_taken(BatchInferenceJob, caller, job_name, field="job_name")
    if not recipe.can("batch"):
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support CreateBatchInferenceJob.",
            field="solution_version_arn",
        )
    group = version.solution.dataset_group
    config = batch_inference_job_config or {}
    batch_rules.check_results(num_results, quotas.limit("results"))
    _check_config(recipe, config)
    _check_themes(group, recipe, batch_inference_job_mode, theme_generation_config)
    batch_rules.check_paths(job_input, job_output)
    found = batch_rules.filter_of(caller, version, filter_arn)
    if found:
        _check_filter(found, recipe)
    batch_rules.room("pending_batch_inference_jobs", BatchInferenceJob, caller)
    made = lookup.create(
        BatchInferenceJob,
        caller,
        name=job_name,
        field="job_name",
        dataset_group=group,
        solution_version=version,
        solution_version_arn=version.arn,
        filter=found,
        filter_arn=filter_arn,
        num_results=num_results,
        job_input=job_input,
        job_output=job_output,
        role_arn=role_arn,
        config=config,
        mode=batch_inference_job_mode,
        theme_config=theme_generation_config or {},
        tags=tags,
    )
    job.enqueue(
        "create-batch-inference-job",
        made,
        caller=caller,
        arguments={"take_in_new_items": automatic_updates.due_before_batch(version)},
    )
    return {"batchInferenceJobArn": made.arn}


@operation
def describe_batch_inference_job(caller: Caller, *, batch_inference_job_arn: str) -> dict[str, Any]:
    """One job with everything about it."""
    found = lookup.get(BatchInferenceJob, caller, batch_inference_job_arn)
    return {
        "batchInferenceJob": batch_rules.described(found)
        | present(
            batchInferenceJobArn=found.arn,
            batchInferenceJobMode=found.mode,
            batchInferenceJobConfig=found.config or None,
            themeGenerationConfig=found.theme_config or None,
        )
    }


@operation
def list_batch_inference_jobs(
    caller: Caller,
    *,
    solution_version_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The jobs of a solution version, or of the account, newest first."""
    rows = lookup.of(BatchInferenceJob, caller)
    return paging.page(
        rows.filter(solution_version_arn=solution_version_arn) if solution_version_arn else rows,
        lambda found: (
            batch_rules.summary(found) | {"batchInferenceJobArn": found.arn, "batchInferenceJobMode": found.mode}
        ),
        key="batchInferenceJobs",
        operation="list_batch_inference_jobs",
        filters={"solution_version_arn": solution_version_arn},
        max_results=max_results,
        next_token=next_token,
    )


@own_operation()
def describe_batch_inference_job_details(caller: Caller, *, batch_inference_job_arn: str) -> dict[str, Any]:
    """Ours, for its page: see :func:`batch_rules.details`."""
    return batch_rules.details(lookup.get(BatchInferenceJob, caller, batch_inference_job_arn))


def _check_filter(found: Filter, recipe: Recipe) -> None:
    """It must choose among items; and only what starts from an item has a current one."""
    tree = expressions.parse(found.expression)
    if tree.target != "ITEM_ID":
        raise InvalidInputException(
            f"Filter {found.name} is not for items: a batch inference job takes filters that begin with INCLUDE ItemID "
            "or EXCLUDE ItemID.",
            field="filter_arn",
        )
    if tree.of_item and recipe.served_as != "RELATED_ITEMS":
        raise InvalidInputException(
            f"Filter {found.name} uses CurrentItem, which {recipe.name} does not have.", field="filter_arn"
        )


def _check_config(recipe: Recipe, config: dict[str, Any]) -> None:
    field = "batch_inference_job_config"
    check_exploration(recipe, config.get("itemExplorationConfig"), field=field)
    if config.get("rankingInfluence") and not recipe.influenced:
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support rankingInfluence.", field=field
        )


def _check_themes(group: DatasetGroup, recipe: Recipe, mode: str, given: dict[str, Any] | None) -> None:
    if mode != THEMED:
        if given:
            raise InvalidInputException(
                f"themeGenerationConfig needs batchInferenceJobMode {THEMED}.", field="theme_generation_config"
            )
        return
    if not recipe.can("themes"):
        raise InvalidInputException(
            f"batchInferenceJobMode {THEMED} needs a version of aws-similar-items; this one is of {recipe.name}.",
            field="batch_inference_job_mode",
        )
    field = "theme_generation_config"
    name = ((given or {}).get("fieldsForThemeGeneration") or {}).get("itemName")
    if not name:
        raise InvalidInputException(
            "themeGenerationConfig.fieldsForThemeGeneration.itemName must name the Items column with the items' "
            f"names: {THEMED} needs it.",
            field=field,
        )
    items = runtime_datasets.of_group(group.pk).items
    if items is None:
        raise InvalidInputException(
            f"Dataset group {group.arn} has no Items dataset in ACTIVE state. Themes are made of its texts.",
            field=field,
        )
    _check_columns(items.schema, name, field)


def _check_columns(schema: Schema, name: str, field: str) -> None:
    column = next((each for each in schema.fields if each.name == name), None)
    if column is None:
        raise InvalidInputException(f"The Items schema has no column {name}.", field=field)
    if column.type != "string" or column.name == "ITEM_ID":
        raise InvalidInputException(
            f"Column {name} cannot name the items: it must be a string and not the id.", field=field
        )
    if not any(each.textual for each in schema.fields):
        raise InvalidInputException(
            "The Items schema has no textual column, such as DESCRIPTION with textual set to true. Themes need one.",
            field=field,
        )
