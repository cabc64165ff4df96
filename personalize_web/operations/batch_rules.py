"""What must hold before a batch job of either kind is made: version, paths, filter, results, room."""

from typing import Any, TypeVar

from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.operations import lookup, quotas
from personalize_web.operations.answers import dates, failure, present
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, LimitExceededException, ResourceInUseException
from personalize_web.resources import locations, statuses
from personalize_web.resources.models import BatchJob, Filter, SolutionVersion

DEFAULT_RESULTS = 25
B = TypeVar("B", bound=BatchJob)


def version(caller: Caller, arn: str) -> tuple[SolutionVersion, Recipe]:
    """The version that answers, which must be ACTIVE, and its recipe."""
    field = "solution_version_arn"
    found = lookup.get(SolutionVersion, caller, arn, field=field)
    unfit = found.status in (statuses.CREATE_FAILED, statuses.CREATE_STOPPED)
    lookup.require_state(
        found,
        statuses.ACTIVE,
        doing="used",
        otherwise=InvalidInputException if unfit else ResourceInUseException,
        field=field,
    )
    return found, RECIPES[found.solution.recipe_name or ""]


def check_paths(job_input: dict[str, Any], job_output: dict[str, Any]) -> None:
    """Refuse paths that are none, and an output that would be input of the next job."""
    source = _location(job_input["s3DataSource"]["path"], "Invalid S3 input path", "job_input")
    path = job_output["s3DataDestination"]["path"]
    target = _location(path if path.endswith("/") else f"{path}/", "Invalid S3 output path", "job_output")
    if source.bucket == target.bucket and target.key.startswith(source.key):
        raise InvalidInputException(
            f"Invalid S3 output path. Every file whose path starts with {source} is input: choose an output folder "
            "outside of it.",
            field="job_output",
        )


def _location(text: str, said: str, field: str) -> locations.Location:
    try:
        return locations.parse(text)
    except DataError as error:
        raise InvalidInputException(
            f"{said}. It must be s3://bucket/folder/ or s3://bucket/folder/file.json, without empty, . or .. parts.",
            field=field,
        ) from error


def filter_of(caller: Caller, version: SolutionVersion, arn: str | None) -> Filter | None:
    """The filter of the job: ACTIVE, and of the version's dataset group."""
    if arn is None:
        return None
    found = lookup.active(Filter, caller, arn, field="filter_arn", otherwise=InvalidInputException)
    if found.dataset_group_id != version.solution.dataset_group_id:
        raise InvalidInputException(f"Filter {arn} belongs to another dataset group.", field="filter_arn")
    return found


def check_results(given: int, most: int) -> None:
    """Refuse a number of results for a line that is out of range."""
    if not 0 <= given <= most:
        raise InvalidInputException(f"numResults must be from 0 to {most:,}.", field="num_results")


def room(name: str, model: type[BatchJob], caller: Caller) -> None:
    """Refuse when as many jobs of this kind as the quota ``name`` allows are pending or in progress."""
    quotas.take_turns(name)
    most = quotas.limit(name)
    if lookup.of(model, caller).filter(status__in=statuses.BATCH_RUNNING).count() >= most:
        raise LimitExceededException(f"More than {most} resources with PENDING or IN_PROGRESS status.")


def described(found: BatchJob) -> dict[str, Any]:
    """What both kinds of jobs answer about themselves, but for their ARN."""
    return present(
        jobName=found.name,
        filterArn=found.filter_arn,
        failureReason=failure(found),
        solutionVersionArn=found.solution_version_arn,
        numResults=found.num_results,
        jobInput=found.job_input,
        jobOutput=found.job_output,
        roleArn=found.role_arn,
        status=found.status,
        **dates(found),
    )


def summary(found: BatchJob) -> dict[str, Any]:
    """What both lists show of a job, but for its ARN."""
    return present(
        jobName=found.name,
        status=found.status,
        failureReason=failure(found),
        solutionVersionArn=found.solution_version_arn,
        **dates(found),
    )


def details(found: BatchJob) -> dict[str, Any]:
    """Ours, for a job's page: what came of it.

    ``lines``, ``failed``, ``bytes`` and ``seconds`` are None until the job is ACTIVE. ``files`` have input, location,
    bytes, lines and failed. ``folder`` is where they appear, ``recipe`` what answers, ``filterName`` None without one.
    """
    written = found.summary if found.status == statuses.ACTIVE else {}
    version = found.solution_version
    return {
        "folder": found.job_output["s3DataDestination"]["path"].removesuffix("/") + "/",
        "lines": written.get("lines"),
        "failed": written.get("failed"),
        "bytes": written.get("bytes"),
        "seconds": written.get("seconds"),
        "files": written.get("files", []),
        "filterName": found.filter.name if found.filter else None,
        "recipe": version.solution.recipe_name if version else None,
        "solutionArn": version.solution.arn if version else None,
        "datasetGroupArn": found.dataset_group.arn,
    }
