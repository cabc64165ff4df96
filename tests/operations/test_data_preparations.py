"""Data preparations: a recipe is checked, run in the background, kept, and run again on the next file."""

from pathlib import Path

import pytest
from django.conf import settings

from personalize_web import operations
from personalize_web.engine.preparing import schema_text
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    LimitExceededException,
    ResourceInUseException,
)
from personalize_web.resources.models import DataPreparation
from tests import factories
from tests.console.data_files import store

pytestmark = pytest.mark.django_db

SCHEMA = schema_text(
    "INTERACTIONS",
    [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ],
)
RECIPE = {
    "columns": [
        {"field": "USER_ID", "column": "customer"},
        {"field": "ITEM_ID", "column": "article"},
        {"field": "TIMESTAMP", "column": "when", "convert": ["date-day-first"]},
    ],
    "dropDuplicates": True,
}
HEAD = "customer;article;when\n"
TABLE = HEAD + "u1;i1;14.11.2023\nu1;i1;14.11.2023\n;i2;14.11.2023\nu2;i2;someday\nu3;i3;15.11.2023\n"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


def arguments(group, **change):
    return {
        "dataset_group_arn": group.arn,
        "dataset_type": "Interactions",
        "data_location": store("messy.csv", TABLE),
        "schema": SCHEMA,
        "recipe": RECIPE,
        "output_location": "s3://data/out/",
    } | change


def prepared(caller, run_jobs, group, **change):
    arn = operations.create_data_preparation(caller, **arguments(group, **change))["dataPreparationArn"]
    run_jobs()
    return operations.describe_data_preparation(caller, data_preparation_arn=arn)["dataPreparation"]


def test_the_file_is_written_and_its_story_told(cleo, group, run_jobs, scratch):
    found = prepared(cleo, run_jobs, group)
    assert found["status"] == "ACTIVE"
    assert found["outputLocation"] == "s3://data/out/messy-prepared.csv"
    written = Path(settings.BUCKETS_DIR / "data/out/messy-prepared.csv").read_text()
    assert written == "USER_ID,ITEM_ID,TIMESTAMP\nu1,i1,1699920000\nu3,i3,1700006400\n"
    result = found["result"]
    assert (result["rows"], result["written"], result["unfit"]) == (5, 2, {"TIMESTAMP": 1})
    assert [(step["step"], step["rows"]) for step in result["steps"]] == [("drop", 1), ("drop", 1), ("duplicates", 1)]
    assert result["report"]["summary"]["rows"] == 5
    assert not list(scratch.glob("*"))


def test_the_log_says_what_was_done(ana, group, run_jobs):
    found = prepared(ana, run_jobs, group)
    lines = operations.get_job_log(ana, resource_arn=found["dataPreparationArn"])["lines"]
    texts = " ".join(line["text"] for line in lines)
    assert "2 of 5 rows written." in texts and "1 row without USER_ID dropped." in texts
    assert "1 row equal to an earlier one dropped." in texts


def test_the_recipe_runs_again_on_the_next_file(ana, group, run_jobs):
    first = prepared(ana, run_jobs, group)
    again = operations.rerun_data_preparation(
        ana,
        data_preparation_arn=first["dataPreparationArn"],
        data_location=store("next.csv", HEAD + "u9;i9;16.11.2023\n"),
        output_location="s3://data/next/file.csv",
    )["dataPreparationArn"]
    run_jobs()
    found = operations.describe_data_preparation(ana, data_preparation_arn=again)["dataPreparation"]
    assert (found["status"], found["result"]["written"]) == ("ACTIVE", 1)
    assert found["recipe"] == first["recipe"] and found["schema"] == first["schema"]


def test_a_next_file_without_a_column_fails_with_its_name(ana, group, run_jobs):
    first = prepared(ana, run_jobs, group)
    operations.rerun_data_preparation(
        ana,
        data_preparation_arn=first["dataPreparationArn"],
        data_location=store("other.csv", "customer;when\nu;1.1.2023\n"),
        output_location="s3://data/lacking/",
    )
    run_jobs()
    failed = DataPreparation.objects.get(status="CREATE FAILED")
    assert failed.failure_reason.startswith("The file has no column article, which ITEM_ID is made from.")
    assert not (settings.BUCKETS_DIR / "data/lacking").exists()


def test_without_a_place_to_write_only_the_report_on_all_rows_is_made(ana, group, run_jobs):
    found = prepared(ana, run_jobs, group, output_location=None)
    assert found["status"] == "ACTIVE" and "outputLocation" not in found
    assert found["result"]["report"]["fixed"] | {"steps": []} == {"before": 5, "after": 2, "steps": []}
    assert operations.list_data_preparations(ana, dataset_group_arn=group.arn)["dataPreparations"] == []


def test_the_report_on_a_sample_comes_at_once(ana, group):
    given = arguments(group)
    del given["output_location"]
    found = operations.report_data_preparation(ana, **given)
    assert found["summary"]["rows"] == 5 and found["fixed"]["after"] == 2 and found["sampled"] is False


def test_preparations_are_listed_newest_first(ana, group, run_jobs):
    for name in ("one", "two"):
        prepared(ana, run_jobs, group, output_location=f"s3://data/{name}.csv")
    listed = operations.list_data_preparations(ana, dataset_group_arn=group.arn, dataset_type="Interactions")
    assert [one["outputLocation"] for one in listed["dataPreparations"]] == ["s3://data/two.csv", "s3://data/one.csv"]
    assert not operations.list_data_preparations(ana, dataset_group_arn=group.arn, dataset_type="Users")[
        "dataPreparations"
    ]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"output_location": "s3://data/messy.csv"}, "output_location", "different from the input location"),
        (
            {"data_location": "s3://data/", "output_location": "s3://data/x.csv"},
            "output_location",
            "different from the input location",
        ),
        ({"output_location": "out.csv"}, "output_location", "Invalid Data location"),
        ({"output_location": f"s3://data/{'x' * 240}/"}, "output_location", "at most 256"),
        ({"data_location": "s3://data/none.csv"}, "data_location", "There is no data at"),
        ({"dataset_type": "Actions"}, "dataset_type", "not for Actions"),
        ({"dataset_type": "Users"}, "schema", "The schema is one of INTERACTIONS"),
        ({"schema": "{}"}, "schema", "Schema"),
        ({"recipe": {"columns": []}}, "recipe", "Choose a column for USER_ID"),
        ({"recipe": "drop it"}, "recipe", "A recipe is an object"),
    ],
)
def test_what_does_not_hold_is_refused_beside_its_field(ana, group, change, field, message):
    with pytest.raises(InvalidInputException, match=message) as refusal:
        operations.create_data_preparation(ana, **arguments(group, **change))
    assert refusal.value.field == field
    assert not DataPreparation.objects.exists()


def test_five_preparations_wait_at_most(ana, group):
    for _ in range(5):
        operations.create_data_preparation(ana, **arguments(group))
    with pytest.raises(LimitExceededException, match="More than 5 data preparations"):
        operations.create_data_preparation(ana, **arguments(group))


def test_the_group_must_be_active(ana):
    group = factories.group(ana, "slow", status="CREATE PENDING")
    with pytest.raises(ResourceInUseException):
        operations.create_data_preparation(ana, **arguments(group))


def test_viewers_prepare_nothing_but_read_what_was_prepared(ana, ben, group, run_jobs):
    with pytest.raises(AccessDeniedException):
        operations.create_data_preparation(ben, **arguments(group))
    found = prepared(ana, run_jobs, group)
    assert operations.describe_data_preparation(ben, data_preparation_arn=found["dataPreparationArn"])
