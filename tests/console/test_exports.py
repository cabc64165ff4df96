"""F8: an export from the form to the downloaded file."""

import io
import zipfile

import pytest

from personalize_web import operations
from personalize_web.resources.models import DatasetExportJob
from tests import factories
from tests.console.data_files import interactions, store, text_of

BASE = "/console/dataset-groups/movies/datasets/item-interactions/"
NEW = f"{BASE}export-jobs/-new/"
FORM = {"job_name": "first-export", "ingestion_mode": "ALL", "path": "s3://out/movies/", "role": "default"}


@pytest.fixture(autouse=True)
def own_buckets(settings, tmp_path):
    settings.BUCKETS_DIR = tmp_path / "buckets"


@pytest.fixture
def group(ana):
    return factories.active_group(ana)


@pytest.fixture
def dataset(ana, group):
    return factories.dataset(ana, group)


@pytest.fixture
def exported(ana, console, dataset, run_jobs):
    """An export of 1,200 imported rows that has ended."""
    location = store("movies.csv", interactions())
    operations.create_dataset_import_job(
        ana, job_name="first", dataset_arn=dataset.arn, data_source={"dataLocation": location}
    )
    run_jobs()
    console.post(NEW, FORM)
    run_jobs()
    return DatasetExportJob.objects.get()


def test_the_form_sends_what_it_shows_and_leads_to_the_job(console, dataset):
    answer = console.post(NEW, FORM | {"tags-key": ["team"], "tags-value": ["blue"]})
    assert answer.status_code == 303 and answer.headers["Location"] == f"{BASE}export-jobs/first-export/"
    made = DatasetExportJob.objects.get()
    assert made.ingestion_mode == "ALL"
    assert made.job_output == {"s3DataDestination": {"path": "s3://out/movies/"}}
    assert made.role_arn == "arn:aws:iam::123456789012:role/default-service-role"


def test_both_is_preselected_and_names_are_suggested(console, dataset):
    page = console.get(NEW).content.decode()
    assert 'value="ALL" id="id_ingestion_mode_2" checked' in page.replace(" aria-describedby", "")
    assert 'value="movies-interactions-export-' in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"job_name": ""}, "Enter a name."),
        ({"job_name": "-x"}, "Use 1–63 letters, digits, hyphens or underscores, starting with a letter or digit."),
        ({"path": ""}, "Enter the folder to write to, such as s3://exports/movies/."),
        ({"path": "out/movies/"}, "Invalid data location. Use s3://bucket/folder/file.csv."),
        ({"path": "s3://out/movies"}, "End a folder path with /."),
        ({"kms_key_arn": "a key"}, "Enter a key ARN or leave the field empty."),
        ({"role": "custom"}, "Enter a role ARN such as arn:aws:iam::123456789012:role/Name."),
        ({"role": "custom", "role_arn": "me"}, "Enter a role ARN such as arn:aws:iam::123456789012:role/Name."),
        ({"role": "existing"}, "Roles cannot be kept yet. Use the default role or enter an ARN."),
        ({"tags-key": ["a", "a"], "tags-value": ["1", "2"]}, "Tag keys must be unique"),
    ],
)
def test_each_mistake_is_told_beside_its_field(console, dataset, change, message):
    answer = console.post(NEW, FORM | change)
    assert answer.status_code == 422 and message in text_of(answer)
    assert not DatasetExportJob.objects.exists()


def test_a_taken_name_is_told(console, exported):
    answer = console.post(NEW, FORM)
    assert answer.status_code == 422 and "already exists" in text_of(answer)


def test_files_are_previewed_and_downloaded_alone_or_together(console, exported):
    page = console.get(f"{BASE}export-jobs/first-export/")
    words = text_of(page)
    assert "Active" in words and "1,200" in words and "part-00000.csv" in words and "Preview" in words
    file = "s3://out/movies/first-export/part-00000.csv"
    one = console.get(f"{BASE}export-jobs/first-export/-download/", {"file": file})
    assert one.headers["Content-Disposition"] == 'attachment; filename="part-00000.csv"'
    content = b"".join(one.streaming_content)
    assert content.startswith(b"USER_ID,ITEM_ID,TIMESTAMP\n") and content.count(b"\n") == 1201
    whole = console.get(f"{BASE}export-jobs/first-export/-download/")
    assert whole.headers["Content-Disposition"] == 'attachment; filename="first-export.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(whole.streaming_content))) as archive:
        assert archive.read("part-00000.csv") == content


def test_other_files_are_not_downloaded_here(console, exported):
    other = store("secret.csv", "A\n1\n")
    assert console.get(f"{BASE}export-jobs/first-export/-download/", {"file": other}).status_code == 404


def test_an_export_of_another_dataset_is_not_shown_here(console, ana, exported):
    factories.dataset(ana, exported.dataset_group, "USERS")
    address = "/console/dataset-groups/movies/datasets/users/export-jobs/first-export/"
    assert console.get(address).status_code == 404


def test_the_dataset_lists_its_exports(console, exported):
    words = text_of(console.get(f"{BASE}?tab=exports"))
    assert "first-export" in words and "Both" in words and "s3://out/movies/" in words


def test_a_failed_export_says_why_and_is_tried_again_with_the_same_settings(console, exported):
    exported.move("CREATE FAILED", failure_reason="There are files there already.")
    words = text_of(console.get(f"{BASE}export-jobs/first-export/"))
    assert "The export failed" in words and "There are files there already." in words
    page = console.get(f"{NEW}?retry=first-export").content.decode()
    assert 'value="s3://out/movies/"' in page


def test_a_running_export_is_asked_for_until_it_ends(console, exported):
    address = f"{BASE}export-jobs/first-export/"
    assert console.get(f"{address}-status/").status_code == 286
    exported.move("CREATE IN_PROGRESS")
    answer = console.get(f"{address}-status/")
    assert (answer.status_code == 200 and "In progress" in text_of(answer)) or "Create in progress" in text_of(answer)


@pytest.mark.parametrize(("kind", "slug"), [("ACTIONS", "actions"), ("ACTION_INTERACTIONS", "action-interactions")])
def test_action_datasets_cannot_be_exported(console, ana, group, kind, slug):
    factories.dataset(ana, group, kind)
    address = f"/console/dataset-groups/movies/datasets/{slug}/"
    assert "cannot be exported." in console.get(address).content.decode()
    page = console.get(f"{address}export-jobs/-new/")
    assert (
        "cannot be exported." in text_of(page) and 'type="submit" class="button primary"' not in page.content.decode()
    )


def test_a_viewer_sees_exports_and_downloads_nothing(as_viewer, exported):
    page = as_viewer.get(f"{BASE}export-jobs/first-export/")
    assert "part-00000.csv" in text_of(page) and "Needs the Analyst role" in page.content.decode()
    assert as_viewer.get(f"{BASE}export-jobs/first-export/-download/").status_code == 403
    assert as_viewer.post(NEW, FORM | {"job_name": "mine"}).status_code == 403


def test_tags_of_an_export_are_shown_and_managed(console, ana, exported):
    operations.tag_resource(ana, resource_arn=exported.arn, tags=[{"tagKey": "team", "tagValue": "blue"}])
    page = console.get(f"{BASE}export-jobs/first-export/")
    assert "Tags (1) Tags Key Value team blue" in text_of(page)
    assert f'href="/console/tags/?arn={exported.arn}"' in page.content.decode()
