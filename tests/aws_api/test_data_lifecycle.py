"""The life of data as boto3 users lead it: imported, exported, another schema, users deleted, datasets deleted."""

import csv
import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from django.conf import settings as configured

from tests.workers import world

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::123456789012:role/data"
USERS = [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": ["null", "int"]}]


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)


@pytest.fixture
def personalize(client_of):
    return client_of()


@pytest.fixture
def group(personalize, run_jobs):
    arn = personalize.create_dataset_group(name="movies")["datasetGroupArn"]
    run_jobs()
    return arn


def dataset(personalize, run_jobs, group, kind, fields, location):
    """The ARN of a dataset with a file in it."""
    text = world.schema(kind, fields)
    schema = personalize.create_schema(name=f"{kind}-1", schema=text)["schemaArn"]
    arn = personalize.create_dataset(name=kind, schemaArn=schema, datasetGroupArn=group, datasetType=kind)["datasetArn"]
    run_jobs()
    made = personalize.create_dataset_import_job(
        jobName=f"{kind}-1", datasetArn=arn, dataSource={"dataLocation": location}, roleArn=ROLE
    )
    run_jobs()
    job = personalize.describe_dataset_import_job(datasetImportJobArn=made["datasetImportJobArn"])["datasetImportJob"]
    assert job["status"] == "ACTIVE", job.get("failureReason")
    return arn


@pytest.fixture
def interactions(personalize, run_jobs, group):
    return dataset(personalize, run_jobs, group, "Interactions", world.FIELDS, world.put_interactions())


@pytest.fixture
def users(personalize, run_jobs, group):
    location = world.put_csv("users.csv", "USER_ID,AGE", (f"u{number},{number + 20}" for number in range(40)))
    return dataset(personalize, run_jobs, group, "Users", USERS, location)


def export(personalize, run_jobs, arn, name, **options):
    """The rows of a finished export."""
    made = personalize.create_dataset_export_job(
        jobName=name,
        datasetArn=arn,
        roleArn=ROLE,
        jobOutput={"s3DataDestination": {"path": "s3://exports/all"}},
        **options,
    )
    run_jobs()
    job = personalize.describe_dataset_export_job(datasetExportJobArn=made["datasetExportJobArn"])["datasetExportJob"]
    assert job["status"] == "ACTIVE", job.get("failureReason")
    [file] = (Path(configured.BUCKETS_DIR) / "exports/all" / name).iterdir()
    return list(csv.DictReader(file.open()))


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_what_was_imported_and_put_is_exported(client_of, personalize, run_jobs, users):
    person = {"userId": "u1", "properties": json.dumps({"age": 99})}
    client_of("personalize-events").put_users(datasetArn=users, users=[person])
    assert len(export(personalize, run_jobs, users, "bulk", ingestionMode="BULK")) == 40
    assert export(personalize, run_jobs, users, "put") == [{"USER_ID": "u1", "AGE": "99"}]
    every = export(personalize, run_jobs, users, "every", ingestionMode="ALL")
    assert {"USER_ID": "u1", "AGE": "99"} in every
    assert len(every) == 40
    names = [job["jobName"] for job in personalize.list_dataset_export_jobs(datasetArn=users)["datasetExportJobs"]]
    assert names == ["every", "put", "bulk"]


def test_a_dataset_gets_another_schema(personalize, run_jobs, users):
    longer = [*USERS, {"name": "CITY", "type": ["null", "string"], "categorical": True}]
    new = personalize.create_schema(name="users-2", schema=world.schema("Users", longer))["schemaArn"]
    assert personalize.update_dataset(datasetArn=users, schemaArn=new)["datasetArn"] == users
    run_jobs()
    described = personalize.describe_dataset(datasetArn=users)["dataset"]
    assert (described["schemaArn"], described["latestDatasetUpdate"]["status"]) == (new, "ACTIVE")
    assert described["latestDatasetUpdate"]["creationDateTime"].tzinfo is not None
    assert export(personalize, run_jobs, users, "after", ingestionMode="ALL")[0] == {
        "USER_ID": "u0",
        "AGE": "20",
        "CITY": "",
    }
    old = personalize.create_dataset_import_job(
        jobName="old", datasetArn=users, dataSource={"dataLocation": "s3://data/users.csv"}, roleArn=ROLE
    )["datasetImportJobArn"]
    run_jobs()
    failed = personalize.describe_dataset_import_job(datasetImportJobArn=old)["datasetImportJob"]
    assert "missing the following columns" in failed["failureReason"]
    shorter = personalize.create_schema(name="users-3", schema=world.schema("Users", USERS))["schemaArn"]
    code, message = refusal(personalize.update_dataset, datasetArn=users, schemaArn=shorter)
    assert (code, "Field CITY is missing" in message) == ("InvalidInputException", True)


def test_users_are_deleted(personalize, run_jobs, group, interactions, users):
    location = world.put_csv("gone.csv", "USER_ID", ["u1", "u2"])
    made = personalize.create_data_deletion_job(
        jobName="gone", datasetGroupArn=group, dataSource={"dataLocation": location}, roleArn=ROLE
    )["dataDeletionJobArn"]
    assert personalize.describe_data_deletion_job(dataDeletionJobArn=made)["dataDeletionJob"]["status"] == "PENDING"
    run_jobs()
    job = personalize.describe_data_deletion_job(dataDeletionJobArn=made)["dataDeletionJob"]
    assert (job["status"], job["numDeleted"]) == ("COMPLETED", 62)
    [listed] = personalize.list_data_deletion_jobs(datasetGroupArn=group)["dataDeletionJobs"]
    assert (listed["dataDeletionJobArn"], listed["status"]) == (made, "COMPLETED")
    left = {row["USER_ID"] for row in export(personalize, run_jobs, interactions, "left", ingestionMode="ALL")}
    assert left == {f"u{number}" for number in range(40)} - {"u1", "u2"}


def test_things_are_deleted_in_the_order_in_which_they_use_one_another(personalize, run_jobs, group, interactions):
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)["eventTrackerArn"]
    run_jobs()
    schema = personalize.describe_dataset(datasetArn=interactions)["dataset"]["schemaArn"]
    for call, arguments, blocking in (
        (personalize.delete_schema, {"schemaArn": schema}, interactions),
        (personalize.delete_dataset_group, {"datasetGroupArn": group}, tracker),
        (personalize.delete_dataset, {"datasetArn": interactions}, tracker),
    ):
        code, message = refusal(call, **arguments)
        assert code == "ResourceInUseException"
        assert blocking in message
    personalize.delete_event_tracker(eventTrackerArn=tracker)
    run_jobs()
    personalize.delete_dataset(datasetArn=interactions)
    run_jobs()
    assert len(personalize.list_dataset_import_jobs(datasetArn=interactions)["datasetImportJobs"]) == 1
    personalize.delete_schema(schemaArn=schema)
    personalize.delete_dataset_group(datasetGroupArn=group)
    run_jobs()
    assert personalize.list_dataset_groups()["datasetGroups"] == []
    assert personalize.list_dataset_import_jobs()["datasetImportJobs"] == []


def test_the_tracking_id_of_action_interactions_goes_with_their_dataset(client_of, personalize, run_jobs, group):
    fields = [
        {"name": "USER_ID", "type": "string"},
        {"name": "ACTION_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
    ]
    schema = personalize.create_schema(name="a", schema=world.schema("Action_Interactions", fields))["schemaArn"]
    arn = personalize.create_dataset(
        name="a", schemaArn=schema, datasetGroupArn=group, datasetType="Action_Interactions"
    )["datasetArn"]
    run_jobs()
    tracking = personalize.describe_dataset(datasetArn=arn)["dataset"]["trackingId"]
    event = {"actionId": "a1", "userId": "u1", "sessionId": "s", "eventType": "Taken", "timestamp": 1_700_000_000}
    events = client_of("personalize-events")
    events.put_action_interactions(trackingId=tracking, actionInteractions=[event])
    personalize.delete_dataset(datasetArn=arn)
    run_jobs()
    code, _ = refusal(events.put_action_interactions, trackingId=tracking, actionInteractions=[event])
    assert code == "ResourceNotFoundException"
