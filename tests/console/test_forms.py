"""What every form of the console does: errors beside fields, sent once, shown as code, checked field by field."""

import html
import re

import pytest
from django.http import QueryDict

from apps.ui.forms import (
    IntegerField,
    KeyField,
    LocationField,
    NameField,
    NumberField,
    OperationForm,
    RoleField,
    TagsField,
)
from personalize_web import operations
from personalize_web.operations import ServiceError

NEW = "/console/dataset-groups/-new/"


class Everything(OperationForm):
    name = NameField(label="Name")
    role_arn = RoleField(label="Role", required=False)
    kms_key_arn = KeyField(label="Key")
    location = LocationField(label="Location", folder=True, required=False)
    tps = IntegerField(label="TPS", min_value=1, max_value=500, required=False)
    weight = NumberField(label="Weight", min_value=0, max_value=1, required=False)
    tags = TagsField()


def errors(query: str) -> dict[str, list[str]]:
    return Everything(QueryDict(query)).errors


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("name=", "name", "Enter a name."),
        ("name=-a", "name", "Use 1–63 letters, digits, hyphens or underscores, starting with a letter or digit."),
        (f"name={'a' * 64}", "name", "Use 1–63 letters"),
        ("name=a&role_arn=me", "role_arn", "Enter a role ARN such as arn:aws:iam::123456789012:role/Name."),
        ("name=a&kms_key_arn=me", "kms_key_arn", "Enter a key ARN or leave the field empty."),
        ("name=a&location=/tmp/x", "location", "Invalid data location. Use s3://bucket/folder/file.csv."),
        ("name=a&location=s3://b/x", "location", "End a folder path with /."),
        ("name=a&tps=0", "tps", "Enter a whole number from 1 to 500."),
        ("name=a&tps=1.5", "tps", "Enter a whole number from 1 to 500."),
        ("name=a&weight=2", "weight", "Enter a number from 0 to 1."),
        ("name=a&tags-key=k&tags-value=1&tags-key=k&tags-value=2", "tags", "Tag keys must be unique"),
        ("name=a&tags-key=aws:x&tags-value=1", "tags", "Keys and values cannot start with aws:"),
        ("name=a&tags-key=&tags-value=1", "tags", "Enter a key."),
        (f"name=a{'&tags-key=k%d&tags-value=v' * 51 % tuple(range(51))}", "tags", "at most 50 tags"),
    ],
)
def test_a_rule_is_told_in_its_own_words(query, field, message):
    assert message in " ".join(errors(query)[field])


def test_values_that_keep_the_rules_become_arguments_without_the_empty_ones():
    form = Everything(QueryDict("name=a-1&tps=2&tags-key=env&tags-value=prod&tags-key=&tags-value="))
    assert form.is_valid()
    assert form.arguments() == {"name": "a-1", "tps": 2, "tags": [{"tagKey": "env", "tagValue": "prod"}]}


def test_an_error_of_the_operation_lands_beside_its_field():
    form = Everything(QueryDict("name=a"))
    form.is_valid()
    form.place(ServiceError("Taken.", field="name"))
    form.place(ServiceError("Something else.", field="domain"))
    assert form.errors["name"] == ["Taken."]
    assert form.non_field_errors() == ["Something else."]


def test_a_name_that_is_taken_is_refused_beside_the_field(console, ana):
    operations.create_dataset_group(ana, name="movies")
    answer = console.post(NEW, {"name": "movies", "domain": "CUSTOM"})
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert re.search(r'id="id_name_error".*?already exists', page, re.S)
    assert re.search(r"data-focus.*?already exists", page, re.S)


def test_a_double_click_creates_one(console, ana):
    token = re.search(r'name="_token" value="(\w+)"', console.get(NEW).content.decode())[1]
    values = {"name": "movies", "domain": "CUSTOM", "_token": token}
    addresses = {console.post(NEW, values).headers["Location"] for _ in range(2)}
    assert addresses == {"/console/dataset-groups/movies/"}
    assert len(operations.list_dataset_groups(ana)["datasetGroups"]) == 1


def test_a_refused_form_can_be_mended_and_sent_again(console, ana):
    operations.create_dataset_group(ana, name="movies")
    token = re.search(r'name="_token" value="(\w+)"', console.get(NEW).content.decode())[1]
    values = {"domain": "CUSTOM", "_token": token}
    assert console.post(NEW, values | {"name": "movies"}).status_code == 422
    assert console.post(NEW, values | {"name": "films"}).status_code == 303


def test_a_form_is_shown_as_code_with_what_it_holds_now(console):
    answer = console.post(NEW, {"name": "movies", "domain": "VIDEO_ON_DEMAND", "_code": "1"})
    page = html.unescape(answer.content.decode())
    assert "personalize.create_dataset_group(" in page
    assert 'name="movies"' in page
    assert "aws personalize create-dataset-group" in page
    assert '"domain": "VIDEO_ON_DEMAND"' in page


def test_one_field_is_checked_when_it_is_left(console):
    page = console.post(NEW, {"name": "no blanks", "_validate": "name"}).content.decode()
    assert "Use 1–63 letters" in page
    assert page.count('class="field') == 2, "the field and its message, nothing else"


def test_a_viewer_sees_why_the_button_is_closed_and_is_refused_by_the_server(as_viewer, ana):
    page = as_viewer.get(NEW).content.decode()
    assert "Needs the Analyst role" in page
    assert as_viewer.post(NEW, {"name": "movies", "domain": "CUSTOM"}).status_code == 403
    assert operations.list_dataset_groups(ana)["datasetGroups"] == []
