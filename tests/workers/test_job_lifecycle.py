"""One job's life: begun, done, failed, stopped, taken over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from personalize_web.engine.errors import DataError
from personalize_web.operations import dataset_groups as groups
from personalize_web.resources import statuses
from personalize_web.resources.models import DatasetGroup, Job
from personalize_web.workers import dataset_groups, job, lease
from personalize_web.workers.sweep import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_worker():
    yield
    lease.name_worker()


@pytest.fixture
def group(ana):
    groups.create_dataset_group(ana, name="movies")
    return DatasetGroup.objects.get()


@pytest.fixture
def waiting(group):
    return Job.objects.get()


def body(monkeypatch, function):
    monkeypatch.setattr(dataset_groups, "create", function)


def expire(row):
    Job.objects.filter(pk=row.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_a_created_group_becomes_active(group, waiting, run_jobs):
    assert group.status == statuses.CREATE_PENDING
    assert run_jobs() == 1
    group.refresh_from_db()
    waiting.refresh_from_db()
    assert group.status == statuses.ACTIVE
    assert (waiting.state, waiting.attempt, waiting.fraction) == (Job.State.DONE, 1, 1.0)
    assert waiting.lease_owner is None
    assert waiting.finished_at is not None


def test_the_resource_is_in_progress_while_the_body_runs(group, waiting, run_jobs, monkeypatch):
    seen = []
    body(monkeypatch, lambda context, resource: seen.append(DatasetGroup.objects.get().status))
    run_jobs()
    assert seen == [statuses.CREATE_IN_PROGRESS]


def test_what_is_the_owners_to_mend_becomes_the_reason_word_for_word(group, waiting, run_jobs, monkeypatch):
    def fails(context, resource):
        raise DataError("Column AGE is missing.")

    body(monkeypatch, fails)
    run_jobs()
    group.refresh_from_db()
    waiting.refresh_from_db()
    assert (group.status, group.failure_reason) == (statuses.CREATE_FAILED, "Column AGE is missing.")
    assert (waiting.state, waiting.failure_reason) == (Job.State.FAILED, "Column AGE is missing.")


def test_an_error_of_ours_is_told_in_general_words(group, waiting, run_jobs, monkeypatch, caplog):
    def fails(context, resource):
        raise RuntimeError("secret path /etc/x")

    body(monkeypatch, fails)
    run_jobs()
    group.refresh_from_db()
    assert group.status == statuses.CREATE_FAILED
    assert "secret" not in group.failure_reason
    assert f"job {waiting.pk}" in group.failure_reason
    assert "secret path" in caplog.text


@pytest.mark.parametrize(
    ("error", "word"), [(MemoryError(), "memory"), (OSError(28, "No space left on device"), "disk is full")]
)
def test_a_full_disk_and_too_little_memory_are_named(group, waiting, run_jobs, monkeypatch, error, word):
    def fails(context, resource):
        raise error

    body(monkeypatch, fails)
    run_jobs()
    group.refresh_from_db()
    assert word in group.failure_reason


def test_nothing_of_a_failed_publication_stays(group, waiting, run_jobs, monkeypatch):
    def publishes(context, resource):
        def publication():
            resource.change(domain="ECOMMERCE")
            raise DataError("no")

        return publication

    body(monkeypatch, publishes)
    run_jobs()
    group.refresh_from_db()
    assert (group.domain, group.status) == (None, statuses.CREATE_FAILED)


def test_a_second_wake_up_does_nothing(group, waiting, monkeypatch):
    calls = []

    def wakes_again(context, resource):
        calls.append(1)
        job.run(waiting.pk, threaded=False)

    body(monkeypatch, wakes_again)
    job.run(waiting.pk, threaded=False)
    job.run(waiting.pk, threaded=False)
    assert calls == [1]


def test_who_lost_the_lease_publishes_nothing(group, waiting, monkeypatch):
    def loses(context, resource):
        expire(waiting)
        assert lease.take(waiting.pk) is not None
        return lambda: {"domain": "ECOMMERCE"}

    body(monkeypatch, loses)
    job.run(waiting.pk, threaded=False)
    group.refresh_from_db()
    waiting.refresh_from_db()
    assert (group.domain, group.status) == (None, statuses.CREATE_IN_PROGRESS)
    assert (waiting.state, waiting.attempt) == (Job.State.IN_PROGRESS, 2)


def test_a_body_that_lost_the_lease_ends_at_its_next_word(group, waiting, monkeypatch):
    reached = []

    def loses(context, resource):
        expire(waiting)
        lease.take(waiting.pk)
        context._written -= 10
        context.check()
        reached.append("after")

    body(monkeypatch, loses)
    job.run(waiting.pk, threaded=False)
    assert reached == []


def test_a_dead_workers_job_is_put_back_and_done(group, waiting, run_jobs):
    lease.take(waiting.pk)
    sweep()
    assert run_jobs() == 0, "its lease still runs"
    expire(waiting)
    sweep()
    run_jobs()
    waiting.refresh_from_db()
    group.refresh_from_db()
    assert (waiting.state, waiting.attempt, group.status) == (Job.State.DONE, 2, statuses.ACTIVE)
    assert [line.level for line in waiting.log_lines.all()] == ["warning", "warning"]


def test_after_the_last_attempt_the_job_fails_with_a_reason(group, waiting, settings):
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        assert lease.take(waiting.pk) is not None
        expire(waiting)
        sweep()
    waiting.refresh_from_db()
    group.refresh_from_db()
    assert (waiting.state, group.status) == (Job.State.FAILED, statuses.CREATE_FAILED)
    assert "3 times" in group.failure_reason
    assert lease.take(waiting.pk) is None


def test_a_job_given_back_costs_no_attempt(group, waiting, run_jobs):
    lease.take(waiting.pk)
    assert lease.give_all_back() == 1
    assert run_jobs() == 0, "a worker that ends takes nothing"
    lease.name_worker()
    run_jobs()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempt) == (Job.State.DONE, 1)


def test_another_workers_jobs_are_not_given_back(group, waiting):
    lease.take(waiting.pk)
    lease.name_worker()
    assert lease.give_all_back() == 0


def test_a_lost_wake_up_is_made_good(group, waiting, monkeypatch):
    woken = []
    monkeypatch.setattr(job, "wake", lambda row: woken.append(row.pk))
    sweep()
    assert woken == [], "its own wake-up may still be on its way"
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=30))
    sweep()
    sweep()
    assert woken == [waiting.pk], "and not again at once"


def test_a_job_that_is_not_due_stays(ana, group, run_jobs):
    run_jobs()
    later = job.enqueue("create-dataset-group", group, caller=ana, delay=3600)
    assert run_jobs() == 0
    assert lease.take(later.pk) is None


def test_a_job_of_a_vanished_resource_ends(group, waiting, run_jobs):
    group.delete()
    run_jobs()
    waiting.refresh_from_db()
    assert waiting.state == Job.State.STOPPED


def test_a_stop_before_the_beginning_is_final(group, waiting, run_jobs):
    assert job.request_stop(group)
    group.refresh_from_db()
    assert group.status == statuses.CREATE_STOPPED
    assert run_jobs() == 0


def test_a_stop_ends_running_work(group, waiting, run_jobs, monkeypatch):
    reached = []

    def stops(context, resource):
        assert job.request_stop(DatasetGroup.objects.get())
        assert DatasetGroup.objects.get().status == statuses.CREATE_STOPPING
        context._written -= 10
        context.check()
        reached.append("after")

    body(monkeypatch, stops)
    run_jobs()
    group.refresh_from_db()
    waiting.refresh_from_db()
    assert (group.status, waiting.state, reached) == (statuses.CREATE_STOPPED, Job.State.STOPPED, [])


def test_a_stop_between_taking_and_beginning_is_honoured(group, waiting, monkeypatch):
    take = lease.take

    def taken_then_stopped(job_id):
        row = take(job_id)
        job.request_stop(DatasetGroup.objects.get())
        return row

    monkeypatch.setattr(lease, "take", taken_then_stopped)
    job.run(waiting.pk, threaded=False)
    group.refresh_from_db()
    assert group.status == statuses.CREATE_STOPPED


def test_progress_is_written_at_most_once_a_second(
    group, waiting, run_jobs, monkeypatch, django_assert_max_num_queries
):
    def works(context, resource):
        context.phase("Reading", 1, 2)
        with django_assert_max_num_queries(0):
            for step in range(500):
                context.progress(step / 500, rows=step, rows_total=500)
                context.point("loss", step, 1 / (step + 1))
        context.log("half of it")

    body(monkeypatch, works)
    run_jobs()
    waiting.refresh_from_db()
    assert (waiting.phase, waiting.phase_index, waiting.phase_count, waiting.rows) == ("Reading", 1, 2, 499)
    assert [line.text for line in waiting.log_lines.all()] == ["half of it"]
    assert 100 < len(waiting.curves["loss"]) <= 400
    assert waiting.curves["loss"][-1] == [499.0, 1 / 500]


def test_a_deleted_group_is_gone_and_its_name_free(ana, group, run_jobs):
    run_jobs()
    groups.delete_dataset_group(ana, dataset_group_arn=group.arn)
    run_jobs()
    assert not DatasetGroup.objects.exists()
    groups.create_dataset_group(ana, name="movies")


def test_every_kind_of_job_has_a_body():
    from personalize_web.workers.kinds import KINDS

    for kind in KINDS.values():
        assert callable(kind.load())


def test_a_broker_that_is_away_does_not_fail_the_request(group, waiting, monkeypatch, caplog):
    from personalize_web.celery import app

    def away(*_, **__):
        raise ConnectionError("no broker")

    monkeypatch.setattr(app, "send_task", away)
    job.wake(waiting)
    assert "waits for the timetable" in caplog.text
