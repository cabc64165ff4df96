"""A solution goes with its versions, unless a campaign serves one or one is being trained."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import ResourceInUseException, ResourceNotFoundException
from personalize_web.resources.models import Tag
from tests import factories

pytestmark = pytest.mark.django_db


def delete(caller, solution):
    operations.delete_solution(caller, solution_arn=solution.arn)


def test_it_goes_with_all_its_versions_and_their_tags(cleo, run_jobs):
    version = factories.active_solution_version(cleo)
    operations.tag_resource(cleo, resource_arn=version.arn, tags=[{"tagKey": "a", "tagValue": ""}])
    delete(cleo, version.solution)
    for arn, name in ((version.solution.arn, "solution"), (version.arn, "solution_version")):
        described = getattr(operations, f"describe_{name}")(cleo, **{f"{name}_arn": arn})
        assert next(iter(described.values()))["status"] == "DELETE PENDING"
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        operations.describe_solution(cleo, solution_arn=version.solution.arn)
    with pytest.raises(ResourceNotFoundException):
        operations.describe_solution_version(cleo, solution_version_arn=version.arn)
    assert not Tag.objects.exists()


def test_not_while_a_campaign_serves_one_of_its_versions(cleo):
    version = factories.active_solution_version(cleo)
    campaign = factories.campaign(cleo, version)
    with pytest.raises(ResourceInUseException, match=campaign.arn):
        delete(cleo, version.solution)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE STOPPING"])
def test_not_while_a_version_is_being_trained_or_stopped(cleo, status):
    version = factories.solution_version(cleo, factories.active_solution(cleo), status=status)
    with pytest.raises(ResourceInUseException) as caught:
        delete(cleo, version.solution)
    assert version.arn in caught.value.message


@pytest.mark.parametrize("status", ["CREATE FAILED", "CREATE STOPPED"])
def test_failed_and_stopped_versions_do_not_hold_it(cleo, status):
    version = factories.solution_version(cleo, factories.active_solution(cleo), status=status)
    delete(cleo, version.solution)


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING", "DELETE IN_PROGRESS"])
def test_not_while_its_own_state_changes(cleo, status):
    solution = factories.active_solution(cleo, status=status)
    with pytest.raises(ResourceInUseException, match="must be ACTIVE or CREATE FAILED"):
        delete(cleo, solution)
