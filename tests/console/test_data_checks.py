"""Dry runs from the import forms: everything an import would say, nothing imported, and the form as it was."""

from urllib.parse import urlsplit

import pytest

from personalize_web import operations
from personalize_web.engine.schemas import template, written
from personalize_web.resources.models import DataCheck, Dataset, DatasetImportJob
from tests import factories
from tests.console.data_files import interactions, store, text_of

DATASET = "/console/dataset-groups/lab/datasets/item-interactions/"
WIZARD = "/console/dataset-groups/lab/datasets/-import/item-interactions/"


@pytest.fixture
def group(ana):
    return factories.active_group(ana, "lab")


@pytest.fixture
def dataset(ana, group):
    return factories.dataset(ana, group)


def broken():
    lines = interactions().split("\n")
    lines[7], lines[9], lines[11] = "u7,i7,1700000000123", "u9,,1700000000", "u1,i1,soon"
    return "\n".join(lines)


def check(console, location, **more):
    given = {"job_name": "first", "data_location": location, "role": "default", "_check": "1"} | more
    return console.post(f"{DATASET}import-jobs/-new/", given)


def test_good_files_are_checked_and_then_imported_with_the_same_settings(console, dataset, run_jobs):
    location = store("check/good.csv", interactions())
    address = check(console, location, role="custom", role_arn="arn:aws:iam::123456789012:role/R").headers["Location"]
    assert "Waiting to start" in text_of(console.get(address)) and not DatasetImportJob.objects.exists()
    run_jobs()
    page = console.get(address)
    words = text_of(page)
    assert "These files can be imported" in words and "All 1,200 rows keep every rule of the schema." in words
    assert "Feature summary" in words and "Import these files" in words
    onward = page.content.decode().split(">Import these files")[0].rsplit('href="', 1)[1].split('"')[0]
    form = console.get(onward.replace("&amp;", "&")).content.decode()
    for value in ("first", location, "arn:aws:iam::123456789012:role/R"):
        assert f'value="{value}"' in form
    assert not DatasetImportJob.objects.exists()


def test_every_broken_rule_is_listed_with_examples(console, dataset, run_jobs):
    address = check(console, store("check/bad.csv", broken())).headers["Location"]
    run_jobs()
    page = console.get(address)
    words = text_of(page)
    assert "An import of these files would fail" in words and "Import these files" not in words
    assert "1700000000123 bad.csv, line 8" in words and "soon bad.csv, line 12" in words
    assert "(empty) bad.csv, line 10" in words
    assert "prepare/source/?data_location=s3%3A%2F%2Fdata%2Fcheck%2Fbad.csv" in page.content.decode()
    detail = text_of(console.get(f"{urlsplit(address).path}?column=TIMESTAMP"))
    assert "Feature details TIMESTAMP" in detail


def test_a_check_that_fails_says_why(console, dataset, run_jobs):
    address = check(console, "s3://data/check/absent.csv").headers["Location"]
    run_jobs()
    assert "The files could not be checked" in text_of(console.get(address))


@pytest.mark.parametrize("location", ["", "here.csv"])
def test_without_a_location_nothing_is_checked(console, dataset, location):
    answer = check(console, location)
    assert answer.status_code == 422 and not DataCheck.objects.exists()


def test_a_check_needs_no_other_field(console, dataset):
    answer = check(console, "s3://data/a.csv", job_name="", role="custom")
    assert answer.status_code == 303 and DataCheck.objects.exists()


def test_the_wizard_checks_with_its_schema_and_keeps_what_was_filled_in(console, group, run_jobs):
    query = urlsplit(console.get(f"{WIZARD}method/").headers["Location"]).query
    console.post(f"{WIZARD}method/?{query}", {"method": "direct"})
    step = {"name": "e", "schema_choice": "new", "schema_name": "s", "definition": template("INTERACTIONS", None)}
    console.post(f"{WIZARD}schema/?{query}", step)
    given = {"source": "s3", "job_name": "mine", "data_location": store("check/good.csv", interactions())}
    address = console.post(f"{WIZARD}job/?{query}", given | {"role": "default", "_check": "1"}).headers["Location"]
    run_jobs()
    page = console.get(address).content.decode()
    assert "These files can be imported" in page and f"{WIZARD}job/?{query}" in page
    assert 'value="mine"' in console.get(f"{WIZARD}job/?{query}").content.decode()
    assert not Dataset.objects.exists()


def test_a_failed_import_offers_the_first_bad_row_and_the_preparation(console, dataset, run_jobs, ana):
    location = store("check/bad.csv", broken())
    console.post(f"{DATASET}import-jobs/-new/", {"job_name": "one", "data_location": location, "role": "default"})
    run_jobs()
    page = console.get(f"{DATASET}import-jobs/one/")
    words, body = text_of(page), page.content.decode()
    assert "Show first bad row" in words and "Prepare data" in words and "Create import job again" in words
    row = body.split(">Show first bad row")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    shown = console.get(row)
    assert 'class="wanted"' in shown.content.decode() and "u7,i7,1700000000123" in text_of(shown)
    again = console.get(f"{DATASET}import-jobs/-new/?retry=one")
    assert "Check the files first" in text_of(again) and "Show first bad row" in text_of(again)


def test_replacing_imported_rows_is_confirmed(console, ana, dataset, run_jobs):
    location = store("check/good.csv", interactions())
    given = {"job_name": "one", "data_location": location, "role": "default"}
    console.post(f"{DATASET}import-jobs/-new/", given)
    run_jobs()
    page = console.get(f"{DATASET}import-jobs/-new/")
    assert "Replace 1,200 imported rows" in text_of(page)
    again = given | {"job_name": "two", "import_mode": "FULL"}
    answer = console.post(f"{DATASET}import-jobs/-new/", again)
    assert answer.status_code == 422 and "Confirm it: replace 1,200 imported rows." in text_of(answer)
    assert console.post(f"{DATASET}import-jobs/-new/", again | {"replace": "on"}).status_code == 303


def test_metrics_are_published_only_with_a_metric_attribution(console, dataset):
    page = console.get(f"{DATASET}import-jobs/-new/")
    words = text_of(page)
    assert "Publish metrics for this import job" in words and "Needs a metric attribution." in words
    assert "disabled" in page.content.decode().split('name="publish"')[1].split(">")[0]


def test_metrics_are_published_once_there_is_an_output_path(console, ana, group, run_jobs):
    fields = [{"name": name, "type": "string"} for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")]
    text = written("INTERACTIONS", [*fields, {"name": "TIMESTAMP", "type": "long"}])
    made = factories.dataset(ana, group, of_schema=factories.schema(ana, "with-types", text=text))
    operations.create_metric_attribution(
        ana,
        name="clicks",
        dataset_group_arn=group.arn,
        metrics=[{"eventType": "click", "metricName": "clicks", "expression": "SAMPLECOUNT()"}],
        metrics_output_config={
            "s3DataDestination": {"path": "s3://metrics/lab/"},
            "roleArn": "arn:aws:iam::123456789012:role/R",
        },
    )
    run_jobs()
    page = console.get(f"{DATASET}import-jobs/-new/")
    assert "Metrics of the imported events go to s3://metrics/lab/" in text_of(page)
    rows = "USER_ID,ITEM_ID,EVENT_TYPE,TIMESTAMP\n" + "".join(f"u{n},i{n},click,170000{n:04d}\n" for n in range(1200))
    given = {"job_name": "p", "data_location": store("check/clicks.csv", rows), "role": "default", "publish": "on"}
    assert console.post(f"{DATASET}import-jobs/-new/", given).status_code == 303
    assert DatasetImportJob.objects.get(dataset=made).publish_attribution_metrics


def test_an_empty_dataset_is_made_on_the_way_out(console, group):
    query = urlsplit(console.get(f"{WIZARD}method/").headers["Location"]).query
    console.post(f"{WIZARD}method/?{query}", {"method": "direct"})
    step = {"name": "e", "schema_choice": "new", "schema_name": "s", "definition": template("INTERACTIONS", None)}
    console.post(f"{WIZARD}schema/?{query}", step)
    assert "Create empty dataset" in text_of(console.get(f"{WIZARD}job/?{query}"))
    answer = console.post(f"{WIZARD}job/?{query}", {"_empty": "1", "source": "s3"})
    assert answer.headers["Location"] == DATASET
    assert Dataset.objects.get().name == "e" and not DatasetImportJob.objects.exists()
