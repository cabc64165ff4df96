"""The plan of a batch job: which files are its input, how they are cut into chunks, and which events count."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Max

from personalize_web.engine.batch import chunks, lines
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.locations import Location, StoredObject
from personalize_web.resources.models import BatchChunk, BatchJob, Event
from personalize_web.workers import answerers, automatic_updates, lease
from personalize_web.workers.context import JobContext

CHUNK_BYTES = 1 << 20
PHASES = 3
"""Of the whole job; the plan is the first."""


def make(context: JobContext, job: BatchJob) -> None:
    """Write down the files, the chunks and the events that count; DataError where a limit is passed."""
    context.phase("Read the input", 1, PHASES)
    prefix = locations.parse(job.job_input["s3DataSource"]["path"])
    files = locations.files_with_prefix(prefix)
    _check(files, prefix)
    _take_in_new_items(context, job)
    event_upto = _event_upto(job)
    answerer = answerers.of(job, event_upto, context)
    cut: list[BatchChunk] = []
    for place, file in enumerate(files):
        context.progress(place / len(files))
        own = list(_chunks(context, file, place, answerer.at_once))
        _check_lines(file, sum(each.lines for each in own), answerer.most_lines)
        cut += own
    if not cut:
        raise DataError(f"There are no lines at {prefix}: {_counted(len(files), 'file')}, and nothing in them.")
    for number, chunk in enumerate(cut):
        chunk.job, chunk.number = context.row, number
    planned = {
        "files": [
            {"location": str(file.location), "bytes": file.bytes, "version": file.version, "output": output}
            for file, output in zip(files, _outputs(files, prefix), strict=True)
        ],
        "event_upto": event_upto,
    }
    if job.solution_version:
        planned["model"] = str(job.solution_version.storage_key)  # all lines are answered by one model
    total = sum(each.lines for each in cut)
    context.log(f"{_counted(len(files), 'input file')}, {sum(file.bytes for file in files):,} bytes, {total:,} lines.")
    with lease.held(context.row):
        context.row.chunks.all().delete()
        BatchChunk.objects.bulk_create(cut, batch_size=500)
        job.change(summary=planned)


def _take_in_new_items(context: JobContext, job: BatchJob) -> None:
    """Let the model know the items that came since its training, where the job was asked for so."""
    if not context.arguments.get("take_in_new_items") or job.solution_version is None:
        return
    publish = automatic_updates.update_version(context, job.solution_version)
    if publish:
        with lease.held(context.row):
            publish()
    job.solution_version.refresh_from_db()
    context.phase("Read the input", 1, PHASES)


def _check(files: Sequence[StoredObject], prefix: Location) -> None:
    if not files:
        raise DataError(f"Invalid S3 input path. There is no file at {prefix}, and none whose path starts so.")
    most, size = settings.QUOTAS["batch_input_files"], sum(file.bytes for file in files)
    if len(files) > most:
        raise DataError(
            f"The input has {_counted(len(files), 'file')}; a job takes at most {most:,}. Every file whose path starts "
            f"with {prefix} counts. Put the lines into fewer files, or make several jobs."
        )
    if size > settings.QUOTAS["batch_input_bytes"]:
        raise DataError(
            f"The input has {size:,} bytes; a job takes at most {settings.QUOTAS['batch_input_bytes']:,}. "
            "Make several jobs."
        )


def _event_upto(job: BatchJob) -> int:
    """The newest recorded event that counts: it had come in a while before the job was asked for."""
    before = job.created_at - timedelta(seconds=settings.BATCH_EVENT_DELAY)
    events = Event.objects.filter(dataset__dataset_group=job.dataset_group_id, received_at__lte=before)
    return events.aggregate(newest=Max("pk"))["newest"] or 0


def _chunks(context: JobContext, file: StoredObject, place: int, at_once: int) -> Iterator[BatchChunk]:
    with locations.open_file(file.location) as content:
        for each in chunks.cut(content, lines=at_once, bytes_=CHUNK_BYTES):
            context.check()
            yield BatchChunk(
                file=place, begin=each.begin, end=each.end, first_line=each.first_line, lines=each.lines
            )


def _check_lines(file: StoredObject, counted: int, most: int) -> None:
    if counted > most and counted <= 10 * most:  # few enough to look which of them are blank
        with locations.open_file(file.location) as content:
            counted = sum(1 for _ in itertools.islice(lines.read(content, 0, file.bytes), most + 1))
    if counted > most:
        raise DataError(
            f"{file.location} has more than {most:,} lines, which is the most for this kind of job. Make several "
            "files of it."
        )


def _outputs(files: Sequence[StoredObject], prefix: Location) -> list[str]:
    """Names of the output files; those whose input files are called alike keep their folders below the input path."""
    alike = Counter(file.name for file in files)
    folder = prefix.key.rpartition("/")[0]
    below = [file.location.key[len(folder) :].lstrip("/") for file in files]
    return [f"{file.name if alike[file.name] == 1 else path}.out" for file, path in zip(files, below, strict=True)]


def _counted(many: int, noun: str) -> str:
    return f"{many:,} {noun}{'' if many == 1 else 's'}"
