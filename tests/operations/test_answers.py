"""Every answer of every operation that works, against the output shape of the service model."""

import json

import pytest

from personalize_web import operations
from personalize_web.operations import service_model
from personalize_web.resources.models import BatchInferenceJob, BatchSegmentJob
from tests import factories
from tests.operations.test_contract import assert_answer_fits

pytestmark = pytest.mark.django_db

ELSEWHERE = {
    "create_batch_inference_job",
    "create_batch_segment_job",
    "get_action_recommendations",
    "get_personalized_ranking",
    "get_recommendations",
    "put_action_interactions",
    "put_actions",
    "put_events",
    "put_items",
    "put_users",
}
"""Their own tests read their answers."""
ROLE = "arn:aws:iam::123456789012:role/reader"
UPDATE = {"status": "CREATE FAILED", "failureReason": "No.", "creationDateTime": 1.5, "lastUpdatedDateTime": 2.5}
CLICKS = {"eventType": "Click", "metricName": "clicks", "expression": "SAMPLECOUNT()"}
EXPLORED = {"itemExplorationConfig": {"explorationWeight": "0.5"}}


@pytest.fixture
def world(ana):
    """One of everything, with every field that may be shown, and a failed twin of what can fail."""
    group = factories.video_group(ana)
    group.change(role_arn=ROLE, kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/1")
    factories.group(ana, "failed", status="CREATE FAILED", failure_reason="No.")
    dataset = group.datasets.get(dataset_type="INTERACTIONS")
    dataset.change(latest_update=UPDATE | {"schemaArn": dataset.schema.arn}, tracking_id="x" * 36)
    solution = factories.solution(ana, group, event_type="Watch")
    solution.change(latest_update=UPDATE | {"performAutoTraining": True})
    version = factories.solution_version(
        ana, solution, label="first", training_hours=0.5, metrics={"coverage": 0.5, "normalized_discounted_k_5": 1}
    )
    factories.solution_version(ana, solution, status="CREATE FAILED", failure_reason="No.")
    campaign = factories.campaign(ana, version, config={"rankingInfluence": {"POPULARITY": 0.5}})
    campaign.change(
        latest_update=UPDATE
        | {"solutionVersionArn": version.arn, "minProvisionedTPS": 2, "campaignConfig": campaign.config}
    )
    factories.campaign(ana, version, "failed", status="CREATE FAILED", failure_reason="No.")
    recommender = factories.recommender(ana, group, metrics={"coverage": 0.5}, config=EXPLORED)
    recommender.change(latest_update=UPDATE | {"recommenderConfig": EXPLORED})
    factories.recommender(ana, group, "failed", status="CREATE FAILED", failure_reason="No.")
    factories.import_job(ana, dataset, "failed", status="CREATE FAILED", failure_reason="No.", role_arn=ROLE)
    factories.export_job(ana, dataset, "failed", status="CREATE FAILED", failure_reason="No.")
    factories.filter(ana, group, "failed", status="CREATE FAILED", failure_reason="No.")
    factories.deletion_job(ana, group, "failed", status="FAILED", failure_reason="No.")
    inference = factories.batch_job(
        ana, BatchInferenceJob, version, config=EXPLORED, theme_config={"fieldsForThemeGeneration": {"itemName": "A"}}
    )
    for kind in (BatchInferenceJob, BatchSegmentJob):
        factories.batch_job(ana, kind, version, "failed", status="CREATE FAILED", failure_reason="No.")
    made = {
        "batch_inference_job": inference,
        "batch_segment_job": factories.batch_job(ana, BatchSegmentJob, version),
        "data_deletion_job": factories.deletion_job(ana, group, num_deleted=7),
        "dataset_export_job": factories.export_job(ana, dataset),
        "dataset_group": group,
        "dataset": dataset,
        "schema": dataset.schema,
        "dataset_import_job": factories.import_job(ana, dataset, role_arn=ROLE),
        "event_tracker": factories.event_tracker(ana, group),
        "filter": factories.filter(ana, group),
        "metric_attribution": factories.metric_attribution(ana, group, metrics=[CLICKS]),
        "solution": solution,
        "solution_version": version,
        "campaign": campaign,
        "recommender": recommender,
    }
    operations.tag_resource(ana, resource_arn=group.arn, tags=[{"tagKey": "team", "tagValue": ""}])
    return {f"{name}_arn": resource.arn for name, resource in made.items()}


def cases(world):
    """Operation -> arguments under which it succeeds."""
    group, dataset = world["dataset_group_arn"], world["dataset_arn"]
    plain = {
        "create_dataset_group": {"name": "new", "domain": "ECOMMERCE"},
        "create_schema": {"name": "new", "schema": factories.avro.template("USERS", None)},
        "create_dataset": {
            "name": "new",
            "schema_arn": "users",
            "dataset_group_arn": group,
            "dataset_type": "Users",
        },
        "create_dataset_import_job": {
            "job_name": "new",
            "dataset_arn": dataset,
            "data_source": {"dataLocation": "s3://data/"},
        },
        "create_dataset_export_job": {
            "job_name": "new",
            "dataset_arn": dataset,
            "role_arn": ROLE,
            "job_output": {"s3DataDestination": {"path": "s3://data/"}},
        },
        "create_data_deletion_job": {
            "job_name": "new",
            "dataset_group_arn": group,
            "role_arn": ROLE,
            "data_source": {"dataLocation": "s3://data/users.csv"},
        },
        "create_metric_attribution": {
            "name": "new",
            "dataset_group_arn": "other",
            "metrics": [CLICKS],
            "metrics_output_config": {"roleArn": ROLE},
        },
        "update_metric_attribution": {
            "metric_attribution_arn": world["metric_attribution_arn"],
            "add_metrics": [CLICKS | {"metricName": "more"}],
        },
        "create_filter": {
            "name": "new",
            "dataset_group_arn": group,
            "filter_expression": 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("watch")',
        },
        "delete_filter": {"filter_arn": world["filter_arn"]},
        "delete_metric_attribution": {"metric_attribution_arn": world["metric_attribution_arn"]},
        "update_dataset": {"dataset_arn": "items", "schema_arn": "longer"},
        "create_event_tracker": {"name": "new", "dataset_group_arn": "other"},
        "create_solution": {"name": "new", "dataset_group_arn": group, "recipe_arn": factories.recipe_arn("aws-sims")},
        "create_solution_version": {"solution_arn": world["solution_arn"]},
        "create_campaign": {"name": "new", "solution_version_arn": world["solution_version_arn"]},
        "create_recommender": {
            "name": "new",
            "dataset_group_arn": group,
            "recipe_arn": factories.recipe_arn("aws-vod-most-popular"),
        },
        "update_solution": {"solution_arn": world["solution_arn"], "perform_auto_training": False},
        "update_campaign": {"campaign_arn": world["campaign_arn"], "min_provisioned_tps": 3},
        "update_recommender": {
            "recommender_arn": world["recommender_arn"],
            "recommender_config": {"minRecommendationRequestsPerSecond": 2},
        },
        "start_recommender": {"recommender_arn": "inactive"},
        "stop_recommender": {"recommender_arn": world["recommender_arn"]},
        "stop_solution_version_creation": {"solution_version_arn": "training"},
        "delete_dataset_group": {"dataset_group_arn": "other"},
        "delete_dataset": {"dataset_arn": "items"},
        "delete_schema": {"schema_arn": "users"},
        "delete_event_tracker": {"event_tracker_arn": world["event_tracker_arn"]},
        "delete_solution": {"solution_arn": "unused"},
        "delete_campaign": {"campaign_arn": world["campaign_arn"]},
        "delete_recommender": {"recommender_arn": world["recommender_arn"]},
        "describe_recipe": {"recipe_arn": factories.recipe_arn("aws-sims")},
        "describe_algorithm": {"algorithm_arn": "arn:aws:personalize:::algorithm/aws-hrnn"},
        "describe_feature_transformation": {
            "feature_transformation_arn": "arn:aws:personalize:::feature-transformation/sims"
        },
        "get_solution_metrics": {"solution_version_arn": world["solution_version_arn"]},
        "list_tags_for_resource": {"resource_arn": group},
        "tag_resource": {"resource_arn": group, "tags": [{"tagKey": "a", "tagValue": "b"}]},
        "untag_resource": {"resource_arn": group, "tag_keys": ["team"]},
    }
    for argument, arn in world.items():
        plain[f"describe_{argument.removesuffix('_arn')}"] = {argument: arn}
    return plain


WORKING = [name for name in service_model.operations() if name not in ELSEWHERE]


def prepare(caller, world, name):
    """What only one operation needs: its placeholder -> the ARN of a resource made for it."""
    group = factories.DatasetGroup.objects.get(arn=world["dataset_group_arn"])
    if name in ("create_event_tracker", "delete_dataset_group"):
        return {"other": factories.active_group(caller, "other").arn}
    if name in ("create_dataset", "delete_schema"):
        return {"users": factories.schema(caller, dataset_type="USERS", domain=group.domain).arn}
    if name == "create_metric_attribution":
        other = factories.active_group(caller, "other", domain=group.domain)
        factories.dataset(caller, other)
        return {"other": other.arn}
    if name == "update_dataset":
        items = group.datasets.get(dataset_type="ITEMS")
        text = json.loads(items.schema.text)
        text["fields"].append({"name": "SHELF", "type": ["null", "string"], "categorical": True})
        longer = factories.schema(caller, "longer", dataset_type="ITEMS", domain=group.domain, text=json.dumps(text))
        return {"items": items.arn, "longer": longer.arn}
    if name == "delete_dataset":
        group.filters.all().delete()
        return {"items": group.datasets.get(dataset_type="ITEMS").arn}
    if name == "delete_solution":
        return {"unused": factories.solution(caller, group, "unused").arn}
    if name == "start_recommender":
        return {"inactive": factories.recommender(caller, group, "inactive", status="INACTIVE").arn}
    if name == "stop_solution_version_creation":
        solution = factories.Solution.objects.get(arn=world["solution_arn"])
        return {"training": factories.solution_version(caller, solution, status="CREATE PENDING").arn}
    return {}


@pytest.mark.parametrize("name", WORKING)
def test_the_answer_has_the_shape_of_the_service_model(ana, world, name):
    made = prepare(ana, world, name)
    arguments = {} if name.startswith("list_") and "tags" not in name else cases(world)[name]
    answer = getattr(operations, name)(ana, **{key: made.get(str(value), value) for key, value in arguments.items()})
    assert_answer_fits(name, answer)
    if name.startswith("list_"):
        assert next(iter(answer.values()))


@pytest.mark.parametrize("name", [name for name in WORKING if name.startswith("describe_")])
def test_only_what_is_optional_is_ever_absent(ana, world, name):
    """With everything there is to show, nothing of the shape is missing but what these resources cannot have."""
    answer = getattr(operations, name)(ana, **cases(world)[name])
    (shown,) = answer.values()
    (shape,) = service_model.operations()[name].output_shape.members.values()
    never = {
        "describe_batch_inference_job": {"failureReason"},
        "describe_batch_segment_job": {"failureReason"},
        "describe_campaign": {"failureReason"},
        "describe_data_deletion_job": {"failureReason"},
        "describe_dataset_export_job": {"failureReason"},
        "describe_dataset_group": {"failureReason"},
        "describe_dataset_import_job": {"failureReason"},
        "describe_filter": {"failureReason"},
        "describe_metric_attribution": {"failureReason"},
        "describe_recommender": {"failureReason"},
        "describe_solution": {"autoMLResult"},
        "describe_solution_version": {"failureReason", "tunedHPOParams"},
    }
    assert set(shape.members) - set(shown) == never.get(name, set())
