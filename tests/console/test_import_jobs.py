"""F5: later imports, and the page of an import with its failures."""

import pytest

from apps.import_jobs.failures import advice
from personalize_web import operations
from personalize_web.resources.models import DatasetImportJob
from tests import factories
from tests.console.data_files import HEADER, interactions, store, text_of

DATASET = "/console/dataset-groups/movies/datasets/item-interactions/"
NEW = f"{DATASET}import-jobs/-new/"


@pytest.fixture
def dataset(ana):
    return factories.dataset(ana, factories.active_group(ana))


def begin(ana, dataset, text, name="first"):
    location = store(f"{name}.csv", text)
    operations.create_dataset_import_job(
        ana, job_name=name, dataset_arn=dataset.arn, data_source={"dataLocation": location}
    )


def test_the_first_import_does_not_ask_for_a_mode(console, dataset):
    assert "Import mode" not in text_of(console.get(NEW))


def test_a_later_import_says_what_it_replaces(console, ana, dataset, run_jobs):
    begin(ana, dataset, interactions())
    run_jobs()
    words = text_of(console.get(NEW))
    assert "Replace existing data" in words and "1,200 imported rows are replaced." in words


def test_rows_are_added(console, ana, dataset, run_jobs):
    begin(ana, dataset, interactions())
    run_jobs()
    more = interactions(1100).replace("u", "w")
    answer = console.post(
        NEW,
        {
            "job_name": "more",
            "data_location": store("more.csv", HEADER + more.split("\n", 1)[1]),
            "import_mode": "INCREMENTAL",
            "role": "default",
        },
    )
    assert answer.headers["Location"] == f"{DATASET}import-jobs/more/"
    run_jobs()
    dataset.refresh_from_db()
    assert dataset.statistics["rows"] == 2300


def test_what_the_operation_refuses_stands_beside_its_field(console, ana, dataset):
    factories.import_job(ana, dataset, "taken")
    given = {"job_name": "taken", "data_location": "s3://data/a.csv", "role": "default"} | {
        "import_mode": "FULL",
        "replace": "on",
    }
    answer = console.post(NEW, given)
    assert answer.status_code == 422
    assert 'id="id_job_name_error"' in answer.content.decode()


def test_a_dataset_that_is_not_active_cannot_be_imported_into(console, ana):
    factories.dataset(ana, factories.active_group(ana), status="CREATE PENDING")
    assert "Wait until the dataset is Active." in console.get(NEW).content.decode()


def test_bad_rows_are_listed_with_line_column_value_and_rule(console, ana, dataset, run_jobs):
    lines = interactions().split("\n")
    lines[7] = "u7,i7,1700000000123"
    lines[9] = "u9,,1700000000"
    begin(ana, dataset, "\n".join(lines))
    run_jobs()
    page = console.get(f"{DATASET}import-jobs/first/")
    words = text_of(page)
    assert "Some rows could not be read" in words and "Nothing was imported." in words
    assert "1700000000123" in words and "milliseconds" in words
    assert "ITEM_ID" in words and "(empty)" in words
    assert f'href="{NEW}?retry=first"' in page.content.decode()


def test_retrying_begins_with_the_same_settings(console, ana, dataset, run_jobs):
    begin(ana, dataset, "USER_ID\nu1\n")
    run_jobs()
    page = console.get(f"{NEW}?retry=first")
    assert 'value="s3://data/first.csv"' in page.content.decode()
    assert "Columns are missing" in text_of(page)


def test_a_finished_import_shows_its_figures_and_its_log(console, ana, dataset, run_jobs):
    begin(ana, dataset, interactions())
    run_jobs()
    words = text_of(console.get(f"{DATASET}import-jobs/first/"))
    assert "1,200" in words and "s3://data/first.csv" in words and "1,200 rows imported." in words
    log = console.get(f"{DATASET}import-jobs/first/-log/")
    assert log.headers["Content-Type"].startswith("text/plain")
    assert "1,200 rows imported." in log.content.decode()


def test_a_running_import_shows_its_phase_and_is_polled(console, ana, dataset):
    job = factories.import_job(ana, dataset, "slow", status="CREATE IN_PROGRESS")
    factories.job(
        job, "create-dataset-import-job", state="IN_PROGRESS", phase="Publish columns", phase_index=5, phase_count=6
    )
    assert "Phase 5 of 6" in text_of(console.get(f"{DATASET}import-jobs/slow/"))
    status = console.get(f"{DATASET}import-jobs/slow/-status/")
    assert status.status_code == 200 and 'id="log-lines"' in status.content.decode()


@pytest.mark.parametrize(
    ("reason", "title"),
    [
        ("Invalid Data location.", "The file was not found"),
        ("Insufficient privileges for accessing data in Amazon S3.", "The file could not be opened"),
        ("Input CSV is missing the following columns:[A, B].", "Columns are missing"),
        ("Length cannot be more than 256 characters for USER_ID.", "A value is too long"),
        ("More than 5 resources with PENDING or IN_PROGRESS status.", "Five imports are already waiting"),
        ("Something new", "The import failed"),
    ],
)
def test_every_known_reason_has_its_advice(reason, title):
    assert advice(reason).title == title


def test_an_import_of_nobody_is_not_found(console, dataset):
    assert console.get(f"{DATASET}import-jobs/none/").status_code == 404
    assert DatasetImportJob.objects.count() == 0
