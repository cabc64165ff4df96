"""F4: from a file to a dataset in three steps, none of which loses what was filled in."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.import_jobs import wizard
from personalize_web.engine.schemas import template
from personalize_web.resources.models import Dataset, DatasetImportJob, Schema
from tests import factories
from tests.console.data_files import interactions, store, text_of

BASE = "/console/dataset-groups/lab/datasets/-import/item-interactions/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana, "lab")


@pytest.fixture
def default_schema():
    """The text the editor begins with."""
    return template("INTERACTIONS", None)


class Walk:
    """A person on the way through the steps."""

    def __init__(self, client):
        self.client = client
        self.query = urlsplit(client.get(f"{BASE}method/").headers["Location"]).query

    def get(self, step):
        return self.client.get(f"{BASE}{step}/?{self.query}")

    def post(self, step, **data):
        return self.client.post(f"{BASE}{step}/?{self.query}", data)

    def to_job(self, text):
        self.post("method", method="direct")
        return self.post("schema", name="lab-events", schema_choice="new", schema_name="lab-schema", definition=text)


@pytest.fixture
def walk(console, group):
    return Walk(console)


@pytest.fixture
def ready_at_once(monkeypatch, run_jobs):
    """A worker that is there: datasets become ACTIVE while the wizard waits."""
    monkeypatch.setattr(wizard.time, "sleep", lambda seconds: run_jobs())


def test_the_three_steps_make_schema_dataset_and_import(walk, default_schema, ready_at_once, run_jobs):
    location = store("events.csv", interactions())
    assert walk.to_job(default_schema).headers["Location"].startswith(f"{BASE}job/")
    answer = walk.post("job", source="s3", job_name="first", data_location=location, role="default")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/console/dataset-groups/lab/"
    run_jobs()
    assert Schema.objects.get().name == "lab-schema"
    dataset = Dataset.objects.get()
    assert (dataset.name, dataset.status, dataset.statistics["rows"]) == ("lab-events", "ACTIVE", 1200)
    assert DatasetImportJob.objects.get().status == "ACTIVE"


def test_previous_and_reloading_keep_what_was_typed(walk, default_schema):
    walk.to_job(default_schema)
    back = walk.post("job", _previous="schema", source="s3", job_name="half", data_location="s3://not yet")
    assert back.headers["Location"].startswith(f"{BASE}schema/")
    assert 'value="lab-events"' in walk.get("schema").content.decode()
    page = walk.get("job").content.decode()
    assert 'value="half"' in page and 'value="s3://not yet"' in page
    assert not Dataset.objects.exists()


def test_two_tabs_do_not_disturb_each_other(console, walk):
    other = Walk(console)
    walk.post("method", method="direct")
    assert parse_qs(walk.query) != parse_qs(other.query)
    assert console.get(f"{BASE}job/?{other.query}").headers["Location"].startswith(f"{BASE}method/")


def test_a_later_step_asks_for_the_earlier_ones_first(walk):
    assert walk.get("job").headers["Location"].startswith(f"{BASE}method/")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Enter a name."),
        ({"schema_name": ""}, "Enter a name."),
        ({"schema_name": "a b"}, "Use 1–63 letters"),
        ({"definition": "{"}, "Line 1"),
        ({"definition": ""}, "Write a schema, or reset it to the default."),
        ({"schema_choice": "existing"}, "Choose a schema."),
    ],
)
def test_the_schema_step_says_what_is_wrong(walk, default_schema, change, message):
    walk.post("method", method="direct")
    given = {"name": "events", "schema_choice": "new", "schema_name": "s", "definition": default_schema} | change
    answer = walk.post("schema", **given)
    assert answer.status_code == 422
    assert message in text_of(answer)


def test_a_schema_name_that_is_taken_is_refused(walk, default_schema, ana):
    factories.schema(ana, "lab-schema", dataset_type="USERS")
    assert 'A schema named "lab-schema" already exists.' in text_of(walk.to_job(default_schema))


def test_only_schemas_of_this_type_and_domain_are_offered(walk, ana):
    factories.schema(ana, "fits")
    factories.schema(ana, "of-users", dataset_type="USERS")
    factories.schema(ana, "of-a-domain", domain="VIDEO_ON_DEMAND")
    walk.post("method", method="direct")
    page = text_of(walk.get("schema"))
    assert "fits" in page and "of-users" not in page and "of-a-domain" not in page


def test_an_error_in_the_schema_is_mended_without_javascript(walk, default_schema):
    walk.post("method", method="direct")
    wrong = default_schema.replace('"TIMESTAMP", "type": "long"', '"TIMESTAMP", "type": "int"')
    given = {"name": "events", "schema_choice": "new", "schema_name": "s", "definition": wrong}
    assert "TIMESTAMP is required and must be long." in text_of(walk.post("schema", **given))
    walk.post("schema", **given, _fix="0")
    assert "TIMESTAMP is required and must be long." not in text_of(walk.get("schema"))


def test_a_location_that_holds_nothing_is_refused_before_anything_is_made(walk, default_schema):
    walk.to_job(default_schema)
    answer = walk.post("job", source="s3", job_name="first", data_location="s3://data/none.csv", role="default")
    assert answer.status_code == 422
    assert not Schema.objects.exists() and not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"job_name": ""}, "Enter a name."),
        ({"data_location": ""}, "Enter the location of a file or folder"),
        ({"data_location": "file.csv"}, "Invalid data location. Use s3://bucket/folder/file.csv."),
        ({"role": "custom"}, "Enter a role ARN such as"),
        ({"role": "custom", "role_arn": "me"}, "Enter a role ARN such as"),
    ],
)
def test_the_job_step_says_what_is_wrong(walk, default_schema, change, message):
    walk.to_job(default_schema)
    given = {"source": "s3", "job_name": "first", "data_location": "s3://data/e.csv", "role": "default"} | change
    answer = walk.post("job", **given)
    assert answer.status_code == 422
    assert message in text_of(answer)


def test_without_a_file_an_empty_dataset_is_made_and_the_tracker_comes_next(walk, default_schema):
    walk.to_job(default_schema)
    answer = walk.post("job", source="api")
    assert answer.headers["Location"] == "/console/dataset-groups/lab/event-trackers/-new/configure/"
    assert Dataset.objects.exists() and not DatasetImportJob.objects.exists()


def test_without_a_worker_the_import_waits_for_its_person(walk, default_schema, monkeypatch, run_jobs):
    monkeypatch.setattr(wizard, "PATIENCE", 0)
    location = store("events.csv", interactions())
    walk.to_job(default_schema)
    answer = walk.post("job", source="s3", job_name="first", data_location=location, role="default")
    address = answer.headers["Location"]
    assert address.startswith("/console/dataset-groups/lab/datasets/item-interactions/import-jobs/-new/?")
    page = walk.client.get(address)
    assert location in page.content.decode()
    assert "The dataset is being created" in text_of(page)
    run_jobs()
    assert "The dataset is being created" not in text_of(walk.client.get(address))


def test_what_a_first_attempt_made_is_used_by_the_second(walk, default_schema, ready_at_once, ana, run_jobs):
    location = store("events.csv", interactions())
    walk.to_job(default_schema)
    other = factories.dataset(ana, factories.active_group(ana, "other"))
    factories.import_job(ana, other, "first")
    taken = walk.post("job", source="s3", job_name="first", data_location=location, role="default")
    assert taken.status_code == 422
    again = walk.post("job", source="s3", job_name="second", data_location=location, role="default")
    assert again.status_code == 303
    assert Schema.objects.filter(name="lab-schema").count() == 1


def test_the_whole_way_is_shown_as_code(walk, default_schema):
    walk.to_job(default_schema)
    shown = walk.post("job", source="s3", job_name="first", data_location="s3://data/e.csv", role="default", _code="1")
    words = text_of(shown)
    assert words.index("create_schema") < words.index("create_dataset(") < words.index("create_dataset_import_job")
    assert not Schema.objects.exists()


def test_a_dataset_that_is_there_is_imported_into(console, ana, group):
    factories.dataset(ana, group)
    answer = console.get(f"{BASE}method/")
    assert answer.headers["Location"].endswith("/datasets/item-interactions/import-jobs/-new/")


def test_actions_are_not_offered_in_a_domain_group(console, ana):
    factories.active_group(ana, "shop", domain="ECOMMERCE")
    assert console.get("/console/dataset-groups/shop/datasets/-import/actions/method/").status_code == 404


def test_the_live_check_names_line_field_and_fix(console, group, default_schema):
    wrong = json.dumps(json.loads(default_schema) | {"name": "Events"})
    answer = console.post(f"{BASE}schema/-check/", {"definition": wrong}, headers={"HX-Request": "true"})
    words = text_of(answer)
    assert "Errors: 1" in words and "Line 1" in words and "The record name must be Interactions" in words
    assert "data-fix" in answer.content.decode()


def test_the_preflight_compares_the_file_with_the_schema_of_the_wizard(walk, default_schema):
    walk.to_job(default_schema)
    location = store("odd.csv", "USER_ID,ITEM_ID,WHEN\nu1,i1,1700000000\n")
    answer = walk.client.post(f"{BASE}job/-preflight/?{walk.query}", {"data_location": location})
    words = text_of(answer)
    assert "2 of 3 columns match" in words and "TIMESTAMP" in words


def test_the_preflight_shows_the_first_rows(walk, default_schema):
    walk.to_job(default_schema)
    location = store("events.csv", interactions())
    answer = walk.client.post(f"{BASE}job/-preflight/?{walk.query}", {"data_location": location})
    words = text_of(answer)
    assert "3 of 3 columns match" in words and "1700000000" in words and "About 1,200 rows" in words
    assert "As date" in words and "Nov 14, 2023, 22:13" in words
    assert "Prepare data" not in words


def test_a_file_that_does_not_fit_may_be_prepared(walk, default_schema):
    walk.to_job(default_schema)
    location = store("late.csv", "USER_ID,ITEM_ID,TIMESTAMP\nu1,i1,14.11.2023\n")
    answer = walk.client.post(f"{BASE}job/-preflight/?{walk.query}", {"data_location": location})
    assert "Prepare data" in text_of(answer)
    assert "prepare/source/?data_location=s3%3A%2F%2Fdata%2Flate.csv" in answer.content.decode()
