"""What console pages ask for beyond the service model: everything of a page in few queries."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import ResourceNotFoundException
from personalize_web.resources.models import BatchInferenceJob
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(ana):
    return factories.video_group(ana)


def fill(caller, group, count, start=0):
    """Solutions with versions and campaigns, and recommenders."""
    for number in range(start, start + count):
        solution = factories.solution(caller, group, f"solution-{number}")
        factories.solution_version(caller, solution, metrics={"coverage": 0.1}, details={"baselines": {"x": {}}})
        version = factories.solution_version(caller, solution, status="CREATE IN_PROGRESS")
        factories.campaign(caller, version, f"campaign-{number}")
        factories.recommender(caller, group, f"recommender-{number}")
        factories.batch_job(caller, BatchInferenceJob, version, f"job-{number}")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("list_solution_details", "solutions"),
        ("list_campaign_details", "campaigns"),
        ("list_recommender_details", "recommenders"),
        ("list_batch_job_details", "jobs"),
    ],
)
def test_a_longer_list_needs_no_more_queries(ben, ana, group, name, key, django_assert_max_num_queries):
    for start, count in ((0, 2), (2, 20)):
        fill(ana, group, count, start)
        with django_assert_max_num_queries(4):
            found = getattr(operations, name)(ben, dataset_group_arn=group.arn)[key]
        assert len(found) == start + count


def test_datasets_show_counts_schema_and_their_latest_import(ben, ana, group, django_assert_max_num_queries):
    interactions = group.datasets.get(dataset_type="INTERACTIONS")
    interactions.change(statistics={"rows": 1200})
    for number in range(3):
        factories.import_job(ana, interactions, f"import-{number}")
    factories.import_job(ana, interactions, "failed", status="CREATE FAILED", failure_reason="Bad row.")
    with django_assert_max_num_queries(3):
        first, second = operations.list_dataset_details(ben, dataset_group_arn=group.arn)["datasets"]
    assert first["statistics"] == {"rows": 1200}
    assert first["schemaName"] == interactions.schema.name
    assert (first["latestImport"]["jobName"], first["latestImport"]["failureReason"]) == ("failed", "Bad row.")
    assert (second["datasetType"], second["latestImport"]) == ("ITEMS", None)


def test_a_dataset_shows_some_of_its_rows(ben, ana, group):
    import pyarrow as pa

    from personalize_web.workers import folders

    dataset = group.datasets.get(dataset_type="INTERACTIONS")
    schema = folders.schema_of(dataset)
    events = {"USER_ID": ["a", "b"], "ITEM_ID": ["1", "2"], "EVENT_TYPE": ["Watch"] * 2, "TIMESTAMP": [1, 2]}
    folders.store_of(dataset).append_individual(pa.table(events), 2, schema)
    shown = operations.list_dataset_rows(ben, dataset_arn=dataset.arn, limit=1)
    assert shown["columns"] == list(schema.names)
    assert dict(zip(shown["columns"], shown["rows"][0], strict=True)) | {"USER_ID": "a", "ITEM_ID": "1"} == dict(
        zip(shown["columns"], shown["rows"][0], strict=True)
    )
    assert len(shown["rows"]) == 1


def test_solutions_tell_their_latest_and_their_latest_active_version(ben, ana, group):
    fill(ana, group, 1)
    (solution,) = operations.list_solution_details(ben, dataset_group_arn=group.arn)["solutions"]
    assert (solution["versions"], solution["campaigns"]) == (2, 1)
    assert solution["latestVersion"]["status"] == "CREATE IN_PROGRESS"
    assert solution["latestActiveVersion"]["metrics"] == {"coverage": 0.1}
    assert (solution["recipeTitle"], solution["schedulingExpression"]) == ("User-Personalization-v2", "rate(7 days)")


def test_versions_show_metrics_baselines_and_what_was_found(ben, ana, group):
    solution = factories.solution(ana, group)
    details = {
        "baselines": {"aws-popularity-count": {"coverage": 0.01}},
        "facts": {"items": 9},
        "curves": {"loss": [[1, 2]]},
        "snapshot": {"INTERACTIONS": 3},
        "seed": 7,
        "seconds": 1.5,
    }
    version = factories.solution_version(ana, solution, metrics={"coverage": 0.1}, details=details)
    campaign = factories.campaign(ana, version)
    (listed,) = operations.list_solution_version_details(ben, solution_arn=solution.arn)["solutionVersions"]
    assert listed["baselines"] == details["baselines"]
    assert (listed["metrics"], listed["details"]) == ({"coverage": 0.1}, {"items": 9})
    assert "curves" not in listed
    shown = operations.describe_solution_version_details(ben, solution_version_arn=version.arn)["solutionVersion"]
    assert (shown["curves"], shown["dataVersions"]) == ({"loss": [[1, 2]]}, {"INTERACTIONS": 3})
    assert (shown["seed"], shown["seconds"]) == (7, 1.5)
    assert shown["solutionConfig"] == solution.config
    assert [each["campaignArn"] for each in shown["campaigns"]] == [campaign.arn]


def test_a_campaign_tells_what_a_request_to_it_must_say(ben, ana, group):
    version = factories.solution_version(ana, factories.solution(ana, group, recipe="aws-sims"))
    campaign = factories.campaign(ana, version)
    shown = operations.describe_campaign_details(ben, campaign_arn=campaign.arn)["campaign"]
    assert shown["recipe"]["requestInputs"]["itemId"] == "required"
    assert (shown["solutionName"], shown["versionId"]) == ("picks", version.version_id)
    assert shown["syncWithLatestSolutionVersion"] is False


def test_a_recommender_tells_what_a_request_to_it_must_say(ben, ana, group):
    recommender = factories.recommender(ana, group, metrics={"coverage": 0.2})
    shown = operations.describe_recommender_details(ben, recommender_arn=recommender.arn)["recommender"]
    assert shown["recipe"]["requestInputs"]["userId"] == "required"
    assert (shown["recipeTitle"], shown["metrics"]) == ("Top picks for you", {"coverage": 0.2})


def test_the_navigation_counts_what_a_group_has(ben, ana, group):
    fill(ana, group, 2)
    factories.event_tracker(ana, group)
    factories.job(group, "create-dataset-group")
    counts = operations.list_dataset_group_counts(ben, dataset_group_arn=group.arn)["counts"]
    assert counts == {
        "datasets": 2,
        "datasetImportJobs": 0,
        "dataInsightsJobs": 0,
        "eventTrackers": 1,
        "filters": 0,
        "solutions": 2,
        "solutionVersions": 4,
        "campaigns": 2,
        "recommenders": 2,
        "runningJobs": 1,
    }


class TestReadiness:
    """Whether the data suffice."""

    def readiness(self, caller, group, **statistics):
        group.datasets.get(dataset_type="INTERACTIONS").change(statistics=statistics)
        return operations.describe_readiness(caller, dataset_group_arn=group.arn)

    @pytest.mark.parametrize(
        ("rows", "users", "ready"), [(999, 25, False), (1000, 24, False), (1000, 25, True), (0, 0, False)]
    )
    def test_a_thousand_events_of_25_users_with_two_are_enough(self, ben, group, rows, users, ready):
        found = self.readiness(ben, group, rows=rows, users_with_two=users)
        assert found["ready"] == ready
        assert [check["met"] for check in found["checks"]] == [rows >= 1000, users >= 25]

    def test_use_cases_count_events_of_their_type_in_any_case(self, ben, group):
        found = self.readiness(ben, group, rows=2000, event_types={"watch": 600, "Watch": 400, "click": 1000})
        cases = {case["name"]: case for case in found["useCases"]}
        assert (cases["aws-vod-most-popular"]["count"], cases["aws-vod-most-popular"]["met"]) == (1000, True)
        assert cases["aws-vod-top-picks"]["count"] == 2000

    def test_a_use_case_names_the_dataset_it_misses(self, ben, group):
        group.datasets.get(dataset_type="ITEMS").delete()
        found = self.readiness(ben, group, rows=2000)
        cases = {case["name"]: case for case in found["useCases"]}
        assert cases["aws-vod-more-like-x"]["missingDatasets"] == ["ITEMS"]
        assert cases["aws-vod-more-like-x"]["met"] is False

    def test_a_group_without_data_has_nothing(self, ben, ana):
        found = operations.describe_readiness(ben, dataset_group_arn=factories.active_group(ana).arn)
        assert (found["interactions"], found["ready"], found["useCases"]) == (0, False, [])


def test_resources_are_found_by_a_part_of_their_name_or_by_their_arn(ben, ana, eve, group):
    solution = factories.solution(ana, group, "Streams")
    found = operations.search_resources(ben, text=" stream ")["resources"]
    assert {each["name"] for each in found} >= {"streaming", "Streams"}
    assert {each.get("datasetGroupName") for each in found if each["kind"] == "solution"} == {"streaming"}
    (only,) = operations.search_resources(ben, text=solution.arn)["resources"]
    assert only["arn"] == solution.arn
    assert len(operations.search_resources(ben, text="stream", limit=1)["resources"]) == 1
    assert operations.search_resources(ben, text="  ")["resources"] == []
    assert operations.search_resources(eve, text="stream")["resources"] == []


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("list_dataset_details", "dataset_group_arn"),
        ("list_solution_details", "dataset_group_arn"),
        ("list_campaign_details", "dataset_group_arn"),
        ("list_recommender_details", "dataset_group_arn"),
        ("list_dataset_group_counts", "dataset_group_arn"),
        ("describe_readiness", "dataset_group_arn"),
    ],
)
def test_nobody_sees_the_details_of_another_account(eve, group, name, argument):
    with pytest.raises(ResourceNotFoundException):
        getattr(operations, name)(eve, **{argument: group.arn})


def test_quotas_show_limit_and_use(ben, ana, group):
    factories.campaign(ana, factories.solution_version(ana, factories.solution(ana, group), status="CREATE PENDING"))
    factories.recommender(ana, group, status="CREATE FAILED")

    def used(**narrowed):
        quotas = operations.list_quotas(ben, **narrowed)["quotas"]
        return {each["name"]: each["used"] for each in quotas if each["used"] is not None}

    of_account = {
        "active_dataset_groups": 1,
        "active_schemas": 2,
        "pending_import_jobs": 0,
        "pending_solution_versions": 1,
        "pending_batch_inference_jobs": 0,
        "pending_batch_segment_jobs": 0,
    }
    assert used() == of_account
    of_group = {"active_solutions": 1, "active_campaigns": 1, "recommenders": 0}
    assert used(dataset_group_arn=group.arn).items() >= (of_account | of_group).items()
    limits = {each["name"]: each["limit"] for each in operations.list_quotas(ben)["quotas"]}
    assert (limits["active_dataset_groups"], limits["active_schemas"]) == (5, 500)
