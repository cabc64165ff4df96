"""The input of a batch job looked at before the job is made, ours beside the 79: its first lines, one by one."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from django.conf import settings

from personalize_web.engine import filters as expressions
from personalize_web.engine.batch import lines
from personalize_web.engine.errors import DataError
from personalize_web.engine.recipes.recipe import Recipe
from personalize_web.engine.serving import segments
from personalize_web.engine.serving.affinity import AffinityModel
from personalize_web.operations import batch_questions, batch_rules, filters, serving_models
from personalize_web.operations.caller import Caller
from personalize_web.operations.errors import InvalidInputException, ServiceError
from personalize_web.operations.gate import own_operation
from personalize_web.operations.storage import checked
from personalize_web.resources import locations
from personalize_web.resources.models import Filter, SolutionVersion

CHECKED = 1_000
"""Lines that are looked at."""
TOLD = 10
"""Faulty lines that are named."""
READ = 1 << 25
"""Bytes after which no further line is looked at."""


@own_operation(recorded=True)
def check_batch_input(
    caller: Caller,
    *,
    solution_version_arn: str,
    location: str,
    filter_arn: str | None = None,
    batch_inference_job_mode: str = "BATCH_INFERENCE",
) -> dict[str, Any]:
    """What a job with this version and filter would say to the first 1,000 lines of its input.

    ``files`` and ``bytes`` count all of the input, ``lines`` those looked at, ``complete`` says whether that was
    everything. ``failed`` counts lines that would get an error; up to ten of them are ``faults``: file, line (from 1),
    text (its beginning) and error. ``problems`` are why the whole job would fail.
    """
    version, recipe = batch_rules.version(caller, solution_version_arn)
    found = batch_rules.filter_of(caller, version, filter_arn or None)
    prefix = checked(location, field="job_input")
    try:
        files = locations.files_with_prefix(prefix)
        judge = _judge(version, recipe, found)
        looked = _look(files, judge, most_lines(recipe, batch_inference_job_mode))
    except DataError as error:
        raise InvalidInputException(str(error), field="job_input") from error
    size = sum(file.bytes for file in files)
    return looked | {
        "files": len(files),
        "bytes": size,
        "problems": [*_problems(len(files), size), *looked["problems"]],
    }


def most_lines(recipe: Recipe, mode: str = "BATCH_INFERENCE") -> int:
    """Most lines of an input file of this recipe."""
    if recipe.can("segments"):
        item = segments.asked_by(recipe.name) == segments.ITEMS
        return settings.QUOTAS["batch_segment_item_queries" if item else "batch_segment_attribute_queries"]
    return settings.QUOTAS["batch_theme_records" if mode == "THEME_GENERATION" else "batch_records"]


def _judge(version: SolutionVersion, recipe: Recipe, found: Filter | None) -> Callable[[lines.Line], None]:
    """Raises ServiceError or DataError for a line that would get an error."""
    tree = filters.parsed(found.dataset_group, found.expression) if found else None
    if recipe.can("segments"):
        return _judge_of_segments(version, recipe, tree)

    def judge(line: lines.Line) -> None:
        asked = batch_questions.asked(line, recipe)
        if tree and tree.of_user and asked.user_id is None:
            raise DataError("userId must be given: the filter needs it.")
        if tree:
            expressions.require_values(tree, expressions.read_values(asked.filter_values))

    return judge


def _judge_of_segments(
    version: SolutionVersion, recipe: Recipe, tree: expressions.Filter | None
) -> Callable[[lines.Line], None]:
    model = cast(AffinityModel, serving_models.get(version.storage_key))
    by = segments.asked_by(recipe.name)

    def judge(line: lines.Line) -> None:
        if line.value is None:
            raise DataError(line.error)
        _, values = segments.asked(model, by, line.value)
        if tree:
            expressions.require_values(tree, expressions.read_values(values))

    return judge


def _look(files: list[locations.StoredObject], judge: Callable[[lines.Line], None], most: int) -> dict[str, Any]:
    counted, failed, complete = 0, 0, True
    faults: list[dict[str, Any]] = []
    per_file: dict[str, int] = {}
    for file, line in _first_lines(files):
        if counted == CHECKED:
            complete = False
            break
        counted += 1
        per_file[str(file.location)] = per_file.get(str(file.location), 0) + 1
        try:
            judge(line)
        except (ServiceError, DataError) as error:
            failed += 1
            if len(faults) < TOLD:
                text = line.text if line.value is None else lines.written(line.value).decode().strip()
                faults.append({"file": str(file.location), "line": line.number, "text": text[:200],
                               "error": getattr(error, "message", str(error))})  # fmt: skip
    complete = complete and sum(file.bytes for file in files) <= READ
    problems = [
        f"{name} has more than {most:,} lines, which is the most for this kind of job. Make several files of it."
        for name, lines_ in per_file.items()
        if lines_ > most
    ]
    if files and not counted:
        problems.append("There are no lines in the input, or only blank ones.")
    return {"lines": counted, "failed": failed, "faults": faults, "complete": complete, "problems": problems}


def _first_lines(files: Iterable[locations.StoredObject]) -> Iterator[tuple[locations.StoredObject, lines.Line]]:
    left = READ
    for file in files:
        if left <= 0:
            return
        with locations.open_file(file.location) as content:
            for line in lines.read(content, 0, min(file.bytes, left)):
                yield file, line
        left -= file.bytes


def _problems(files: int, size: int) -> list[str]:
    most, bytes_ = settings.QUOTAS["batch_input_files"], settings.QUOTAS["batch_input_bytes"]
    if not files:
        return ["There is no file at this place, and none whose path starts so."]
    found = []
    if files > most:
        found.append(f"The input has {files:,} files; a job takes at most {most:,}. Put the lines into fewer files.")
    if size > bytes_:
        found.append(f"The input has {size:,} bytes; a job takes at most {bytes_:,}. Make several jobs.")
    return found
