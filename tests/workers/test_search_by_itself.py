"""The search for internal settings that v2 recipes do by themselves, every 90 days of automatic training."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.resources import locations
from personalize_web.resources.models import Solution
from personalize_web.workers import training
from tests.workers import world
from tests.workers.test_timetable import pretend_that_time_passed, record

pytestmark = pytest.mark.django_db
WINNERS = {"width": 96, "dropout": 0.1}


@pytest.fixture
def trainings(monkeypatch):
    """Every training that is asked for: whether it searched, and what it began with."""
    asked = []

    def train(context, group, recipe, config, selection, *, search, previous, found):
        asked.append((search, found))
        key = uuid.uuid4()
        locations.model_folder(key).mkdir(parents=True)
        values = {"metrics": {}, "details": {"evaluation": {}}, "training_started_at": timezone.now()}
        return training.Trained(key, values, 1.0, WINNERS if search else dict(found or {}))

    monkeypatch.setattr(training, "train", train)
    return asked


def solution(caller, run_jobs, recipe="aws-user-personalization-v2", **about):
    group_arn, _ = world.filled(caller, run_jobs)
    arn = operations.create_solution(
        caller, name="picks", dataset_group_arn=group_arn, recipe_arn=f"arn:aws:personalize:::recipe/{recipe}", **about
    )["solutionArn"]
    run_jobs()
    return arn


def automatic(run_jobs, number=0, **passed):
    """An automatic training after so much time, with new data."""
    record(number)
    pretend_that_time_passed(**passed)
    tasks.train()
    run_jobs()


def searched_earlier(**by):
    row = Solution.objects.get()
    row.change(found_settings=row.found_settings | {
        "searched": row.found_settings["searched"] - timedelta(**by).total_seconds()})  # fmt: skip


@pytest.mark.parametrize("recipe", ["aws-user-personalization-v2", "aws-personalized-ranking-v2"])
def test_the_second_automatic_training_searches_and_later_ones_use_what_it_found(ana, run_jobs, trainings, recipe):
    arn = solution(ana, run_jobs, recipe)
    automatic(run_jobs, seconds=61)
    automatic(run_jobs, 1, days=7, hours=1)
    assert trainings == [(False, None), (True, None)]
    automatic(run_jobs, 2, days=7, hours=1)
    operations.create_solution_version(ana, solution_arn=arn)
    run_jobs()
    assert trainings[2:] == [(False, WINNERS)] * 2


def test_it_searches_again_after_ninety_days(ana, run_jobs, trainings):
    solution(ana, run_jobs)
    automatic(run_jobs, seconds=61)
    automatic(run_jobs, 1, days=7, hours=1)
    searched_earlier(days=89)
    automatic(run_jobs, 2, days=7, hours=1)
    searched_earlier(days=1)
    automatic(run_jobs, 3, days=7, hours=1)
    assert [search for search, _ in trainings] == [False, True, False, True]


def test_without_automatic_training_it_never_searches(ana, run_jobs, trainings):
    arn = solution(ana, run_jobs, perform_auto_training=False)
    operations.create_solution_version(ana, solution_arn=arn)
    run_jobs()
    assert trainings == [(False, None)]


def test_other_recipes_search_when_they_are_told_to(ana, run_jobs, trainings):
    solution(ana, run_jobs, "aws-sims")
    automatic(run_jobs, seconds=61)
    assert trainings == [(False, None)]


def test_what_was_found_is_told_to_nobody_as_hyperparameters(ana, run_jobs, trainings):
    arn = solution(ana, run_jobs)
    automatic(run_jobs, seconds=61)
    latest = operations.describe_solution(ana, solution_arn=arn)["solution"]["latestSolutionVersion"]
    shown = operations.describe_solution_version(ana, solution_version_arn=latest["solutionVersionArn"])
    assert "tunedHPOParams" not in shown["solutionVersion"]
    assert shown["solutionVersion"]["performHPO"] is False
