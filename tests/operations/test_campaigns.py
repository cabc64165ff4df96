"""Campaigns: a version, or always the newest one, made to answer."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(ana):
    return factories.active_solution_version(ana)


def create(caller, arn, name="home", **more):
    return operations.create_campaign(caller, name=name, solution_version_arn=arn, **more)["campaignArn"]


def describe(caller, arn):
    return operations.describe_campaign(caller, campaign_arn=arn)["campaign"]


def test_it_serves_the_version_with_at_least_one_request_a_second(cleo, version):
    shown = describe(cleo, create(cleo, version.arn))
    assert shown["campaignArn"] == "arn:aws:personalize:us-east-1:123456789012:campaign/home"
    assert (shown["solutionVersionArn"], shown["minProvisionedTPS"]) == (version.arn, 1)
    assert shown["status"] == "CREATE PENDING"
    assert {"latestCampaignUpdate", "campaignConfig", "failureReason"}.isdisjoint(shown)


def test_latest_is_the_newest_active_version_and_shown_by_its_own_arn(ana, version):
    newer = factories.solution_version(ana, version.solution)
    factories.solution_version(ana, version.solution, status="CREATE IN_PROGRESS")
    shown = describe(ana, create(ana, f"{version.solution.arn}/$LATEST"))
    assert shown["solutionVersionArn"] == newer.arn


def test_following_the_newest_version_needs_latest(ana, version):
    config = {"syncWithLatestSolutionVersion": True}
    with pytest.raises(InvalidInputException, match=r"solutionArn/\$LATEST"):
        create(ana, version.arn, campaign_config=config)
    arn = create(ana, f"{version.solution.arn}/$LATEST", campaign_config=config)
    assert describe(ana, arn)["campaignConfig"] == config


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("CREATE PENDING", ResourceInUseException),
        ("CREATE IN_PROGRESS", ResourceInUseException),
        ("CREATE STOPPING", ResourceInUseException),
        ("DELETE PENDING", ResourceInUseException),
        ("CREATE FAILED", InvalidInputException),
        ("CREATE STOPPED", InvalidInputException),
    ],
)
def test_the_version_is_active(ana, version, status, error):
    version.move(status)
    with pytest.raises(error, match=f"is in {status} state"):
        create(ana, version.arn)
    with pytest.raises(InvalidInputException, match="has no version in ACTIVE state"):
        create(ana, f"{version.solution.arn}/$LATEST")


def test_a_solution_alone_and_what_does_not_exist_are_not_found(ana, version):
    absent = version.solution.arn.replace("picks", "absent")
    for arn in (version.solution.arn, f"{absent}/$LATEST", f"{absent}/0123abcd", f"{version.solution.arn}/0123abcd"):
        with pytest.raises(ResourceNotFoundException, match="does not exist"):
            create(ana, arn)


@pytest.mark.parametrize(("tps", "fits"), [(1, True), (500, True), (0, False), (501, False)])
def test_from_1_to_500_requests_a_second_can_be_reserved(ana, version, tps, fits):
    if fits:
        assert describe(ana, create(ana, version.arn, min_provisioned_tps=tps))["minProvisionedTPS"] == tps
    else:
        with pytest.raises(InvalidInputException) as caught:
            create(ana, version.arn, min_provisioned_tps=tps)
        assert caught.value.field == "min_provisioned_tps"


def test_exploration_is_not_configurable_for_this_recipe(ana, version):
    with pytest.raises(InvalidInputException, match="does not support itemExplorationConfig"):
        create(ana, version.arn, campaign_config={"itemExplorationConfig": {"explorationWeight": "0.3"}})


@pytest.mark.parametrize(
    ("exploration", "fits"),
    [
        ({"explorationWeight": "0", "explorationItemAgeCutOff": "1"}, True),
        ({"explorationWeight": "1.0", "explorationItemAgeCutOff": "30.0"}, True),
        ({"explorationWeight": "1.01"}, False),
        ({"explorationWeight": "-0.1"}, False),
        ({"explorationWeight": "nan"}, False),
        ({"explorationWeight": "much"}, False),
        ({"explorationItemAgeCutOff": "0.9"}, False),
        ({"explorationItemAgeCutOff": "inf"}, False),
        ({"exploration_weight": "0.3"}, False),
    ],
)
def test_exploration_has_two_keys_with_bounds(ana, version, exploration, fits):
    version.solution.change(recipe_name="aws-user-personalization")
    config = {"itemExplorationConfig": exploration}
    if fits:
        assert describe(ana, create(ana, version.arn, campaign_config=config))["campaignConfig"] == config
    else:
        with pytest.raises(InvalidInputException):
            create(ana, version.arn, campaign_config=config)


def test_ranking_influence_is_kept_and_not_for_popularity(ana, version):
    config = {"rankingInfluence": {"POPULARITY": 0.2, "FRESHNESS": 0.1}}
    assert describe(ana, create(ana, version.arn, campaign_config=config))["campaignConfig"] == config
    version.solution.change(recipe_name="aws-popularity-count")
    with pytest.raises(InvalidInputException, match="does not support rankingInfluence"):
        create(ana, version.arn, "other", campaign_config=config)


def test_segments_are_not_served(ana, version):
    version.solution.change(recipe_name="aws-item-affinity")
    with pytest.raises(InvalidInputException, match="of type USER_SEGMENTATION does not support CreateCampaign"):
        create(ana, version.arn)


def test_names_are_unique(ana, version):
    create(ana, version.arn)
    with pytest.raises(ResourceAlreadyExistsException):
        create(ana, version.arn)


def test_the_sixth_campaign_of_a_group_exceeds_the_quota(ana, version):
    for number in range(4):
        factories.campaign(ana, version, f"campaign-{number}")
    factories.campaign(ana, version, "failed", status="CREATE FAILED")
    create(ana, version.arn, "fifth")
    with pytest.raises(LimitExceededException) as caught:
        create(ana, version.arn, "sixth")
    assert caught.value.message == (
        "Cannot create a campaign. More than 5 resources in ACTIVE state. Please delete some and try again."
    )


def test_lists_hold_those_of_a_solution_or_all(ana, version):
    create(ana, version.arn)
    other = factories.solution_version(ana, factories.solution(ana, version.solution.dataset_group, "other"))
    create(ana, other.arn, "second")

    def names(**narrowed):
        return [each["name"] for each in operations.list_campaigns(ana, **narrowed)["campaigns"]]

    assert names() == ["second", "home"]
    assert names(solution_arn=version.solution.arn) == ["home"]


class TestUpdate:
    """The old configuration answers until the new one is ready."""

    @pytest.fixture
    def campaign(self, ana, version):
        return factories.campaign(
            ana, version, min_provisioned_tps=3, config={"enableMetadataWithRecommendations": True}
        )

    def update(self, caller, campaign, **more):
        return operations.update_campaign(caller, campaign_arn=campaign.arn, **more)

    def test_what_is_not_said_keeps_its_value(self, cleo, version, campaign):
        newer = factories.solution_version(cleo, version.solution)
        assert self.update(cleo, campaign, solution_version_arn=newer.arn) == {"campaignArn": campaign.arn}
        shown = describe(cleo, campaign.arn)
        assert (shown["solutionVersionArn"], shown["status"]) == (version.arn, "ACTIVE")
        latest = shown["latestCampaignUpdate"]
        assert (latest["solutionVersionArn"], latest["status"]) == (newer.arn, "CREATE PENDING")
        assert (latest["minProvisionedTPS"], latest["campaignConfig"]) == (3, campaign.config)

    def test_each_given_key_of_the_configuration_replaces_its_own(self, ana, campaign):
        self.update(ana, campaign, campaign_config={"rankingInfluence": {"POPULARITY": 0.5}})
        assert describe(ana, campaign.arn)["latestCampaignUpdate"]["campaignConfig"] == {
            "enableMetadataWithRecommendations": True,
            "rankingInfluence": {"POPULARITY": 0.5},
        }

    def test_a_campaign_that_follows_is_freed_by_a_version_and_the_switch_together(self, ana, version, campaign):
        campaign.change(config={"syncWithLatestSolutionVersion": True})
        with pytest.raises(InvalidInputException, match="set it to false"):
            self.update(ana, campaign, solution_version_arn=version.arn)
        switch = {"syncWithLatestSolutionVersion": False}
        self.update(ana, campaign, solution_version_arn=version.arn, campaign_config=switch)
        assert describe(ana, campaign.arn)["latestCampaignUpdate"]["campaignConfig"] == switch

    def test_a_version_of_another_recipe_is_refused(self, ana, version, campaign):
        group = version.solution.dataset_group
        alike = factories.solution_version(ana, factories.solution(ana, group, "alike"))
        other = factories.solution_version(ana, factories.solution(ana, group, "other", recipe="aws-sims"))
        with pytest.raises(InvalidInputException, match="was trained with aws-sims"):
            self.update(ana, campaign, solution_version_arn=other.arn)
        self.update(ana, campaign, solution_version_arn=alike.arn)

    @pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING", "DELETE IN_PROGRESS"])
    def test_not_while_its_state_changes(self, ana, campaign, status):
        campaign.move(status)
        with pytest.raises(ResourceInUseException, match="It must be ACTIVE or CREATE FAILED"):
            self.update(ana, campaign, min_provisioned_tps=2)

    def test_a_failed_campaign_can_be_updated(self, ana, campaign):
        campaign.move("CREATE FAILED")
        self.update(ana, campaign, min_provisioned_tps=2)

    def test_one_update_ends_before_the_next_change_begins(self, ana, campaign):
        self.update(ana, campaign, min_provisioned_tps=2)
        with pytest.raises(ResourceInUseException, match="is being updated"):
            self.update(ana, campaign, min_provisioned_tps=3)
        with pytest.raises(ResourceInUseException, match="is being updated"):
            operations.delete_campaign(ana, campaign_arn=campaign.arn)


def test_it_is_deleted_and_its_version_stays(cleo, version, run_jobs):
    campaign = factories.campaign(cleo, version)
    assert operations.delete_campaign(cleo, campaign_arn=campaign.arn) is None
    assert describe(cleo, campaign.arn)["status"] == "DELETE PENDING"
    with pytest.raises(ResourceInUseException):
        operations.delete_campaign(cleo, campaign_arn=campaign.arn)
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        describe(cleo, campaign.arn)
    assert operations.describe_solution_version(cleo, solution_version_arn=version.arn)
