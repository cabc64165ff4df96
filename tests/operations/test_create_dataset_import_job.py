"""Imports are begun for an ACTIVE dataset from a location that can be one."""

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

ROLE = "arn:aws:iam::123456789012:role/service-role/reader"


@pytest.fixture
def dataset(ana):
    return factories.dataset(ana, factories.active_group(ana))


def create(caller, dataset, name="import", location="s3://data/interactions.csv", **more):
    return operations.create_dataset_import_job(
        caller, job_name=name, dataset_arn=dataset.arn, data_source={"dataLocation": location}, **more
    )


def describe(caller, answer):
    arn = answer["datasetImportJobArn"]
    return operations.describe_dataset_import_job(caller, dataset_import_job_arn=arn)["datasetImportJob"]


def test_what_was_given_is_returned_unchanged(cleo, dataset):
    shown = describe(cleo, create(cleo, dataset, role_arn=ROLE))
    assert shown["datasetImportJobArn"] == "arn:aws:personalize:us-east-1:123456789012:dataset-import-job/import"
    assert shown["status"] == "CREATE PENDING"
    assert shown["dataSource"] == {"dataLocation": "s3://data/interactions.csv"}
    assert (shown["roleArn"], shown["importMode"], shown["datasetArn"]) == (ROLE, "FULL", dataset.arn)
    assert shown["publishAttributionMetricsToS3"] is False


def test_a_role_is_optional(ana, dataset):
    assert "roleArn" not in describe(ana, create(ana, dataset))


@pytest.mark.parametrize(
    "location",
    ["s3://data/a.csv", "s3://data/folder/", "s3://data/", "s3://my-bucket.1/a b/ü.csv", "s3://data/a=1/b.csv"],
)
def test_files_and_folders_of_a_bucket_are_locations(ana, dataset, location):
    assert describe(ana, create(ana, dataset, location=location))["dataSource"]["dataLocation"] == location


@pytest.mark.parametrize(
    "location",
    [
        "http://data/a.csv",
        "https://data/a.csv",
        "s3://data",
        "s3:///a.csv",
        "s3://data/../secret.csv",
        "s3://../secret.csv",
        "s3://data/a/../../secret.csv",
        "s3://data//etc/passwd",
        "s3://data/./a.csv",
        "s3://data/a\\..\\b",
        "s3://data/a\tb",
        "s3://.hidden/a.csv",
    ],
)
def test_anything_else_is_an_invalid_data_location(ana, dataset, location):
    with pytest.raises(InvalidInputException, match=r"^Invalid Data location\.") as caught:
        create(ana, dataset, location=location)
    assert caught.value.field == "data_source"


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE FAILED", "DELETE PENDING"])
def test_a_dataset_that_is_not_active_is_in_use(ana, dataset, status):
    dataset.move(status)
    with pytest.raises(ResourceInUseException, match=f"is in {status} state and cannot be used"):
        create(ana, dataset)


def test_the_first_import_is_full(ana, dataset):
    with pytest.raises(InvalidInputException, match="The first import must be FULL"):
        create(ana, dataset, import_mode="INCREMENTAL")
    factories.import_job(ana, dataset, "failed", status="CREATE FAILED")
    with pytest.raises(InvalidInputException, match="The first import must be FULL"):
        create(ana, dataset, import_mode="INCREMENTAL")
    factories.import_job(ana, dataset, "finished")
    assert describe(ana, create(ana, dataset, import_mode="INCREMENTAL"))["importMode"] == "INCREMENTAL"


def test_metrics_are_published_only_with_a_metric_attribution(ana, dataset):
    with pytest.raises(InvalidInputException, match="needs an active metric attribution"):
        create(ana, dataset, publish_attribution_metrics_to_s3=True)


def test_job_names_are_unique(ana, dataset):
    create(ana, dataset)
    with pytest.raises(ResourceAlreadyExistsException) as caught:
        create(ana, dataset)
    assert caught.value.field == "job_name"


def test_the_sixth_running_import_exceeds_the_quota(ana, dataset):
    for number, status in enumerate(["CREATE PENDING", "CREATE IN_PROGRESS", "CREATE PENDING", "CREATE IN_PROGRESS"]):
        factories.import_job(ana, dataset, f"running-{number}", status=status)
    for number, status in enumerate(["ACTIVE", "CREATE FAILED"]):
        factories.import_job(ana, dataset, f"done-{number}", status=status)
    create(ana, dataset, "fifth")
    with pytest.raises(LimitExceededException) as caught:
        create(ana, dataset, "sixth")
    assert caught.value.message == "More than 5 resources with PENDING or IN_PROGRESS status."


def test_lists_hold_those_of_a_dataset_or_all(ana, dataset):
    create(ana, dataset, "one")
    create(ana, factories.dataset(ana, dataset.dataset_group, "USERS"), "two")

    def names(**narrowed):
        return [each["jobName"] for each in operations.list_dataset_import_jobs(ana, **narrowed)["datasetImportJobs"]]

    assert names() == ["two", "one"]
    assert names(dataset_arn=dataset.arn) == ["one"]


def test_details_tell_what_was_read_and_the_bad_rows(ben, ana, dataset):
    bad = {"file": "a.csv", "line": 7, "column": "TIMESTAMP", "value": "soon", "rule": "A whole number."}
    failed = factories.import_job(ana, dataset, status="CREATE FAILED", summary={"bad_rows": [bad]})
    done = factories.import_job(ana, dataset, "done", summary={"rows": 5, "bytes": 60, "files": 1, "seconds": 0.5})
    details = operations.describe_dataset_import_job_details
    assert details(ben, dataset_import_job_arn=failed.arn)["badRows"] == [bad]
    shown = details(ben, dataset_import_job_arn=done.arn)
    assert shown == {"rows": 5, "bytes": 60, "files": 1, "seconds": 0.5, "warnings": [], "badRows": []}
