"""Automatic training and the choice of events can change; nothing else of a solution can."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import InvalidInputException, ResourceInUseException
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def solution(cleo):
    made = factories.active_solution(cleo)
    events = factories.schema(cleo, "events", dataset_type="INTERACTIONS", domain="VIDEO_ON_DEMAND")
    made.dataset_group.datasets.update(schema=events)
    return made


def shown(caller, solution):
    return operations.describe_solution(caller, solution_arn=solution.arn)["solution"]


def test_training_is_switched_off_and_on_again_with_another_schedule(cleo, solution):
    operations.update_solution(cleo, solution_arn=solution.arn, perform_auto_training=False)
    assert shown(cleo, solution)["performAutoTraining"] is False
    answer = operations.update_solution(
        cleo,
        solution_arn=solution.arn,
        perform_auto_training=True,
        solution_update_config={"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}},
    )
    assert answer == {"solutionArn": solution.arn}
    now = shown(cleo, solution)
    assert now["performAutoTraining"] is True
    assert now["solutionConfig"]["autoTrainingConfig"] == {"schedulingExpression": "rate(2 days)"}
    assert now["latestSolutionUpdate"]["status"] == "ACTIVE"
    assert now["latestSolutionUpdate"]["performAutoTraining"] is True
    assert now["lastUpdatedDateTime"] > now["creationDateTime"]


def test_later_versions_train_on_other_events_and_earlier_ones_keep_theirs(cleo, solution):
    before = operations.create_solution_version(cleo, solution_arn=solution.arn)["solutionVersionArn"]
    listed = {"eventParametersList": [{"eventType": "Watch", "weight": 0.5}]}
    operations.update_solution(cleo, solution_arn=solution.arn, solution_update_config={"eventsConfig": listed})
    after = operations.create_solution_version(cleo, solution_arn=solution.arn)["solutionVersionArn"]

    def config(arn):
        return operations.describe_solution_version(cleo, solution_version_arn=arn)["solutionVersion"]["solutionConfig"]

    assert "eventsConfig" not in config(before)
    assert config(after)["eventsConfig"] == listed


def test_events_that_contradict_the_solution_are_refused(cleo, solution):
    solution.change(event_type="Watch")
    listed = {"eventParametersList": [{"eventType": "Click"}]}
    with pytest.raises(InvalidInputException, match="cannot be combined with eventType"):
        operations.update_solution(cleo, solution_arn=solution.arn, solution_update_config={"eventsConfig": listed})


def test_a_schedule_out_of_range_is_refused(cleo, solution):
    given = {"autoTrainingConfig": {"schedulingExpression": "rate(31 days)"}}
    with pytest.raises(InvalidInputException, match=r"rate\(30 days\)"):
        operations.update_solution(cleo, solution_arn=solution.arn, solution_update_config=given)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE FAILED", "DELETE PENDING"])
def test_the_solution_is_active(cleo, solution, status):
    solution.move(status)
    with pytest.raises(ResourceInUseException, match="cannot be updated"):
        operations.update_solution(cleo, solution_arn=solution.arn, perform_auto_training=False)


def test_one_update_ends_before_the_next_begins(cleo, solution):
    solution.change(latest_update={"status": "CREATE IN_PROGRESS"})
    with pytest.raises(ResourceInUseException, match="already being updated"):
        operations.update_solution(cleo, solution_arn=solution.arn, perform_auto_training=False)
