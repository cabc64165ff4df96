"""A small world for tests of workers: a group, its datasets, and CSV files that say who watched what."""

import json
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from personalize_web import operations

FIELDS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "EVENT_TYPE", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
]
USERS, ITEMS = 40, 30


def schema(name: str, fields: list[dict]) -> str:
    return json.dumps(
        {
            "type": "record",
            "name": name,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": fields,
            "version": "1.0",
        }
    )


def group(caller, run_jobs, name: str = "movies", domain: str | None = None) -> str:
    """An ACTIVE dataset group."""
    arn = operations.create_dataset_group(caller, name=name, domain=domain)["datasetGroupArn"]
    run_jobs()
    return arn


def dataset(caller, run_jobs, group_arn: str, *, kind: str = "Interactions", fields=FIELDS, domain=None) -> str:
    """An ACTIVE dataset of the group."""
    schema_arn = operations.create_schema(
        caller, name=f"{kind}-of-{group_arn.rsplit('/')[-1]}", schema=schema(kind, fields), domain=domain
    )["schemaArn"]
    arn = operations.create_dataset(
        caller, name=kind.lower(), schema_arn=schema_arn, dataset_group_arn=group_arn, dataset_type=kind
    )["datasetArn"]
    run_jobs()
    return arn


def watched(rows: int = 1200, *, first: int = 0) -> Iterable[str]:
    """Rows of interactions: every user watches a run of items that follow one another."""
    for number in range(first, first + rows):
        user = number % USERS
        step = number // USERS
        yield f"u{user},i{(user + step) % ITEMS},watch,{1_700_000_000 + number * 60}"


def put_csv(key: str, header: str, rows: Iterable[str], bucket: str = "data") -> str:
    """A file in the store; the answer is its location."""
    path = Path(settings.BUCKETS_DIR) / bucket / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return f"s3://{bucket}/{key}"


def put_interactions(key: str = "interactions.csv", **about) -> str:
    return put_csv(key, "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP", watched(**about))


def import_file(caller, run_jobs, dataset_arn: str, location: str, *, name: str = "first", mode: str = "FULL") -> dict:
    """The finished import job, as described."""
    arn = operations.create_dataset_import_job(
        caller,
        job_name=name,
        dataset_arn=dataset_arn,
        data_source={"dataLocation": location},
        role_arn="arn:aws:iam::123456789012:role/reader",
        import_mode=mode,
    )["datasetImportJobArn"]
    run_jobs()
    return operations.describe_dataset_import_job(caller, dataset_import_job_arn=arn)["datasetImportJob"]


def filled(caller, run_jobs) -> tuple[str, str]:
    """A group with 1,200 interactions: the ARNs of group and dataset."""
    group_arn = group(caller, run_jobs)
    dataset_arn = dataset(caller, run_jobs, group_arn)
    done = import_file(caller, run_jobs, dataset_arn, put_interactions())
    assert done["status"] == "ACTIVE", done.get("failureReason")
    return group_arn, dataset_arn
