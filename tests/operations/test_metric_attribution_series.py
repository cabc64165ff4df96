"""What was counted, as charts read it; and what metrics can be made of."""

from datetime import UTC, datetime

import pytest

from personalize_web import operations
from personalize_web.operations.errors import InvalidInputException, ResourceNotFoundException
from personalize_web.resources.models import MetricAttribution, MetricCount
from tests import factories
from tests.workers import world

pytestmark = pytest.mark.django_db

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
VALUE = {"name": "EVENT_VALUE", "type": ["null", "float"]}


@pytest.fixture
def group(ana):
    made = factories.active_group(ana)
    text = world.schema("Interactions", [*world.FIELDS, VALUE])
    statistics = {"event_types": {"watch": 3, "click": 9}}
    factories.dataset(ana, made, of_schema=factories.schema(ana, "events", text=text), statistics=statistics)
    return made


@pytest.fixture
def arn(ana, group):
    arn = MetricAttribution.write_arn("impact", account=ana.account, region=ana.region)
    MetricAttribution.objects.create(
        arn=arn,
        account=ana.account,
        region=ana.region,
        name="impact",
        dataset_group=group,
        status="ACTIVE",
        metrics=[{"eventType": "click", "metricName": "Clicks", "expression": "samplecount()", "since": 1.0}],
        metrics_output_config={"roleArn": "r"},
    )
    return arn


def counted(group, source, window, value, name="Clicks"):
    MetricCount.objects.create(
        dataset_group=group, metric_name=name, event_type="click", source=source, window=window, value=value
    )


def series(caller, arn, **about):
    start, end = datetime.fromtimestamp(NOON, UTC), datetime.fromtimestamp(NOON + 7200, UTC)
    asked = {"start": start, "end": end} | about
    return operations.get_attribution_series(caller, metric_attribution_arn=arn, **asked)


def test_windows_in_the_range_come_by_source(ben, group, arn):
    counted(group, "mail", NOON - 900, 1)
    counted(group, "mail", NOON, 2)
    counted(group, "mail", NOON + 900, 3)
    counted(group, "shop", NOON + 900, 4)
    counted(group, "mail", NOON + 7200, 5)
    answer = series(ben, arn)
    assert [(each["source"], each["points"], each["total"]) for each in answer["series"]] == [
        ("mail", [(NOON, 2.0), (NOON + 900, 3.0)], 5.0),
        ("shop", [(NOON + 900, 4.0)], 4.0),
    ]
    (metric,) = answer["metrics"]
    assert (metric["metricName"], metric["function"]) == ("Clicks", "samplecount")


def test_wider_periods_add_windows_up(ben, group, arn):
    counted(group, "mail", NOON, 2)
    counted(group, "mail", NOON + 2700, 3)
    counted(group, "mail", NOON + 3600, 4)
    (found,) = series(ben, arn, period=3600)["series"]
    assert found["points"] == [(NOON, 5.0), (NOON + 3600, 4.0)]
    (whole,) = series(ben, arn, period=86400)["series"]
    assert whole["points"] == [(NOON - 12 * 3600, 9.0)]


def test_without_a_range_it_is_the_last_day(ben, group, arn):
    answer = operations.get_attribution_series(ben, metric_attribution_arn=arn)
    assert (answer["end"] - answer["start"]).total_seconds() == 24 * 3600


def test_a_range_or_a_period_that_cannot_be_is_refused(ben, arn):
    with pytest.raises(InvalidInputException, match="begin before it ends"):
        series(ben, arn, end=datetime.fromtimestamp(NOON - 1, UTC))
    with pytest.raises(InvalidInputException, match="period must be one of 900, 3600, 86400"):
        series(ben, arn, period=60)


def test_the_counts_of_other_groups_and_accounts_are_not_shown(ben, eve, ana, group, arn):
    counted(factories.active_group(ana, "other"), "mail", NOON, 2)
    assert series(ben, arn)["series"] == []
    with pytest.raises(ResourceNotFoundException):
        series(eve, arn)


def test_events_that_wait_are_told(ben, group, arn):
    dataset = group.datasets.get()
    dataset.events.create(digest="a", event_id="a", session_id="s", item_id="i", event_type="click", timestamp=1.0)
    assert series(ben, arn)["waiting"] == 1


def choices(caller, group):
    return operations.describe_attribution_choices(caller, dataset_group_arn=group.arn)


def test_types_and_numeric_columns_are_offered(ben, ana, group):
    found = choices(ben, group)
    assert found["eventTypes"] == ["click", "watch"]
    assert found["columns"] == [{"dataset": "Interactions", "name": "EVENT_VALUE"}]
    assert found["problem"] == ""
    assert "no active Items dataset" in found["itemsProblem"]


def test_columns_of_items_are_offered_once_there_are_items(ben, ana, group):
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "LENGTH", "type": "long"}]
    schema = factories.schema(ana, "items", dataset_type="ITEMS", text=world.schema("Items", fields))
    items = factories.dataset(ana, group, "ITEMS", of_schema=schema)
    assert "No item metadata has been imported" in choices(ben, group)["itemsProblem"]
    items.change(statistics={"rows": 2})
    found = choices(ben, group)
    assert found["itemsProblem"] == ""
    assert {"dataset": "Items", "name": "LENGTH"} in found["columns"]


def test_what_stands_in_the_way_is_said(ben, ana):
    assert "has no Item interactions dataset" in choices(ben, factories.active_group(ana, "empty"))["problem"]
