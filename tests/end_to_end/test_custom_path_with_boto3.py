"""The custom path as a boto3 user writes it for the cloud service: only the endpoint differs."""

import csv
import json
import shutil
import time
from collections import Counter

import pytest
from botocore.exceptions import ClientError

INTERACTIONS = {
    "type": "record",
    "name": "Interactions",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "TIMESTAMP", "type": "long"},
    ],
    "version": "1.0",
}
ITEMS = {
    "type": "record",
    "name": "Items",
    "namespace": "com.amazonaws.personalize.schema",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": "string"},
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "YEAR", "type": ["null", "int"]},
    ],
    "version": "1.0",
}
RECIPE = "arn:aws:personalize:::recipe/"


@pytest.fixture(scope="module")
def group(instance, movies):
    """An ACTIVE dataset group with both files imported."""
    personalize = instance.client("personalize")
    shutil.copytree(movies, instance.bucket("movies"), dirs_exist_ok=True)
    arn = personalize.create_dataset_group(name="movies")["datasetGroupArn"]
    _settle(lambda: personalize.describe_dataset_group(datasetGroupArn=arn)["datasetGroup"])
    for kind, schema, file in (("Interactions", INTERACTIONS, "interactions.csv"), ("Items", ITEMS, "items.csv")):
        schema_arn = personalize.create_schema(name=f"movies-{kind.lower()}", schema=json.dumps(schema))["schemaArn"]
        dataset = personalize.create_dataset(
            name=f"movies-{kind.lower()}", schemaArn=schema_arn, datasetGroupArn=arn, datasetType=kind
        )["datasetArn"]
        _settle(lambda dataset=dataset: personalize.describe_dataset(datasetArn=dataset)["dataset"])
        job = personalize.create_dataset_import_job(
            jobName=f"movies-{kind.lower()}-1",
            datasetArn=dataset,
            dataSource={"dataLocation": f"s3://movies/{file}"},
            roleArn="arn:aws:iam::123456789012:role/PersonalizeRole",
        )["datasetImportJobArn"]
        done = _settle(
            lambda job=job: personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
        )
        assert done["status"] == "ACTIVE", done.get("failureReason")
    return arn


def _settle(describe, timeout: float = 300) -> dict:
    deadline = time.monotonic() + timeout
    found = describe()
    while found["status"] not in {"ACTIVE", "CREATE FAILED"} and time.monotonic() < deadline:
        time.sleep(0.3)
        found = describe()
    return found


def _campaign(instance, group: str, recipe: str, name: str) -> str:
    personalize = instance.client("personalize")
    solution = personalize.create_solution(
        name=name, datasetGroupArn=group, recipeArn=RECIPE + recipe, performAutoTraining=False
    )["solutionArn"]
    _settle(lambda: personalize.describe_solution(solutionArn=solution)["solution"])
    version = personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
    trained = _settle(lambda: personalize.describe_solution_version(solutionVersionArn=version)["solutionVersion"])
    assert trained["status"] == "ACTIVE", trained.get("failureReason")
    metrics = personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    assert 0 < metrics["normalized_discounted_cumulative_gain_at_10"] <= 1
    campaign = personalize.create_campaign(name=name, solutionVersionArn=version, minProvisionedTPS=1)["campaignArn"]
    deployed = _settle(lambda: personalize.describe_campaign(campaignArn=campaign)["campaign"])
    assert deployed["status"] == "ACTIVE", deployed.get("failureReason")
    return campaign


def test_user_personalization_answers_with_scores_that_sum_to_at_most_one(instance, group):
    campaign = _campaign(instance, group, "aws-user-personalization-v2", "for-you")
    runtime = instance.client("personalize-runtime")
    answer = runtime.get_recommendations(campaignArn=campaign, userId="83", numResults=10)
    scores = [item["score"] for item in answer["itemList"]]
    assert len(scores) == 10
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1
    assert answer["recommendationId"].startswith("RID-")
    another = runtime.get_recommendations(campaignArn=campaign, userId="184", numResults=10)
    assert [i["itemId"] for i in another["itemList"]] != [i["itemId"] for i in answer["itemList"]]
    titled = runtime.get_recommendations(
        campaignArn=campaign, userId="83", numResults=5, metadataColumns={"ITEMS": ["TITLE", "GENRES"]}
    )
    assert all(item["metadata"]["TITLE"] for item in titled["itemList"])


def test_similar_items_follow_the_seed_and_never_contain_it(instance, group):
    campaign = _campaign(instance, group, "aws-sims", "similar")
    answer = instance.client("personalize-runtime").get_recommendations(campaignArn=campaign, itemId="1")
    items = [item["itemId"] for item in answer["itemList"]]
    assert len(items) == 25
    assert "1" not in items
    assert all("score" not in item for item in answer["itemList"])


def test_popularity_is_the_same_for_everybody(instance, group):
    campaign = _campaign(instance, group, "aws-popularity-count", "popular")
    runtime = instance.client("personalize-runtime")
    first, second = (
        runtime.get_recommendations(campaignArn=campaign, userId=user)["itemList"] for user in ("1", "nobody")
    )
    assert [item["itemId"] for item in first] == [item["itemId"] for item in second]


def test_recorded_events_move_the_very_next_answer(instance, group, movies):
    personalize = instance.client("personalize")
    campaigns = personalize.list_campaigns()["campaigns"]
    campaign = next(c["campaignArn"] for c in campaigns if c["name"] == "for-you")
    runtime, events = instance.client("personalize-runtime"), instance.client("personalize-events")
    made = personalize.create_event_tracker(name="movies-tracker", datasetGroupArn=group)
    _settle(lambda: personalize.describe_event_tracker(eventTrackerArn=made["eventTrackerArn"])["eventTracker"])

    def horror_share(user: str) -> float:
        answer = runtime.get_recommendations(
            campaignArn=campaign, userId=user, numResults=25, metadataColumns={"ITEMS": ["GENRES"]}
        )
        return sum("Horror" in item.get("metadata", {}).get("GENRES", "") for item in answer["itemList"]) / 25

    with (movies / "items.csv").open() as titles, (movies / "interactions.csv").open() as seen:
        horror = {row["ITEM_ID"] for row in csv.DictReader(titles) if "Horror" in row["GENRES"]}
        known = Counter(row["ITEM_ID"] for row in csv.DictReader(seen))
    before = horror_share("somebody-new")
    for offset, title in enumerate(sorted(horror, key=lambda each: -known[each])[:3]):
        events.put_events(
            trackingId=made["trackingId"],
            userId="somebody-new",
            sessionId="s-1",
            eventList=[{"eventType": "watch", "itemId": title, "sentAt": time.time() + offset}],
        )
    assert horror_share("somebody-new") > before


def test_a_bad_row_fails_the_import_with_its_line_column_and_value(instance, group, movies):
    personalize = instance.client("personalize")
    lines = (movies / "interactions.csv").read_text().splitlines()
    lines[4999] = lines[4999].rsplit(",", 1)[0] + ",yesterday"
    (instance.bucket("movies") / "broken.csv").write_text("\n".join(lines))
    dataset = group.replace("dataset-group/movies", "dataset/movies/INTERACTIONS")
    job = personalize.create_dataset_import_job(
        jobName="broken", datasetArn=dataset, dataSource={"dataLocation": "s3://movies/broken.csv"}
    )["datasetImportJobArn"]
    done = _settle(lambda: personalize.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"])
    assert done["status"] == "CREATE FAILED"
    for part in ("5,000", "TIMESTAMP", "yesterday"):
        assert part in done["failureReason"] or part.replace(",", "") in done["failureReason"]


def test_what_is_in_use_cannot_be_deleted_and_the_rest_can_in_order(instance):
    personalize = instance.client("personalize")
    group = personalize.create_dataset_group(name="short-lived")["datasetGroupArn"]
    _settle(lambda: personalize.describe_dataset_group(datasetGroupArn=group)["datasetGroup"])
    schema = personalize.create_schema(name="short-lived", schema=json.dumps(INTERACTIONS))["schemaArn"]
    dataset = personalize.create_dataset(
        name="short-lived", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions"
    )["datasetArn"]
    _settle(lambda: personalize.describe_dataset(datasetArn=dataset)["dataset"])
    for refused in (
        lambda: personalize.delete_schema(schemaArn=schema),
        lambda: personalize.delete_dataset_group(datasetGroupArn=group),
    ):
        with pytest.raises(personalize.exceptions.ResourceInUseException):
            refused()
    personalize.delete_dataset(datasetArn=dataset)
    _gone(lambda: personalize.describe_dataset(datasetArn=dataset))
    personalize.delete_dataset_group(datasetGroupArn=group)
    _gone(lambda: personalize.describe_dataset_group(datasetGroupArn=group))
    personalize.delete_schema(schemaArn=schema)
    _gone(lambda: personalize.describe_schema(schemaArn=schema))


def _gone(describe, timeout: float = 120) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            describe()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            return
        time.sleep(0.3)
    raise AssertionError("still there")
