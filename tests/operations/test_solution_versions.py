"""Solution versions: trained, stopped, shown, measured."""

from dataclasses import replace

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources.models import Job
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def solution(ana):
    return factories.active_solution(ana)


def create(caller, solution, **more):
    return operations.create_solution_version(caller, solution_arn=solution.arn, **more)["solutionVersionArn"]


def describe(caller, arn):
    return operations.describe_solution_version(caller, solution_version_arn=arn)["solutionVersion"]


def test_a_version_has_eight_hexadecimal_digits_after_its_solution(cleo, solution):
    start, _, version_id = create(cleo, solution).rpartition("/")
    assert start == solution.arn
    assert len(version_id) == 8
    assert int(version_id, 16) >= 0


def test_it_freezes_the_configuration_of_its_solution(cleo, solution):
    shown = describe(cleo, create(cleo, solution, name="first"))
    assert shown["solutionConfig"] == solution.config
    assert (shown["name"], shown["status"], shown["solutionArn"]) == ("first", "CREATE PENDING", solution.arn)
    assert (shown["trainingMode"], shown["trainingType"]) == ("FULL", "MANUAL")
    assert {"trainingHours", "tunedHPOParams", "failureReason"}.isdisjoint(shown)


def test_the_timetable_makes_automatic_ones(ana, solution):
    arn = create(replace(ana, source="scheduler"), solution)
    assert describe(ana, arn)["trainingType"] == "AUTOMATIC"


def test_it_waits_in_the_queue_of_trainings(ana, solution):
    arn = create(ana, solution)
    row = Job.objects.get(resource_arn=arn)
    assert (row.kind, row.queue, row.dataset_group_arn) == (
        "create-solution-version",
        "training",
        solution.dataset_group.arn,
    )


def test_names_are_unique_within_a_solution(ana, solution):
    create(ana, solution, name="first")
    with pytest.raises(ResourceAlreadyExistsException):
        create(ana, solution, name="first")
    create(ana, factories.solution(ana, solution.dataset_group, "other"), name="first")
    create(ana, solution)
    create(ana, solution)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE FAILED", "DELETE PENDING"])
def test_the_solution_is_active(ana, solution, status):
    solution.move(status)
    with pytest.raises(ResourceInUseException, match=f"is in {status} state"):
        create(ana, solution)


def test_there_is_an_interactions_dataset(ana, solution):
    solution.dataset_group.datasets.all().delete()
    with pytest.raises(ResourceInUseException, match="no dataset of type INTERACTIONS"):
        create(ana, solution)


def test_training_again_from_an_earlier_model_is_not_for_this_recipe(ana, solution):
    with pytest.raises(InvalidInputException, match="does not support trainingMode UPDATE"):
        create(ana, solution, training_mode="UPDATE")


@pytest.mark.parametrize("recipe", ["aws-user-personalization", "aws-hrnn-coldstart"])
def test_an_update_needs_an_active_version_that_learned_from_everything(ana, solution, recipe):
    solution.change(recipe_name=recipe)
    factories.solution_version(ana, solution, status="CREATE FAILED")
    factories.solution_version(ana, solution, training_mode="UPDATE")
    with pytest.raises(InvalidInputException, match="needs an ACTIVE version of this solution that was trained with F"):
        create(ana, solution, training_mode="UPDATE")
    factories.solution_version(ana, solution, training_mode="AUTOTRAIN")
    assert describe(ana, create(ana, solution, training_mode="UPDATE"))["trainingMode"] == "UPDATE"


def test_autotrain_is_echoed(ana, solution):
    assert describe(ana, create(ana, solution, training_mode="AUTOTRAIN"))["trainingMode"] == "AUTOTRAIN"


def test_the_twenty_first_running_training_exceeds_the_quota(ana, eve, solution):
    for status in ["CREATE PENDING", "CREATE IN_PROGRESS"] * 10:
        factories.solution_version(ana, solution, status=status)
    with pytest.raises(LimitExceededException, match="More than 20 resources with PENDING or IN_PROGRESS status"):
        create(ana, solution)
    create(eve, factories.active_solution(eve))


def test_one_that_waits_is_stopped_at_once(ana, solution, run_jobs):
    arn = create(ana, solution)
    assert operations.stop_solution_version_creation(ana, solution_version_arn=arn) is None
    assert describe(ana, arn)["status"] == "CREATE STOPPED"
    run_jobs()
    assert describe(ana, arn)["status"] == "CREATE STOPPED"
    with pytest.raises(ResourceInUseException, match="CREATE STOPPED state and cannot be stopped"):
        operations.stop_solution_version_creation(ana, solution_version_arn=arn)


def test_one_that_trains_is_stopping(ana, solution):
    version = factories.solution_version(ana, solution, status="CREATE IN_PROGRESS")
    row = factories.job(version, "create-solution-version", state="IN_PROGRESS", attempt=1)
    operations.stop_solution_version_creation(ana, solution_version_arn=version.arn)
    assert describe(ana, version.arn)["status"] == "CREATE STOPPING"
    row.refresh_from_db()
    assert row.stop_requested


@pytest.mark.parametrize("status", ["ACTIVE", "CREATE FAILED", "CREATE STOPPING", "CREATE STOPPED", "DELETE PENDING"])
def test_nothing_else_can_be_stopped(ana, solution, status):
    version = factories.solution_version(ana, solution, status=status)
    with pytest.raises(ResourceInUseException, match=f"is in {status} state and cannot be stopped"):
        operations.stop_solution_version_creation(ana, solution_version_arn=version.arn)


def test_hours_are_shown_after_a_training_that_succeeded(ana, solution):
    done = factories.solution_version(ana, solution, training_hours=0.4)
    failed = factories.solution_version(ana, solution, status="CREATE FAILED", training_hours=0.4, failure_reason="No.")
    assert describe(ana, done.arn)["trainingHours"] == 0.4
    assert "trainingHours" not in describe(ana, failed.arn)
    assert describe(ana, failed.arn)["failureReason"] == "No."


def test_metrics_are_those_of_an_active_version(ben, ana, solution):
    done = factories.solution_version(ana, solution, metrics={"coverage": 0.5})
    answer = operations.get_solution_metrics(ben, solution_version_arn=done.arn)
    assert answer == {"solutionVersionArn": done.arn, "metrics": {"coverage": 0.5}}
    training = factories.solution_version(ana, solution, status="CREATE IN_PROGRESS")
    with pytest.raises(ResourceInUseException):
        operations.get_solution_metrics(ben, solution_version_arn=training.arn)


def test_lists_hold_those_of_a_solution_newest_first_or_all(ana, solution):
    first, second = create(ana, solution), create(ana, solution)
    other = create(ana, factories.solution(ana, solution.dataset_group, "other"))

    def arns(**narrowed):
        return [
            each["solutionVersionArn"]
            for each in operations.list_solution_versions(ana, **narrowed)["solutionVersions"]
        ]

    assert arns() == [other, second, first]
    assert arns(solution_arn=solution.arn) == [second, first]
    with pytest.raises(ResourceNotFoundException):
        arns(solution_arn=f"{solution.arn}-absent")
