"""Metric attribution as a browser shows it: the builder's rows, the charts, and the accessibility rules."""

import pytest
from django.utils import timezone

from personalize_web.resources.models import MetricAttribution, MetricCount
from tests import factories
from tests.accessibility import breaches
from tests.workers import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BASE = "/console/dataset-groups/streaming/metric-attribution/"
HOME = "arn:aws:personalize:us-east-1:123456789012:campaign/home"
METRICS = [
    {"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"},
    {"eventType": "view", "metricName": "Views", "expression": "SAMPLECOUNT()"},
    {"eventType": "watch", "metricName": "Watched", "expression": "SUM(Interactions.EVENT_VALUE)"},
]


@pytest.fixture
def group(ana):
    made = factories.active_group(ana, "streaming")
    text = world.schema("Interactions", [*world.FIELDS, {"name": "EVENT_VALUE", "type": ["null", "float"]}])
    statistics = {"event_types": {"click": 9, "view": 80, "watch": 5}}
    factories.dataset(ana, made, of_schema=factories.schema(ana, "typed", text=text), statistics=statistics)
    return made


@pytest.fixture
def attribution(ana, group):
    """One that has counted for a while."""
    made = MetricAttribution.objects.create(
        arn=MetricAttribution.write_arn("impact", account=ana.account, region=ana.region),
        account=ana.account,
        region=ana.region,
        name="impact",
        dataset_group=group,
        status="ACTIVE",
        metrics=[{**each, "since": 0.0} for each in METRICS],
        metrics_output_config={
            "roleArn": "arn:aws:iam::123456789012:role/reporter",
            "s3DataDestination": {"path": "s3://reports/metrics/"},
        },
    )
    newest = int(timezone.now().timestamp()) // 900 * 900
    MetricCount.objects.bulk_create(
        MetricCount(
            dataset_group=group,
            metric_name=metric["metricName"],
            event_type=metric["eventType"],
            source=source,
            window=newest - 900 * back,
            value=(5 + (back * 7 + len(source)) % 11) * scale,
        )
        for metric, scale in zip(METRICS, (1, 9, 2.5), strict=True)
        for source in (HOME, "newsletter", "SOURCE_NAME_UNDEFINED")
        for back in range(90)
    )
    return made


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_breaks_an_accessibility_rule(open_page, attribution, dark):
    page, found = open_page("/console/", dark=dark), []
    for path in (
        BASE,
        f"{BASE}?range=custom&tab=configuration",
        f"{BASE}?tab=reports",
        f"{BASE}-edit-attributes/",
        f"{BASE}-edit-configuration/",
        f"{BASE}-new/configure/",
    ):
        page.goto(path, wait_until="networkidle")
        found += [f"{path} {one}" for one in breaches(page, dark=dark)]
    assert found == []


def test_from_the_empty_page_to_an_attribution(open_page, group, run_jobs):
    page = open_page(BASE)
    page.get_by_role("link", name="Create metric attribution").click()
    page.get_by_label("Data output path").fill("s3://reports/metrics/")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Metric name 1").fill("Clicks")
    page.get_by_label("Event type 1").fill("click")
    assert page.get_by_label("Column 1").is_hidden()
    page.get_by_role("button", name="Add metric attribute").click()
    page.get_by_label("Metric name new").fill("Watched")
    page.get_by_label("Event type new").fill("watch")
    page.get_by_label("Function new").select_option("SUM")
    page.get_by_label("Column new").select_option("Interactions.EVENT_VALUE")
    page.get_by_role("button", name="Next").click()
    page.get_by_text("SUM(Interactions.EVENT_VALUE) of watch").wait_for()
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(f"**{BASE}")
    run_jobs()
    page.get_by_text("Nothing counted in this range").wait_for()
    assert [each["metricName"] for each in MetricAttribution.objects.get().metrics] == ["Clicks", "Watched"]


def test_charts_are_drawn_and_another_ratio_is_chosen(open_page, attribution):
    page = open_page(BASE)
    page.wait_for_selector("#chart-metric-0 .main-svg")
    page.get_by_label("Ratio of").select_option("Watched")
    page.get_by_role("heading", name="Watched ÷ Views").first.wait_for()
    page.wait_for_selector("#chart-ratio .main-svg")


@pytest.mark.parametrize("path", ["", "-edit-attributes/"])
def test_pages_fit_a_phone(open_page, attribution, path):
    page = open_page(BASE + path, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
