"""Datasets are begun in an ACTIVE group, one of each type, with a schema that fits."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from tests import factories

pytestmark = pytest.mark.django_db


def create(caller, group, schema, dataset_type="Interactions", name="events", **more):
    return operations.create_dataset(
        caller,
        name=name,
        schema_arn=schema.arn,
        dataset_group_arn=group.arn,
        dataset_type=dataset_type,
        **more,
    )


@pytest.mark.parametrize("spelling", ["Interactions", "INTERACTIONS", "interactions", "iNtErAcTiOnS"])
def test_the_type_is_read_in_any_case_and_stands_in_capitals_in_the_arn(ana, spelling):
    answer = create(ana, factories.active_group(ana), factories.schema(ana), spelling)
    assert answer["datasetArn"] == "arn:aws:personalize:us-east-1:123456789012:dataset/movies/INTERACTIONS"
    described = operations.describe_dataset(ana, dataset_arn=answer["datasetArn"])["dataset"]
    assert (described["datasetType"], described["status"]) == ("INTERACTIONS", "CREATE PENDING")


def test_it_becomes_active(ana, run_jobs):
    arn = create(ana, factories.active_group(ana), factories.schema(ana))["datasetArn"]
    run_jobs()
    assert operations.describe_dataset(ana, dataset_arn=arn)["dataset"]["status"] == "ACTIVE"


def test_a_second_one_of_the_same_type_is_refused_whatever_its_name(ana):
    group, schema = factories.active_group(ana), factories.schema(ana)
    create(ana, group, schema)
    with pytest.raises(
        ResourceAlreadyExistsException, match=r"Another resource with Arn .*/INTERACTIONS already exists"
    ):
        create(ana, group, schema, name="other")


def test_an_unknown_type_is_refused(ana):
    with pytest.raises(InvalidInputException, match="EVENT_INTERACTIONS is not one of"):
        create(ana, factories.active_group(ana), factories.schema(ana), "EVENT_INTERACTIONS")


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE FAILED", "DELETE PENDING"])
def test_a_group_that_is_not_active_is_in_use(ana, status):
    with pytest.raises(ResourceInUseException, match=f"is in {status} state and cannot be used. It must be ACTIVE"):
        create(ana, factories.group(ana, status=status), factories.schema(ana))


def test_actions_are_refused_in_a_domain_group(ana):
    group = factories.active_group(ana, domain="ECOMMERCE")
    schema = factories.schema(ana, dataset_type="ACTIONS")
    with pytest.raises(InvalidInputException, match="domain dataset group cannot have a dataset of type ACTIONS"):
        create(ana, group, schema, "Actions")


@pytest.mark.parametrize(("group_domain", "schema_domain"), [(None, "ECOMMERCE"), ("ECOMMERCE", None)])
def test_the_domain_of_the_schema_is_that_of_the_group(ana, group_domain, schema_domain):
    group = factories.active_group(ana, domain=group_domain)
    with pytest.raises(InvalidInputException, match="They must be the same"):
        create(ana, group, factories.schema(ana, domain=schema_domain))


def test_the_schema_describes_the_type(ana):
    group = factories.active_group(ana)
    with pytest.raises(InvalidInputException, match="describes a dataset of type INTERACTIONS, not USERS"):
        create(ana, group, factories.schema(ana), "Users")


def test_only_action_interactions_have_a_tracking_id_of_their_own(ana):
    group = factories.active_group(ana)
    plain = create(ana, group, factories.schema(ana))["datasetArn"]
    schema = factories.schema(ana, dataset_type="ACTION_INTERACTIONS")
    actions = create(ana, group, schema, "Action_Interactions")["datasetArn"]
    assert "trackingId" not in operations.describe_dataset(ana, dataset_arn=plain)["dataset"]
    assert len(operations.describe_dataset(ana, dataset_arn=actions)["dataset"]["trackingId"]) == 36


def test_the_schema_must_exist_in_this_account(ana, eve):
    with pytest.raises(ResourceNotFoundException, match=r"Resource Arn .*schema/.* does not exist\."):
        create(ana, factories.active_group(ana), factories.schema(eve))
