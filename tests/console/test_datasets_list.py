"""The list of datasets: what can be done with the selected one, and the state of its latest update."""

import pytest

from tests import factories
from tests.console.data_files import text_of

BASE = "/console/dataset-groups/movies/datasets/"


@pytest.fixture
def users(ana):
    return factories.dataset(ana, factories.active_group(ana), "USERS")


@pytest.mark.parametrize(
    ("action", "place"),
    [
        ("view", "users/"),
        ("import", "users/import-jobs/-new/"),
        ("replace-schema", "users/schema/-replace/"),
        ("export", "users/export-jobs/-new/"),
        ("create-record", "users/records/-new/"),
        ("delete", "users/-delete/"),
    ],
)
def test_each_action_leads_to_its_page(console, users, action, place):
    answer = console.get(BASE, {"do": action, "selected": "users"})
    assert answer.status_code in (302, 303) and answer.headers["Location"] == f"{BASE}{place}"
    assert console.get(answer.headers["Location"]).status_code == 200


def test_an_action_needs_a_selected_row(console, users):
    answer = console.get(BASE, {"do": "export"})
    assert answer.headers["Location"] == BASE
    assert "Select one row first." in text_of(console.get(BASE))


def test_an_update_is_a_second_line_under_the_status_and_is_asked_for(console, users):
    moment = {"creationDateTime": 1.7e9, "lastUpdatedDateTime": 1.7e9}
    users.change(latest_update={"status": "CREATE IN_PROGRESS"} | moment)
    page = console.get(BASE)
    assert "Update: in progress" in text_of(page) and "-status/" in page.content.decode()
    users.change(latest_update={"status": "CREATE FAILED", "failureReason": "No room."} | moment)
    assert "Update: failed" in text_of(console.get(BASE))


def test_a_viewers_menu_says_which_role_is_needed(as_viewer, users):
    page = as_viewer.get(BASE).content.decode()
    assert page.count("Needs the Analyst role") >= 4 and "Needs the Administrator role" in page


def test_the_overview_offers_the_same(console, as_viewer, users):
    page = console.get("/console/dataset-groups/movies/").content.decode()
    for place in ("records/-new/", "schema/-replace/", "export-jobs/-new/"):
        assert f'href="{BASE}users/{place}"' in page
        assert place not in as_viewer.get("/console/dataset-groups/movies/").content.decode()


def test_the_details_show_both_kinds_of_jobs_and_the_json(console, ana, users):
    factories.import_job(ana, users, "first")
    words = text_of(console.get(f"{BASE}users/"))
    assert "s3://data/interactions.csv" in words and "Export jobs" in words
    assert "No export jobs" in text_of(console.get(f"{BASE}users/?tab=exports"))
    assert '"com.amazonaws.personalize.schema"' in text_of(console.get(f"{BASE}users/?tab=schema"))


def test_a_filter_an_attribution_and_an_export_stand_in_the_way_of_a_deletion(console, ana, users, monkeypatch):
    from personalize_web import operations

    filters = [{"name": "adults", "filterArn": "arn:aws:personalize:us-east-1:123456789012:filter/adults"}]
    monkeypatch.setattr(operations, "list_filters", lambda *_, **__: {"Filters": filters})
    attribution = {"name": "clicks", "metricAttributionArn": "arn"}
    monkeypatch.setattr(operations, "list_metric_attributions", lambda *_, **__: {"metricAttributions": [attribution]})
    metrics = [{"eventType": "click", "metricName": "ages", "expression": "SUM(Users.AGE)"}]
    monkeypatch.setattr(operations, "list_metric_attribution_metrics", lambda *_, **__: {"metrics": metrics})
    exports = [{"jobName": "slow-export", "status": "CREATE IN_PROGRESS"}]
    monkeypatch.setattr(operations, "list_dataset_export_jobs", lambda *_, **__: {"datasetExportJobs": exports})
    words = text_of(console.get(f"{BASE}users/-delete/"))
    assert "Delete filter adults first" in words
    assert "Delete metric attribution clicks first" in words
    assert "Wait until export slow-export has finished" in words
    assert "To confirm" not in words
