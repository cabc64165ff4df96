"""Resources by their tags."""

import pytest

from personalize_web import operations
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tagged(ana):
    shop, films = factories.active_group(ana, "shop"), factories.active_group(ana, "films")
    operations.tag_resource(ana, resource_arn=shop.arn, tags=[{"tagKey": "Team", "tagValue": "blue"}])
    operations.tag_resource(ana, resource_arn=films.arn, tags=[{"tagKey": "Team", "tagValue": "red"}])
    return shop, films


def test_a_key_and_a_value_are_found_in_any_case(ben, tagged):
    shop, _ = tagged
    assert operations.list_tagged_resources(ben, key="team", value="BLUE") == {"arns": [shop.arn]}


def test_a_key_alone_finds_every_value(ben, tagged):
    assert len(operations.list_tagged_resources(ben, key="Team")["arns"]) == 2


def test_a_part_of_a_value_is_not_the_value(ben, tagged):
    assert operations.list_tagged_resources(ben, key="Team", value="re")["arns"] == []


def test_another_account_sees_nothing(eve, tagged):
    assert operations.list_tagged_resources(eve, key="Team")["arns"] == []
