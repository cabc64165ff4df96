"""The next best action as boto3 users meet it: from files to answers that follow what users do."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from django.utils import timezone

from apps.timetable import tasks
from personalize_web.engine.metrics import documented
from personalize_web.engine.recipes.catalogue import RECIPES
from personalize_web.resources import locations
from personalize_web.resources.models import Dataset, SolutionVersion
from tests import action_deployments, factories
from tests.engine.action_worlds import ActionWorld
from tests.workers import world

pytestmark = pytest.mark.django_db
RECIPE = factories.recipe_arn("aws-next-best-action")
ROLE = "arn:aws:iam::123456789012:role/data"


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    settings.TRAINING_TIME_BUDGET = 2
    for name in ("BUCKETS_DIR", "COLUMNS_DIR", "MODELS_DIR"):
        setattr(settings, name, tmp_path / name)


@pytest.fixture
def personalize(client_of):
    return client_of()


@pytest.fixture
def group(personalize, run_jobs):
    arn = personalize.create_dataset_group(name="shop")["datasetGroupArn"]
    run_jobs()
    return arn


def fill(personalize, run_jobs, group, kind, table=None):
    """The ARN of an active dataset, with the rows of a table where one is given."""
    name = kind.lower()
    schema = personalize.create_schema(name=name, schema=action_deployments.schema_text(kind))["schemaArn"]
    arn = personalize.create_dataset(name=name, schemaArn=schema, datasetGroupArn=group, datasetType=kind)["datasetArn"]
    run_jobs()
    if table is not None:
        rows = (",".join("" if cell is None else str(cell) for cell in row.values()) for row in table.to_pylist())
        location = world.put_csv(f"{name}.csv", ",".join(table.column_names), rows)
        job = personalize.create_dataset_import_job(
            jobName=name, datasetArn=arn, dataSource={"dataLocation": location}, roleArn=ROLE
        )["datasetImportJobArn"]
        run_jobs()
        found = personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        assert found["status"] == "ACTIVE", found.get("failureReason")
    return arn


def solution(personalize, run_jobs, group, **about):
    arn = personalize.create_solution(
        name="next", datasetGroupArn=group, recipeArn=RECIPE, performAutoTraining=False, **about
    )["solutionArn"]
    run_jobs()
    return arn


def version(personalize, run_jobs, solution_arn):
    arn = personalize.create_solution_version(solutionArn=solution_arn)["solutionVersionArn"]
    run_jobs()
    return personalize.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]


def ids(answer):
    return [each["actionId"] for each in answer["actionList"]]


def test_from_files_to_answers_that_follow_what_users_do(client_of, personalize, run_jobs, group):
    tables = action_deployments.tables(ActionWorld())
    arns = {kind: fill(personalize, run_jobs, group, kind, table) for kind, table in tables.items()}
    made = version(personalize, run_jobs, solution(personalize, run_jobs, group))
    assert made["status"] == "ACTIVE", made.get("failureReason")
    assert made["solutionConfig"]["featureTransformationParameters"] == {"action_optimization_period": "14"}
    metrics = personalize.get_solution_metrics(solutionVersionArn=made["solutionVersionArn"])["metrics"]
    assert set(metrics) == set(documented(RECIPES["aws-next-best-action"]))

    campaign = personalize.create_campaign(
        name="front",
        solutionVersionArn=made["solutionVersionArn"],
        campaignConfig={"itemExplorationConfig": {"explorationWeight": "0.5"}},
    )["campaignArn"]
    run_jobs()
    runtime = client_of("personalize-runtime")
    answer = runtime.get_action_recommendations(campaignArn=campaign, userId="u0", numResults=4)
    scores = [each["score"] for each in answer["actionList"]]
    assert scores == sorted(scores, reverse=True)
    assert ids(answer)[2:] == ["young", "old"]
    assert answer["recommendationId"].startswith("RID-")

    tracking = personalize.describe_dataset(datasetArn=arns["ACTION_INTERACTIONS"])["dataset"]["trackingId"]
    events = client_of("personalize-events")
    events.put_action_interactions(
        trackingId=tracking,
        actionInteractions=[
            {
                "actionId": ids(answer)[0],
                "userId": "u0",
                "sessionId": "s",
                "eventType": "Taken",
                "timestamp": time.time(),
                "recommendationId": answer["recommendationId"],
            }
        ],
    )
    after = runtime.get_action_recommendations(campaignArn=campaign, userId="u0", numResults=4)
    assert after["actionList"] != answer["actionList"]

    with pytest.raises(ClientError) as refused:
        runtime.get_recommendations(campaignArn=campaign, userId="u0")
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"
    with pytest.raises(ClientError) as refused:
        runtime.get_action_recommendations(campaignArn=f"{campaign}-gone", userId="u0")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404

    # two hours later a new action is a candidate of the same version
    new = {"value": 10, "creationTimestamp": int(time.time()), "title": "New", "channel": "app"}
    events.put_actions(datasetArn=arns["ACTIONS"], actions=[{"actionId": "brand-new", "properties": json.dumps(new)}])
    row = SolutionVersion.objects.get()
    before = row.storage_key
    Dataset.objects.update(created_at=timezone.now() - timezone.timedelta(days=1))
    row.change(training_started_at=timezone.now() - timezone.timedelta(hours=3))
    tasks.update_models()
    run_jobs()
    row.refresh_from_db()
    assert row.storage_key != before
    answer = runtime.get_action_recommendations(campaignArn=campaign, userId="u0", numResults=4)
    assert next(each for each in answer["actionList"] if each["score"] == 0.0)["actionId"] == "brand-new"
    assert (locations.model_folder(row.storage_key) / locations.ACTION_HISTORY).exists()


def test_it_trains_and_answers_before_anything_was_done_with_actions(client_of, personalize, run_jobs, group):
    tables = action_deployments.tables(ActionWorld(users=120))
    fill(personalize, run_jobs, group, "INTERACTIONS", tables["INTERACTIONS"])
    fill(personalize, run_jobs, group, "ACTIONS", tables["ACTIONS"])
    fill(personalize, run_jobs, group, "ACTION_INTERACTIONS")
    made = version(personalize, run_jobs, solution(personalize, run_jobs, group))
    assert made["status"] == "ACTIVE", made.get("failureReason")
    campaign = personalize.create_campaign(name="front", solutionVersionArn=made["solutionVersionArn"])["campaignArn"]
    run_jobs()
    answer = client_of("personalize-runtime").get_action_recommendations(campaignArn=campaign, userId="u0")
    assert [(each["actionId"], each["score"]) for each in answer["actionList"]] == [
        ("young", 0.0), ("buy3", 0.0), ("buy2", 0.0), ("buy1", 0.0), ("buy0", 0.0)]  # fmt: skip


def test_a_group_without_an_actions_dataset_has_no_such_solution(personalize, run_jobs, group):
    fill(personalize, run_jobs, group, "INTERACTIONS")
    with pytest.raises(ClientError, match="has no dataset of type ACTIONS, which recipe aws-next-best-action requires"):
        solution(personalize, run_jobs, group)


def test_an_empty_actions_dataset_fails_the_training(personalize, run_jobs, group):
    fill(personalize, run_jobs, group, "INTERACTIONS", action_deployments.tables(ActionWorld())["INTERACTIONS"])
    fill(personalize, run_jobs, group, "ACTIONS")
    made = version(personalize, run_jobs, solution(personalize, run_jobs, group))
    assert made["status"] == "CREATE FAILED"
    assert made["failureReason"] == "The Actions dataset holds no actions. Import at least one."


def test_too_few_item_interactions_fail_the_training(personalize, run_jobs, group):
    tables = action_deployments.tables(ActionWorld(users=20))
    for kind in ("INTERACTIONS", "ACTIONS"):
        fill(personalize, run_jobs, group, kind, None if kind == "INTERACTIONS" else tables[kind])
    made = version(personalize, run_jobs, solution(personalize, run_jobs, group))
    assert made["failureReason"] == "Dataset has fewer than 1000 interactions"


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"performHPO": True}, "does not support performHPO"),
        (
            {"solutionConfig": {"trainingDataConfig": {"excludedDatasetColumns": {"ACTIONS": ["VALUE"]}}}},
            "does not support trainingDataConfig",
        ),
        (
            {"solutionConfig": {"featureTransformationParameters": {"action_optimization_period": "29"}}},
            "action_optimization_period",
        ),
        (
            {"solutionConfig": {"optimizationObjective": {"itemAttribute": "VALUE", "objectiveSensitivity": "LOW"}}},
            "does not support optimizationObjective",
        ),
    ],
)
def test_what_the_recipe_cannot_do_is_refused(personalize, run_jobs, group, about, says):
    for kind in ("INTERACTIONS", "ACTIONS"):
        fill(personalize, run_jobs, group, kind)
    with pytest.raises(ClientError, match=says) as refused:
        solution(personalize, run_jobs, group, **about)
    assert refused.value.response["Error"]["Code"] == "InvalidInputException"


def test_a_group_of_a_domain_has_no_such_solution(personalize, run_jobs):
    arn = personalize.create_dataset_group(name="films", domain="VIDEO_ON_DEMAND")["datasetGroupArn"]
    run_jobs()
    with pytest.raises(ClientError, match="needs a custom dataset group"):
        solution(personalize, run_jobs, arn)


def test_a_campaign_checks_the_exploration_it_is_given(ana, personalize, tmp_path):
    deployed = action_deployments.deploy(ana, action_deployments.train(tmp_path, with_actions=False))
    for config, says in (({"explorationWeight": "2"}, "between 0.0 and 1.0"), ({"depth": "1"}, "Unknown key")):
        with pytest.raises(ClientError, match=says):
            personalize.create_campaign(
                name="other",
                solutionVersionArn=deployed.version.arn,
                campaignConfig={"itemExplorationConfig": config},
            )
