"""How versions did by cohort, and against one another."""

import uuid

import pytest

from personalize_web import operations
from personalize_web.engine.algorithms.base import Options
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException
from tests import deployments, factories

pytestmark = pytest.mark.django_db
METRICS = {"coverage": 0.3, "normalized_discounted_cumulative_gain_at_10": 0.1}
NDCG = "normalized_discounted_cumulative_gain_at_10"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Models of the same data, the last one tested on other users."""
    made = [("aws-sims", 0), ("aws-popularity-count", 0), ("aws-sims", 5)]
    return [
        deployments.train(name, tmp_path_factory.mktemp("model"), options=Options(threads=1, seed=seed))
        for name, seed in made
    ]


@pytest.fixture
def solution(ana):
    return factories.active_solution(ana)


def version(ana, solution, **values):
    return factories.solution_version(ana, solution, **({"metrics": METRICS} | values))


def compare(caller, *versions):
    return operations.compare_solution_versions(caller, solution_version_arns=[each.arn for each in versions])


def test_versions_tested_on_the_same_users_differ_by_pairs(ben, ana, solution, models):
    better, popular = (version(ana, solution, storage_key=key) for key in models[:2])
    (found,) = compare(ben, popular, better)["differences"]
    assert (found["first"], found["second"], found["paired"]) == (popular.arn, better.arn, True)
    difference = found["metrics"][NDCG]
    assert difference["sure"]
    assert 0 < difference["low"] < difference["value"] < difference["high"]
    assert "coverage" not in found["metrics"]


def test_versions_tested_on_other_users_are_resampled_apart(ben, ana, solution, models):
    first, third = (version(ana, solution, storage_key=models[at]) for at in (0, 2))
    (found,) = compare(ben, first, third)["differences"]
    assert found["paired"] is False
    assert len(found["testUsers"]) == 2


def test_a_version_from_before_has_no_interval_and_the_reason(ben, ana, solution, models):
    old = version(ana, solution, storage_key=uuid.uuid4())
    (found,) = compare(ben, version(ana, solution, storage_key=models[0]), old)["differences"]
    assert found["metrics"] == {}
    assert "trained earlier" in found["reason"]


def test_each_version_tells_its_configuration_and_its_data(ben, ana, solution):
    kept = {"snapshot": {"INTERACTIONS": 3}, "facts": {"interactions": 1200}, "evaluation": {"testUsers": 16}}
    one, two = version(ana, solution, details=kept), version(ana, solution)
    first, second = compare(ben, one, two)["solutionVersions"]
    assert (first["dataVersions"], first["details"]) == ({"INTERACTIONS": 3}, {"interactions": 1200})
    assert first["evaluation"] == {"testUsers": 16}
    assert (second["evaluation"], second["solutionConfig"]) == ({}, solution.config)


def test_from_two_to_five_different_versions_are_compared(ben, ana, solution):
    made = [version(ana, solution) for _ in range(6)]
    for wrong in (made[:1], [made[0], made[0]], made):
        with pytest.raises(InvalidInputException, match="from 2 to 5"):
            compare(ben, *wrong)
    assert len(compare(ben, *made[:5])["differences"]) == 4


def test_a_version_without_metrics_is_named(ben, ana, solution):
    unmeasured = version(ana, solution, metrics=None)
    with pytest.raises(InvalidInputException, match=unmeasured.version_id):
        compare(ben, version(ana, solution), unmeasured)


def test_versions_of_other_groups_are_refused(ben, ana, solution):
    other = factories.solution(ana, factories.group(ana, "songs"), "elsewhere")
    with pytest.raises(InvalidInputException, match="one dataset group"):
        compare(ben, version(ana, solution), version(ana, other))


def test_versions_of_another_account_are_unknown(eve, ana, solution):
    with pytest.raises(ResourceNotFoundException):
        compare(eve, version(ana, solution), version(ana, solution))


def test_measured_versions_of_all_solutions_can_be_chosen(ben, ana, solution, django_assert_max_num_queries):
    second = factories.solution(ana, solution.dataset_group, "second")
    version(ana, solution, metrics=None)
    made = [version(ana, solution), version(ana, second)]
    arn = solution.dataset_group.arn
    with django_assert_max_num_queries(2):
        found = operations.list_comparable_solution_versions(ben, dataset_group_arn=arn)["solutionVersions"]
    assert [each["solutionVersionArn"] for each in found] == [each.arn for each in reversed(made)]
    assert found[0]["solutionName"] == "second"


def test_an_evaluation_is_more_than_the_published_metrics(ben, ana, solution):
    kept = {"evaluation": {"testUsers": 16}, "baselines": {"aws-popularity-count": {"coverage": 0.1}}}
    made = version(ana, solution, details=kept, metrics=METRICS | {"secret": 1.0})
    found = operations.get_solution_version_evaluation(ben, solution_version_arn=made.arn)
    assert found == {"solutionVersionArn": made.arn, "metrics": METRICS} | kept


def test_a_recommender_has_an_evaluation_too(ben, ana):
    group = factories.group(ana, "films", domain="VIDEO_ON_DEMAND")
    made = factories.recommender(ana, group, metrics=METRICS, details={"evaluation": {"testUsers": 16}})
    found = operations.get_recommender_evaluation(ben, recommender_arn=made.arn)
    assert found == {
        "recommenderArn": made.arn, "metrics": METRICS, "baselines": {}, "evaluation": {"testUsers": 16}
    }


def test_only_documented_metrics_are_answered_to_clients(ben, ana, solution):
    made = version(ana, solution, metrics=METRICS | {"map_at_10": 0.2})
    assert operations.get_solution_metrics(ben, solution_version_arn=made.arn)["metrics"] == METRICS
    group = factories.group(ana, "films", domain="VIDEO_ON_DEMAND")
    recommender = factories.recommender(ana, group, metrics=METRICS | {"map_at_10": 0.2})
    answer = operations.describe_recommender(ben, recommender_arn=recommender.arn)["recommender"]
    assert answer["modelMetrics"] == METRICS
