"""F7: a dataset gets a schema with new columns."""

import json

import pytest

from personalize_web.resources.models import Dataset, Schema
from tests import factories
from tests.console.data_files import text_of

BASE = "/console/dataset-groups/movies/datasets/users/"
REPLACE = f"{BASE}schema/-replace/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def users(ana, group):
    return factories.dataset(ana, group, "USERS")


def schema(*more, drop=(), **changed):
    """The users schema of the factories with fields added, left out or changed."""
    from personalize_web.engine import schemas as avro

    document = json.loads(avro.template("USERS", None))
    fields = [field | changed.get(field["name"], {}) for field in document["fields"] if field["name"] not in drop]
    return json.dumps(document | {"fields": [*fields, *more]}, indent=2)


CITY = {"name": "CITY", "type": ["null", "string"], "categorical": True}


def form(text, **more):
    return {"schema_choice": "new", "schema_name": "users-2", "definition": text} | more


def test_the_editor_begins_with_the_schema_the_dataset_has(console, users):
    page = console.get(REPLACE)
    assert page.context["form"]["definition"].value() == users.schema.text
    words = text_of(page)
    assert "Replace with a new schema" in words and "Use a previously created schema" in words


def test_a_new_schema_with_one_more_column_takes_its_place(console, users, run_jobs):
    answer = console.post(REPLACE, form(schema(CITY)))
    assert answer.status_code == 303 and answer.headers["Location"] == BASE
    assert "Update in progress" in text_of(console.get(BASE))
    run_jobs()
    assert Dataset.objects.get().schema.name == "users-2"
    words = text_of(console.get(f"{BASE}?tab=schema"))
    assert "CITY" in words and "Latest schema update" in words and "Update in progress" not in words


def test_a_schema_that_is_there_already_can_be_chosen(console, ana, users, run_jobs):
    factories.schema(ana, "wider", dataset_type="USERS", text=schema(CITY))
    factories.schema(ana, "narrower", dataset_type="USERS", text=schema(drop=("AGE",)))
    page = console.get(REPLACE)
    names = [label for value, label in page.context["form"].fields["existing_schema"].choices if value]
    assert names == ["wider"]
    arn = Schema.objects.get(name="wider").arn
    console.post(REPLACE, {"schema_choice": "existing", "existing_schema": arn})
    run_jobs()
    assert Dataset.objects.get().schema.name == "wider"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_name": ""}, "Enter a name."),
        ({"schema_name": "a b"}, "Use 1–63 letters, digits, hyphens or underscores"),
        ({"schema_name": "users-custom"}, 'A schema named "users-custom" already exists.'),
        ({"definition": " "}, "Write a schema, or begin again with the current one."),
        ({"definition": "{"}, "Line 1"),
        ({"definition": schema(CITY, drop=("AGE",))}, "AGE"),
        ({"definition": schema(CITY, AGE={"type": "string"})}, "AGE"),
        ({"definition": schema({"name": "CITY", "type": "string", "categorical": True})}, "CITY"),
        ({"definition": schema()}, "This schema adds no column. Add one, or cancel."),
        ({"schema_choice": "existing"}, "Choose a schema."),
    ],
)
def test_each_mistake_is_told_and_nothing_is_made(console, users, change, message):
    answer = console.post(REPLACE, form(schema(CITY)) | change)
    assert answer.status_code == 422 and message in text_of(answer)
    assert Schema.objects.count() == 1


def test_differences_are_shown_as_one_types(console, users):
    text = schema(CITY, drop=("GENDER",), AGE={"type": "float"})
    answer = console.post(f"{REPLACE}-check/", {"definition": text})
    page = answer.content.decode()
    assert 'id="schema-differences" hx-swap-oob="true"' in page
    for change, name in (("added", "CITY"), ("removed", "GENDER"), ("changed", "AGE")):
        row = page[page.index(f'<tr class="{change}">') :].split("</tr>")[0]
        assert name in row
    assert "Errors: 2" in text_of(answer)


def test_who_goes_on_without_the_new_columns_is_listed(console, ana, group, users):
    factories.solution(ana, group, "picks")
    words = text_of(console.get(REPLACE))
    assert "New columns join no training by themselves" in words and "Solution picks" in words


@pytest.mark.parametrize(("kind", "slug"), [("INTERACTIONS", "item-interactions"), ("ACTIONS", "actions")])
def test_other_kinds_keep_their_schema(console, ana, group, kind, slug):
    factories.dataset(ana, group, kind)
    page = console.get(f"/console/dataset-groups/movies/datasets/{slug}/schema/-replace/")
    assert "You cannot replace the schema of this dataset type." in text_of(page)
    assert "You cannot replace" in console.get(f"/console/dataset-groups/movies/datasets/{slug}/").content.decode()


def test_a_running_import_is_waited_for(console, ana, users):
    factories.import_job(ana, users, "slow", status="CREATE IN_PROGRESS")
    assert "Wait until import slow has finished." in console.get(REPLACE).content.decode()


def test_a_failed_replacement_tells_its_reason_on_the_page_of_the_dataset(console, users):
    users.change(
        latest_update={
            "status": "CREATE FAILED",
            "failureReason": "The disk is full.",
            "creationDateTime": 1.7e9,
            "lastUpdatedDateTime": 1.7e9,
        }
    )
    words = text_of(console.get(BASE))
    assert "The schema was not replaced" in words and "The disk is full." in words


def test_the_calls_are_shown_as_code(console, users):
    answer = console.post(REPLACE, form(schema(CITY)) | {"_code": "1"})
    assert "create_schema(" in text_of(answer) and "update_dataset(" in text_of(answer)


def test_viewers_replace_nothing(as_viewer, users):
    assert as_viewer.post(REPLACE, form(schema(CITY))).status_code == 403
    assert Dataset.objects.get().schema.name == "users-custom"
