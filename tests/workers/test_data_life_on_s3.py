"""The life of data where files and columns lie on an S3 endpoint: imported, exported, and users deleted from there."""

import io
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from personalize_web import operations
from personalize_web.resources.models import Dataset
from personalize_web.workers import folders
from tests.workers import world

pytestmark = [pytest.mark.django_db, pytest.mark.s3]
ROLE = "arn:aws:iam::123456789012:role/data"
VICTIM = "zz-victim-9"


@pytest.fixture
def bucket(s3, settings, tmp_path, monkeypatch):
    """The instance's bucket; its client has ``put`` and ``all``."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"life-{uuid4().hex[:12]}"
    settings.OBJECT_STORE_URL = "s3://"
    settings.COLUMNS_URL = f"s3://{name}/columns"
    settings.COLUMNS_CACHE_DIR = tmp_path / "cache"
    settings.DATA_DIR = tmp_path / "data"
    client = boto3.client("s3")
    client.create_bucket(Bucket=name)

    class Bucket:
        def put(self, key, text):
            client.put_object(Bucket=name, Key=key, Body=text.encode())
            return f"s3://{name}/{key}"

        def all(self, prefix):
            found = client.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents", [])
            return {each["Key"]: client.get_object(Bucket=name, Key=each["Key"])["Body"].read() for each in found}

        def folder(self, key):
            return f"s3://{name}/{key}/"

    return Bucket()


def text_of(content):
    """What is in a file: bytes as they are, Parquet decoded."""
    if content[:4] == b"PAR1":
        return str(pq.read_table(io.BytesIO(content)).to_pydict())
    return content.decode("latin-1")


def test_users_are_deleted_from_columns_in_a_bucket_and_the_rest_is_exported_to_one(ana, run_jobs, bucket, tmp_path):
    group = world.group(ana, run_jobs)
    dataset = world.dataset(ana, run_jobs, group)
    rows = [*world.watched(), *(f"{VICTIM},i1,watch,{1_700_000_000 + number}" for number in range(3))]
    location = bucket.put("in/i.csv", "\n".join(["USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", *rows, ""]))
    assert world.import_file(ana, run_jobs, dataset, location)["status"] == "ACTIVE"
    assert VICTIM in "".join(map(text_of, bucket.all("columns/").values()))
    listed = bucket.put("users/deep/list.csv", f"USER_ID\n{VICTIM}\n")
    assert listed.endswith("list.csv")
    made = operations.create_data_deletion_job(
        ana,
        job_name="erase",
        dataset_group_arn=group,
        data_source={"dataLocation": bucket.folder("users")},
        role_arn=ROLE,
    )["dataDeletionJobArn"]
    run_jobs()
    done = operations.describe_data_deletion_job(ana, data_deletion_job_arn=made)["dataDeletionJob"]
    assert (done["status"], done.get("numDeleted")) == ("COMPLETED", 3), done.get("failureReason")
    assert VICTIM not in "".join(map(text_of, bucket.all("columns/").values()))
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if VICTIM in text_of(path.read_bytes())]
    assert folders.store_of(Dataset.objects.get()).snapshot().rows() == 1200
    operations.create_dataset_export_job(
        ana,
        job_name="out",
        dataset_arn=dataset,
        ingestion_mode="ALL",
        role_arn=ROLE,
        job_output={"s3DataDestination": {"path": bucket.folder("exports")}},
    )
    run_jobs()
    [(key, content)] = bucket.all("exports/").items()
    assert key == "exports/out/part-00000.csv"
    assert content.decode().splitlines()[1:] == list(world.watched())
