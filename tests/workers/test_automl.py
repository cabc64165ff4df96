"""A solution that chooses its recipe itself."""

import uuid

import pytest

from apps.timetable import tasks
from personalize_web import operations
from personalize_web.engine.errors import DataError
from personalize_web.resources import locations
from personalize_web.resources.models import Solution, SolutionVersion
from personalize_web.workers import training
from tests.workers import world
from tests.workers.test_timetable import pretend_that_time_passed

pytestmark = pytest.mark.django_db
MEASURED = {"aws-hrnn": 0.2, "aws-hrnn-metadata": 0.3, "aws-hrnn-coldstart": 0.1}


@pytest.fixture
def trainings(monkeypatch):
    """Every training that is asked for: it takes an hour, and measures by its recipe."""
    asked = []

    def train(context, group, recipe, config, selection, *, search, previous):
        asked.append((recipe.name, search))
        if MEASURED.get(recipe.name) is None:
            raise DataError(f"Too few data for {recipe.name}.")
        key = uuid.uuid4()
        locations.model_folder(key).mkdir(parents=True)
        values = {"metrics": {"normalized_discounted_cumulative_gain_at_25": MEASURED[recipe.name],
                              "coverage": 1 - MEASURED[recipe.name]}, "details": {"evaluation": {}}}  # fmt: skip
        return training.Trained(key, values, 1.0)

    monkeypatch.setattr(training, "train", train)
    return asked


def solution(caller, run_jobs, *names, **config):
    group_arn, _ = world.filled(caller, run_jobs)
    listed = {"recipeList": [f"arn:aws:personalize:::recipe/{name}" for name in names]} if names else {}
    arn = operations.create_solution(
        caller, name="chosen", dataset_group_arn=group_arn, perform_auto_ml=True,
        solution_config={"autoMLConfig": {**listed, **config}},
    )["solutionArn"]  # fmt: skip
    run_jobs()
    return arn


def version(caller, run_jobs, solution_arn):
    arn = operations.create_solution_version(caller, solution_arn=solution_arn)["solutionVersionArn"]
    run_jobs()
    return operations.describe_solution_version(caller, solution_version_arn=arn)["solutionVersion"]


def chosen(caller, arn):
    return operations.describe_solution(caller, solution_arn=arn)["solution"]["autoMLResult"]["bestRecipeArn"]


def models():
    folder = locations.model_folder(uuid.uuid4()).parent
    return {each.name for each in folder.iterdir()}


def test_the_recipe_with_the_best_metric_is_kept_and_each_was_searched_for(ana, run_jobs, trainings):
    arn = solution(ana, run_jobs)
    made = version(ana, run_jobs, arn)
    assert made["status"] == "ACTIVE", made.get("failureReason")
    assert trainings == [("aws-hrnn", True), ("aws-hrnn-metadata", True)]
    assert made["recipeArn"] == chosen(ana, arn) == "arn:aws:personalize:::recipe/aws-hrnn-metadata"
    assert made["trainingHours"] == 2.0
    assert models() == {str(SolutionVersion.objects.get().storage_key)}


def test_the_configuration_names_the_recipes_and_the_metric(ana, run_jobs, trainings):
    arn = solution(ana, run_jobs, "aws-hrnn-coldstart", "aws-hrnn", metricName="coverage")
    version(ana, run_jobs, arn)
    assert [name for name, _ in trainings] == ["aws-hrnn-coldstart", "aws-hrnn"]
    assert chosen(ana, arn).endswith("aws-hrnn-coldstart")


def test_what_the_data_do_not_allow_is_left_out(ana, run_jobs, trainings, monkeypatch):
    monkeypatch.setitem(MEASURED, "aws-hrnn-metadata", None)
    arn = solution(ana, run_jobs)
    version(ana, run_jobs, arn)
    assert chosen(ana, arn).endswith("aws-hrnn")
    monkeypatch.setitem(MEASURED, "aws-hrnn", None)
    assert version(ana, run_jobs, arn)["failureReason"] == "Too few data for aws-hrnn-metadata."


def test_each_version_chooses_anew_and_says_what_it_was_trained_with(ana, run_jobs, trainings, monkeypatch):
    arn = solution(ana, run_jobs)
    first = version(ana, run_jobs, arn)
    monkeypatch.setitem(MEASURED, "aws-hrnn", 0.9)
    second = version(ana, run_jobs, arn)
    assert first["recipeArn"].endswith("aws-hrnn-metadata")
    assert second["recipeArn"].endswith("aws-hrnn")
    again = operations.describe_solution_version(ana, solution_version_arn=first["solutionVersionArn"])
    assert again["solutionVersion"]["recipeArn"] == first["recipeArn"]


def test_it_trains_by_itself_as_well(ana, run_jobs, trainings):
    solution(ana, run_jobs)
    pretend_that_time_passed(seconds=61)
    tasks.train()
    run_jobs()
    assert SolutionVersion.objects.get().training_type == "AUTOMATIC"
    assert Solution.objects.get().recipe_name == "aws-hrnn-metadata"
