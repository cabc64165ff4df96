"""When the clock begins trainings and storing, and what cleaning up removes."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.operations import timetable
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, Event, Job, Recommender, ServedList, Solution, SolutionVersion
from personalize_web.workers import housekeeping
from tests.workers import world

pytestmark = pytest.mark.django_db
POPULARITY = "arn:aws:personalize:::recipe/aws-popularity-count"


@pytest.fixture
def solution(ana, run_jobs):
    group_arn, _ = world.filled(ana, run_jobs)
    operations.create_solution(
        ana,
        name="popular",
        dataset_group_arn=group_arn,
        recipe_arn=POPULARITY,
        solution_config={"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}},
    )
    run_jobs()
    return Solution.objects.get()


def pretend_that_time_passed(**how_much) -> None:
    """Everything that has happened happened so much earlier."""
    delta = timedelta(**how_much)
    for model, fields in {
        Solution: ["active_at"],
        SolutionVersion: ["created_at", "training_started_at"],
        Recommender: ["training_started_at", "updated_at"],
        Job: ["created_at", "started_at", "finished_at"],
        Event: ["received_at"],
    }.items():
        for row in model.objects.all():
            for field in fields:
                if value := getattr(row, field):
                    setattr(row, field, value - delta)
            row.save()
    for row in Dataset.objects.get().import_jobs.all():
        row.updated_at -= delta
        row.save()


def trainings() -> list[str]:
    return list(SolutionVersion.objects.order_by("pk").values_list("training_type", flat=True))


def record(number: int = 0, user: str | None = "u1") -> None:
    Event.objects.create(
        dataset=Dataset.objects.get(),
        digest=f"{number}",
        event_id=f"{number}",
        user_id=user,
        session_id="s",
        item_id="i1",
        event_type="watch",
        timestamp=1_800_000_000 + number,
    )


def test_the_first_training_begins_a_while_after_the_solution_is_active(solution):
    tasks.train()
    assert trainings() == []
    pretend_that_time_passed(seconds=61)
    tasks.train()
    tasks.train()
    assert trainings() == ["AUTOMATIC"], "and not a second one while it is pending"


def test_a_manual_version_in_the_meantime_takes_the_place_of_the_first(ana, run_jobs, solution):
    operations.create_solution_version(ana, solution_arn=solution.arn)
    run_jobs()
    pretend_that_time_passed(hours=3)
    tasks.train()
    assert trainings() == ["MANUAL"]


def test_without_data_there_is_no_first_training(solution):
    Dataset.objects.get().import_jobs.all().delete()
    pretend_that_time_passed(hours=3)
    tasks.train()
    assert trainings() == []


def test_the_next_training_begins_a_period_after_the_start_when_there_are_new_interactions(run_jobs, solution):
    pretend_that_time_passed(seconds=61)
    tasks.train()
    run_jobs()
    record()
    pretend_that_time_passed(days=1, hours=23)
    tasks.train()
    assert len(trainings()) == 1
    pretend_that_time_passed(hours=2)
    tasks.train()
    assert trainings() == ["AUTOMATIC", "AUTOMATIC"]


def test_an_occurrence_without_new_interactions_is_skipped_and_the_cadence_kept(run_jobs, solution):
    pretend_that_time_passed(seconds=61)
    tasks.train()
    run_jobs()
    pretend_that_time_passed(days=2, hours=1)
    tasks.train()
    assert len(trainings()) == 1
    record()
    tasks.train()
    assert len(trainings()) == 1, "the data came after the occurrence"
    pretend_that_time_passed(days=2)
    tasks.train()
    assert len(trainings()) == 2


def test_switched_off_means_off(solution):
    solution.change(perform_auto_training=False)
    pretend_that_time_passed(days=30)
    tasks.train()
    assert trainings() == []


def test_recorded_events_are_stored_when_there_are_any(run_jobs, solution):
    tasks.store_events()
    assert not Job.objects.filter(kind="store-events").exists()
    record()
    tasks.store_events()
    tasks.store_events()
    assert Job.objects.filter(kind="store-events").count() == 1
    run_jobs()
    assert Event.objects.get().stored
    record(2)
    tasks.store_events()
    assert Job.objects.filter(kind="store-events").count() == 1, "not twice in a minute"
    pretend_that_time_passed(minutes=2)
    tasks.store_events()
    assert Job.objects.filter(kind="store-events").count() == 2


def test_anonymous_events_wait_for_a_training(solution):
    record(user=None)
    tasks.store_events()
    assert not Job.objects.filter(kind="store-events").exists()


def test_a_recommender_is_trained_again_every_week(ana, run_jobs):
    group_arn = world.group(ana, run_jobs, "videos", domain="VIDEO_ON_DEMAND")
    dataset_arn = world.dataset(ana, run_jobs, group_arn, domain="VIDEO_ON_DEMAND")
    world.import_file(ana, run_jobs, dataset_arn, world.put_interactions())
    operations.create_recommender(
        ana,
        name="popular",
        dataset_group_arn=group_arn,
        recipe_arn="arn:aws:personalize:::recipe/aws-vod-most-popular",
    )
    run_jobs()
    before = Recommender.objects.get()
    assert before.status == "ACTIVE", before.failure_reason
    tasks.train()
    assert not Job.objects.filter(kind="retrain-recommender").exists()
    pretend_that_time_passed(days=7, hours=1)
    tasks.train()
    tasks.train()
    run_jobs()
    after = Recommender.objects.get()
    assert Job.objects.filter(kind="retrain-recommender").count() == 1
    assert (after.status, after.storage_key != before.storage_key) == ("ACTIVE", True)


def test_people_are_not_the_clock(ana):
    with pytest.raises(operations.ServiceError):
        timetable.list_due_trainings(ana)


def test_cleaning_up_removes_what_is_old_and_what_nobody_owns(settings, run_jobs, solution):
    settings.SERVED_LIST_DAYS = 14
    for days in (1, 15):
        ServedList.objects.create(
            recommendation_id=f"r{days}",
            source_arn="arn",
            item_ids=[],
            served_at=timezone.now() - timedelta(days=days),
        )
    fresh, old = (settings.MODELS_DIR / name for name in ("fresh", "old"))
    for folder in (fresh, old):
        folder.mkdir()
    long_ago = time.time() - 7 * 3600
    columns = locations.columns_folder(Dataset.objects.get().storage_key)
    for folder in (old, columns):
        os.utime(folder, (long_ago, long_ago))
    housekeeping.clean_up()
    assert [row.pk for row in ServedList.objects.all()] == ["r1"]
    assert (fresh.exists(), old.exists(), columns.exists()) == (True, False, True)
