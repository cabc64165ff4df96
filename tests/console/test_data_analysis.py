"""5.1: data analysis, from the empty state to the report."""

import json

import pytest

from personalize_web import operations
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
    assert "The Interactions dataset has only 1200 interactions." in words
    assert "Import 48800 additional unique interactions records" in words
    for title in ("Interactions over time", "Interactions per user", "Item popularity", "Column completeness"):
        assert title in words
    assert "Column level statistics" in words
    drawn = page.context["charts"]
    assert all(chart["figure"]["data"] and chart["table"]["rows"] and chart["label"] for chart in drawn)
    json.dumps([chart["figure"] for chart in drawn])


def test_insights_are_found_by_their_exact_text(console, analysed):
    words = text_of(console.get(f"{ADDRESS}?q=additional+unique"))
    assert "only 1200 interactions" in words and "users with two or more interactions" not in words
    assert "No insight matches the filter." in text_of(console.get(f"{ADDRESS}?q=unique+additional"))


def test_insights_are_found_by_dataset(console, analysed):
    assert "No insight matches the filter." in text_of(console.get(f"{ADDRESS}?dataset=ITEMS"))
    assert "only 1200 interactions" in text_of(console.get(f"{ADDRESS}?dataset=INTERACTIONS"))


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
    assert "0 new, 0 resolved" in text_of(page)
    assert console.get(f"{ADDRESS}?run={first}").context["runs"][1]["current"]


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
