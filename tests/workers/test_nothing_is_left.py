"""After a data deletion job no file of the service holds a byte of what the user was or did."""

import mmap
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from personalize_web import operations
from personalize_web.operations import runtime_columns, runtime_datasets, runtime_deployments, runtime_histories
from personalize_web.resources.models import DataInsightsJob, DatasetImportJob, Job, JobLogLine, ServedList
from personalize_web.workers import job
from tests.workers import world

pytestmark = pytest.mark.django_db(transaction=True)

VICTIM, ITEM, CITY, SESSION = "zz-victim-7", "zz-only-item", "zz-only-city", "zz-only-session"
TRACES = (VICTIM, ITEM, CITY, SESSION)
ROLE = "arn:aws:iam::123456789012:role/eraser"
USERS = [
    {"name": "USER_ID", "type": "string"},
    {"name": "CITY", "type": ["null", "string"], "categorical": True},
]


def files():
    """Every file of the service but the buckets, which belong to people."""
    buckets = {Path(settings.BUCKETS_DIR), Path(settings.DATA_DIR) / "buckets"}
    roots = {Path(settings.DATA_DIR), Path(settings.COLUMNS_DIR), Path(settings.MODELS_DIR)}
    for root in roots:
        for path in root.rglob("*"):
            if path.is_file() and not any(path.is_relative_to(each) for each in buckets):
                yield path


def found(*, among=None):
    """(file, trace) for everything that is left; Parquet is looked into as well."""
    hits = set()
    for path in files():
        if among and not path.is_relative_to(among):
            continue
        if path.stat().st_size:
            with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                hits |= {(path.name, trace) for trace in TRACES if content.find(trace.encode()) >= 0}
        if path.suffix == ".parquet":
            text = str(pq.read_table(path).to_pydict())
            hits |= {(path.name, trace) for trace in TRACES if trace in text}
    return hits


def named():
    """The traces in rows of the database, wherever its files are."""
    rows = [str(list(model.objects.values())) for model in apps.get_app_config("resources").get_models()]
    return {trace for trace in TRACES if any(trace in row for row in rows)}


@pytest.fixture
def lived(ana):
    """A group in which the victim has left a trace in every place there is."""
    run_jobs = job.run_pending
    group = world.group(ana, run_jobs)
    interactions = world.dataset(ana, run_jobs, group)
    users = world.dataset(ana, run_jobs, group, kind="Users", fields=USERS)
    rows = [*world.watched(), *(f"{VICTIM},{ITEM},watch,{1_700_100_000 + number}" for number in range(5))]
    header = "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP"
    assert world.import_file(ana, run_jobs, interactions, world.put_csv("i.csv", header, rows))["status"] == "ACTIVE"
    people = [*(f"u{number},town" for number in range(40)), f"{VICTIM},{CITY}"]
    location = world.put_csv("u.csv", "USER_ID,CITY", people)
    assert world.import_file(ana, run_jobs, users, location, name="people")["status"] == "ACTIVE"
    tracker = operations.create_event_tracker(ana, name="t", dataset_group_arn=group)["trackingId"]
    run_jobs()
    for user, item in ((None, ITEM), (VICTIM, "i1"), (VICTIM, "i2"), ("u1", "i3")):
        event = {"eventType": "watch", "sentAt": 1_700_200_000, "itemId": item}
        session = SESSION if user != "u1" else "s"
        operations.put_events(ana, tracking_id=tracker, user_id=user, session_id=session, event_list=[event])
    operations.put_users(ana, dataset_arn=users, users=[{"userId": VICTIM, "properties": f'{{"city": "{CITY}"}}'}])
    with pytest.raises(operations.ServiceError):
        operations.put_users(ana, dataset_arn=users, users=[{"userId": VICTIM, "properties": "{no json"}])
    version = train(ana, run_jobs, group)
    campaign = operations.create_campaign(ana, name="c", solution_version_arn=version)["campaignArn"]
    run_jobs()
    operations.get_recommendations(ana, campaign_arn=campaign, item_id="i1", user_id=VICTIM)
    ServedList.objects.get_or_create(
        recommendation_id="served", defaults={"source_arn": campaign, "user_id": VICTIM, "item_ids": [ITEM]}
    )
    operations.create_data_insights_job(ana, dataset_group_arn=group)
    run_jobs()
    JobLogLine.objects.create(job=Job.objects.filter(dataset_group_arn=group).first(), text=f"Found: '{VICTIM}'.")
    bad = {"file": "i.csv", "line": 3, "column": "USER_ID", "value": VICTIM, "rule": "No."}
    DatasetImportJob.objects.filter(name="first").update(summary={"bad_rows": [bad]})
    return group, interactions, users, campaign


def train(ana, run_jobs, group):
    solution = operations.create_solution(
        ana,
        name="s",
        dataset_group_arn=group,
        recipe_arn="arn:aws:personalize:::recipe/aws-sims",
        perform_auto_training=False,
    )["solutionArn"]
    run_jobs()
    version = operations.create_solution_version(ana, solution_arn=solution)["solutionVersionArn"]
    run_jobs()
    described = operations.describe_solution_version(ana, solution_version_arn=version)["solutionVersion"]
    assert described["status"] == "ACTIVE", described.get("failureReason")
    return version


def erase(ana, group):
    location = world.put_csv("victims.csv", "USER_ID", [VICTIM])
    arn = operations.create_data_deletion_job(
        ana, job_name="erase", dataset_group_arn=group, data_source={"dataLocation": location}, role_arn=ROLE
    )["dataDeletionJobArn"]
    job.run_pending()
    done = operations.describe_data_deletion_job(ana, data_deletion_job_arn=arn)["dataDeletionJob"]
    assert done["status"] == "COMPLETED", done.get("failureReason")
    return done


def test_no_byte_is_left(ana, lived):
    group, *_ = lived
    places = [settings.COLUMNS_DIR, settings.MODELS_DIR]
    if connection.vendor == "sqlite":
        places.append(Path(connection.settings_dict["NAME"]).parent)
    assert {trace for _, trace in found()} | named() == set(TRACES)
    assert all(VICTIM in {trace for _, trace in found(among=place)} for place in places)
    done = erase(ana, group)
    assert done["numDeleted"] == 5 + 1 + 3 + 1
    assert named() == set()
    assert found() == {("items_bytes.npy", ITEM)}, "what the model may recommend until its next training"


def test_no_export_has_the_user_afterwards(ana, lived):
    group, interactions, users, _ = lived
    erase(ana, group)
    for name, dataset in (("interactions", interactions), ("users", users)):
        operations.create_dataset_export_job(
            ana,
            job_name=name,
            dataset_arn=dataset,
            ingestion_mode="ALL",
            role_arn=ROLE,
            job_output={"s3DataDestination": {"path": "s3://exports/"}},
        )
    job.run_pending()
    exported = "".join(path.read_text() for path in (Path(settings.BUCKETS_DIR) / "exports").rglob("*.csv"))
    assert "u1,i3,watch" in exported
    assert not [trace for trace in TRACES if trace in exported]


def test_the_deployed_model_takes_the_user_for_a_new_one(ana, lived):
    group, *_, campaign = lived
    deployment = runtime_deployments.find(ana, campaign)
    places = runtime_datasets.of_group(deployment.dataset_group_id)

    def past(user):
        return list(runtime_histories.look_up(places, user, deployment).trained().item_ids)

    assert sorted(past(VICTIM)) == ["i1", "i2", *[ITEM] * 6]
    others = past("u1")
    assert runtime_columns.user_attributes(deployment.storage_key, places.users, VICTIM) == {"CITY": CITY}
    erase(ana, group)
    assert past(VICTIM) == []
    assert past("u1") == others
    assert runtime_columns.user_attributes(deployment.storage_key, places.users, VICTIM) == {}


def test_reports_stay_without_the_user(ana, lived):
    group, *_ = lived
    erase(ana, group)
    assert DataInsightsJob.objects.get().result["insights"]
    [bad] = DatasetImportJob.objects.get(name="first").summary["bad_rows"]
    assert (bad["line"], bad["value"]) == (3, "(deleted user)")
