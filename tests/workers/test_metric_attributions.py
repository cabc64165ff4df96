"""What is counted: streamed events once, imports by their mode, and reports in the store."""

import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone

from personalize_web import operations
from personalize_web.resources.models import (
    Event,
    Job,
    JobLogLine,
    MetricAttribution,
    MetricCount,
    Record,
    ServedList,
)
from personalize_web.workers import attribution_counts, attribution_imports, events, job, metric_attributions
from tests.workers import world

pytestmark = pytest.mark.django_db

ROLE = "arn:aws:iam::123456789012:role/reporter"
CLICKS = {"eventType": "Click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"}
VALUE = {"eventType": "watch", "metricName": "Value", "expression": "SUM(Interactions.EVENT_VALUE)"}
LENGTH = {"eventType": "watch", "metricName": "Length", "expression": "SUM(Items.LENGTH)"}
FIELDS = [
    *world.FIELDS,
    {"name": "EVENT_VALUE", "type": ["null", "float"]},
    {"name": "RECOMMENDATION_ID", "type": ["null", "string"]},
    {"name": "EVENT_ATTRIBUTION_SOURCE", "type": ["null", "string"]},
]
HEADER = "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP,EVENT_VALUE,RECOMMENDATION_ID,EVENT_ATTRIBUTION_SOURCE"
CAMPAIGN = "arn:aws:personalize:us-east-1:123456789012:campaign/home"
UNDEFINED = "SOURCE_NAME_UNDEFINED"


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Events can be counted at once, whichever the database."""
    monkeypatch.setattr(metric_attributions, "SETTLED", timedelta(seconds=-1))


@pytest.fixture
def group_arn(ana, run_jobs):
    made = world.group(ana, run_jobs)
    world.dataset(ana, run_jobs, made, fields=FIELDS)
    return made


@pytest.fixture
def dataset_arn(group_arn):
    return group_arn.replace("dataset-group/", "dataset/") + "/INTERACTIONS"


@pytest.fixture
def tracking_id(ana, run_jobs, group_arn):
    made = operations.create_event_tracker(ana, name="web", dataset_group_arn=group_arn)
    run_jobs()
    return made["trackingId"]


@pytest.fixture
def attribute(ana, run_jobs, group_arn):
    def make(*metrics, path="s3://reports/metrics"):
        config = {"roleArn": ROLE, "s3DataDestination": {"path": path}} if path else {"roleArn": ROLE}
        arn = operations.create_metric_attribution(
            ana,
            name="impact",
            dataset_group_arn=group_arn,
            metrics=list(metrics or [CLICKS]),
            metrics_output_config=config,
        )["metricAttributionArn"]
        run_jobs()
        return arn

    return make


@pytest.fixture
def put(ana, tracking_id):
    """Records one event: ``put("click", source="mail", at=...)``."""

    def send(kind="click", item="i1", *, at=None, source=None, recommendation=None, value=None, event_id=None):
        event = {"eventType": kind, "itemId": item, "sentAt": time.time() if at is None else at}
        event |= {"metricAttribution": {"eventAttributionSource": source}} if source else {}
        event |= {"recommendationId": recommendation} if recommendation else {}
        event |= {"eventValue": value} if value is not None else {}
        event |= {"eventId": event_id} if event_id else {}
        operations.put_events(ana, tracking_id=tracking_id, session_id="s", user_id="u1", event_list=[event])

    return send


def count() -> int:
    return metric_attributions.count_waiting(MetricAttribution.objects.get())


def series() -> dict[tuple[str, str], float]:
    """The totals, by metric and source."""
    totals: dict[tuple[str, str], float] = {}
    for row in MetricCount.objects.order_by("pk"):
        totals[row.metric_name, row.source] = totals.get((row.metric_name, row.source), 0) + row.value
    return totals


def test_streamed_events_are_counted_by_source_in_windows_of_the_clock(put, attribute):
    attribute(CLICKS, VALUE)
    ServedList.objects.create(recommendation_id="r1", source_arn=CAMPAIGN, item_ids=["i1"])
    now = time.time()
    put(source="mail", recommendation="r1")
    put(recommendation="r1")
    put("CLICK", recommendation="unknown")
    put("watch", value=2.5)
    put("buy")
    assert count() == 5
    assert series() == {
        ("Clicks", "mail"): 1.0,
        ("Clicks", CAMPAIGN): 1.0,
        ("Clicks", UNDEFINED): 1.0,
        ("Value", UNDEFINED): 2.5,
    }
    assert {row.window for row in MetricCount.objects.all()} <= {now // 900 * 900, time.time() // 900 * 900}
    assert {row.event_type for row in MetricCount.objects.filter(metric_name="Clicks")} == {"Click"}


def test_nothing_is_counted_twice_and_later_events_add(put, attribute):
    attribute()
    now = time.time()
    put(at=now)
    assert (count(), count()) == (1, 0)
    put(at=now - 0.25)
    assert count() == 1
    assert series() == {("Clicks", UNDEFINED): 2.0}


def test_what_was_recorded_before_the_attribution_is_not_counted(put, attribute):
    put()
    attribute()
    put()
    count()
    assert series() == {("Clicks", UNDEFINED): 1.0}


def test_a_metric_added_later_counts_from_then_on(ana, put, attribute):
    arn = attribute()
    put()
    more = {**CLICKS, "metricName": "More"}
    operations.update_metric_attribution(ana, metric_attribution_arn=arn, add_metrics=[more])
    put()
    count()
    assert series() == {("Clicks", UNDEFINED): 2.0, ("More", UNDEFINED): 1.0}


def test_repeated_events_and_events_older_than_14_days_are_not_counted(put, attribute):
    attribute()
    put(at=time.time() - 15 * 24 * 3600)
    put(at=time.time() - 13 * 24 * 3600)
    put(event_id="e1")
    put(event_id="e1", at=time.time() - 5)
    assert count() == 4
    assert series() == {("Clicks", UNDEFINED): 2.0}


def test_a_death_in_the_midst_of_a_step_counts_nothing_and_the_next_one_all(put, attribute, monkeypatch):
    attribute()
    put()
    put(at=time.time() - 1)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(attribution_counts, "add", die)
        with pytest.raises(KeyboardInterrupt):
            count()
    assert (series(), MetricAttribution.objects.get().event_cutoff) == ({}, 0)
    count()
    assert series() == {("Clicks", UNDEFINED): 2.0}


def test_of_two_that_count_at_once_one_gives_way(put, attribute):
    attribute()
    put()
    first, second = MetricAttribution.objects.get(), MetricAttribution.objects.get()
    assert metric_attributions.count_waiting(first) == 1
    assert metric_attributions.count_waiting(second) == 0
    assert series() == {("Clicks", UNDEFINED): 1.0}


def test_where_transactions_run_side_by_side_events_wait_until_none_can_come_before_them(put, attribute, monkeypatch):
    attribute()
    put()
    put(at=time.time() - 1)
    monkeypatch.setattr(metric_attributions, "connection", SimpleNamespace(vendor="postgresql"))
    monkeypatch.setattr(metric_attributions, "SETTLED", timedelta(seconds=30))
    assert count() == 0
    first = Event.objects.order_by("pk").first()
    Event.objects.filter(pk=first.pk).update(received_at=timezone.now() - timedelta(seconds=31))
    MetricAttribution.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    found = MetricAttribution.objects.get()
    found.change(metrics=[{**each, "since": 0.0} for each in found.metrics])
    assert count() == 1
    assert series() == {("Clicks", UNDEFINED): 1.0}


def test_many_events_are_counted_in_steps(put, attribute, monkeypatch):
    monkeypatch.setattr(metric_attributions, "BATCH", 2)
    attribute()
    now = time.time()
    for number in range(5):
        put(at=now - number / 8)
    assert count() == 5
    assert series() == {("Clicks", UNDEFINED): 5.0}


def test_sources_beyond_the_limit_are_counted_as_undefined_and_said_so(ana, put, attribute, settings, run_jobs):
    settings.QUOTAS = {**settings.QUOTAS, "attribution_sources": 2}
    arn = attribute()
    for source in ("a", "b", "c", "a"):
        put(source=source)
    job.enqueue("count-attribution", MetricAttribution.objects.get(), caller=ana)
    run_jobs()
    assert series() == {("Clicks", "a"): 2.0, ("Clicks", "b"): 1.0, ("Clicks", UNDEFINED): 1.0}
    warning = JobLogLine.objects.get(job__resource_arn=arn, level="warning").text
    assert "1 sources beyond the first 2" in warning
    put(source="b")
    count()
    assert series()["Clicks", "b"] == 2.0


def test_an_items_value_at_the_time_counts(ana, run_jobs, group_arn, put, attribute):
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "LENGTH", "type": ["null", "long"]}]
    items = world.dataset(ana, run_jobs, group_arn, kind="Items", fields=fields)
    world.import_file(ana, run_jobs, items, world.put_csv("items.csv", "ITEM_ID,LENGTH", ["i1,100", "i2,"]), name="i")
    attribute(LENGTH)
    put("watch", "i1")
    put("watch", "i2")
    put("watch", "unknown")
    count()
    assert series() == {("Length", UNDEFINED): 100.0}
    world.import_file(ana, run_jobs, items, world.put_csv("items.csv", "ITEM_ID,LENGTH", ["i1,7"]), name="j")
    put("watch", "i1")
    count()
    assert series() == {("Length", UNDEFINED): 107.0}


def test_the_clock_lets_waiting_events_be_counted_and_only_then(ana, put, attribute, run_jobs):
    from apps.timetable import tasks

    attribute()
    tasks.count_events()
    assert not Job.objects.filter(kind="count-attribution").exists()
    put()
    tasks.count_events()
    tasks.count_events()
    assert Job.objects.filter(kind="count-attribution").count() == 1
    run_jobs()
    assert series() == {("Clicks", UNDEFINED): 1.0}


NOW = int(time.time())


def rows(number: int, *, kind="click", at=NOW, source="", recommendation=""):
    return [f"u{n % 7},i{n % 5},{kind},{at - n},0.5,{recommendation},{source}" for n in range(number)]


@pytest.fixture
def bring(ana, run_jobs, dataset_arn):
    """Imports rows: ``bring(rows(...), mode="INCREMENTAL", publish=True)``."""

    def bring(lines, name="first", mode="FULL", publish=False):
        arn = operations.create_dataset_import_job(
            ana,
            job_name=name,
            dataset_arn=dataset_arn,
            data_source={"dataLocation": world.put_csv(f"{name}.csv", HEADER, lines)},
            role_arn=ROLE,
            import_mode=mode,
            publish_attribution_metrics_to_s3=publish,
        )["datasetImportJobArn"]
        run_jobs()
        done = operations.describe_dataset_import_job(ana, dataset_import_job_arn=arn)["datasetImportJob"]
        assert done["status"] == "ACTIVE", done.get("failureReason")
        return done

    return bring


def reports(settings) -> list[Path]:
    return sorted((Path(settings.BUCKETS_DIR) / "reports" / "metrics").glob("*"))


def test_incremental_imports_go_to_the_series_and_full_ones_do_not(bring, attribute, settings):
    attribute()
    bring(rows(1000, source="shop"))
    assert series() == {}
    bring([*rows(1000, source="mail"), *rows(5, at=NOW - 15 * 24 * 3600)], "more", "INCREMENTAL")
    assert series() == {("Clicks", "mail"): 1000.0}
    assert reports(settings) == []


def test_an_import_counts_only_what_it_brought_itself_as_it_was_imported(put, bring, attribute, dataset_arn):
    bring(rows(1000, source="old"))
    attribute()
    put(source="streamed")
    twice = [*rows(999, source="mail"), rows(1, source="mail")[0]]
    bring(twice, "more", "INCREMENTAL")
    bring(rows(1000, source="shop"), "again", "INCREMENTAL")
    assert series() == {("Clicks", "mail"): 1000.0, ("Clicks", "shop"): 1000.0}


@pytest.mark.parametrize("mode", ["FULL", "INCREMENTAL"])
def test_a_report_is_published_into_the_configured_folder(mode, ana, bring, attribute, settings):
    if mode == "INCREMENTAL":
        bring(rows(1000), "before")
    attribute(CLICKS, VALUE)
    ServedList.objects.create(recommendation_id="r1", source_arn=CAMPAIGN, item_ids=["i1"])
    window = 1_666_924_200
    lines = [
        *(f"u{n % 9},i1,click,{window + n % 900},,r1," for n in range(1000)),
        f"u1,i1,watch,{window - 1},1.5,,mail",
        f"u1,i2,watch,{window - 2},,,",
    ]
    done = bring(lines, "more", mode, publish=True)
    assert done["publishAttributionMetricsToS3"] is True
    (report,) = reports(settings)
    moment = report.name.removeprefix(f"AggregatedAttributionMetrics - {mode} - ").removesuffix(".csv")
    assert time.strptime(moment, "%Y-%m-%dT%H-%M-%SZ")
    assert report.read_text() == (
        "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP\n"
        f"Clicks,Click,1000.0,samplecount,{CAMPAIGN},{window}\n"
        f"Value,watch,0.0,sum,{UNDEFINED},{window - 900}\n"
        f"Value,watch,1.5,sum,mail,{window - 900}\n"
    )
    details = operations.describe_dataset_import_job_details(ana, dataset_import_job_arn=done["datasetImportJobArn"])
    assert details["attributionReport"] == f"s3://reports/metrics/{report.name}"
    assert series() == {}, "older than 14 days, or FULL"


def test_every_publishing_import_makes_a_file_of_its_own(bring, attribute, settings):
    attribute()
    bring(rows(1000), "one", publish=True)
    bring(rows(1000), "two", publish=True)
    bring(rows(1000), "three")
    assert len(reports(settings)) == 2


def test_an_import_that_dies_after_its_columns_are_published_counts_and_reports_once(
    ana, bring, attribute, run_jobs, settings, dataset_arn, monkeypatch
):
    bring(rows(1000), "before")
    attribute()
    put_away = attribution_imports.locations.put

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(attribution_imports.locations, "put", die)
    with pytest.raises(KeyboardInterrupt):
        bring(rows(1000, source="mail"), "more", "INCREMENTAL", publish=True)
    assert series() == {("Clicks", "mail"): 1000.0}
    monkeypatch.setattr(attribution_imports.locations, "put", put_away)
    Job.objects.filter(state="IN_PROGRESS").update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    from personalize_web.workers import sweep

    sweep.sweep()
    run_jobs()
    assert series() == {("Clicks", "mail"): 1000.0}
    (report,) = reports(settings)
    assert sum(float(line.split(",")[2]) for line in report.read_text().splitlines()[1:]) == 1000.0


def test_imports_of_other_datasets_and_without_an_attribution_do_nothing(ana, bring, run_jobs, group_arn):
    bring(rows(1000))
    bring(rows(1000), "more", "INCREMENTAL")
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "LENGTH", "type": "long"}]
    items = world.dataset(ana, run_jobs, group_arn, kind="Items", fields=fields)
    world.import_file(ana, run_jobs, items, world.put_csv("items.csv", "ITEM_ID,LENGTH", ["i1,1"]), name="items")
    assert not MetricCount.objects.exists()


def test_items_put_singly_count_with_their_newest_value(ana, run_jobs, group_arn, put, attribute):
    fields = [{"name": "ITEM_ID", "type": "string"}, {"name": "LENGTH", "type": "long"}]
    world.dataset(ana, run_jobs, group_arn, kind="Items", fields=fields)
    items = Event._meta.get_field("dataset").related_model.objects.get(dataset_type="ITEMS")
    Record.objects.create(dataset=items, key="i1", values={"LENGTH": 9})
    assert events.store_waiting(items) == 1
    attribute(LENGTH)
    put("watch", "i1")
    count()
    assert series() == {("Length", UNDEFINED): 9.0}


def test_its_group_goes_with_all_that_was_counted(ana, put, attribute):
    attribute()
    put()
    count()
    MetricAttribution.objects.get().dataset_group.delete()
    assert not MetricCount.objects.exists()
