"""What CreateDatasetExportJob takes and refuses, and what Describe and List say."""

import pytest

from personalize_web import operations
from personalize_web.operations import errors
from personalize_web.resources.models import DatasetExportJob, Job
from tests import factories

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/writer"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"


def begin(caller, dataset, **changes):
    given = {
        "job_name": "out",
        "dataset_arn": dataset.arn,
        "role_arn": ROLE,
        "job_output": {"s3DataDestination": {"path": "s3://exports/folder/"}},
    }
    return operations.create_dataset_export_job(caller, **(given | changes))["datasetExportJobArn"]


@pytest.fixture
def interactions(ana):
    return factories.dataset(ana, factories.active_group(ana))


def test_it_begins_pending_and_is_described_as_given(ana, interactions):
    output = {"s3DataDestination": {"path": "s3://exports/folder", "kmsKeyArn": KEY}}
    arn = begin(ana, interactions, job_output=output, ingestion_mode="ALL")
    assert arn == "arn:aws:personalize:us-east-1:123456789012:dataset-export-job/out"
    described = operations.describe_dataset_export_job(ana, dataset_export_job_arn=arn)["datasetExportJob"]
    dates = {described.pop("creationDateTime"), described.pop("lastUpdatedDateTime")}
    assert None not in dates
    assert described == {
        "jobName": "out",
        "datasetExportJobArn": arn,
        "datasetArn": interactions.arn,
        "ingestionMode": "ALL",
        "roleArn": ROLE,
        "status": "CREATE PENDING",
        "jobOutput": output,
    }
    assert Job.objects.get().kind == "create-dataset-export-job"


def test_the_mode_is_put_where_none_is_given(ana, interactions):
    begin(ana, interactions)
    assert DatasetExportJob.objects.get().ingestion_mode == "PUT"


@pytest.mark.parametrize("kind", ["ACTIONS", "ACTION_INTERACTIONS"])
def test_datasets_of_actions_are_refused(ana, kind):
    dataset = factories.dataset(ana, factories.active_group(ana), kind)
    with pytest.raises(errors.InvalidInputException, match=f"of type {kind} cannot be exported") as refusal:
        begin(ana, dataset)
    assert refusal.value.field == "dataset_arn"


@pytest.mark.parametrize("kind", ["USERS", "ITEMS"])
def test_users_and_items_are_exported_too(ana, kind):
    assert begin(ana, factories.dataset(ana, factories.active_group(ana), kind))


@pytest.mark.parametrize("path", ["s3://exports/../other/", "s3://b//x", "https://example.org/folder/", "s3:///folder"])
def test_a_path_that_is_no_folder_of_a_bucket_is_refused(ana, interactions, path):
    with pytest.raises(errors.InvalidInputException, match="Invalid Data location") as refusal:
        begin(ana, interactions, job_output={"s3DataDestination": {"path": path}})
    assert refusal.value.field == "job_output"


@pytest.mark.parametrize("path", ["s3://exports", "s3://exports/", "s3://exports/a/b", "s3://exports/a/b/"])
def test_a_folder_is_one_with_and_without_its_slash(ana, interactions, path):
    arn = begin(ana, interactions, job_output={"s3DataDestination": {"path": path}})
    about = operations.describe_dataset_export_job_details(ana, dataset_export_job_arn=arn)
    assert about["folder"] == f"{path.removesuffix('/')}/out/"


def test_a_key_that_is_none_is_refused(ana, interactions):
    output = {"s3DataDestination": {"path": "s3://exports/", "kmsKeyArn": "secret"}}
    with pytest.raises(errors.InvalidInputException, match="kmsKeyArn"):
        begin(ana, interactions, job_output=output)


def test_a_mode_that_is_none_is_refused(ana, interactions):
    with pytest.raises(errors.InvalidInputException, match="ingestionMode"):
        begin(ana, interactions, ingestion_mode="BOTH")


def test_a_dataset_that_is_being_made_cannot_be_exported(ana):
    dataset = factories.dataset(ana, factories.active_group(ana), status="CREATE PENDING")
    with pytest.raises(errors.ResourceInUseException, match="CREATE PENDING"):
        begin(ana, dataset)


def test_a_second_job_of_the_same_name_is_refused(ana, interactions):
    begin(ana, interactions)
    with pytest.raises(errors.ResourceAlreadyExistsException):
        begin(ana, interactions)


def test_lists_are_those_of_the_dataset_or_of_the_account_newest_first(ana, eve, interactions):
    items = factories.dataset(ana, interactions.dataset_group, "ITEMS")
    first, second = begin(ana, interactions, job_name="a"), begin(ana, items, job_name="b")
    listed = operations.list_dataset_export_jobs(ana)["datasetExportJobs"]
    assert [entry["datasetExportJobArn"] for entry in listed] == [second, first]
    of_items = operations.list_dataset_export_jobs(ana, dataset_arn=items.arn)["datasetExportJobs"]
    assert [entry["jobName"] for entry in of_items] == ["b"]
    assert operations.list_dataset_export_jobs(eve)["datasetExportJobs"] == []


def test_a_failed_job_carries_its_reason_in_describe_and_list(ana, interactions):
    arn = begin(ana, interactions)
    DatasetExportJob.objects.update(status="CREATE FAILED", failure_reason="The disk is full.")
    described = operations.describe_dataset_export_job(ana, dataset_export_job_arn=arn)["datasetExportJob"]
    assert described["failureReason"] == "The disk is full."
    assert operations.list_dataset_export_jobs(ana)["datasetExportJobs"][0]["failureReason"] == "The disk is full."


def test_a_viewer_may_look_and_not_export(ana, ben, interactions):
    arn = begin(ana, interactions)
    assert operations.describe_dataset_export_job_details(ben, dataset_export_job_arn=arn)["rows"] is None
    with pytest.raises(errors.AccessDeniedException):
        begin(ben, interactions, job_name="mine")


def test_exports_can_be_tagged(ana, interactions):
    arn = begin(ana, interactions, tags=[{"tagKey": "team", "tagValue": "data"}])
    assert operations.list_tags_for_resource(ana, resource_arn=arn)["tags"] == [{"tagKey": "team", "tagValue": "data"}]
