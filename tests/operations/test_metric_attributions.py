"""Metric attributions: one a group, up to ten metrics, whose expressions fit the data."""

import json

import pytest

from personalize_web import operations
from personalize_web.operations.errors import (
    InvalidInputException,
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from personalize_web.resources import locations
from personalize_web.resources.models import Event, MetricAttribution, MetricCount
from tests import factories

pytestmark = pytest.mark.django_db

ROLE = "arn:aws:iam::123456789012:role/reporter"
CLICKS = {"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"}
LENGTH = {"eventType": "watch", "metricName": "Length", "expression": "SUM(Items.LENGTH)"}
OUTPUT = {"roleArn": ROLE, "s3DataDestination": {"path": "s3://reports/metrics/"}}


def schema_text(kind: str, *fields: tuple[str, object]) -> str:
    listed = [{"name": name, "type": type_} for name, type_ in fields]
    return json.dumps(
        {
            "type": "record",
            "name": kind,
            "namespace": "com.amazonaws.personalize.schema",
            "fields": listed,
            "version": "1.0",
        }
    )


EVENTS = [
    ("USER_ID", "string"),
    ("ITEM_ID", "string"),
    ("EVENT_TYPE", "string"),
    ("EVENT_VALUE", ["null", "float"]),
    ("TIMESTAMP", "long"),
]


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    text = schema_text("Interactions", *EVENTS)
    factories.dataset(ana, made, of_schema=factories.schema(ana, "events", text=text))
    return made


@pytest.fixture
def items(ana, group):
    fields = [("ITEM_ID", "string"), ("LENGTH", "long"), ("PRICE", ["null", "float"]), ("OWNER", "string")]
    schema = factories.schema(ana, "items", dataset_type="ITEMS", text=schema_text("Items", *fields))
    return factories.dataset(ana, group, "ITEMS", of_schema=schema, statistics={"rows": 3})


def create(caller, group, *metrics, name="impact", config=OUTPUT):
    answer = operations.create_metric_attribution(
        caller,
        name=name,
        dataset_group_arn=group.arn,
        metrics=list(metrics or [CLICKS]),
        metrics_output_config=config,
    )
    return answer["metricAttributionArn"]


def metrics_of(caller, arn):
    return operations.list_metric_attribution_metrics(caller, metric_attribution_arn=arn)["metrics"]


def test_it_becomes_active_and_describe_leaves_the_metrics_to_their_list(cleo, ben, group, items, run_jobs):
    arn = create(cleo, group, CLICKS, LENGTH)
    assert arn == "arn:aws:personalize:us-east-1:123456789012:metric-attribution/impact"
    shown = operations.describe_metric_attribution(ben, metric_attribution_arn=arn)["metricAttribution"]
    assert shown["status"] == "CREATE PENDING"
    assert "metrics" not in shown
    assert (shown["datasetGroupArn"], shown["metricsOutputConfig"]) == (group.arn, OUTPUT)
    run_jobs()
    (listed,) = operations.list_metric_attributions(ben, dataset_group_arn=group.arn)["metricAttributions"]
    assert (listed["name"], listed["status"]) == ("impact", "ACTIVE")
    assert metrics_of(ben, arn) == [CLICKS, LENGTH]


def test_lists_are_the_callers_own_and_of_one_group(ana, eve, group, run_jobs):
    arn = create(ana, group)
    assert operations.list_metric_attributions(eve) == {"metricAttributions": []}
    assert operations.list_metric_attribution_metrics(eve, metric_attribution_arn=arn) == {"metrics": []}
    other = factories.active_group(ana, "other")
    assert operations.list_metric_attributions(ana, dataset_group_arn=other.arn) == {"metricAttributions": []}
    with pytest.raises(ResourceNotFoundException):
        operations.describe_metric_attribution(eve, metric_attribution_arn=arn)


def test_the_list_of_metrics_comes_in_pages(ana, group):
    arn = create(ana, group, *({**CLICKS, "metricName": f"m{number}"} for number in range(5)))
    first = operations.list_metric_attribution_metrics(ana, metric_attribution_arn=arn, max_results=3)
    rest = operations.list_metric_attribution_metrics(
        ana, metric_attribution_arn=arn, max_results=3, next_token=first["nextToken"]
    )
    assert [each["metricName"] for each in first["metrics"] + rest["metrics"]] == ["m0", "m1", "m2", "m3", "m4"]
    assert "nextToken" not in rest


def test_a_group_has_one(ana, group):
    first = create(ana, group)
    with pytest.raises(LimitExceededException, match=f"already has a metric attribution: {first}"):
        create(ana, group, name="second")


def test_a_taken_name_is_refused(ana, group):
    create(ana, group)
    other = factories.active_group(ana, "other")
    factories.dataset(ana, other)
    with pytest.raises(ResourceAlreadyExistsException):
        create(ana, other)


def test_the_group_is_active(ana):
    with pytest.raises(ResourceInUseException):
        create(ana, factories.group(ana, status="CREATE PENDING"))


def test_the_group_needs_interactions_with_types(ana):
    empty = factories.active_group(ana, "empty")
    with pytest.raises(InvalidInputException, match="has no Item interactions dataset"):
        create(ana, empty)
    untyped = factories.active_group(ana, "untyped")
    text = schema_text("Interactions", *(field for field in EVENTS if "EVENT" not in field[0]))
    factories.dataset(ana, untyped, of_schema=factories.schema(ana, "untyped", text=text))
    with pytest.raises(InvalidInputException, match="has no EVENT_TYPE field"):
        create(ana, untyped)


def test_there_is_at_least_one_metric_and_names_are_unique(ana, group):
    with pytest.raises(InvalidInputException, match="at least one metric"):
        operations.create_metric_attribution(
            ana, name="impact", dataset_group_arn=group.arn, metrics=[], metrics_output_config=OUTPUT
        )
    with pytest.raises(InvalidInputException, match="must be unique; Clicks occurs more than once"):
        create(ana, group, CLICKS, CLICKS)
    with pytest.raises(InvalidInputException):
        create(ana, group, *({**CLICKS, "metricName": f"m{number}"} for number in range(11)))


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ({**CLICKS, "metricName": " "}, "metricName of metric ' ' must not be empty"),
        ({**CLICKS, "eventType": ""}, "eventType of metric 'Clicks' must not be empty"),
        ({**CLICKS, "expression": "AVG(Items.LENGTH)"}, "at character 1"),
        ({**CLICKS, "expression": "SUM(Items.LENGHT)"}, "no column LENGHT. Did you mean LENGTH?"),
        ({**CLICKS, "expression": "SUM(Items.WEIGHT_KG)"}, "Numeric columns: LENGTH, PRICE"),
        ({**CLICKS, "expression": "SUM(Items.OWNER)"}, "is of type string. SUM\\(\\) needs a numeric column"),
        ({**CLICKS, "expression": "SUM(Interactions.EVENT_TYPE)"}, "is of type string"),
    ],
)
def test_a_metric_that_cannot_be_counted_is_refused_in_words(ana, group, items, metric, says):
    with pytest.raises(InvalidInputException, match=says) as caught:
        create(ana, group, metric)
    assert caught.value.field in ("metrics", None)


def test_numbers_of_events_and_items_can_be_summed(ana, group, items):
    value = {**CLICKS, "metricName": "Value", "expression": "sum(interactions.EVENT_VALUE)"}
    price = {**CLICKS, "metricName": "Price", "expression": "SUM(Items.PRICE)"}
    assert metrics_of(ana, create(ana, group, value, price)) == [value, price]


def test_a_sum_over_items_needs_imported_items(ana, group):
    with pytest.raises(InvalidInputException, match="needs an active Items dataset"):
        create(ana, group, LENGTH)
    fields = [("ITEM_ID", "string"), ("LENGTH", "long")]
    schema = factories.schema(ana, "items", dataset_type="ITEMS", text=schema_text("Items", *fields))
    items = factories.dataset(ana, group, "ITEMS", of_schema=schema)
    with pytest.raises(InvalidInputException, match=r"No item metadata has been imported\. Import items first\."):
        create(ana, group, LENGTH)
    factories.import_job(ana, items)
    create(ana, group, LENGTH)


def test_records_put_singly_are_imported_items_too(ana, group):
    fields = [("ITEM_ID", "string"), ("LENGTH", "long")]
    schema = factories.schema(ana, "items", dataset_type="ITEMS", text=schema_text("Items", *fields))
    factories.dataset(ana, group, "ITEMS", of_schema=schema).records.create(key="i1", values={"LENGTH": 3})
    create(ana, group, LENGTH)


@pytest.mark.parametrize("path", ["s3://reports/metrics", "s3://reports/metrics/", "s3://reports/"])
def test_a_folder_may_be_written_with_or_without_its_slash(ana, group, path):
    create(ana, group, config={"roleArn": ROLE, "s3DataDestination": {"path": path}})


@pytest.mark.parametrize("path", ["s3://reports/../metrics/", "https://example.org/metrics/"])
def test_a_path_that_is_no_folder_of_the_store_is_refused(ana, group, path):
    with pytest.raises(InvalidInputException, match="Invalid Data location") as caught:
        create(ana, group, config={"roleArn": ROLE, "s3DataDestination": {"path": path}})
    assert caught.value.field == "metrics_output_config"


def test_a_path_that_is_a_file_is_refused(ana, group, settings, tmp_path):
    settings.BUCKETS_DIR = tmp_path
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "old.csv").write_text("x")
    assert locations.exists(locations.parse("s3://reports/old.csv"))
    with pytest.raises(InvalidInputException, match="is a file"):
        create(ana, group, config={"roleArn": ROLE, "s3DataDestination": {"path": "s3://reports/old.csv"}})


def test_without_a_path_or_with_a_key_it_is_as_well(ana, group):
    create(ana, group, config={"roleArn": ROLE})
    MetricAttribution.objects.all().delete()
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    create(ana, group, config={"roleArn": ROLE, "s3DataDestination": {"path": "s3://r/m/", "kmsKeyArn": key}})


@pytest.mark.parametrize(
    "config",
    [{"roleArn": "reporter"}, {"roleArn": ROLE, "s3DataDestination": {"path": "s3://r/m/", "kmsKeyArn": "k"}}],
)
def test_role_and_key_are_arns(ana, group, config):
    with pytest.raises(InvalidInputException, match="regular expression pattern"):
        create(ana, group, config=config)


def test_only_events_after_its_creation_are_waited_for(ana, group):
    event = Event.objects.create(
        dataset=group.datasets.get(), digest="d", event_id="e", session_id="s", item_id="i", event_type="click",
        timestamp=1.0,
    )  # fmt: skip
    create(ana, group)
    assert MetricAttribution.objects.get().event_cutoff == event.pk


@pytest.fixture
def arn(ana, group, items, run_jobs):
    made = create(ana, group, CLICKS, LENGTH)
    run_jobs()
    return made


def update(caller, arn, **changes):
    return operations.update_metric_attribution(caller, metric_attribution_arn=arn, **changes)


def test_an_update_removes_first_and_then_adds(cleo, arn):
    changed = {**CLICKS, "expression": "SUM(Interactions.EVENT_VALUE)"}
    assert update(cleo, arn, remove_metrics=["Clicks"], add_metrics=[changed]) == {"metricAttributionArn": arn}
    assert metrics_of(cleo, arn) == [LENGTH, changed]
    shown = operations.describe_metric_attribution(cleo, metric_attribution_arn=arn)["metricAttribution"]
    assert shown["status"] == "ACTIVE"
    assert shown["lastUpdatedDateTime"] > shown["creationDateTime"]


def test_a_metric_added_later_begins_later(ana, arn):
    update(ana, arn, add_metrics=[{**CLICKS, "metricName": "More"}])
    begins = {metric["metricName"]: metric["since"] for metric in MetricAttribution.objects.get().metrics}
    assert begins["Clicks"] == begins["Length"] < begins["More"]


def test_a_taken_metric_name_is_refused(ana, arn):
    with pytest.raises(ResourceAlreadyExistsException, match="already has a metric Clicks") as caught:
        update(ana, arn, add_metrics=[CLICKS])
    assert caught.value.field == "add_metrics"
    with pytest.raises(ResourceAlreadyExistsException):
        update(ana, arn, add_metrics=[{**CLICKS, "metricName": "New"}] * 2)
    assert metrics_of(ana, arn) == [CLICKS, LENGTH]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "here is nothing to update: give addMetrics"),
        ({"remove_metrics": ["Nope"]}, "no metric Nope to remove. The metrics are: Clicks, Length."),
        ({"remove_metrics": ["Clicks", "Length"]}, "At least one metric must remain"),
        ({"add_metrics": [{**CLICKS, "metricName": f"m{n}"} for n in range(9)]}, "at most 10 metrics, not 11"),
        ({"add_metrics": [{**CLICKS, "metricName": "New", "expression": "SUM()"}]}, "at character 5"),
        ({"metrics_output_config": {"roleArn": ROLE, "s3DataDestination": {"path": "s3://x/../y"}}}, "Invalid"),
    ],
)
def test_an_update_that_cannot_be_is_refused_as_a_whole(ana, arn, changes, says):
    with pytest.raises(InvalidInputException, match=says):
        update(ana, arn, **changes)
    assert metrics_of(ana, arn) == [CLICKS, LENGTH]


def test_an_update_names_its_attribution(ana):
    with pytest.raises(InvalidInputException, match="metricAttributionArn is required"):
        operations.update_metric_attribution(ana, remove_metrics=["Clicks"])


def test_the_output_is_replaced_as_a_whole(ana, arn):
    update(ana, arn, metrics_output_config={"roleArn": ROLE})
    shown = operations.describe_metric_attribution(ana, metric_attribution_arn=arn)["metricAttribution"]
    assert shown["metricsOutputConfig"] == {"roleArn": ROLE}


def test_only_an_active_one_is_updated(ana, group):
    pending = create(ana, group)
    with pytest.raises(ResourceInUseException, match="CREATE PENDING"):
        update(ana, pending, remove_metrics=["Clicks"])


def test_it_is_deleted_and_what_was_counted_stays(cleo, arn, group, run_jobs):
    MetricCount.objects.create(
        dataset_group=group, metric_name="Clicks", event_type="click", source="x", window=900, value=2
    )
    operations.delete_metric_attribution(cleo, metric_attribution_arn=arn)
    with pytest.raises(ResourceInUseException, match="DELETE PENDING"):
        operations.delete_metric_attribution(cleo, metric_attribution_arn=arn)
    run_jobs()
    assert operations.list_metric_attributions(cleo) == {"metricAttributions": []}
    assert MetricCount.objects.count() == 1
    create(cleo, group, CLICKS)
