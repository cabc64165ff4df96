"""Keys and values on resources: given at creation, added, overwritten, removed."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    ResourceInUseException,
    ResourceNotFoundException,
    TooManyTagKeysException,
    TooManyTagsException,
)
from tests import factories

pytestmark = pytest.mark.django_db


def tags(count, start=0):
    return [{"tagKey": f"key-{number:03d}", "tagValue": str(number)} for number in range(start, start + count)]


def of(caller, arn):
    return operations.list_tags_for_resource(caller, resource_arn=arn)["tags"]


@pytest.fixture
def arn(ana):
    return factories.active_group(ana).arn


def test_they_are_listed_by_key(cleo, arn):
    given = [{"tagKey": key, "tagValue": "v"} for key in ("b", "a", "C")]
    assert operations.tag_resource(cleo, resource_arn=arn, tags=given) == {}
    assert [tag["tagKey"] for tag in of(cleo, arn)] == ["C", "a", "b"]


def test_a_key_given_again_gets_the_new_value_and_case_matters(ana, arn):
    for key, value in (("team", "a"), ("Team", "b"), ("team", "c")):
        operations.tag_resource(ana, resource_arn=arn, tags=[{"tagKey": key, "tagValue": value}])
    assert of(ana, arn) == [{"tagKey": "Team", "tagValue": "b"}, {"tagKey": "team", "tagValue": "c"}]


@pytest.mark.parametrize("key", ["команда", "团队", "a b", "a:b/c=d+e-f@g.h_i", "k" * 128])
@pytest.mark.parametrize("value", ["", "значение", "v" * 256])
def test_letters_of_any_script_and_empty_values_are_kept(ana, arn, key, value):
    operations.tag_resource(ana, resource_arn=arn, tags=[{"tagKey": key, "tagValue": value}])
    assert of(ana, arn) == [{"tagKey": key, "tagValue": value}]


@pytest.mark.parametrize("key", ["aws:team", "AWS:team", "Aws:x"])
def test_the_prefix_of_the_service_is_reserved(ana, arn, key):
    with pytest.raises(InvalidInputException, match="cannot start with aws:"):
        operations.tag_resource(ana, resource_arn=arn, tags=[{"tagKey": key, "tagValue": "v"}])
    with pytest.raises(InvalidInputException, match="cannot start with aws:"):
        operations.tag_resource(ana, resource_arn=arn, tags=[{"tagKey": "k", "tagValue": key}])


def test_the_same_key_twice_in_one_request_is_refused(ana, arn):
    with pytest.raises(InvalidInputException, match="must be unique"):
        operations.tag_resource(ana, resource_arn=arn, tags=tags(1) + tags(1))


def test_fifty_are_enough_whether_at_once_or_in_steps(ana, arn):
    operations.tag_resource(ana, resource_arn=arn, tags=tags(30))
    operations.tag_resource(ana, resource_arn=arn, tags=tags(40, start=10))
    assert len(of(ana, arn)) == 50
    operations.tag_resource(ana, resource_arn=arn, tags=tags(50))
    with pytest.raises(TooManyTagsException, match="at most 50 tags; this would make 51"):
        operations.tag_resource(ana, resource_arn=arn, tags=tags(1, start=50))
    assert len(of(ana, arn)) == 50


def test_fifty_one_at_creation_make_nothing(ana):
    with pytest.raises(TooManyTagsException):
        operations.create_dataset_group(ana, name="movies", tags=tags(51))
    assert operations.list_dataset_groups(ana) == {"datasetGroups": []}
    arn = operations.create_dataset_group(ana, name="movies", tags=tags(50))["datasetGroupArn"]
    assert len(of(ana, arn)) == 50


def test_more_than_two_hundred_are_invalid(ana, arn):
    with pytest.raises(InvalidInputException, match="less than or equal to 200"):
        operations.tag_resource(ana, resource_arn=arn, tags=tags(201))


def test_a_tag_has_a_value(ana, arn):
    with pytest.raises(InvalidInputException, match=r"tags\.1\.tagValue"):
        operations.tag_resource(ana, resource_arn=arn, tags=[{"tagKey": "k"}])


def test_removing_ignores_keys_that_are_not_there(ana, arn):
    operations.tag_resource(ana, resource_arn=arn, tags=tags(3))
    assert operations.untag_resource(ana, resource_arn=arn, tag_keys=["key-001", "absent"]) == {}
    assert [tag["tagKey"] for tag in of(ana, arn)] == ["key-000", "key-002"]
    operations.untag_resource(ana, resource_arn=arn, tag_keys=[])
    assert len(of(ana, arn)) == 2


def test_at_most_fifty_keys_are_removed_at_once(ana, arn):
    operations.untag_resource(ana, resource_arn=arn, tag_keys=[f"key-{number}" for number in range(50)])
    with pytest.raises(TooManyTagKeysException):
        operations.untag_resource(ana, resource_arn=arn, tag_keys=[f"key-{number}" for number in range(51)])


def taggable(caller):
    version = factories.active_solution_version(caller)
    group = version.solution.dataset_group
    dataset = group.datasets.get()
    return {
        "dataset group": group,
        "dataset": dataset,
        "import job": factories.import_job(caller, dataset),
        "event tracker": factories.event_tracker(caller, group),
        "solution": version.solution,
        "solution version": version,
        "campaign": factories.campaign(caller, version),
        "recommender": factories.recommender(caller, factories.video_group(caller)),
    }


KINDS = [
    "dataset group",
    "dataset",
    "import job",
    "event tracker",
    "solution",
    "solution version",
    "campaign",
    "recommender",
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_taggable_kind_takes_tags_unless_it_goes(ana, kind):
    resource = taggable(ana)[kind]
    operations.tag_resource(ana, resource_arn=resource.arn, tags=tags(1))
    assert of(ana, resource.arn) == tags(1)
    resource.move("DELETE PENDING")
    for refused in (
        lambda: of(ana, resource.arn),
        lambda: operations.tag_resource(ana, resource_arn=resource.arn, tags=tags(1)),
        lambda: operations.untag_resource(ana, resource_arn=resource.arn, tag_keys=["key-000"]),
    ):
        with pytest.raises(ResourceInUseException, match="DELETE PENDING"):
            refused()


def test_the_tags_of_a_solution_are_not_those_of_its_versions(ana):
    made = taggable(ana)
    operations.tag_resource(ana, resource_arn=made["solution"].arn, tags=tags(1))
    assert of(ana, made["solution version"].arn) == []


@pytest.mark.parametrize(
    "name", ["schema/s", "metric-attribution/m", "recipe/aws-sims", "algorithm/a", "feature-transformation/f", "x/y"]
)
def test_other_kinds_take_none(ana, name):
    with pytest.raises(InvalidInputException, match="does not take tags"):
        of(ana, f"arn:aws:personalize:us-east-1:123456789012:{name}")


@pytest.mark.parametrize("name", ["dataset-group/absent", "filter/absent", "batch-inference-job/absent"])
def test_what_is_not_there_is_not_found(ana, name):
    with pytest.raises(ResourceNotFoundException):
        of(ana, f"arn:aws:personalize:us-east-1:123456789012:{name}")


def test_nobody_sees_the_tags_of_another_account(eve, arn):
    with pytest.raises(ResourceNotFoundException):
        of(eve, arn)
    with pytest.raises(ResourceNotFoundException):
        operations.tag_resource(eve, resource_arn=arn, tags=tags(1))
