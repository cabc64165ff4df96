"""5.1: data analysis, from the empty state to the report."""

import json

import pytest

from personalize_web import operations
from personalize_web.resources.models import DataInsightsJob, DatasetGroup
from tests import factories
from tests.console.data_files import interactions, store, text_of

ADDRESS = "/console/dataset-groups/movies/data-analysis/"


@pytest.fixture
def dataset(ana):
    return factories.dataset(ana, factories.active_group(ana))


@pytest.fixture
def imported(ana, dataset, run_jobs):
    location = store("movies.csv", interactions())
    operations.create_dataset_import_job(
        ana, job_name="first", dataset_arn=dataset.arn, data_source={"dataLocation": location}
    )
    run_jobs()
    return dataset


@pytest.fixture
def analysed(console, imported, run_jobs):
    assert console.post(f"{ADDRESS}-run/").status_code == 303
    run_jobs()


def test_without_data_one_is_led_to_the_import(console, dataset):
    words = text_of(console.get(ADDRESS))
    assert "No data to analyze" in words and "Import item interactions" in words


def test_with_data_the_analysis_can_be_run(console, imported):
    words = text_of(console.get(ADDRESS))
    assert "No analysis yet" in words and "Run analysis" in words


def test_while_it_runs_the_page_shows_how_far_it_is(console, imported):
    console.post(f"{ADDRESS}-run/")
    page = console.get(ADDRESS)
    assert "Analyzing" in text_of(page)
    assert console.get(f"{ADDRESS}-status/").status_code == 200


def test_at_its_end_the_page_is_fetched_anew(console, analysed):
    answer = console.get(f"{ADDRESS}-status/")
    assert answer.status_code == 286
    assert "reload-page" in answer.headers["HX-Trigger"]


def test_the_report_has_key_numbers_insights_charts_and_statistics(console, analysed):
    page = console.get(ADDRESS)
    words = text_of(page)
    assert "1,200 interactions, bulk and streamed" in words
    assert "The Interactions dataset has only 1,200 interactions." in words
    assert "Import 48,800 additional unique interactions records" in words
    for title in ("Interactions over time", "Interactions per user", "Item popularity", "Column completeness"):
        assert title in words
    assert "Column level statistics" in words
    drawn = page.context["charts"]
    assert all(chart["figure"]["data"] and chart["table"]["rows"] and chart["label"] for chart in drawn)
    json.dumps([chart["figure"] for chart in drawn])


def test_insights_are_found_by_their_exact_text(console, analysed):
    words = text_of(console.get(f"{ADDRESS}?q=additional+unique"))
    assert "only 1,200 interactions" in words and "users with two or more interactions" not in words
    assert "No insight matches the filter." in text_of(console.get(f"{ADDRESS}?q=unique+additional"))


def test_insights_are_found_by_dataset(console, analysed):
    assert "No insight matches the filter." in text_of(console.get(f"{ADDRESS}?dataset=ITEMS"))
    assert "only 1,200 interactions" in text_of(console.get(f"{ADDRESS}?dataset=INTERACTIONS"))


def test_htmx_gets_the_insights_alone(console, analysed):
    answer = console.get(f"{ADDRESS}?q=unique", headers={"HX-Request": "true", "HX-Target": "insights"})
    assert (
        answer.content.decode()
        .lstrip()
        .startswith('<section class="container clip mt-16 fade-while-loading" id="insights"')
    )


def test_one_column_is_shown_in_detail(console, analysed):
    words = text_of(console.get(f"{ADDRESS}?column-interactions=TIMESTAMP"))
    assert "Earliest" in words and "Nov 14, 2023" in words
    part = console.get(
        f"{ADDRESS}?column-interactions=USER_ID", headers={"HX-Request": "true", "HX-Target": "detail-INTERACTIONS"}
    )
    assert "Distinct values" in text_of(part) and "60" in text_of(part)


def test_the_run_before_is_compared_and_can_be_chosen(console, analysed, run_jobs):
    first = console.get(ADDRESS).context["runs"][0]["id"]
    console.post(f"{ADDRESS}-run/")
    run_jobs()
    page = console.get(ADDRESS)
    assert len(page.context["runs"]) == 2
    assert "0 new, 0 resolved, 2 still there" in text_of(page)
    earlier = console.get(f"{ADDRESS}?run={first}")
    assert earlier.context["runs"][1]["current"]
    assert "still there" not in text_of(earlier), "there is none before the first"


def test_what_changed_since_the_last_run_is_shown(console, analysed, run_jobs):
    before = DataInsightsJob.objects.get()
    general = before.result["statistics"]["INTERACTIONS"]["general"]
    general |= {"rows": 1000, "users": 70, "duplicateShare": 0.05}
    before.result["insights"] = [one for one in before.result["insights"] if one["number"] != "I2"] + [
        {
            "number": "I11",
            "severity": "High",
            "insight": "The Interactions dataset has the same timestamp for all records. Gone.",
            "action": "Correct the timestamps.",
            "datasetTypes": ["INTERACTIONS"],
            "columns": ["TIMESTAMP"],
        }
    ]
    before.save()
    console.post(f"{ADDRESS}-run/")
    run_jobs()
    page = console.get(ADDRESS)
    words = text_of(page)
    assert "1 new, 1 resolved, 1 still there" in words
    assert "20.0% more than last run" in words
    assert "Resolved since" in words and "has the same timestamp for all records." in words
    assert "0.0% ↓ 5.00 points" in words
    assert [one["number"] for one in page.context["insights"] if one["new"]] == ["I2"]
    assert {tile["label"]: tile["change"] for tile in page.context["key_numbers"]}["Users"] == {
        "text": "10",
        "direction": "down",
        "good": False,
    }


def test_every_insight_leads_to_where_it_is_mended(console, analysed):
    for one in console.get(ADDRESS).context["insights"]:
        assert console.get(one["fix"]["href"].partition("#")[0]).status_code == 200


@pytest.mark.parametrize(
    ("number", "kind", "columns", "leads_to"),
    [
        ("I1", "INTERACTIONS", [], "/import-jobs/"),
        ("I6", "ITEMS", ["GENRES"], "?column-items=GENRES#statistics-ITEMS"),
        ("I12", "INTERACTIONS", [], "/datasets/item-interactions/"),
        ("I17", "INTERACTIONS", ["TIMESTAMP"], "/event-trackers/-rejected/"),
        ("I18", "USERS", ["PAYS"], "/datasets/users/schema/-replace/"),
        ("I18", "INTERACTIONS", ["PAYS"], "?column-interactions=PAYS"),
    ],
)
def test_where_fixes_lead(console, analysed, number, kind, columns, leads_to):
    done = DataInsightsJob.objects.get()
    done.result["insights"] = [
        {
            "number": number,
            "severity": "Low",
            "insight": "A. B.",
            "action": "C.",
            "datasetTypes": [kind],
            "columns": columns,
        }
    ]
    done.save()
    assert leads_to in console.get(ADDRESS).context["insights"][0]["fix"]["href"]


def test_it_is_said_what_is_not_analyzed(console, ana, analysed):
    assert "are not analyzed" not in text_of(console.get(ADDRESS))
    factories.dataset(ana, DatasetGroup.objects.get(), "ACTIONS")
    assert "Actions and action interactions are not analyzed." in text_of(console.get(ADDRESS))


def test_a_failed_analysis_says_why(console, imported, ana, run_jobs, monkeypatch):
    from personalize_web.engine.errors import DataError
    from personalize_web.workers import data_insights_jobs

    def fail(context, analysis):
        raise DataError("The file of the columns is gone.")

    monkeypatch.setattr(data_insights_jobs, "create", fail)
    console.post(f"{ADDRESS}-run/")
    run_jobs()
    words = text_of(console.get(ADDRESS))
    assert "The last analysis failed" in words and "The file of the columns is gone." in words


def test_a_viewer_reads_but_does_not_run(as_viewer, analysed):
    page = as_viewer.get(ADDRESS)
    assert "Interactions over time" in text_of(page)
    assert "Needs the Analyst role" in page.content.decode()
