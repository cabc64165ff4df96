"""Replacing a dataset's schema: what is refused, what changes, and what new columns mean for trainings."""

import json

import pytest

from personalize_web import operations
from personalize_web.operations import errors
from personalize_web.resources.models import Dataset
from personalize_web.workers import dataset_updates, folders, indexes
from tests import factories

pytestmark = pytest.mark.django_db
OLD = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRES", "type": ["null", "string"], "categorical": True},
]
CITY = {"name": "CITY", "type": ["string", "null"], "categorical": True}


def text(fields, name="Items"):
    return json.dumps({"type": "record", "name": name, "fields": fields})


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def items(ana, group):
    """An Items dataset with its columns."""
    factories.dataset(ana, group)
    made = factories.dataset(ana, group, "ITEMS", of_schema=schema(ana, "old", OLD))
    folders.store_of(made).adopt(folders.schema_of(made))
    return made


def schema(caller, name, fields, kind="ITEMS", **about):
    return factories.schema(caller, name, dataset_type=kind, text=text(fields, kind.title()), **about)


def update(caller, dataset, new):
    return operations.update_dataset(caller, dataset_arn=dataset.arn, schema_arn=new.arn)


def described(caller, dataset):
    return operations.describe_dataset(caller, dataset_arn=dataset.arn)["dataset"]


def test_a_dataset_gets_a_schema_with_one_more_column(ana, items, run_jobs):
    new = schema(ana, "new", [*OLD, CITY])
    assert update(ana, items, new) == {"datasetArn": items.arn}
    pending = described(ana, items)
    assert (pending["status"], pending["latestDatasetUpdate"]["status"]) == ("ACTIVE", "CREATE PENDING")
    assert pending["latestDatasetUpdate"]["schemaArn"] == new.arn
    run_jobs()
    done = described(ana, items)
    assert done["schemaArn"] == new.arn
    assert done["latestDatasetUpdate"]["status"] == "ACTIVE"
    assert done["latestDatasetUpdate"]["lastUpdatedDateTime"] >= done["latestDatasetUpdate"]["creationDateTime"]
    items.refresh_from_db()
    assert folders.store_of(items).snapshot().columns == ("ITEM_ID", "GENRES", "CITY")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ([OLD[0], {**OLD[1], "name": "GENRE"}], "Field GENRES is missing"),
        ([OLD[0], {**OLD[1], "type": "string"}], "Field GENRES must stay as it is"),
        ([*OLD, {**CITY, "type": "string"}], "Field CITY is new and must support null"),
    ],
)
def test_a_schema_that_breaks_a_rule_is_refused_at_once(ana, items, fields, says):
    with pytest.raises(errors.InvalidInputException, match=says) as refusal:
        update(ana, items, schema(ana, "new", fields))
    assert refusal.value.field == "schema_arn"
    assert described(ana, items).get("latestDatasetUpdate") is None


@pytest.mark.parametrize("kind", ["INTERACTIONS", "ACTIONS", "ACTION_INTERACTIONS"])
def test_only_items_and_users_can_be_updated(ana, group, kind):
    dataset = factories.dataset(ana, group, kind)
    with pytest.raises(errors.InvalidInputException, match=f"type {kind} cannot be replaced"):
        update(ana, dataset, factories.schema(ana, "other", dataset_type=kind))


def test_users_can_be_updated(ana, group):
    fields = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": "int"}]
    users = factories.dataset(ana, group, "USERS", of_schema=schema(ana, "old-users", fields, "USERS"))
    update(ana, users, schema(ana, "new-users", [*fields, CITY], "USERS"))


def test_the_schema_it_has_is_refused(ana, items):
    with pytest.raises(errors.InvalidInputException, match="is the dataset's schema already"):
        update(ana, items, items.schema)


def test_a_schema_of_another_domain_is_refused(ana, items):
    fields = [*OLD, {"name": "CREATION_TIMESTAMP", "type": "long"}]
    with pytest.raises(errors.InvalidInputException, match="VIDEO_ON_DEMAND"):
        update(ana, items, schema(ana, "vod", fields, domain="VIDEO_ON_DEMAND"))


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS"])
def test_not_while_an_import_into_it_runs(ana, items, status):
    running = factories.import_job(ana, items, status=status)
    with pytest.raises(errors.ResourceInUseException, match=rf"{running.arn} \({status}\)"):
        update(ana, items, schema(ana, "new", [*OLD, CITY]))


def test_not_while_it_is_being_made(ana, items):
    items.move("CREATE PENDING")
    with pytest.raises(errors.ResourceInUseException, match="CREATE PENDING"):
        update(ana, items, schema(ana, "new", [*OLD, CITY]))


def test_not_while_it_is_being_updated(ana, items):
    update(ana, items, schema(ana, "new", [*OLD, CITY]))
    with pytest.raises(errors.ResourceInUseException, match="is being updated already"):
        update(ana, items, schema(ana, "newer", [*OLD, CITY, {**CITY, "name": "STREET"}]))


def test_a_failed_update_keeps_the_old_schema_and_says_why(ana, items, run_jobs, monkeypatch):
    def refuse(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(indexes, "renew", refuse)
    old = items.schema.arn
    update(ana, items, schema(ana, "new", [*OLD, CITY]))
    run_jobs()
    failed = described(ana, items)
    assert failed["schemaArn"] == old
    assert failed["latestDatasetUpdate"]["status"] == "CREATE FAILED"
    assert "disk is full" in failed["latestDatasetUpdate"]["failureReason"]
    assert folders.store_of(items).snapshot().columns == ("ITEM_ID", "GENRES")


def test_new_columns_are_left_out_of_trainings_that_exist(ana, group, items, run_jobs):
    solution = factories.solution(ana, group)
    chosen = factories.solution(
        ana, group, "chosen", config={"trainingDataConfig": {"includedDatasetColumns": {"ITEMS": ["GENRES"]}}}
    )
    update(ana, items, schema(ana, "new", [*OLD, CITY]))
    run_jobs()
    config = operations.describe_solution(ana, solution_arn=solution.arn)["solution"]["solutionConfig"]
    assert config["trainingDataConfig"] == {"excludedDatasetColumns": {"ITEMS": ["CITY"]}}
    before = chosen.config
    chosen.refresh_from_db()
    assert chosen.config == before


def test_columns_that_were_left_out_stay_out(ana, group, items, run_jobs):
    excluded = {"excludedDatasetColumns": {"Items": ["GENRES"]}}
    solution = factories.solution(ana, group, config={"trainingDataConfig": excluded})
    update(ana, items, schema(ana, "new", [*OLD, CITY]))
    run_jobs()
    solution.refresh_from_db()
    assert solution.config["trainingDataConfig"] == {"excludedDatasetColumns": {"ITEMS": ["GENRES", "CITY"]}}


def test_recommenders_leave_new_columns_out_also_in_an_update_that_runs(ana):
    group = factories.video_group(ana)
    recommender = factories.recommender(
        ana, group, latest_update={"status": "CREATE PENDING", "recommenderConfig": {"x": 1}}
    )
    dataset_updates.exclude(group, "ITEMS", ["CITY"])
    recommender.refresh_from_db()
    excluded = {"excludedDatasetColumns": {"ITEMS": ["CITY"]}}
    assert recommender.config == {"trainingDataConfig": excluded}
    assert recommender.latest_update["recommenderConfig"] == {"x": 1, "trainingDataConfig": excluded}


def test_a_version_that_waits_for_its_training_leaves_them_out(ana, group, items):
    solution = factories.solution(ana, group)
    waiting = factories.solution_version(ana, solution, status="CREATE PENDING")
    trained = factories.solution_version(ana, solution)
    dataset_updates.exclude(group, "ITEMS", ["CITY"])
    waiting.refresh_from_db()
    trained.refresh_from_db()
    assert waiting.config["trainingDataConfig"] == {"excludedDatasetColumns": {"ITEMS": ["CITY"]}}
    assert "trainingDataConfig" not in trained.config


def test_a_schema_on_its_way_to_a_dataset_cannot_be_deleted(ana, items):
    new = schema(ana, "new", [*OLD, CITY])
    update(ana, items, new)
    with pytest.raises(errors.ResourceInUseException, match=items.arn):
        operations.delete_schema(ana, schema_arn=new.arn)


def test_only_schemas_that_may_take_its_place_are_offered(ana, items):
    fitting = schema(ana, "fitting", [*OLD, CITY])
    schema(ana, "missing", [OLD[0], CITY])
    factories.schema(ana, "interactions")
    schema(ana, "vod", [*OLD, CITY], domain="VIDEO_ON_DEMAND")
    [offered] = operations.list_replacement_schemas(ana, dataset_arn=items.arn)["schemas"]
    assert (offered["schemaArn"], offered["added"]) == (fitting.arn, ["CITY"])


def test_the_editor_is_told_what_would_change_and_what_forbids_it(ana, items):
    new = text([OLD[0], {**OLD[1], "type": "string"}, CITY])
    answer = operations.check_replacement(ana, dataset_arn=items.arn, schema=new)
    assert [(field["name"], field["change"]) for field in answer["fields"]] == [
        ("ITEM_ID", "same"),
        ("GENRES", "changed"),
        ("CITY", "added"),
    ]
    errors_ = [problem for problem in answer["problems"] if problem["severity"] == "error"]
    assert [problem["field"] for problem in errors_] == ["GENRES"]


def test_a_text_that_is_no_schema_has_problems_and_no_fields(ana, items):
    answer = operations.check_replacement(ana, dataset_arn=items.arn, schema="{")
    assert answer["fields"] == []
    assert "not valid JSON" in answer["problems"][0]["refusal"]


def test_the_row_of_the_dataset_is_not_changed_before_the_job_ran(ana, items):
    update(ana, items, schema(ana, "new", [*OLD, CITY]))
    assert Dataset.objects.get(pk=items.pk).schema_id == items.schema_id
