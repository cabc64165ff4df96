"""A training whose hyperparameters are looked for first."""

import pytest

from personalize_web import operations
from tests.workers import world

pytestmark = pytest.mark.django_db


def test_a_version_says_what_the_search_found(ana, run_jobs):
    group_arn, _ = world.filled(ana, run_jobs)
    ranges = {
        "continuousHyperParameterRanges": [{"name": "popularity_discount_factor", "minValue": 0.1, "maxValue": 0.3}],
        "integerHyperParameterRanges": [],
        "categoricalHyperParameterRanges": [],
    }
    resources = {"maxNumberOfTrainingJobs": "3", "maxParallelTrainingJobs": "1"}
    solution_arn = operations.create_solution(
        ana,
        name="tuned",
        dataset_group_arn=group_arn,
        recipe_arn="arn:aws:personalize:::recipe/aws-sims",
        perform_hpo=True,
        solution_config={"hpoConfig": {"algorithmHyperParameterRanges": ranges, "hpoResourceConfig": resources}},
    )["solutionArn"]
    run_jobs()
    arn = operations.create_solution_version(ana, solution_arn=solution_arn)["solutionVersionArn"]
    run_jobs()
    version = operations.describe_solution_version(ana, solution_version_arn=arn)["solutionVersion"]
    assert version["status"] == "ACTIVE", version.get("failureReason")
    assert version["performHPO"] is True
    tuned = version["tunedHPOParams"]["algorithmHyperParameters"]
    assert set(tuned) == {"popularity_discount_factor"}
    assert 0.1 <= float(tuned["popularity_discount_factor"]) <= 0.3
