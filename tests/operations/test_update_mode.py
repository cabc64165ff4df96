"""Training mode UPDATE: a version of its own with the new items, that has learned nothing."""

import json

import pytest

from personalize_web import operations
from personalize_web.engine import serving
from personalize_web.resources import locations
from personalize_web.resources.models import Campaign, SolutionVersion
from tests.deployments import deploy
from tests.operations.test_automatic_updates import NEWEST, put_item, shown, trained

pytestmark = pytest.mark.django_db
UP = "aws-user-personalization"


@pytest.fixture
def deployed(ana, db, model_of):
    found = deploy(ana, UP, model_of(UP), config={"itemExplorationConfig": {"explorationWeight": "0.5"}})
    trained(found, hours=1)
    found.version.change(metrics={"coverage": 0.5}, event_cutoff=3)
    return found


def create(caller, deployed, run_jobs):
    arn = operations.create_solution_version(
        caller, solution_arn=deployed.version.solution.arn, training_mode="UPDATE"
    )["solutionVersionArn"]
    run_jobs()
    return SolutionVersion.objects.get(arn=arn)


def test_it_has_the_new_items_and_the_metrics_of_the_version_it_began_with(ana, deployed, run_jobs):
    put_item(ana, deployed)
    made = create(ana, deployed, run_jobs)
    assert made.status == "ACTIVE", made.failure_reason
    assert (made.metrics, made.event_cutoff) == ({"coverage": 0.5}, 3)
    assert 0 < made.training_hours < 0.1
    assert made.details["updated_from"] == deployed.version.version_id
    assert serving.load(locations.model_folder(made.storage_key)).knows_item("brand-new")
    assert "brand-new" not in shown(ana, deployed), "the version before stays as it was"
    operations.update_campaign(ana, campaign_arn=deployed.row.arn, solution_version_arn=made.arn)
    run_jobs()
    assert "brand-new" in shown(ana, deployed)


def test_a_campaign_that_follows_its_solution_moves_to_it(ana, deployed, run_jobs):
    deployed.row.change(config={"syncWithLatestSolutionVersion": True})
    made = create(ana, deployed, run_jobs)
    run_jobs()
    assert Campaign.objects.get().solution_version == made


def test_it_begins_with_the_training_not_with_an_update_before_it(ana, deployed, run_jobs):
    put_item(ana, deployed, "first")
    create(ana, deployed, run_jobs)
    items = deployed.group.datasets.get(dataset_type="ITEMS")
    operations.put_items(
        ana,
        dataset_arn=items.arn,
        items=[{"itemId": "second", "properties": json.dumps(
            {"title": "Two", "creationTimestamp": NEWEST, "genres": "genre 2"})}],
    )  # fmt: skip
    second = create(ana, deployed, run_jobs)
    assert second.details["updated_from"] == deployed.version.version_id
    model = serving.load(locations.model_folder(second.storage_key))
    assert model.knows_item("first")
    assert model.knows_item("second")


def test_exploration_is_three_tenths_where_a_campaign_says_nothing(ana, deployed):
    model = serving.load(locations.model_folder(deployed.version.storage_key))
    assert model.settings["exploration_weight"] == 0.3
