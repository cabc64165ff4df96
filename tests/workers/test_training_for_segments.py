"""Training of versions that answer with users."""

import pytest

from personalize_web import operations
from personalize_web.engine import serving
from personalize_web.operations.errors import InvalidInputException
from personalize_web.resources import locations
from personalize_web.resources.models import Job, SolutionVersion
from tests.workers import world

pytestmark = pytest.mark.django_db
HEADER = "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP"
ITEM_FIELDS = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "GENRES", "type": "string", "categorical": True},
    {"name": "MAKER", "type": "string"},
]


@pytest.fixture
def quick(settings):
    settings.TRAINING_TIME_BUDGET = 1.5
    settings.TRAINING_THREADS = 1


def version(ana, run_jobs, group_arn, recipe="aws-item-attribute-affinity") -> SolutionVersion:
    config = {"algorithmHyperParameters": {"hidden_dimension": "32"}}
    arn = operations.create_solution(
        ana,
        name="who",
        dataset_group_arn=group_arn,
        recipe_arn=f"arn:aws:personalize:::recipe/{recipe}",
        perform_auto_training=False,
        solution_config=config,
    )["solutionArn"]
    run_jobs()
    made = operations.create_solution_version(ana, solution_arn=arn)["solutionVersionArn"]
    run_jobs()
    return SolutionVersion.objects.get(arn=made)


def forget(ana, run_jobs, group_arn, user):
    """Delete a user."""
    location = world.put_csv(f"{user}.csv", "USER_ID", [user])
    operations.create_data_deletion_job(
        ana,
        job_name=f"without-{user}",
        dataset_group_arn=group_arn,
        data_source={"dataLocation": location},
        role_arn="arn:aws:iam::123456789012:role/reader",
    )
    run_jobs()


def test_a_version_is_trained_on_full_imports_and_individual_records_alone(ana, run_jobs, quick):
    group_arn, dataset_arn = world.filled(ana, run_jobs)
    items_arn = world.dataset(ana, run_jobs, group_arn, kind="Items", fields=ITEM_FIELDS)
    rows = [f"i{item},kind {item % 3}|any,maker {item % 5}" for item in range(world.ITEMS)]
    world.import_file(ana, run_jobs, items_arn, world.put_csv("items.csv", "ITEM_ID,GENRES,MAKER", rows), name="items")
    added = [f"late{number % 9},i{number % 30},watch,{1_700_100_000 + number}" for number in range(1000)]
    world.import_file(
        ana, run_jobs, dataset_arn, world.put_csv("late.csv", HEADER, added), name="late", mode="INCREMENTAL"
    )
    record = [{"itemId": "put1", "properties": '{"GENRES": "rare", "MAKER": "maker 9"}'}]
    operations.put_items(ana, dataset_arn=items_arn, items=record)

    made = version(ana, run_jobs, group_arn)

    assert made.status == "ACTIVE", made.failure_reason
    metrics = operations.get_solution_metrics(ana, solution_version_arn=made.arn)["metrics"]
    assert set(metrics) == {"coverage", "hits_at_1_percent", "recall_at_1_percent"}
    assert list(made.details["baselines"]) == ["most-active-users"]
    model = serving.load(locations.model_folder(made.storage_key))
    assert model.users.all() == sorted(f"u{user}" for user in range(world.USERS))
    assert model.items.ids(model.items_having('ITEMS.genres = "rare" AND ITEMS.maker = "maker 9"')) == ["put1"]
    assert len(model.segment(model.item("i3"), 5)) == 5
    lines = [line.text for job in Job.objects.filter(kind="create-solution-version") for line in job.log_lines.all()]
    assert any("INTERACTIONS: 1,000 rows of incremental imports are left out" in line for line in lines)
    forget(ana, run_jobs, group_arn, "u3")
    assert "u3" not in serving.load(locations.model_folder(made.storage_key)).users
    (locations.model_folder(made.storage_key) / "manifest.json").write_text("{")
    forget(ana, run_jobs, group_arn, "u4")
    lines = [line.text for job in Job.objects.filter(kind="create-data-deletion-job") for line in job.log_lines.all()]
    assert any("1 models are damaged and could not be looked through" in line for line in lines), lines
    with pytest.raises(InvalidInputException, match="of type USER_SEGMENTATION does not support CreateCampaign"):
        operations.create_campaign(ana, name="front", solution_version_arn=made.arn)


def test_a_recipe_that_needs_items_fails_where_none_are_imported(ana, run_jobs):
    group_arn, _ = world.filled(ana, run_jobs)
    world.dataset(ana, run_jobs, group_arn, kind="Items", fields=ITEM_FIELDS)
    made = version(ana, run_jobs, group_arn)
    assert (made.status, made.training_hours) == ("CREATE FAILED", None)
    assert made.failure_reason.startswith("Item-Attribute-Affinity learns from items, but there are none")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            [f"u{number % 40},i{number // 40},watch,1700000000" for number in range(1200)],
            "All item interactions have the same TIMESTAMP.",
        ),
        (
            [f"u{number},i{number % 30},watch,{1_700_000_000 + number}" for number in range(1200)],
            "Dataset has fewer than 25 users with at least 2 interactions each.",
        ),
    ],
)
def test_data_that_no_segment_can_be_learnt_from_fail_the_version(ana, run_jobs, rows, reason):
    group_arn = world.group(ana, run_jobs)
    dataset_arn = world.dataset(ana, run_jobs, group_arn)
    world.import_file(ana, run_jobs, dataset_arn, world.put_csv("rows.csv", HEADER, rows))
    made = version(ana, run_jobs, group_arn, "aws-item-affinity")
    assert made.status == "CREATE FAILED"
    assert reason in made.failure_reason
    assert made.metrics is None
