"""Deleting a dataset group with everything in it: the plan, what stops it, and how it goes."""

import pytest

from personalize_web import operations
from personalize_web.engine.errors import DataError
from personalize_web.operations import errors
from personalize_web.resources.models import DatasetGroup, Job, Schema, SolutionVersion
from personalize_web.workers import datasets, job, solutions
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(ana):
    """A group with one of everything."""
    made = factories.active_group(ana, domain="VIDEO_ON_DEMAND")
    interactions = factories.dataset(ana, made)
    factories.dataset(ana, made, "ITEMS")
    factories.campaign(ana, factories.solution_version(ana, factories.solution(ana, made)))
    factories.recommender(ana, made)
    factories.event_tracker(ana, made)
    factories.metric_attribution(ana, made)
    factories.import_job(ana, interactions)
    return made


def plan(caller, group):
    return operations.describe_deletion_plan(caller, dataset_group_arn=group.arn)


def delete(caller, group, **options):
    return operations.delete_everything(caller, dataset_group_arn=group.arn, **options)


def test_the_plan_shows_everything_in_the_order_in_which_it_goes(ana, group):
    steps = plan(ana, group)["steps"]
    assert [(step["kind"], step["name"]) for step in steps] == [
        ("campaign", "home"),
        ("recommender", "top-picks"),
        ("solution", "picks"),
        ("event-tracker", "tracker"),
        ("metric-attribution", "clicks"),
        ("dataset", "movies-interactions"),
        ("dataset", "movies-items"),
        ("dataset-group", "movies"),
    ]
    assert {step["status"] for step in steps} == {"ACTIVE"}
    assert [step["blockedBy"] for step in steps] == [[]] * 8


def test_the_plan_names_schemas_that_nothing_uses_afterwards(ana, group):
    other = factories.active_group(ana, "books", domain="VIDEO_ON_DEMAND")
    factories.dataset(ana, other, "ITEMS")
    [schema] = plan(ana, group)["schemas"]
    assert schema["name"] == "interactions-video_on_demand"


def test_everything_goes_and_schemas_stay(ana, group, run_jobs):
    schemas = Schema.objects.count()
    assert delete(ana, group) == {"datasetGroupArn": group.arn}
    assert DatasetGroup.objects.get().status == "DELETE PENDING"
    run_jobs()
    assert not DatasetGroup.objects.exists()
    assert not SolutionVersion.objects.exists()
    assert Schema.objects.count() == schemas
    done = operations.describe_job(ana, resource_arn=group.arn)["job"]
    assert done["state"] == "DONE"
    log = [line["text"] for line in operations.get_job_log(ana, resource_arn=group.arn)["lines"]]
    assert log[0] == "Deleted campaign home."
    assert log[-1] == "Deleted dataset movies-items."


def test_schemas_go_too_where_that_was_asked_for(ana, group, run_jobs):
    kept = factories.dataset(ana, factories.active_group(ana, "books", domain="VIDEO_ON_DEMAND"), "ITEMS").schema
    delete(ana, group, schemas=True)
    run_jobs()
    assert list(Schema.objects.all()) == [kept]


def test_a_schema_that_came_into_use_meanwhile_stays(ana, group, run_jobs):
    delete(ana, group, schemas=True)
    factories.dataset(ana, factories.active_group(ana, "books", domain="VIDEO_ON_DEMAND"))
    run_jobs()
    assert [schema.dataset_type for schema in Schema.objects.all()] == ["INTERACTIONS"]


def test_only_an_administrator_may(cleo, group):
    with pytest.raises(errors.AccessDeniedException):
        delete(cleo, group)


@pytest.mark.parametrize(
    "busy",
    [
        lambda ana, group: factories.import_job(ana, group.datasets.first(), "busy", status="CREATE IN_PROGRESS"),
        lambda ana, group: factories.solution_version(ana, group.solutions.first(), status="CREATE STOPPING"),
        lambda ana, group: factories.recommender(ana, group, "busy", status="CREATE PENDING"),
        lambda ana, group: factories.campaign(
            ana, SolutionVersion.objects.first(), "busy", latest_update={"status": "CREATE PENDING"}
        ),
    ],
)
def test_nothing_goes_while_something_is_at_work(ana, group, busy):
    resource = busy(ana, group)
    with pytest.raises(errors.ResourceInUseException, match=resource.name):
        delete(ana, group)
    blocked = [text for step in plan(ana, group)["steps"] for text in step["blockedBy"]]
    assert len(blocked) == 1
    assert resource.name in blocked[0]
    assert not Job.objects.exists()


def test_it_stops_at_the_first_failure_and_says_which(ana, group, run_jobs, monkeypatch):
    def refuse(*_):
        raise DataError("The disk is on fire.")

    monkeypatch.setattr(solutions, "delete", refuse)
    delete(ana, group)
    run_jobs()
    failed = operations.describe_job(ana, resource_arn=group.arn)["job"]
    assert failed["state"] == "FAILED"
    assert failed["failureReason"].startswith("Could not delete solution picks. The disk is on fire.")
    left = [(step["kind"], step["status"]) for step in plan(ana, group)["steps"]]
    assert left[0] == ("solution", "CREATE FAILED")
    assert len(left) == 6
    assert DatasetGroup.objects.get().status == "ACTIVE"
    monkeypatch.undo()
    delete(ana, group)
    run_jobs()
    assert not DatasetGroup.objects.exists()


def test_a_killed_worker_goes_on_where_it_was(ana, group, run_jobs, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets, "delete", die)
    delete(ana, group)
    with pytest.raises(KeyboardInterrupt):
        run_jobs()
    monkeypatch.undo()
    assert not group.solutions.exists()
    assert group.datasets.count() == 2
    Job.objects.filter(state="IN_PROGRESS").update(state="PENDING")
    job.run_pending()
    assert not DatasetGroup.objects.exists()


def test_nothing_new_comes_into_a_group_that_goes(ana, group):
    delete(ana, group)
    with pytest.raises(errors.ResourceInUseException, match="DELETE PENDING"):
        operations.create_data_deletion_job(
            ana,
            job_name="late",
            dataset_group_arn=group.arn,
            data_source={"dataLocation": "s3://data/users.csv"},
            role_arn="arn:aws:iam::123456789012:role/eraser",
        )


def test_a_group_that_goes_already_is_refused(ana, group):
    delete(ana, group)
    with pytest.raises(errors.ResourceInUseException, match="DELETE PENDING"):
        delete(ana, group)


def test_an_empty_group_goes_too(ana, run_jobs):
    group = factories.active_group(ana)
    assert [step["kind"] for step in plan(ana, group)["steps"]] == ["dataset-group"]
    delete(ana, group)
    run_jobs()
    assert not DatasetGroup.objects.exists()
