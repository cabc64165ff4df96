"""F2: a dataset group is created in the console."""

import pytest

from personalize_web.resources.models import DatasetGroup
from tests import factories
from tests.console.data_files import text_of

NEW = "/console/dataset-groups/-new/"


def test_a_group_is_created_with_domain_and_tags(console, run_jobs):
    answer = console.post(
        NEW, {"name": "cinema", "domain": "VIDEO_ON_DEMAND", "tags-key": "team", "tags-value": "video"}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console/dataset-groups/cinema/"
    run_jobs()
    group = DatasetGroup.objects.get()
    assert (group.name, group.domain, group.status) == ("cinema", "VIDEO_ON_DEMAND", "ACTIVE")
    page = text_of(console.get("/console/dataset-groups/cinema/?tab=tags"))
    assert "team" in page and "video" in page


def test_a_custom_group_has_no_domain(console):
    console.post(NEW, {"name": "lab", "domain": "CUSTOM"})
    assert DatasetGroup.objects.get().domain is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "", "domain": "CUSTOM"}, "Enter a name."),
        ({"name": "-x", "domain": "CUSTOM"}, "Use 1–63 letters, digits, hyphens or underscores"),
        ({"name": "lab"}, "Choose a domain."),
        ({"name": "lab", "domain": "CUSTOM", "kms_key_arn": "key"}, "Enter a key ARN or leave the field empty."),
        (
            {"name": "lab", "domain": "CUSTOM", "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"},
            "Enter the role that may use the key.",
        ),
        ({"name": "lab", "domain": "CUSTOM", "role_arn": "me"}, "Enter a role ARN such as"),
        (
            {"name": "lab", "domain": "CUSTOM", "tags-key": ["a", "a"], "tags-value": ["1", "2"]},
            "Tag keys must be unique",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(console, given, message):
    answer = console.post(NEW, given)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert not DatasetGroup.objects.exists()


def test_a_name_that_is_taken_is_said_beside_the_name(console, ana):
    factories.active_group(ana, "lab")
    answer = console.post(NEW, {"name": "lab", "domain": "CUSTOM"})
    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.content.decode()


def test_the_same_form_sent_twice_creates_one_group(console):
    form = {"name": "lab", "domain": "CUSTOM", "_token": "once"}
    first, second = console.post(NEW, form), console.post(NEW, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert DatasetGroup.objects.count() == 1


def test_a_viewer_cannot_create(as_viewer):
    page = as_viewer.get(NEW)
    assert "Needs the Analyst role" in page.content.decode()
    assert as_viewer.post(NEW, {"name": "lab", "domain": "CUSTOM"}).status_code == 403


def test_the_form_is_shown_as_code_without_being_sent(console):
    answer = console.post(NEW, {"name": "lab", "domain": "CUSTOM", "_code": "1"})
    assert "create_dataset_group" in text_of(answer) and "create-dataset-group" in text_of(answer)
    assert not DatasetGroup.objects.exists()
