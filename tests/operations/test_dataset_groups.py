"""Dataset groups: begun, shown, deleted."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources.models import Tag
from tests import factories

pytestmark = pytest.mark.django_db

ROLE = "arn:aws:iam::123456789012:role/keys"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


def describe(caller, arn):
    return operations.describe_dataset_group(caller, dataset_group_arn=arn)["datasetGroup"]


def test_a_group_is_pending_first_and_then_active(ana, run_jobs):
    answer = operations.create_dataset_group(ana, name="movies")
    assert answer == {"datasetGroupArn": "arn:aws:personalize:us-east-1:123456789012:dataset-group/movies"}
    assert describe(ana, answer["datasetGroupArn"])["status"] == "CREATE PENDING"
    run_jobs()
    assert describe(ana, answer["datasetGroupArn"])["status"] == "ACTIVE"


def test_only_a_domain_group_shows_a_domain(ana):
    custom = operations.create_dataset_group(ana, name="custom")
    shop = operations.create_dataset_group(ana, name="shop", domain="ECOMMERCE")
    assert "domain" not in custom
    assert shop["domain"] == "ECOMMERCE"
    assert "domain" not in describe(ana, custom["datasetGroupArn"])
    assert describe(ana, shop["datasetGroupArn"])["domain"] == "ECOMMERCE"


def test_role_and_key_are_given_together_and_returned_unchanged(ana):
    for half in ({"role_arn": ROLE}, {"kms_key_arn": KEY}):
        with pytest.raises(InvalidInputException, match="roleArn and kmsKeyArn belong together"):
            operations.create_dataset_group(ana, name="movies", **half)
    arn = operations.create_dataset_group(ana, name="movies", role_arn=ROLE, kms_key_arn=KEY)["datasetGroupArn"]
    assert (describe(ana, arn)["roleArn"], describe(ana, arn)["kmsKeyArn"]) == (ROLE, KEY)


def test_a_second_group_of_the_same_name_is_refused(ana):
    arn = operations.create_dataset_group(ana, name="movies")["datasetGroupArn"]
    with pytest.raises(ResourceAlreadyExistsException) as caught:
        operations.create_dataset_group(ana, name="movies")
    assert caught.value.message == f"Another resource with Arn {arn} already exists."
    assert caught.value.field == "name"


def test_names_differ_by_case_and_are_free_in_other_accounts(ana, eve):
    for caller, name in ((ana, "movies"), (ana, "Movies"), (eve, "movies")):
        operations.create_dataset_group(caller, name=name)
    assert len(operations.list_dataset_groups(ana)["datasetGroups"]) == 2


def test_the_sixth_group_exceeds_the_quota(ana, eve):
    for number in range(5):
        operations.create_dataset_group(ana, name=f"group-{number}")
    with pytest.raises(LimitExceededException) as caught:
        operations.create_dataset_group(ana, name="group-5")
    assert caught.value.message == "More than 5 resources in ACTIVE state. Please delete some and try again."
    operations.create_dataset_group(eve, name="group-5")


@pytest.mark.parametrize("status", ["CREATE FAILED", "DELETE PENDING"])
def test_groups_that_failed_or_go_take_no_place(ana, status):
    for number in range(5):
        factories.group(ana, f"group-{number}", status=status)
    operations.create_dataset_group(ana, name="movies")


def test_a_failed_group_says_why_and_only_a_failed_one(ana):
    failed = factories.group(ana, "failed", status="CREATE FAILED", failure_reason="No room.")
    going = factories.group(ana, "going", status="DELETE PENDING", failure_reason="No room.")
    assert describe(ana, failed.arn)["failureReason"] == "No room."
    assert "failureReason" not in describe(ana, going.arn)
    shown = {
        group["name"]: group.get("failureReason") for group in operations.list_dataset_groups(ana)["datasetGroups"]
    }
    assert shown == {"failed": "No room.", "going": None}


def test_an_empty_group_is_deleted_with_its_tags_and_its_name_is_free_again(ana, run_jobs):
    tags = [{"tagKey": "team", "tagValue": "a"}]
    arn = operations.create_dataset_group(ana, name="movies", tags=tags)["datasetGroupArn"]
    run_jobs()
    assert operations.delete_dataset_group(ana, dataset_group_arn=arn) is None
    assert describe(ana, arn)["status"] == "DELETE PENDING"
    with pytest.raises(ResourceInUseException, match="is in DELETE PENDING state and cannot be deleted"):
        operations.delete_dataset_group(ana, dataset_group_arn=arn)
    run_jobs()
    with pytest.raises(ResourceNotFoundException):
        describe(ana, arn)
    assert not Tag.objects.exists()
    operations.create_dataset_group(ana, name="movies")


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "DELETE PENDING"])
def test_a_group_that_changes_state_is_not_deleted(ana, status):
    group = factories.group(ana, status=status)
    with pytest.raises(ResourceInUseException, match=r"It must be ACTIVE or CREATE FAILED\."):
        operations.delete_dataset_group(ana, dataset_group_arn=group.arn)


@pytest.mark.parametrize("kind", ["dataset", "solution", "event_tracker", "recommender"])
def test_a_group_in_use_is_not_deleted_and_the_users_are_named(ana, kind):
    group = factories.active_group(ana, domain="VIDEO_ON_DEMAND")
    dependant = getattr(factories, kind)(ana, group)
    with pytest.raises(ResourceInUseException) as caught:
        operations.delete_dataset_group(ana, dataset_group_arn=group.arn)
    assert caught.value.message == (
        f"Resource {group.arn} cannot be deleted because it is used by 1 resource(s): {dependant.arn}."
    )


def test_at_most_five_users_are_named(ana):
    group = factories.active_group(ana)
    for number in range(7):
        factories.solution(ana, group, f"solution-{number}")
    with pytest.raises(ResourceInUseException) as caught:
        operations.delete_dataset_group(ana, dataset_group_arn=group.arn)
    assert "used by 7 resource(s)" in caught.value.message
    assert caught.value.message.count("arn:aws:personalize") == 6


def test_a_data_deletion_job_that_is_not_over_keeps_its_group(ana):
    group = factories.active_group(ana)
    running = operations.create_data_deletion_job(
        ana,
        job_name="erase",
        dataset_group_arn=group.arn,
        data_source={"dataLocation": "s3://data/users.csv"},
        role_arn="arn:aws:iam::123456789012:role/eraser",
    )["dataDeletionJobArn"]
    with pytest.raises(ResourceInUseException, match=running):
        operations.delete_dataset_group(ana, dataset_group_arn=group.arn)
