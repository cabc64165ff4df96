"""What CreateDataDeletionJob takes and refuses, what Describe and List say, and the preview of the console."""

import pytest
from django.conf import settings

from personalize_web import operations
from personalize_web.operations import errors
from personalize_web.resources.models import AuditRecord, DataDeletionJob, Event, Job
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/eraser"


@pytest.fixture(autouse=True)
def own_buckets(settings, tmp_path):
    settings.BUCKETS_DIR = tmp_path


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


def begin(caller, group, **changes):
    given = {
        "job_name": "erase",
        "dataset_group_arn": group.arn,
        "data_source": {"dataLocation": "s3://data/users.csv"},
        "role_arn": ROLE,
    }
    return operations.create_data_deletion_job(caller, **(given | changes))["dataDeletionJobArn"]


def test_it_begins_pending_and_is_described_as_given(ana, group):
    arn = begin(ana, group)
    assert arn == "arn:aws:personalize:us-east-1:123456789012:data-deletion-job/erase"
    described = operations.describe_data_deletion_job(ana, data_deletion_job_arn=arn)["dataDeletionJob"]
    assert {described.pop("creationDateTime"), described.pop("lastUpdatedDateTime")} != {None}
    assert described == {
        "jobName": "erase",
        "dataDeletionJobArn": arn,
        "datasetGroupArn": group.arn,
        "dataSource": {"dataLocation": "s3://data/users.csv"},
        "roleArn": ROLE,
        "status": "PENDING",
    }


def test_it_is_asked_for_without_a_role_of_its_own_at_no_time(ana, group):
    with pytest.raises(errors.InvalidInputException, match="roleArn"):
        operations.create_data_deletion_job(
            ana, job_name="x", dataset_group_arn=group.arn, data_source={"dataLocation": "s3://data/users.csv"}
        )


def test_an_analyst_may_not_delete_users(cleo, group):
    with pytest.raises(errors.AccessDeniedException):
        begin(cleo, group)


def test_the_sixth_that_waits_is_refused(ana, group):
    for number in range(5):
        begin(ana, group, job_name=f"job-{number}")
    with pytest.raises(errors.LimitExceededException, match="More than 5 resources with PENDING status"):
        begin(ana, group, job_name="job-5")
    DataDeletionJob.objects.filter(name="job-0").update(status="IN_PROGRESS")
    begin(ana, group, job_name="job-5")
    begin(ana, factories.active_group(ana, "books"), job_name="job-6")


@pytest.mark.parametrize("location", ["s3://data/../users.csv", "https://data/users.csv", "s3://data"])
def test_a_location_that_is_none_is_refused(ana, group, location):
    with pytest.raises(errors.InvalidInputException, match="Invalid Data location") as refusal:
        begin(ana, group, data_source={"dataLocation": location})
    assert refusal.value.field == "data_source"


def test_a_group_that_is_being_made_is_refused(ana):
    with pytest.raises(errors.ResourceInUseException, match="CREATE PENDING"):
        begin(ana, factories.group(ana, status="CREATE PENDING"))


def test_a_second_job_of_the_same_name_is_refused(ana, group):
    begin(ana, group)
    with pytest.raises(errors.ResourceAlreadyExistsException):
        begin(ana, group)


def test_lists_are_those_of_the_group_or_of_the_account_newest_first(ana, eve, group):
    books = factories.active_group(ana, "books")
    first, second = begin(ana, group, job_name="a"), begin(ana, books, job_name="b")
    listed = operations.list_data_deletion_jobs(ana)["dataDeletionJobs"]
    assert [entry["dataDeletionJobArn"] for entry in listed] == [second, first]
    assert {entry["datasetGroupArn"] for entry in listed} == {group.arn, books.arn}
    of_books = operations.list_data_deletion_jobs(ana, dataset_group_arn=books.arn)["dataDeletionJobs"]
    assert [entry["jobName"] for entry in of_books] == ["b"]
    assert operations.list_data_deletion_jobs(eve)["dataDeletionJobs"] == []


def test_the_number_of_deleted_records_is_told_when_it_is_completed(ana, group):
    arn = begin(ana, group)
    DataDeletionJob.objects.update(num_deleted=7)
    assert "numDeleted" not in operations.describe_data_deletion_job(ana, data_deletion_job_arn=arn)["dataDeletionJob"]
    DataDeletionJob.objects.update(status="COMPLETED")
    described = operations.describe_data_deletion_job(ana, data_deletion_job_arn=arn)["dataDeletionJob"]
    assert described["numDeleted"] == 7


def test_a_failed_job_carries_its_reason_in_describe_and_list(ana, group):
    arn = begin(ana, group)
    DataDeletionJob.objects.update(status="FAILED", failure_reason="Too much.")
    described = operations.describe_data_deletion_job(ana, data_deletion_job_arn=arn)["dataDeletionJob"]
    assert described["failureReason"] == "Too much."
    assert operations.list_data_deletion_jobs(ana)["dataDeletionJobs"][0]["failureReason"] == "Too much."


def test_ids_become_a_file_in_the_uploads_bucket_and_a_job(ana, group):
    ids = ["u1", 'quo"te', "com,ma", "back\\slash", "ü"]
    operations.create_data_deletion_job_from_ids(
        ana, job_name="erase", dataset_group_arn=group.arn, user_ids=ids, role_arn=ROLE
    )
    made = DataDeletionJob.objects.get()
    assert made.data_location == f"s3://{settings.UPLOAD_BUCKET}/movies/data-deletion/erase.csv"
    found = operations.preview_data_deletion(ana, dataset_group_arn=group.arn, data_location=made.data_location)
    assert found["users"] == 5
    assert Job.objects.get().kind == "create-data-deletion-job"


def test_the_audit_log_does_not_keep_the_ids(ana, group):
    operations.create_data_deletion_job_from_ids(
        ana, job_name="erase", dataset_group_arn=group.arn, user_ids=["secret-user"], role_arn=ROLE
    )
    assert AuditRecord.objects.exists()
    assert "secret-user" not in str(list(AuditRecord.objects.values()))


@pytest.mark.parametrize(
    ("ids", "says"), [([], "Name at least one user id."), (["u" * 257], "Entry 1"), (["u", ""], "Entry 2")]
)
def test_a_list_that_is_none_is_refused(ana, group, ids, says):
    with pytest.raises(errors.InvalidInputException, match=says) as refusal:
        operations.create_data_deletion_job_from_ids(
            ana, job_name="erase", dataset_group_arn=group.arn, user_ids=ids, role_arn=ROLE
        )
    assert refusal.value.field == "user_ids"


def test_the_preview_counts_known_users_and_their_interactions(ana, group):
    dataset = factories.dataset(ana, group)
    for number, user in enumerate(["u1", "u1", "u2"]):
        Event.objects.create(
            dataset=dataset,
            digest=str(number),
            event_id=str(number),
            user_id=user,
            session_id="s",
            item_id="i",
            event_type="watch",
            timestamp=1,
        )
    begin(ana, group)
    found = operations.preview_data_deletion(ana, dataset_group_arn=group.arn, user_ids=["u1", "u9", "u1"])
    assert (found["users"], found["known"], found["interactions"]) == (2, 1, 2)
    assert [running["kind"] for running in found["running"]] == ["create-data-deletion-job"]


def test_the_preview_of_a_file_that_is_no_list_says_where(ana, group):
    location = world.put_csv("users.csv", "USER", ["u1"])
    with pytest.raises(errors.InvalidInputException, match=r"users\.csv, line 1") as refusal:
        operations.preview_data_deletion(ana, dataset_group_arn=group.arn, data_location=location)
    assert refusal.value.field == "data_location"
