"""Recommenders: a use case of the group's domain, which trains and answers by itself."""

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

TOP_PICKS = "aws-vod-top-picks"
WATCHED = "aws-vod-because-you-watched-x"


@pytest.fixture
def group(ana):
    return factories.video_group(ana)


def create(caller, group, recipe=TOP_PICKS, name="picks", **more):
    answer = operations.create_recommender(
        caller, name=name, dataset_group_arn=group.arn, recipe_arn=factories.recipe_arn(recipe), **more
    )
    return answer["recommenderArn"]


def describe(caller, arn):
    return operations.describe_recommender(caller, recommender_arn=arn)["recommender"]


def test_it_is_pending_and_waits_in_the_queue_of_trainings(cleo, group):
    arn = create(cleo, group)
    shown = describe(cleo, arn)
    assert arn == "arn:aws:personalize:us-east-1:123456789012:recommender/picks"
    assert (shown["status"], shown["recommenderConfig"]) == ("CREATE PENDING", {})
    assert (shown["recipeArn"], shown["datasetGroupArn"]) == (factories.recipe_arn(TOP_PICKS), group.arn)
    assert {"modelMetrics", "latestRecommenderUpdate", "failureReason"}.isdisjoint(shown)
    assert Job.objects.get(resource_arn=arn).queue == "training"


def test_only_a_domain_group_has_recommenders_and_only_of_its_domain(ana, group):
    with pytest.raises(InvalidInputException, match="has no domain"):
        create(ana, factories.active_group(ana, "custom"))
    with pytest.raises(InvalidInputException, match="is not a use case of domain VIDEO_ON_DEMAND"):
        create(ana, group, "aws-ecomm-recommended-for-you")
    with pytest.raises(InvalidInputException, match="is not a use case of domain VIDEO_ON_DEMAND"):
        create(ana, group, "aws-sims")
    with pytest.raises(ResourceNotFoundException):
        create(ana, group, "aws-vod-absent")


def test_an_interactions_dataset_is_needed(ana):
    group = factories.active_group(ana, domain="VIDEO_ON_DEMAND")
    with pytest.raises(InvalidInputException, match="has no dataset of type INTERACTIONS"):
        create(ana, group)


def test_the_group_is_active(ana):
    with pytest.raises(ResourceInUseException):
        create(ana, factories.group(ana, domain="VIDEO_ON_DEMAND", status="CREATE PENDING"))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"minRecommendationRequestsPerSecond": 501}, "from 1 to 500"),
        (
            {"itemExplorationConfig": {"explorationWeight": "2"}},
            "explorationWeight must be a number between 0.0 and 1.0",
        ),
        ({"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["ZEBRA"]}}}, "Unknown column"),
        ({"trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["EVENT_TYPE"]}}}, "cannot be excluded"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(ana, group, config, words):
    with pytest.raises(InvalidInputException, match=words) as caught:
        create(ana, group, recommender_config=config)
    assert caught.value.field == "recommender_config"


def test_exploration_is_for_use_cases_that_explore(ana, group):
    config = {"itemExplorationConfig": {"explorationWeight": "0.1", "explorationItemAgeCutOff": "10"}}
    assert describe(ana, create(ana, group, recommender_config=config))["recommenderConfig"] == config
    with pytest.raises(InvalidInputException, match="does not support itemExplorationConfig"):
        create(ana, group, WATCHED, "other", recommender_config=config)


def test_metadata_needs_an_items_dataset(ana, group):
    config = {"enableMetadataWithRecommendations": True}
    assert describe(ana, create(ana, group, recommender_config=config))["recommenderConfig"] == config
    group.datasets.filter(dataset_type="ITEMS").delete()
    with pytest.raises(InvalidInputException, match="needs an Items dataset"):
        create(ana, group, name="other", recommender_config=config)


def test_names_are_unique(ana, group):
    create(ana, group)
    with pytest.raises(ResourceAlreadyExistsException):
        create(ana, group)


def test_the_sixth_recommender_of_a_group_exceeds_the_quota(ana, group):
    for number, status in enumerate(["ACTIVE", "INACTIVE", "CREATE PENDING", "STOP PENDING"]):
        factories.recommender(ana, group, f"recommender-{number}", status=status)
    factories.recommender(ana, group, "failed", status="CREATE FAILED")
    create(ana, group, name="fifth")
    with pytest.raises(LimitExceededException, match="More than 5 resources"):
        create(ana, group, name="sixth")


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("ACTIVE", True),
        ("INACTIVE", True),
        ("CREATE PENDING", False),
        ("CREATE IN_PROGRESS", False),
        ("DELETE PENDING", False),
        ("DELETE IN_PROGRESS", False),
    ],
)
def test_metrics_are_not_shown_while_it_is_made_or_deleted(ana, group, status, shown):
    made = factories.recommender(ana, group, status=status, metrics={"coverage": 0.1})
    assert ("modelMetrics" in describe(ana, made.arn)) == shown


def test_the_reason_of_a_failure_stands_in_the_description_and_not_in_the_list(ana, group):
    failed = factories.recommender(ana, group, status="CREATE FAILED", failure_reason="Too few.")
    assert describe(ana, failed.arn)["failureReason"] == "Too few."
    (listed,) = operations.list_recommenders(ana, dataset_group_arn=group.arn)["recommenders"]
    assert "failureReason" not in listed


class TestUpdate:
    """A new configuration; other training columns mean a new training."""

    @pytest.fixture
    def recommender(self, ana, group):
        return factories.recommender(ana, group, config={"minRecommendationRequestsPerSecond": 2})

    def update(self, caller, recommender, config):
        return operations.update_recommender(caller, recommender_arn=recommender.arn, recommender_config=config)

    def test_the_present_configuration_answers_meanwhile(self, cleo, recommender):
        given = {"itemExplorationConfig": {"explorationWeight": "0.5"}}
        assert self.update(cleo, recommender, given) == {"recommenderArn": recommender.arn}
        shown = describe(cleo, recommender.arn)
        assert (shown["status"], shown["recommenderConfig"]) == ("ACTIVE", recommender.config)
        assert shown["latestRecommenderUpdate"]["status"] == "CREATE PENDING"
        assert shown["latestRecommenderUpdate"]["recommenderConfig"] == recommender.config | given

    def test_only_other_columns_mean_a_training(self, ana, recommender):
        self.update(ana, recommender, {"minRecommendationRequestsPerSecond": 3})
        row = Job.objects.get(kind="update-recommender")
        assert (row.queue, row.arguments["retrain"]) == ("default", False)
        row.delete()
        recommender.change(latest_update=None)
        self.update(ana, recommender, {"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES"]}}})
        row = Job.objects.get(kind="update-recommender")
        assert (row.queue, row.arguments["retrain"]) == ("training", True)

    def test_the_same_columns_written_otherwise_mean_no_training(self, ana, recommender):
        recommender.change(
            config={"trainingDataConfig": {"excludedDatasetColumns": {"ITEMS": ["GENRES", "CREATION_TIMESTAMP"]}}}
        )
        same = {"items": ["CREATION_TIMESTAMP", "GENRES"], "INTERACTIONS": []}
        self.update(ana, recommender, {"trainingDataConfig": {"excludedDatasetColumns": same}})
        assert Job.objects.get(kind="update-recommender").arguments["retrain"] is False

    @pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE FAILED", "STOP PENDING", "DELETE PENDING"])
    def test_it_is_active_or_inactive(self, ana, recommender, status):
        recommender.move(status)
        with pytest.raises(ResourceInUseException, match="It must be ACTIVE or INACTIVE"):
            self.update(ana, recommender, {"minRecommendationRequestsPerSecond": 3})

    def test_one_update_ends_before_the_next_change_begins(self, ana, recommender):
        self.update(ana, recommender, {"minRecommendationRequestsPerSecond": 3})
        for change in (
            lambda: self.update(ana, recommender, {"minRecommendationRequestsPerSecond": 4}),
            lambda: operations.stop_recommender(ana, recommender_arn=recommender.arn),
            lambda: operations.delete_recommender(ana, recommender_arn=recommender.arn),
        ):
            with pytest.raises(ResourceInUseException, match="is being updated"):
                change()


class TestStopAndStart:
    """Only what is active can be stopped, only what is inactive started."""

    def test_there_and_back(self, cleo, group, run_jobs):
        made = factories.recommender(cleo, group)
        assert operations.stop_recommender(cleo, recommender_arn=made.arn) == {"recommenderArn": made.arn}
        assert describe(cleo, made.arn)["status"] == "STOP PENDING"
        run_jobs()
        assert describe(cleo, made.arn)["status"] == "INACTIVE"
        assert operations.start_recommender(cleo, recommender_arn=made.arn) == {"recommenderArn": made.arn}
        assert describe(cleo, made.arn)["status"] == "START PENDING"

    @pytest.mark.parametrize(
        "status", ["INACTIVE", "CREATE PENDING", "CREATE FAILED", "STOP PENDING", "DELETE PENDING"]
    )
    def test_what_is_not_active_cannot_be_stopped(self, ana, group, status):
        made = factories.recommender(ana, group, status=status)
        with pytest.raises(ResourceInUseException, match=r"cannot be stopped\. It must be ACTIVE"):
            operations.stop_recommender(ana, recommender_arn=made.arn)

    @pytest.mark.parametrize("status", ["ACTIVE", "CREATE PENDING", "CREATE FAILED", "START PENDING", "DELETE PENDING"])
    def test_what_is_not_inactive_cannot_be_started(self, ana, group, status):
        made = factories.recommender(ana, group, status=status)
        with pytest.raises(ResourceInUseException, match=r"cannot be started\. It must be INACTIVE"):
            operations.start_recommender(ana, recommender_arn=made.arn)


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE", "CREATE FAILED"])
def test_it_is_deleted(cleo, group, status, run_jobs):
    made = factories.recommender(cleo, group, status=status)
    operations.delete_recommender(cleo, recommender_arn=made.arn)
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        describe(cleo, made.arn)


@pytest.mark.parametrize(
    "status", ["CREATE PENDING", "CREATE IN_PROGRESS", "START PENDING", "STOP PENDING", "DELETE PENDING"]
)
def test_it_is_not_deleted_while_its_state_changes(cleo, group, status):
    made = factories.recommender(cleo, group, status=status)
    with pytest.raises(ResourceInUseException, match="It must be ACTIVE or CREATE FAILED or INACTIVE"):
        operations.delete_recommender(cleo, recommender_arn=made.arn)
