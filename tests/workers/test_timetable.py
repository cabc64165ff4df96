"""When the clock begins trainings and storing, and what cleaning up removes."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.engine.errors import DataError
from personalize_web.operations import timetable
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, Event, Job, Recommender, ServedList, Solution, SolutionVersion
from personalize_web.workers import housekeeping, training
from tests import factories
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


def test_versions_made_by_people_do_not_move_the_cadence(ana, run_jobs, solution):
    pretend_that_time_passed(seconds=61)
    tasks.train()
    run_jobs()
    pretend_that_time_passed(days=1)
    operations.create_solution_version(ana, solution_arn=solution.arn)
    run_jobs()
    record()
    pretend_that_time_passed(days=1, hours=1)
    tasks.train()
    assert trainings() == ["AUTOMATIC", "MANUAL", "AUTOMATIC"]


def test_a_training_that_failed_waits_for_the_next_period(run_jobs, solution):
    pretend_that_time_passed(seconds=61)
    tasks.train()
    SolutionVersion.objects.update(status="CREATE FAILED")
    Job.objects.update(state="FAILED")
    record()
    pretend_that_time_passed(days=1)
    tasks.train()
    assert len(trainings()) == 1
    pretend_that_time_passed(days=1, hours=1)
    tasks.train()
    assert len(trainings()) == 2


def test_a_training_that_still_runs_is_not_joined_by_another(run_jobs, solution):
    pretend_that_time_passed(seconds=61)
    tasks.train()
    SolutionVersion.objects.update(status="CREATE IN_PROGRESS")
    record()
    pretend_that_time_passed(days=5)
    tasks.train()
    assert len(trainings()) == 1


def test_data_that_an_update_version_took_in_still_ask_for_a_training(run_jobs, solution):
    pretend_that_time_passed(seconds=61)
    tasks.train()
    run_jobs()
    record()
    pretend_that_time_passed(hours=1)
    first = SolutionVersion.objects.get()
    first.pk = None
    first.arn, first.training_mode, first.training_type = f"{first.arn}0", "UPDATE", "MANUAL"
    first.created_at = first.training_started_at = timezone.now()
    first.save()
    pretend_that_time_passed(days=2)
    tasks.train()
    assert trainings() == ["AUTOMATIC", "MANUAL", "AUTOMATIC"]


def test_a_deleted_solution_trains_no_more(ana, solution):
    operations.delete_solution(ana, solution_arn=solution.arn)
    pretend_that_time_passed(days=30)
    tasks.train()
    assert not Job.objects.filter(kind="create-solution-version").exists()


@pytest.mark.parametrize(("recipe", "due"), [("aws-next-best-action", True), ("aws-sims", False)])
def test_what_users_do_with_actions_is_new_data_where_actions_are_trained_on(ana, recipe, due):
    group = factories.group(ana)
    factories.dataset(ana, group)
    made = factories.solution(ana, group, recipe=recipe)
    actions = factories.dataset(ana, group, "ACTION_INTERACTIONS")
    Event.objects.create(
        dataset=actions, digest="1", event_id="e", user_id="u", session_id="s", item_id="a", event_type="TAKEN",
        timestamp=1.0,
    )  # fmt: skip
    assert timetable._has_data(made, None, timezone.now()) is due


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


@pytest.fixture
def recommender(ana, run_jobs):
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
    made = Recommender.objects.get()
    assert made.status == "ACTIVE", made.failure_reason
    return made


def retrainings() -> int:
    tasks.train()
    return Job.objects.filter(kind="retrain-recommender").count()


def test_a_recommender_is_trained_again_every_week_whether_data_came_or_not(run_jobs, recommender):
    assert retrainings() == 0
    pretend_that_time_passed(days=7, hours=1)
    assert retrainings() == 1
    assert retrainings() == 1
    run_jobs()
    after = Recommender.objects.get()
    assert (after.status, after.storage_key != recommender.storage_key) == ("ACTIVE", True)


def test_a_retraining_that_fails_leaves_the_old_model_and_waits_a_week(run_jobs, recommender, monkeypatch):
    def too_few(*_, **__):
        raise DataError("Too few data.")

    monkeypatch.setattr(training, "train", too_few)
    pretend_that_time_passed(days=7, hours=1)
    assert retrainings() == 1
    run_jobs()
    after = Recommender.objects.get()
    assert (after.status, after.storage_key) == ("ACTIVE", recommender.storage_key)
    pretend_that_time_passed(days=6)
    assert retrainings() == 1
    pretend_that_time_passed(days=1, hours=1)
    assert retrainings() == 2


def test_a_stopped_recommender_is_not_retrained_until_an_hour_after_its_start(ana, run_jobs, recommender):
    operations.stop_recommender(ana, recommender_arn=recommender.arn)
    run_jobs()
    pretend_that_time_passed(days=10)
    assert retrainings() == 0
    operations.start_recommender(ana, recommender_arn=recommender.arn)
    run_jobs()
    assert retrainings() == 0
    pretend_that_time_passed(hours=1, minutes=1)
    assert retrainings() == 1


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
