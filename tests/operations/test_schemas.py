"""Schemas: kept as given, listed, deleted when nobody uses them."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def text(ana):
    return operations.get_schema_template(ana, dataset_type="INTERACTIONS")["schema"]


def test_a_schema_exists_at_once_with_its_text_as_given(cleo, text):
    arn = operations.create_schema(cleo, name="events", schema=f"  {text}\n")["schemaArn"]
    shown = operations.describe_schema(cleo, schema_arn=arn)["schema"]
    assert shown["schema"] == f"  {text}\n"
    assert set(shown) == {"name", "schemaArn", "schema", "creationDateTime", "lastUpdatedDateTime"}


def test_only_a_schema_of_a_domain_shows_it(ana):
    text = operations.get_schema_template(ana, dataset_type="ITEMS", domain="ECOMMERCE")["schema"]
    arn = operations.create_schema(ana, name="items", schema=text, domain="ECOMMERCE")["schemaArn"]
    assert operations.describe_schema(ana, schema_arn=arn)["schema"]["domain"] == "ECOMMERCE"
    assert operations.list_schemas(ana)["schemas"][0]["domain"] == "ECOMMERCE"


@pytest.mark.parametrize("bad", ["", "{", "[]", '{"type": "record"}', "null"])
def test_what_is_no_schema_is_refused_in_words_for_its_author(ana, bad):
    with pytest.raises(InvalidInputException) as caught:
        operations.create_schema(ana, name="events", schema=bad)
    assert caught.value.message


def test_a_second_schema_of_the_same_name_is_refused(ana, text):
    operations.create_schema(ana, name="events", schema=text)
    with pytest.raises(ResourceAlreadyExistsException):
        operations.create_schema(ana, name="events", schema=text)


def test_one_schema_more_than_the_quota_is_refused(ana, text, settings):
    settings.QUOTAS = settings.QUOTAS | {"active_schemas": 2}
    for number in range(2):
        operations.create_schema(ana, name=f"events-{number}", schema=text)
    with pytest.raises(LimitExceededException, match="More than 2 resources in ACTIVE state"):
        operations.create_schema(ana, name="events-2", schema=text)


def test_a_schema_is_deleted_at_once_unless_a_dataset_uses_it(ana):
    unused, used = factories.schema(ana, "unused"), factories.schema(ana, "used")
    dataset = factories.dataset(ana, factories.active_group(ana), of_schema=used)
    operations.delete_schema(ana, schema_arn=unused.arn)
    with pytest.raises(ResourceInUseException, match=dataset.arn):
        operations.delete_schema(ana, schema_arn=used.arn)
    assert [schema["name"] for schema in operations.list_schemas(ana)["schemas"]] == ["used"]


def test_details_can_be_narrowed_to_a_type_and_to_a_domain_or_none(ben, ana):
    factories.schema(ana, "a")
    factories.schema(ana, "b", domain="ECOMMERCE")
    factories.schema(ana, "c", dataset_type="USERS")

    def names(**narrowed):
        return sorted(each["name"] for each in operations.list_schema_details(ben, **narrowed)["schemas"])

    assert names() == ["a", "b", "c"]
    assert names(dataset_type="INTERACTIONS") == ["a", "b"]
    assert names(domain="ECOMMERCE", any_domain=False) == ["b"]
    assert names(any_domain=False) == ["a", "c"]


def test_the_editor_learns_what_is_wrong_and_where(ben):
    problems = operations.check_schema(ben, schema="{}", dataset_type="USERS")["problems"]
    assert {"severity", "line", "column", "rule", "message", "fix"} <= set(problems[0])
    assert problems[0]["severity"] == "error"
