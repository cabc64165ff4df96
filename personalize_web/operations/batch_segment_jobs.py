"""Batch segment jobs: create, describe, list. They cannot be deleted."""

from collections.abc import Iterable
from typing import Any

from personalize_web.engine import filters as expressions
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.serving.segments import ATTRIBUTES, asked_by
from personalize_web.operations import batch_rules, lookup, paging, quotas
from personalize_web.operations.batch_segment_answers import answerer
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException
from personalize_web.operations.gate import operation, own_operation
from personalize_web.resources.models import BatchSegmentJob, Filter
from personalize_web.workers import answerers, job

answerers.register(BatchSegmentJob, answerer)


@operation
def create_batch_segment_job(
    caller: Caller,
    *,
    job_name: str,
    solution_version_arn: str,
    job_input: dict[str, dict[str, str]],
    job_output: dict[str, dict[str, str]],
    role_arn: str,
    filter_arn: str | None = None,
    num_results: int = batch_rules.DEFAULT_RESULTS,
    tags: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """Begin to find the users that every line of the input files asks for, into files."""
    version, recipe = batch_rules.version(caller, solution_version_arn)
    lookup.refuse_taken(BatchSegmentJob, caller, job_name, field="job_name")
    if not recipe.can("segments"):
        raise InvalidInputException(
            f"Recipe {recipe.name} of type {recipe.type} does not support CreateBatchSegmentJob.",
            field="solution_version_arn",
        )
    batch_rules.check_results(num_results, quotas.limit("batch_segment_users"))
    batch_rules.check_paths(job_input, job_output)
    found = batch_rules.filter_of(caller, version, filter_arn)
    if found:
        _check_filter(found, recipe)
    batch_rules.room("pending_batch_segment_jobs", BatchSegmentJob, caller)
    made = lookup.create(
        BatchSegmentJob,
        caller,
        name=job_name,
        field="job_name",
        dataset_group=version.solution.dataset_group,
        solution_version=version,
        solution_version_arn=version.arn,
        filter=found,
        filter_arn=filter_arn,
        num_results=num_results,
        job_input=job_input,
        job_output=job_output,
        role_arn=role_arn,
        tags=tags,
    )
    job.enqueue("create-batch-segment-job", made, caller=caller)
    return {"batchSegmentJobArn": made.arn}


@operation
def describe_batch_segment_job(caller: Caller, *, batch_segment_job_arn: str) -> dict[str, Any]:
    """One job with everything about it."""
    found = lookup.get(BatchSegmentJob, caller, batch_segment_job_arn)
    return {"batchSegmentJob": {"batchSegmentJobArn": found.arn} | batch_rules.described(found)}


@operation
def list_batch_segment_jobs(
    caller: Caller,
    *,
    solution_version_arn: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """The jobs of a solution version, or of the account, newest first."""
    rows = lookup.of(BatchSegmentJob, caller)
    return paging.page(
        rows.filter(solution_version_arn=solution_version_arn) if solution_version_arn else rows,
        lambda found: {"batchSegmentJobArn": found.arn} | batch_rules.summary(found),
        key="batchSegmentJobs",
        operation="list_batch_segment_jobs",
        filters={"solution_version_arn": solution_version_arn},
        max_results=max_results,
        next_token=next_token,
    )


@own_operation()
def describe_batch_segment_job_details(caller: Caller, *, batch_segment_job_arn: str) -> dict[str, Any]:
    """Ours, for its page: see :func:`batch_rules.details`."""
    return batch_rules.details(lookup.get(BatchSegmentJob, caller, batch_segment_job_arn))


def _check_filter(found: Filter, recipe: Recipe) -> None:
    """It must choose among users; interactions filters do not work with Item-Attribute-Affinity."""
    tree = expressions.parse(found.expression)
    if tree.target != "USER_ID":
        raise InvalidInputException(
            f"Filter {found.name} is not for users: a batch segment job takes filters that begin with INCLUDE UserID "
            "or EXCLUDE UserID.",
            field="filter_arn",
        )
    if asked_by(recipe.name) == ATTRIBUTES and any(field.dataset == "INTERACTIONS" for field in tree.fields()):
        raise InvalidInputException(
            f"Filter {found.name} uses Interactions, which recipe {recipe.name} does not support. Use a filter on "
            "Users, or a version of aws-item-affinity.",
            field="filter_arn",
        )
