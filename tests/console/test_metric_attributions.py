"""F30–F32 and 5.4: a metric attribution in the console."""

import json
from pathlib import Path

import pytest
from django.utils import timezone

from personalize_web.resources.models import DatasetGroup, MetricAttribution, MetricCount
from tests import factories
from tests.console.data_files import text_of
from tests.workers import world

pytestmark = pytest.mark.django_db

BASE = "/console/dataset-groups/streaming/metric-attribution/"
ROLE = "arn:aws:iam::123456789012:role/reporter"
CLICKS = {"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"}
WATCHED = {"eventType": "watch", "metricName": "Watched", "expression": "SUM(Interactions.EVENT_VALUE)"}
CONFIGURATION = {"name": "impact", "path": "s3://reports/metrics/", "role": "default"}


@pytest.fixture
def group(ana):
    made = factories.active_group(ana, "streaming")
    text = world.schema("Interactions", [*world.FIELDS, {"name": "EVENT_VALUE", "type": ["null", "float"]}])
    factories.dataset(ana, made, of_schema=factories.schema(ana, "typed", text=text))
    made.datasets.filter(dataset_type="INTERACTIONS").update(statistics={"event_types": {"watch": 5, "click": 7}})
    return made


def attribution(caller, group: DatasetGroup, *metrics, status="ACTIVE", path="s3://reports/metrics/"):
    config = {"roleArn": ROLE, **({"s3DataDestination": {"path": path}} if path else {})}
    return MetricAttribution.objects.create(
        arn=MetricAttribution.write_arn("impact", account=caller.account, region=caller.region),
        account=caller.account,
        region=caller.region,
        name="impact",
        dataset_group=group,
        status=status,
        metrics=[{**each, "since": 0.0} for each in metrics or (CLICKS, WATCHED)],
        metrics_output_config=config,
    )


def counted(group, metric, source, value, *, ago=0):
    window = (int(timezone.now().timestamp()) - ago) // 900 * 900
    return MetricCount.objects.create(
        dataset_group=group,
        metric_name=metric["metricName"],
        event_type=metric["eventType"],
        source=source,
        window=window,
        value=value,
    )


def rows(*metrics):
    """What the builder posts."""
    listed = [(*metric, "")[:4] if len(metric) == 3 else metric for metric in metrics]
    return {
        f"rows-{part}": [row[at] for row in listed] for at, part in enumerate(("name", "type", "function", "column"))
    }


def begin(client) -> str:
    """The first step, done; the answer is the wizard's id."""
    answer = client.post(f"{BASE}-new/configure/", CONFIGURATION)
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["Location"].partition("?w=")[2]


def define(client, wizard, **data):
    return client.post(f"{BASE}-new/attributes/?w={wizard}", {"_wizard": wizard, "mode": "build", **data})


def test_without_one_the_page_says_how_to_begin(console, group):
    page = text_of(console.get(BASE))
    assert "No metric attribution" in page
    assert "Create it before importing events for a complete history." in page
    assert "Create metric attribution" in page


def test_the_navigation_leads_to_it(console, group):
    assert f'href="{BASE}"' in console.get("/console/dataset-groups/streaming/").content.decode()


def test_it_is_created_in_three_steps(console, group, run_jobs):
    wizard = begin(console)
    answer = define(
        console,
        wizard,
        **rows(("Clicks", "click", "SAMPLECOUNT"), ("Watched", "watch", "SUM", "Interactions.EVENT_VALUE")),
    )
    assert answer.headers["Location"] == f"{BASE}-new/review/?w={wizard}"
    review = text_of(console.get(answer.headers["Location"]))
    assert "SAMPLECOUNT() of click" in review and "SUM(Interactions.EVENT_VALUE) of watch" in review
    assert "s3://reports/metrics/" in review and "Records older than 14 days are not charted." in review
    done = console.post(f"{BASE}-new/review/?w={wizard}", {"_wizard": wizard})
    assert done.headers["Location"] == BASE
    made = MetricAttribution.objects.get()
    assert [(each["metricName"], each["expression"]) for each in made.metrics] == [
        ("Clicks", "SAMPLECOUNT()"),
        ("Watched", "SUM(Interactions.EVENT_VALUE)"),
    ]
    assert made.metrics_output_config == {
        "roleArn": "arn:aws:iam::123456789012:role/PersonalizeRole",
        "s3DataDestination": {"path": "s3://reports/metrics/"},
    }
    run_jobs()
    page = text_of(console.get(BASE))
    assert "Active" in page and "Nothing counted in this range" in page


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"path": "s3://reports/metrics"}, "End a folder path with /."),
        ({"path": "reports"}, "Invalid data location."),
        ({"role": "custom"}, "Enter a role ARN such as"),
        ({"role": "custom", "role_arn": "reporter"}, "Enter a role ARN such as"),
        ({"kms_key_arn": "key"}, "Enter a key ARN or leave the field empty."),
        ({"path": "", "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "Enter an output path"),
        ({"name": ""}, "Enter a name."),
    ],
)
def test_the_first_step_says_what_is_wrong_beside_its_field(console, group, data, says):
    answer = console.post(f"{BASE}-new/configure/", {**CONFIGURATION, **data})
    assert answer.status_code == 422
    assert says in text_of(answer)


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ([], "Add at least one metric."),
        ([("", "click", "SAMPLECOUNT")], "Enter a name."),
        ([("Clicks", "", "SAMPLECOUNT")], "Enter an event type."),
        ([("Clicks", "click", "SUM")], "Choose a column for SUM()."),
        ([("Clicks", "click", "SAMPLECOUNT"), ("Clicks", "buy", "SAMPLECOUNT")], "Another metric has this name."),
        ([(f"m{number}", "click", "SAMPLECOUNT") for number in range(11)], "at most 10 metrics"),
    ],
)
def test_the_builder_says_what_is_wrong_in_its_row(console, group, metrics, says):
    answer = define(console, begin(console), **(rows(*metrics) if metrics else {}))
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_rows_that_were_left_empty_are_no_metrics(console, group):
    answer = define(console, begin(console), **rows(("Clicks", "click", "SAMPLECOUNT"), ("", "", "SAMPLECOUNT")))
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "metric",
    [
        {"EventType": "click", "MetricName": "Clicks", "MetricMathExpression": "SAMPLECOUNT()"},
        {"eventType": "click", "metricName": "Clicks", "expression": "SAMPLECOUNT()"},
    ],
)
def test_json_is_read_in_both_spellings(console, group, metric):
    wizard = begin(console)
    assert define(console, wizard, mode="json", document=json.dumps([metric])).status_code == 303
    console.post(f"{BASE}-new/review/?w={wizard}", {"_wizard": wizard})
    (made,) = MetricAttribution.objects.get().metrics
    assert {name: made[name] for name in CLICKS} == CLICKS


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("[{]", "Line 1: this is not valid JSON."),
        ("[1]", "Metric 1: write an object"),
        ('[{"EventType": "click"}]', "Metric 1: MetricName is missing."),
        ('[{"Event": "click"}]', "Metric 1: Event is none of"),
        ('[{"EventType": 5}]', "Metric 1: EventType must be a text"),
        ("", "Add at least one metric."),
    ],
)
def test_json_that_is_wrong_is_refused_in_words(console, group, document, says):
    answer = define(console, begin(console), mode="json", document=document)
    assert answer.status_code == 422
    assert says in text_of(answer)


def test_what_the_service_refuses_stands_beside_what_was_written(console, group):
    wizard = begin(console)
    wrong = [{**CLICKS, "expression": "AVG(Items.X)"}]
    assert define(console, wizard, mode="json", document=json.dumps(wrong)).status_code == 303
    answer = console.post(f"{BASE}-new/review/?w={wizard}", {"_wizard": wizard})
    assert answer.status_code == 422
    assert "at character 1" in text_of(answer)


def test_interactions_without_types_come_first(console, ana):
    made = factories.active_group(ana, "streaming")
    assert "has no Item interactions dataset" in console.get(BASE).content.decode()
    factories.dataset(ana, made)
    assert "has no EVENT_TYPE field" in console.get(BASE).content.decode()


def test_a_second_one_is_not_offered(console, ana, group):
    attribution(ana, group)
    page = console.get(f"{BASE}-new/configure/").content.decode()
    assert "This group already has metric attribution impact." in page


def test_what_was_counted_is_drawn_and_added_up(console, ana, group):
    attribution(ana, group)
    home = "arn:aws:personalize:us-east-1:123456789012:campaign/home"
    counted(group, CLICKS, home, 30)
    counted(group, CLICKS, "newsletter", 10)
    counted(group, WATCHED, home, 90.5)
    answer = console.get(BASE)
    page = text_of(answer)
    assert "home (campaign)" in page and "newsletter" in page
    assert "75.0%" in page and "25.0%" in page and "90.5" in page
    assert "Clicks ÷ Watched" in page
    body = answer.content.decode()
    assert 'id="chart-metric-0"' in body and 'id="chart-ratio"' in body
    assert "33.15%" in page


def test_the_range_and_the_period_are_chosen(console, ana, group):
    attribution(ana, group, CLICKS)
    counted(group, CLICKS, "early", 5, ago=5 * 3600)
    assert "early" not in text_of(console.get(f"{BASE}?range=3h"))
    assert "early" in text_of(console.get(f"{BASE}?range=24h&period=3600"))
    assert "Choose a beginning that is before the end." in text_of(console.get(f"{BASE}?range=custom&start=x"))
    assert "early" in text_of(console.get(f"{BASE}?range=custom&start=2020-01-01T00:00&end=2100-01-01T00:00"))


def test_the_series_are_downloaded_in_the_form_of_the_reports(console, ana, group):
    attribution(ana, group, CLICKS)
    row = counted(group, CLICKS, "a,b", 12)
    answer = console.get(f"{BASE}-series.csv?range=24h")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.getvalue().decode() == (
        "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP\n"
        f'Clicks,click,12.0,samplecount,"a,b",{row.window}\n'
    )


def test_published_files_are_listed_and_previewed(console, ana, group, settings, tmp_path):
    settings.BUCKETS_DIR = tmp_path
    folder = Path(tmp_path) / "reports" / "metrics"
    folder.mkdir(parents=True)
    for name in ("AggregatedAttributionMetrics - FULL - 2026-11-22T10-00-00Z.csv", "other.csv"):
        (folder / name).write_text("METRIC_NAME\n")
    attribution(ana, group)
    answer = console.get(f"{BASE}?tab=reports")
    page = text_of(answer)
    assert "AggregatedAttributionMetrics - FULL - 2026-11-22T10-00-00Z.csv" in page and "other.csv" not in page
    assert "/console/storage/-preview/?location=s3%3A%2F%2Freports" in answer.content.decode()


def test_without_a_path_no_files_can_be(console, ana, group):
    attribution(ana, group, path="")
    assert "No output path" in text_of(console.get(f"{BASE}?tab=reports"))


def test_metrics_are_changed_added_and_removed_and_removing_asks(console, ana, group):
    made = attribution(ana, group)
    page = console.get(f"{BASE}-edit-attributes/").content.decode()
    assert 'value="Clicks"' in page and "Interactions.EVENT_VALUE" in page
    wanted = {"mode": "build", **rows(("Clicks", "buy", "SAMPLECOUNT"), ("New", "click", "SAMPLECOUNT"))}
    asked = console.post(f"{BASE}-edit-attributes/", wanted)
    assert asked.status_code == 422
    assert "Watched: counting stops; what was counted stays." in text_of(asked)
    done = console.post(f"{BASE}-edit-attributes/", {**wanted, "confirm": "on"})
    assert done.headers["Location"] == f"{BASE}?tab=attributes"
    made.refresh_from_db()
    assert [(each["metricName"], each["eventType"]) for each in made.metrics] == [("Clicks", "buy"), ("New", "click")]


def test_an_edit_that_changes_nothing_says_so(console, ana, group):
    attribution(ana, group, CLICKS)
    same = {"mode": "build", **rows(("Clicks", "click", "SAMPLECOUNT"))}
    assert "Nothing was changed." in text_of(console.post(f"{BASE}-edit-attributes/", same))


def test_the_configuration_is_changed(console, ana, group):
    made = attribution(ana, group, path="s3://reports/metrics")
    page = console.get(f"{BASE}-edit-configuration/").content.decode()
    assert 'value="s3://reports/metrics/"' in page and ROLE in page
    console.post(f"{BASE}-edit-configuration/", {"path": "s3://other/", "role": "custom", "role_arn": ROLE})
    made.refresh_from_db()
    assert made.metrics_output_config == {"roleArn": ROLE, "s3DataDestination": {"path": "s3://other/"}}


def test_it_is_deleted_by_typing_its_name(console, ana, group, run_jobs):
    attribution(ana, group)
    assert "what was counted so far stay" in text_of(console.get(f"{BASE}-delete/"))
    console.post(f"{BASE}-delete/", {"confirmation": "impact"})
    run_jobs()
    assert not MetricAttribution.objects.exists()


def test_a_viewer_sees_everything_and_changes_nothing(as_viewer, ana, group):
    empty = as_viewer.get(BASE).content.decode()
    assert "Needs the Analyst role" in empty
    attribution(ana, group)
    counted(group, CLICKS, "mail", 3)
    page = as_viewer.get(BASE)
    assert "mail" in text_of(page) and "Needs the Analyst role" in page.content.decode()
    assert as_viewer.post(f"{BASE}-edit-configuration/", {"path": "", "role": "default"}).status_code == 403
    as_viewer.post(f"{BASE}-delete/", {"confirmation": "impact"})
    assert MetricAttribution.objects.get().status == "ACTIVE"


def test_pages_of_one_that_is_not_there_are_not_found(console, group):
    for page in ("-edit-attributes/", "-edit-configuration/", "-series.csv", "-delete/"):
        assert console.get(BASE + page).status_code == 404


def test_the_search_finds_it(console, ana, group):
    made = attribution(ana, group)
    assert "Metric attribution" in text_of(console.get("/console/search/?q=impact"))
    assert console.get(f"/console/search/?q={made.arn}").headers["Location"] == BASE
