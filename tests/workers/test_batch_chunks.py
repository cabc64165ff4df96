"""Several workers share the chunks of a batch job, take over what a silent one had, and let other work come first."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from personalize_web.engine.errors import DataError, Stopped
from personalize_web.resources.models import BatchChunk, BatchInferenceJob, Job
from personalize_web.workers import answerers, batch_chunks, batch_jobs, job, lease
from tests import factories

pytestmark = pytest.mark.django_db


class Echo:
    """Answers every line with who answered it."""

    most_lines, at_once = 1000, 4

    def __init__(self):
        self.answered = 0

    def answer(self, lines):
        self.answered += len(lines)
        return [{"input": line.value, "output": {"recommendedItems": ["1"]}, "error": None} for line in lines]


@pytest.fixture
def made(ana, settings, monkeypatch):
    """A batch job of 20 lines in 5 chunks, not begun; and who answers it."""
    echo = Echo()
    monkeypatch.setitem(answerers._makers, BatchInferenceJob, lambda *_: echo)
    monkeypatch.setattr(batch_jobs, "_ask_for_help", lambda *_: None)
    path = settings.BUCKETS_DIR / "data" / "in" / "users.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps({"userId": str(number)}) + "\n" for number in range(20)))
    version = factories.active_solution_version(ana)
    batch = BatchInferenceJob.objects.create(
        arn="arn:aws:personalize:us-east-1:123456789012:batch-inference-job/nightly",
        account=ana.account,
        region=ana.region,
        name="nightly",
        dataset_group=version.solution.dataset_group,
        solution_version=version,
        solution_version_arn=version.arn,
        job_input={"s3DataSource": {"path": "s3://data/in/"}},
        job_output={"s3DataDestination": {"path": "s3://data/out/"}},
        role_arn="arn:aws:iam::123456789012:role/data",
    )
    return job.enqueue("create-batch-inference-job", batch, caller=ana), echo


def chunk(row, **about):
    return BatchChunk.objects.create(job=row, **{"number": 0, "file": 0, "begin": 0, "end": 9, "lines": 3} | about)


def written(settings):
    lines = (settings.BUCKETS_DIR / "data" / "out" / "users.json.out").read_text().splitlines()
    return [json.loads(line)["input"]["userId"] for line in lines]


def test_a_chunk_is_answered_by_one_worker_at_a_time(made):
    row, _ = made
    chunk(row)
    assert batch_chunks.take(row) is not None
    assert batch_chunks.take(row) is None


def test_a_silent_worker_s_chunk_is_taken_over_and_what_it_says_later_counts_no_more(made):
    row, _ = made
    chunk(row)
    first = batch_chunks.take(row)
    BatchChunk.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    second = batch_chunks.take(row)
    assert (second.pk, second.owner) == (first.pk, second.owner) and second.owner != first.owner
    with pytest.raises(lease.LeaseLost):
        batch_chunks.Held(first, threaded=False).done()
    batch_chunks.Held(second, threaded=False).done(lines=3)
    assert BatchChunk.objects.get().state == "DONE"


def test_a_chunk_that_kills_its_worker_each_time_ends_the_job(made):
    row, _ = made
    chunk(row, attempt=3, first_line=7)
    with pytest.raises(DataError, match="The 3 lines from line 7 on, of input file 1, were begun 3 times"):
        batch_chunks.take(row)


def test_a_stop_of_the_job_is_noticed_while_a_chunk_is_answered(made, monkeypatch):
    row, _ = made
    chunk(row)
    held = batch_chunks.Held(batch_chunks.take(row), threaded=False)
    held.check()
    Job.objects.update(stop_requested=True)
    monkeypatch.setattr(batch_chunks, "LOOK_EVERY", 0)
    with pytest.raises(Stopped):
        held.check()


def test_a_helper_answers_chunks_and_the_leader_writes_them_in_order(made, settings, run_jobs, monkeypatch):
    _, echo = made
    helped = []

    def help_twice(job_row):
        helped.extend(batch_jobs.help_once(job_row.pk, threaded=False) for _ in range(2))
        assert echo.answered == 8

    monkeypatch.setattr(batch_jobs, "_ask_for_help", help_twice)
    run_jobs()
    assert helped == [True, True]
    assert echo.answered == 20, "each line once"
    assert written(settings) == [str(number) for number in range(20)]
    assert not BatchChunk.objects.exists()


def test_there_is_no_help_for_a_job_that_is_not_being_done(made):
    row, echo = made
    assert not batch_jobs.help_once(row.pk)
    assert not batch_jobs.help_once(10**6)
    assert echo.answered == 0


def test_who_comes_to_help_before_there_is_a_plan_finds_nothing_to_do(made):
    row, echo = made
    Job.objects.filter(pk=row.pk).update(state=Job.State.IN_PROGRESS)
    assert not batch_jobs.help_once(row.pk, threaded=False)
    assert echo.answered == 0


def test_a_job_lets_other_work_come_first_and_goes_on_where_it_was(made, ana, settings, run_jobs, monkeypatch):
    row, echo = made
    monkeypatch.setattr(batch_jobs, "STEP_ASIDE_EVERY", 0)
    other = factories.job(factories.group(ana, "other"), "create-dataset-group", state="PENDING")
    job.run(row.pk, threaded=False)
    row.refresh_from_db()
    assert (row.state, row.attempt, echo.answered) == ("PENDING", 0, 4)
    assert BatchInferenceJob.objects.get().status == "IN PROGRESS"
    Job.objects.filter(pk=other.pk).delete()
    run_jobs()
    assert echo.answered == 20
    assert written(settings) == [str(number) for number in range(20)]
    assert BatchInferenceJob.objects.get().status == "ACTIVE"


def test_a_stopped_job_leaves_no_parts_behind(made, settings, monkeypatch):
    row, echo = made
    monkeypatch.setattr(batch_chunks, "LOOK_EVERY", 0)

    def answer(lines):
        Job.objects.update(stop_requested=True)
        return Echo().answer(lines)

    monkeypatch.setattr(echo, "answer", answer)
    job.run(row.pk, threaded=False)
    batch = BatchInferenceJob.objects.get()
    assert (batch.status, batch.failure_reason) == ("CREATE FAILED", "The job was stopped.")
    assert not list((settings.BUCKETS_DIR / "data").glob("out/*"))
