"""A data check reports everything an import would say about files, and imports nothing."""

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    AccessDeniedException,
    InvalidInputException,
    LimitExceededException,
    ResourceNotFoundException,
)
from personalize_web.resources.models import Dataset, DatasetImportJob
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


def create(caller, group, location="s3://data/a.csv", kind="Interactions", **more):
    return operations.create_data_check(
        caller, dataset_group_arn=group.arn, dataset_type=kind, data_location=location, **more
    )["dataCheckArn"]


def checked(caller, run_jobs, group, location, **more):
    arn = create(caller, group, location, **more)
    run_jobs()
    return operations.describe_data_check(caller, data_check_arn=arn)["dataCheck"]


TEXT = world.schema("Interactions", world.FIELDS)


def test_a_report_is_made_in_the_background_and_nothing_is_imported(cleo, ana, group, run_jobs):
    dataset = factories.dataset(ana, group)
    location = world.put_interactions("good.csv")
    found = checked(cleo, run_jobs, group, location, dataset_arn=dataset.arn)
    assert (found["status"], found["datasetType"], found["dataLocation"]) == ("ACTIVE", "INTERACTIONS", location)
    result = found["result"]
    assert (result["rows"], result["wouldImport"], result["problems"]) == (1200, True, [])
    assert result["summary"]["users"] == 40
    assert Dataset.objects.get().statistics == {}
    assert not DatasetImportJob.objects.exists()


def test_bad_rows_are_a_report_and_no_failure(ana, group, run_jobs):
    bad = world.put_csv("bad.csv", "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", [*world.watched(), "u1,i1,watch,soon"])
    found = checked(ana, run_jobs, group, bad, schema=TEXT)
    assert found["status"] == "ACTIVE"
    assert found["result"]["wouldImport"] is False
    assert found["result"]["problems"] == [
        {
            "rule": "The value must be a whole number.",
            "column": "TIMESTAMP",
            "rows": 1,
            "examples": [{"file": "bad.csv", "line": 1202, "value": "soon"}],
        }
    ]


def test_a_location_without_files_fails_the_check(ana, group, run_jobs):
    found = checked(ana, run_jobs, group, "s3://data/absent.csv", schema=TEXT)
    assert found["status"] == "CREATE FAILED"
    assert found["failureReason"].startswith("Invalid Data location.")


def test_a_sample_looks_at_the_first_rows(ana, group, run_jobs, monkeypatch):
    monkeypatch.setattr("personalize_web.engine.importing.checking.SAMPLE_ROWS", 50)
    found = checked(ana, run_jobs, group, world.put_interactions("good.csv"), schema=TEXT, full=False)
    assert (found["full"], found["result"]["rows"], found["result"]["sampled"]) == (False, 50, True)


def test_without_a_schema_the_groups_dataset_of_the_type_has_it(ana, group):
    with pytest.raises(InvalidInputException, match="has no INTERACTIONS dataset yet: give a schema"):
        create(ana, group)
    dataset = factories.dataset(ana, group)
    shown = operations.describe_data_check(ana, data_check_arn=create(ana, group))["dataCheck"]
    assert shown["schema"] == dataset.schema.text
    assert shown["status"] == "CREATE PENDING"


def test_a_schema_of_another_type_is_refused(ana, group):
    with pytest.raises(InvalidInputException, match="The schema is one of INTERACTIONS, and the files are to be USERS"):
        create(ana, group, kind="Users", schema=TEXT)
    with pytest.raises(InvalidInputException, match="is no dataset of"):
        create(ana, group, dataset_arn=factories.dataset(ana, factories.active_group(ana, "other")).arn)


def test_a_location_outside_its_bucket_is_refused(ana, group):
    with pytest.raises(InvalidInputException, match=r"^Invalid Data location\.") as caught:
        create(ana, group, "s3://data/../x", schema=TEXT)
    assert caught.value.field == "data_location"


def test_the_sixth_running_check_is_one_too_many(ana, group):
    for _ in range(5):
        create(ana, group, schema=TEXT)
    with pytest.raises(LimitExceededException, match="More than 5 data checks"):
        create(ana, group, schema=TEXT)


def test_checks_are_listed_newest_first_and_only_to_their_account(ana, ben, eve, group):
    arns = [create(ana, group, f"s3://data/{at}.csv", schema=TEXT) for at in range(3)]
    listed = operations.list_data_checks(ben, dataset_group_arn=group.arn)["dataChecks"]
    assert [each["dataCheckArn"] for each in listed] == arns[::-1]
    assert "result" not in listed[0]
    assert operations.list_data_checks(eve, dataset_group_arn=group.arn)["dataChecks"] == []
    with pytest.raises(ResourceNotFoundException):
        operations.describe_data_check(eve, data_check_arn=arns[0])


def test_viewers_may_not_begin_one(ben, group):
    with pytest.raises(AccessDeniedException):
        create(ben, group, schema=TEXT)
