"""The body of batch jobs: questions read from files, answered in chunks by several workers, written as files."""

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from personalize_web.engine.batch import lines
from personalize_web.engine.errors import DataError, Stopped
from personalize_web.engine.reporting import Silent
from personalize_web.resources import locations
from personalize_web.resources.locations import Location
from personalize_web.resources.models import BatchChunk, BatchJob, Job, JobLogLine
from personalize_web.workers import answerers, batch_chunks, batch_plans, lease
from personalize_web.workers.context import JobContext
from personalize_web.workers.kinds import Publication

AT_ONCE = 1024
"""Lines answered between two looks at the lease."""
WAIT = 0.5
"""Seconds between two looks at chunks that others answer."""
STEP_ASIDE_EVERY = 10.0
"""Seconds a job keeps its worker while other work waits for one."""
QUOTED = 5
"""Chunks whose first error the log quotes."""


def create(context: JobContext, job: BatchJob) -> Publication | None:
    """Answer every line of the input; an attempt that was interrupted goes on with the chunks that are left."""
    began = time.monotonic()
    try:
        if not job.summary.get("files"):
            batch_plans.make(context, job)
            _ask_for_help(context.row)
        _answer(context, job)
        written = _write(context, job)
    except (lease.LeaseLost, OperationalError):
        raise  # another attempt goes on with the parts
    except Exception:
        _remove_parts(job)
        raise
    seconds = round(job.summary.get("seconds", 0) + time.monotonic() - began, 2)
    summary = written | {"seconds": seconds}

    def publish() -> dict[str, Any]:
        context.row.chunks.all().delete()
        return {"summary": summary}

    return publish


def help_once(job_id: int, *, threaded: bool = True) -> bool:
    """Answer one chunk of a job that another worker leads; True when there may be more to do."""
    row = Job.objects.filter(pk=job_id, state=Job.State.IN_PROGRESS, stop_requested=False).first()
    job = _resource(row) if row else None
    if row is None or job is None or "event_upto" not in job.summary:  # the leader has not planned yet
        return False
    try:
        answerer = answerers.of(job, job.summary["event_upto"], _LogOf(row))
        return _answer_one(row, job, answerer, threaded=threaded)
    except (lease.LeaseLost, Stopped, DataError):  # the leader finds out, and says so
        return False


def _resource(row: Job) -> BatchJob | None:
    from personalize_web.workers import kinds

    kind = kinds.of(row)
    found = kind.find(row.resource_arn) if kind else None
    return found if isinstance(found, BatchJob) else None


# Answer: chunk after chunk, beside other workers -------------------------------------------------


def _ask_for_help(row: Job) -> None:
    from personalize_web.workers import job

    for _ in range(min(settings.BATCH_HELPERS, row.chunks.count() - 1)):
        job.ask_for_help(row)


def _answer(context: JobContext, job: BatchJob) -> None:
    context.phase("Answer lines", 2, batch_plans.PHASES)
    answerer = answerers.of(job, job.summary["event_upto"], context)
    total = _sum(context.row.chunks.all(), "lines")
    began = time.monotonic()
    while True:
        context.check()
        left = context.row.chunks.exclude(state=BatchChunk.State.DONE)
        done = total - _sum(left, "lines")
        context.progress(done / max(total, 1), rows=done, rows_total=total)
        if not _answer_one(context.row, job, answerer, threaded=context.threaded):
            if not left.exists():
                return
            time.sleep(WAIT)
        if time.monotonic() - began > STEP_ASIDE_EVERY and _others_wait(context.row):
            _step_aside(context, job, began)


def _answer_one(row: Job, job: BatchJob, answerer: answerers.Answerer, *, threaded: bool) -> bool:
    """Answer the next chunk that is free; False when there is none."""
    chunk = batch_chunks.take(row)
    if chunk is None:
        return False
    with batch_chunks.Held(chunk, threaded=threaded) as held:
        try:
            with _scratch(f"chunk-{chunk.pk}") as folder:
                counted = _answer_chunk(job, chunk, answerer, held, folder / "part")
                held.check()
                locations.put(folder / "part", _part(job, chunk.number))
            held.done(**counted)
        except Stopped:
            held.give_back()
            raise
    return True


def _answer_chunk(
    job: BatchJob, chunk: BatchChunk, answerer: answerers.Answerer, held: batch_chunks.Held, path: Path
) -> dict[str, int | str]:
    answered = failed = unread = 0
    first = ""
    source = locations.parse(job.summary["files"][chunk.file]["location"])
    with locations.open_file(source) as content, path.open("wb") as out:
        found = lines.read(content, chunk.begin, chunk.end, chunk.first_line)
        while block := list(itertools.islice(found, AT_ONCE)):
            held.check()
            for line, answer in zip(block, answerer.answer(block), strict=True):
                out.write(lines.written(answer))
                unread += line.value is None
                if error := answer.get("error"):
                    failed += 1
                    first = first or f"{source.name} line {line.number:,}: {error}"
            answered += len(block)
    return {"lines": answered, "failed": failed, "unread": unread, "first_error": first}


def _others_wait(row: Job) -> bool:
    """Whether work of another kind waits for a worker, and not for this job to end."""
    waiting = Job.objects.filter(state=Job.State.PENDING, queue=row.queue, not_before__lte=timezone.now())
    waiting = waiting.exclude(kind=row.kind)
    rivals = lease.rivals(row)
    return (waiting.exclude(pk__in=rivals.values("pk")) if rivals is not None else waiting).exists()


def _step_aside(context: JobContext, job: BatchJob, began: float) -> None:
    """Let the work that waits come first; this job goes on behind it."""
    from personalize_web.workers import job as jobs

    context.flush()
    with lease.held(context.row):
        job.change(summary=job.summary | {"seconds": job.summary.get("seconds", 0) + time.monotonic() - began})
        lease.give_back(context.row)
    jobs.wake(context.row)
    raise lease.LeaseLost(f"job {context.row.pk} steps aside")


# Write: parts to files, each whole ---------------------------------------------------------------


def _write(context: JobContext, job: BatchJob) -> dict[str, Any]:
    context.phase("Write the output", 3, batch_plans.PHASES)
    rows = context.row.chunks.all()
    _check_answered(context, rows)
    _require_unchanged(job)
    written = []
    numbers: dict[int, list[int]] = {}
    for file, number in rows.order_by("number").values_list("file", "number"):
        numbers.setdefault(file, []).append(number)
    for place, file in enumerate(job.summary["files"]):
        with _scratch(f"job-{context.row.pk}") as folder:
            with (folder / "whole").open("wb") as whole:
                for number in numbers.get(place, []):
                    context.check()
                    with locations.open_file(_part(job, number)) as part:
                        shutil.copyfileobj(part, whole, 1 << 20)
            context.require_lease()
            stored = locations.put(folder / "whole", locations.parse(f"{_output(job)}{file['output']}"))
        own = rows.filter(file=place)
        written.append(
            {
                "input": file["location"],
                "location": str(stored.location),
                "bytes": stored.bytes,
                "lines": _sum(own, "lines"),
                "failed": _sum(own, "failed"),
            }
        )
        context.progress((place + 1) / len(job.summary["files"]))
    _remove_parts(job)
    answered, failed = (sum(file[name] for file in written) for name in ("lines", "failed"))
    context.log(f"{answered:,} lines answered, {failed:,} of them with an error, at {_output(job)}.")
    return {"lines": answered, "failed": failed, "bytes": sum(file["bytes"] for file in written), "files": written}


def _check_answered(context: JobContext, rows: QuerySet[BatchChunk]) -> None:
    """Quote the first errors; DataError where no line at all could be read."""
    errors = list(rows.exclude(first_error="").order_by("number").values_list("first_error", flat=True)[:QUOTED])
    for text in errors:
        context.log(text, level="warning")
    answered = _sum(rows, "lines")
    if not answered:
        raise DataError("There are only blank lines in the input.")
    if not rows.exclude(lines=F("unread")).exists():
        raise DataError(f"No line of the input could be read. {errors[0]}")


def _require_unchanged(job: BatchJob) -> None:
    for file in job.summary["files"]:
        present = locations.find(locations.parse(file["location"]))
        if present is None or (present.bytes, present.version) != (file["bytes"], file["version"]):
            raise DataError(
                f"{file['location']} was removed or changed while its lines were answered. Make the job again when "
                "its files stay as they are."
            )


def _output(job: BatchJob) -> str:
    """The folder of the output files; a path without a slash at its end is a folder too."""
    return job.job_output["s3DataDestination"]["path"].removesuffix("/") + "/"


def _parts(job: BatchJob) -> Location:
    """Where the chunks' answers lie until they are files; hidden, and on the store because workers share that."""
    return locations.parse(f"{_output(job)}.{job.name}.parts/")


def _part(job: BatchJob, number: int) -> Location:
    folder = _parts(job)
    return Location(folder.bucket, f"{folder.key}{number:08d}")


def _remove_parts(job: BatchJob) -> None:
    if locations.exists(folder := _parts(job)):
        locations.delete(folder)


def _sum(rows: QuerySet[BatchChunk], column: str) -> int:
    return rows.aggregate(sum=Sum(column))["sum"] or 0


@contextmanager
def _scratch(name: str) -> Iterator[Path]:
    """A folder on this machine that is gone afterwards."""
    folder = settings.DATA_DIR / "scratch" / f"{name}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _LogOf(Silent):
    """What a helper reports: lines for the log of the job that it helps."""

    def __init__(self, row: Job) -> None:
        self._row = row

    def log(self, text: str, *, level: str = "info") -> None:
        JobLogLine.objects.create(job=self._row, level=level, text=text)
